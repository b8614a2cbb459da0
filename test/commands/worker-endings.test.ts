import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRun } from '../../src/core/run-id.ts';
import { demoSet } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { ended, groupEnds } from '../support/merc.ts';
import { NO_REDIS, withRedis } from '../support/redis-server.ts';
import { enqueued, startWorker } from '../support/workers.ts';

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Far beyond `--grace 1s`, far below the ten minutes for which a worker at work waits for Redis. */
const BOUND = 15_000;

const CASES = [false, true].flatMap((inHand) => [[], ['--drain']].map((flags) => ({ inHand, flags })));

test(
  'a worker that is told to end while Redis does not answer ends in time with exit 0, with a shard in hand or none, with --drain or without',
  {
    skip: NO_REDIS,
  },
  async () => {
    const { samples, csv } = await demoSet();
    for (const { inHand, flags } of CASES)
      await withRedis((redis) =>
        inFolder(async (folder) => {
          const site = { url: redis.url, samples, csv, out: join(folder, 'out') };
          await enqueued(site, 2);
          const stream = `{merc:${(await readRun(site.out))?.run}}:extract`;
          const pending = () => redis.cli('XPENDING', stream, 'all');
          // Somebody else has all of it, and keeps it: the worker has nothing to do and cannot be done.
          if (!inHand) redis.cli('XREADGROUP', 'GROUP', 'all', 'other', 'COUNT', '1000', 'STREAMS', stream, '>');
          const worker = startWorker(site, 'extract', '--grace', '1s', ...flags);
          const end = ended(worker);
          const seen = { exit: false, words: '' };
          void end.then(() => (seen.exit = true));
          worker.stderr?.on('data', (text: string) => (seen.words += text));
          // Somebody else has all of it where it is to have none.
          while (!seen.words.includes('worker.started') || Number(pending().split('\n')[0]) < 1) await pause(5);
          redis.freeze();
          try {
            // So that what is in hand is done and cannot be answered for, and whoever looks is looking.
            await pause(1_500);
            const told = performance.now();
            process.kill(worker.pid ?? 0, 'SIGTERM');
            while (!seen.exit && performance.now() - told < BOUND) await pause(20);
            const title = `${inHand ? 'in hand' : 'idle'} ${flags.join('')}`;
            assert.ok(seen.exit, `${title}: still there after ${BOUND} ms`);
            const { code, stderr } = await end;
            assert.equal(code, 0, `${title}: ${stderr}`);
            assert.match(stderr, /worker\.ending/);
            await groupEnds(worker.pid ?? 0);
          } finally {
            redis.wake();
            if (!seen.exit) process.kill(-(worker.pid ?? 0), 'SIGKILL');
          }
        }),
      );
  },
);
