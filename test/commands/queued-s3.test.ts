import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bucketOf } from '../support/bucket.ts';
import { demoSet } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { merc } from '../support/merc.ts';
import { startMoto } from '../support/moto.ts';
import { NO_REDIS, withRedis } from '../support/redis-server.ts';
import { partsOf } from '../support/rows.ts';
import { drained, enqueued, statusOf, type Site } from '../support/workers.ts';

const server = await startMoto();
const skip = NO_REDIS === false ? (typeof server === 'string' ? server : false) : NO_REDIS;
const env = typeof server === 'string' ? {} : server.env;
const bucket = bucketOf(server, 'bucket');
const earlier = { ...process.env };
const restored = (names: readonly string[]) => {
  for (const name of names) {
    if (earlier[name] === undefined) delete process.env[name];
    else process.env[name] = earlier[name];
  }
};
before(async () => {
  if (typeof server === 'string') return;
  await server.makeBucket('bucket');
  Object.assign(process.env, env);
});
after(async () => {
  restored([...Object.keys(env), 'TMPDIR']);
  if (typeof server !== 'string') await server.stop();
});

test('the queued route over S3 gives the parts of a local run, byte for byte, and leaves no work behind', { skip }, async () => {
  const { samples, csv } = await demoSet();
  await withRedis(({ url }) =>
    inFolder(async (folder) => {
      const [local, stage] = [join(folder, 'local'), join(folder, 'stage')];
      await mkdir(stage);
      assert.equal((await merc([samples, csv, local, '2'], { program: 'test/support/small-shards' })).code, 0);
      process.env['TMPDIR'] = stage;
      const site: Site = { url, samples, csv, out: 's3://bucket/queued' };
      assert.match(await enqueued(site), /put into the queue, 0 committed before, 0 queued before/);
      const ended = await Promise.all([drained(site, 'extract'), drained(site, 'extract'), drained(site, 'store'), drained(site, 'store')]);
      for (const { stderr } of ended) assert.match(stderr, /worker\.ended.*reclaimed\W+0\W+redelivered\W+0\W+lost\W+0\b/);
      assert.deepEqual(await bucket.partsOf('queued'), await partsOf(local));
      const keys = await bucket.keysOf('queued');
      assert.ok(keys.includes('_SUCCESS.json'));
      assert.deepEqual(
        keys.filter((key) => key.startsWith('.work/')),
        [],
      );
      assert.deepEqual(await readdir(stage), []);
      const { shards, committed, planned } = await statusOf(site);
      assert.deepEqual([shards, committed], [{ queued: 0, leased: 0, dead: 0, missing: 0 }, planned]);
      assert.equal((await merc(['verify', site.out])).code, 0);
    }),
  );
});
