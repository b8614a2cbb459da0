import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { demoSet } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { ended } from '../support/merc.ts';
import { NO_REDIS, withRedis } from '../support/redis-server.ts';
import { drained, enqueued, startWorker } from '../support/workers.ts';

const options = { skip: NO_REDIS, timeout: 60_000 };

test('a worker that Redis does not answer for a lease is not well, says so, and is well again with the next answer', options, async () => {
  const { samples, csv } = await demoSet();
  await withRedis((redis) =>
    inFolder(async (folder) => {
      const site = { url: redis.url, samples, csv, out: join(folder, 'out') };
      await enqueued(site);
      await drained(site, 'extract');
      // It has nothing to do but to ask.
      const worker = startWorker(site, 'extract', '--lease', '2s', '--metrics', '0', '--log-format', 'json');
      const end = ended(worker);
      try {
        const url = await new Promise<string>((resolve, reject) => {
          let words = '';
          worker.stderr?.on('data', (text: string) => {
            words += text;
            const found = /"metrics":"([^"]+)"/.exec(words)?.[1];
            if (found !== undefined) resolve(found);
          });
          worker.once('exit', () => reject(new Error(words)));
        });
        /** Waits for a status, and gives the words that come with it. */
        const health = async (status: number): Promise<string> => {
          for (const until = performance.now() + 30_000; performance.now() < until;) {
            const response = await fetch(`${url}healthz`);
            const text = await response.text();
            if (response.status === status) return text;
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
          throw new Error(`/healthz is never ${status}`);
        };
        // Longer than a lease of asking, with answers.
        await new Promise((resolve) => setTimeout(resolve, 3_000));
        assert.equal((await fetch(`${url}healthz`)).status, 200);
        redis.freeze();
        assert.match(await health(503), /^no answer from Redis for \d+ s\n$/);
        redis.wake();
        assert.equal(await health(200), 'ok\n');
      } finally {
        redis.wake();
        process.kill(worker.pid ?? 0, 'SIGTERM');
        assert.equal((await end).code, 0);
      }
    }),
  );
});
