import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { committedIds } from '../../src/core/commit.ts';
import { demoSet } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { ended, merc } from '../support/merc.ts';
import { NO_REDIS, withRedis } from '../support/redis-server.ts';
import { commitsReach, partsOf } from '../support/rows.ts';
import { drained, enqueued, startWorker, statusOf, tell, type Site } from '../support/workers.ts';

/** An output of the demo set, made by `merc run`, and a place for the same by way of the queue. */
async function withSite(use: (site: Site, local: string) => Promise<void>): Promise<void> {
  const { samples, csv } = await demoSet();
  await withRedis(({ url }) =>
    inFolder(async (folder) => {
      const local = join(folder, 'local');
      const { code, stderr } = await merc([samples, csv, local, '2'], { program: 'test/support/small-shards' });
      assert.equal(code, 0, stderr);
      await use({ url, samples, csv, out: join(folder, 'queued') }, local);
    }),
  );
}

test('the queued route gives the parts of the local one, byte for byte, without a reclaim or a redelivery', { skip: NO_REDIS }, async () => {
  await withSite(async (site, local) => {
    // Workers may be there before anything is planned.
    const workers = [drained(site, 'extract'), drained(site, 'extract'), drained(site, 'store'), drained(site, 'store', '--log-format', 'json')];
    assert.match(await enqueued(site), /put into the queue, 0 committed before, 0 queued before/);
    for (const { stderr } of await Promise.all(workers)) assert.match(stderr, /worker\.ended.*reclaimed\W+0\W+redelivered\W+0\W+lost\W+0\b/);
    assert.deepEqual(await partsOf(site.out), await partsOf(local));
    const { shards, committed, planned } = await statusOf(site);
    assert.deepEqual([shards, committed], [{ queued: 0, leased: 0, dead: 0, missing: 0 }, planned]);
    assert.ok((await readdir(site.out)).includes('_SUCCESS.json'));
    assert.deepEqual(await readdir(join(site.out, '.work')), []);
    assert.match(await enqueued(site), /^run .*\n0 put into the queue, \d+ committed before, 0 queued before/);
    assert.equal((await merc(['verify', site.out])).code, 0);
  });
});

test('what dead workers have left of committed shards is swept by the next one, and what a queue may speak of stays', { skip: NO_REDIS }, async () => {
  await withSite(async (site) => {
    await enqueued(site);
    await Promise.all([drained(site, 'extract'), drained(site, 'store')]);
    const [id = ''] = await committedIds(site.out);
    const owner = `a.host.${spawnSync(process.execPath, ['--version']).pid}.aaaaaaaa`;
    const waiting = '.work/0009-00000.handed-b/';
    const left = [`.work/process.${owner}/`, `.work/${id}.${owner}/`, `.work/${id}.handed-a/`, `commits/${id}.json.${owner}.${randomUUID()}.tmp`, waiting];
    for (const name of left) await (name.endsWith('/') ? mkdir(join(site.out, name)) : writeFile(join(site.out, name), ''));
    await drained(site, 'store');
    assert.deepEqual(
      left.filter((name) => existsSync(join(site.out, name))),
      [waiting],
    );
  });
});

test('three kinds of workers, each for a part of every file, give the parts of one that does all, byte for byte', { skip: NO_REDIS }, async () => {
  await withSite(async (site, local) => {
    await enqueued(site, 12, 'parts');
    const whole = await ended(startWorker(site, 'extract', '--drain'));
    assert.equal(whole.code, 2);
    assert.match(whole.stderr, /--parts/);
    await Promise.all([...['pe', 'hashes', 'strings'].map((part) => drained(site, 'extract', '--parts', part)), drained(site, 'store')]);
    assert.deepEqual(await partsOf(site.out), await partsOf(local));
    assert.deepEqual(await readdir(join(site.out, '.work')), []);
    const counts = async (out: string) => {
      const records = await Promise.all(
        (await committedIds(out)).map(async (id) => JSON.parse(await readFile(join(out, 'commits', `${id}.json`), 'utf8')) as { counts: unknown }),
      );
      return records.map((record) => record.counts);
    };
    assert.deepEqual(await counts(site.out), await counts(local));
  });
});

test('a worker that is told to end hands back what it has in hand, exits 0, and the rest is done by others', { skip: NO_REDIS }, async () => {
  await withSite(async (site, local) => {
    await enqueued(site);
    for (const grace of ['0s', '20s']) {
      const [extract, store] = [startWorker(site, 'extract', '--grace', grace), startWorker(site, 'store', '--grace', grace)];
      const ends = [ended(extract), ended(store)];
      await commitsReach(site.out, (await committedIds(site.out)).length + 1);
      for (const worker of [extract, store]) tell(worker, 'SIGTERM');
      for (const { code, stderr } of await Promise.all(ends)) assert.equal(code, 0, stderr);
      const { shards } = await statusOf(site);
      assert.equal(shards?.leased, 0, 'nothing waits for a lease to run out');
      assert.equal(shards.missing, 0);
    }
    const rest = await Promise.all([drained(site, 'extract'), drained(site, 'store')]);
    for (const { stderr } of rest) assert.match(stderr, /worker\.ended .*redelivered=0/, 'handing back counts as no delivery');
    assert.deepEqual(await partsOf(site.out), await partsOf(local));
    assert.deepEqual(await readdir(join(site.out, '.work')), []);
  });
});

test('what Redis has lost is put back by --heal and by enqueue, and nothing is done twice', { skip: NO_REDIS }, async () => {
  const { samples, csv } = await demoSet();
  await withRedis(async (redis) => {
    const { url } = redis;
    await inFolder(async (folder) => {
      const site = { url, samples, csv, out: join(folder, 'out') };
      await enqueued(site);
      const workers = [startWorker(site, 'extract'), startWorker(site, 'store')];
      const ends = workers.map(ended);
      await commitsReach(site.out, 2);
      redis.cli('FLUSHALL');
      const healed = await merc(['status', '--heal', '--out', site.out], { env: { MERC_REDIS_URL: url } });
      assert.equal(healed.code, 0, healed.stderr);
      assert.match(healed.stderr, /\d+ shards put back into the queue/);
      const { planned } = await statusOf(site);
      await commitsReach(site.out, planned.shards);
      for (const worker of workers) tell(worker, 'SIGTERM');
      await Promise.all(ends);
      assert.equal((await merc(['verify', site.out])).code, 0);
      assert.deepEqual((await statusOf(site)).shards, { queued: 0, leased: 0, dead: 0, missing: 0 });
    });
  });
});

test('a shard whose files are gone before they are stored is extracted again', { skip: NO_REDIS }, async () => {
  await withSite(async (site, local) => {
    await enqueued(site);
    await drained(site, 'extract');
    const [lost = ''] = await readdir(join(site.out, '.work'));
    await rm(join(site.out, '.work', lost), { recursive: true });
    // One that drains would end before the store comes upon the loss.
    const extract = startWorker(site, 'extract');
    const end = ended(extract);
    const { stderr } = await drained(site, 'store');
    tell(extract, 'SIGTERM');
    await end;
    assert.match(stderr, /shard\.requeued/);
    assert.deepEqual(await partsOf(site.out), await partsOf(local));
  });
});

test('a shard that fails again and again is set aside with its reason, listed, and done once it can be', { skip: NO_REDIS }, async () => {
  await withSite(async (site, local) => {
    await enqueued(site);
    const plan = join(site.out, 'plans', '0001.jsonl');
    const text = await readFile(plan, 'utf8');
    await writeFile(plan, text.replace(/"path":"[^"]*"/, '"path":"../../etc/passwd"'));
    const dead = (...args: string[]) => merc(['dead', ...args, '--out', site.out], { env: { MERC_REDIS_URL: site.url } });
    const { stderr } = await drained(site, 'extract');
    assert.match(stderr, /is set aside: merc dead list/);
    const listed = await dead('list', '--json');
    const letters = listed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; attempts: number; why: string });
    assert.match(letters[0]?.why ?? '', /altered|outside its roots/);
    assert.equal(letters[0]?.attempts, 5);
    assert.match((await dead('list')).stdout, /0001-00000 +extract +5 /);
    await writeFile(plan, text);
    assert.match((await dead('retry')).stdout, /^\d+ shards? put back into the queue/);
    await Promise.all([drained(site, 'extract'), drained(site, 'store')]);
    assert.deepEqual(await partsOf(site.out), await partsOf(local));
    assert.match((await dead('list')).stdout, /^no dead shards/);
  });
});

test('a worker of another version than the plan, and one that cannot reach Redis, are one line and exit 2', { skip: NO_REDIS }, async () => {
  await withSite(async (site) => {
    await enqueued(site);
    const plan = join(site.out, 'plans', '0001.jsonl');
    await writeFile(plan, (await readFile(plan, 'utf8')).replace(/"extractorVersion":"[^"]*"/, '"extractorVersion":"0.0.1"'));
    const other = await ended(startWorker(site, 'extract'));
    assert.equal(other.code, 2);
    assert.match(other.stderr, /^merc: --out .*: was planned by merc 0\.0\.1 .*: workers must be of the plan's version\n$/m);
    const missing = await merc(['worker', 'store', '--out', site.out], { env: { MERC_REDIS_URL: '' } });
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /^merc: --redis: missing/);
    const password = await merc(['status', '--out', site.out, '--redis', 'redis://:secret@127.0.0.1:1']);
    assert.equal(password.code, 2);
    assert.doesNotMatch(password.stderr, /secret/);
  });
});

test('a shard that no store can have is set aside after its deliveries, and all others are stored', { skip: NO_REDIS }, async () => {
  await withSite(async (site) => {
    await enqueued(site);
    await drained(site, 'extract');
    const [folder = ''] = await readdir(join(site.out, '.work'));
    await truncate(join(site.out, '.work', folder, 'records-0.parquet'), 100);
    const { stderr } = await drained(site, 'store');
    assert.match(stderr, /cannot be stored/);
    assert.doesNotMatch(stderr, /bug in merc/);
    const { shards, committed, planned } = await statusOf(site);
    assert.deepEqual([shards?.dead, committed.shards], [1, planned.shards - 1]);
    const dead = await merc(['dead', 'list', '--json', '--out', site.out], { env: { MERC_REDIS_URL: site.url } });
    assert.equal((JSON.parse(dead.stdout) as { id: string }).id, folder.slice(0, folder.indexOf('.')));
    const wrong = await merc(['dead', 'retry', '0001-99999', '--out', site.out], { env: { MERC_REDIS_URL: site.url } });
    assert.equal(wrong.code, 1, wrong.stdout);
  });
});

test('a worker without the samples ends with the folder named, and makes no rows of what it cannot see', { skip: NO_REDIS }, async () => {
  const { samples, csv } = await demoSet();
  await withRedis(({ url }) =>
    inFolder(async (folder) => {
      const mounted = join(folder, 'in');
      await cp(samples, mounted, { recursive: true });
      const site: Site = { url, samples: mounted, csv, out: join(folder, 'out') };
      await enqueued(site);
      await rename(mounted, join(folder, 'away'));
      for (const isThere of [false, true]) {
        if (isThere) await mkdir(mounted);
        const { code, stderr } = await ended(startWorker(site, 'extract'));
        assert.equal(code, 1);
        assert.match(stderr, /^merc: .*\/in: holds nothing here: workers need the samples/m);
      }
      await rm(mounted, { recursive: true });
      await rename(join(folder, 'away'), mounted);
      const [{ stderr }] = await Promise.all([drained(site, 'extract'), drained(site, 'store')]);
      assert.match(stderr, /redelivered=0/, "it was nobody's failure");
      const { statuses } = await statusOf(site);
      assert.equal(statuses['failed'], undefined);
    }),
  );
});

test('a port that is taken is one line, and the worker ends', { skip: NO_REDIS }, async () => {
  const { samples, csv } = await demoSet();
  await withRedis((redis) =>
    inFolder(async (folder) => {
      const site: Site = { url: redis.url, samples, csv, out: join(folder, 'out') };
      await enqueued(site);
      const { code, stderr } = await ended(startWorker(site, 'store', '--drain', '--metrics', String(redis.port)));
      assert.equal(code, 2, stderr);
      assert.match(stderr, /^merc: --metrics \d+: the port of 127\.0\.0\.1 is taken/m);
    }),
  );
});
