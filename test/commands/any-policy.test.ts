import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { demoSet } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { merc } from '../support/merc.ts';
import { NO_REDIS, withRedis } from '../support/redis-server.ts';

test(
  'each command that uses Redis refuses one that may throw messages away, and takes it with the flag that its refusal names',
  {
    skip: NO_REDIS,
  },
  async () => {
    const { samples } = await demoSet();
    await withRedis(
      ({ url }) =>
        inFolder(async (folder) => {
          const out = join(folder, 'out');
          for (const args of [
            ['enqueue', samples, '--limit', '3'],
            ['worker', 'extract', '--drain', '--workers', '1'],
            ['worker', 'store', '--drain'],
            ['status', '--heal'],
            ['dead', 'list'],
            ['dead', 'retry'],
            ['dead', 'drop'],
          ]) {
            const command = [...args, '--redis', url, '--out', out];
            const refused = await merc(command);
            assert.equal(refused.code, 2, `${args.join(' ')}: ${refused.stderr}`);
            const [flag = ''] = /--redis-\S+/.exec(refused.stderr) ?? [];
            const taken = await merc([...command, flag]);
            assert.equal(taken.code, 0, `${args.join(' ')}: ${taken.stderr}`);
          }
          const status = await merc(['status', '--redis', url, '--redis-any-policy', '--out', out, '--json']);
          assert.deepEqual((JSON.parse(status.stdout) as { trouble: unknown }).trouble, null);
        }),
      { 'maxmemory-policy': 'allkeys-lru' },
    );
  },
);
