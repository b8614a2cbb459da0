import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { service, withComposeRedis } from '../support/compose-run.ts';
import { NO_REDIS } from '../support/redis-server.ts';

const PASSWORD = 'correct-horse-battery';

test('the Redis of compose.yaml starts by its own command, asks for the password and shows it on no command line', { skip: NO_REDIS }, async () => {
  await withComposeRedis({ REDIS_PASSWORD: PASSWORD }, async ({ port, pid, folder, cli }) => {
    assert.match(cli(['ping'], { REDISCLI_AUTH: '' }), /NOAUTH/);
    assert.match(cli(['config', 'get', 'maxmemory-policy']), /noeviction/);
    assert.match(cli(['config', 'get', 'appendonly']), /yes/);
    assert.equal(cli(['set', 'a', 'b']), 'OK');
    assert.ok(
      readdirSync(folder).some((name) => name.startsWith('appendonly')),
      'it keeps nothing',
    );
    if (process.platform === 'linux') {
      // The shell has given its place to the server, which is therefore the process of the container.
      assert.match(readFileSync(`/proc/${pid}/comm`, 'utf8'), /redis-server/);
      for (const each of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) assert.ok(!commandLineOf(each).includes(PASSWORD), each);
    }
    // The health check is for the container's port; its other words are the file's.
    const [kind, check = ''] = service('redis').healthcheck?.test ?? [];
    assert.equal(kind, 'CMD-SHELL');
    const healthy = (password: string) =>
      spawnSync('sh', ['-c', check.replace('redis-cli', `redis-cli -p ${port}`)], { env: { ...process.env, REDISCLI_AUTH: password } }).status;
    assert.deepEqual([healthy(PASSWORD), healthy('wrong') === 0], [0, false]);
  });
});

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // It has ended meanwhile.
  }
}
