import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Queues } from '../../src/core/queue.ts';
import { claimed, nothingToClaim } from '../contract/queue.ts';
import { blackHole } from '../support/black-hole.ts';
import { withRun, type OpenRun } from '../support/redis-run.ts';
import { NO_REDIS, withRedis, type RedisServer } from '../support/redis-server.ts';
import { filesOf, refs } from '../support/shards.ts';
import { atWork } from '../support/two-roles.ts';

const options = { skip: NO_REDIS, timeout: 60_000 };
const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
const ids = (count: number) => refs(count).map(({ id }) => id);

/** A condition, waited for. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(10);
}

/** Keeps no file: what it is told is gone with it. */
const FORGETFUL = { appendonly: 'no' };

function faulty(use: (redis: RedisServer, open: OpenRun, told: string[], run: string) => Promise<void>, settings: Readonly<Record<string, string>> = {}) {
  return () =>
    withRedis(
      (redis) =>
        withRun(redis.url, (open, run) => {
          const told: string[] = [];
          return use(redis, (given, url) => open({ note: (line) => told.push(line), ...given }, url), told, run);
        }),
      settings,
    );
}

const untroubled = (claimants: readonly Queues[]) => claimants.every(({ counts }) => counts.redelivered === 0 && counts.lost === 0);

test(
  'a clean run claims every shard once: none is reclaimed, redelivered or lost',
  options,
  faulty(async (_, open, told) => {
    const claimants = [await open(), await open()];
    await claimants[0]?.extract.enqueue(refs(100));
    const roles = atWork(claimants, 5);
    await roles.reach(100);
    await roles.end();
    assert.deepEqual(roles.stored.toSorted(), ids(100));
    assert.ok(claimants.every(({ counts }) => counts.claimed > 0));
    assert.deepEqual(
      claimants.map(({ counts: { reclaimed, redelivered, lost, dropped, reconnected } }) => [reclaimed, redelivered, lost, dropped, reconnected]),
      [
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
      ],
    );
    assert.deepEqual(told, []);
  }),
);

test(
  'Redis that is killed and comes back with its file costs nothing: each shard is stored once',
  options,
  faulty(async (redis, open, told) => {
    const claimants = [await open(), await open()];
    await claimants[0]?.extract.enqueue(refs(60));
    const roles = atWork(claimants, 20);
    for (const reached of [10, 30]) {
      await roles.reach(reached);
      await redis.kill();
      await until(() => told.some((line) => line.includes('trying again')));
      await redis.start();
    }
    await roles.reach(60);
    await roles.end();
    assert.deepEqual(roles.stored.toSorted(), ids(60));
    assert.ok(untroubled(claimants));
    assert.ok(told.some((line) => line.includes('can be used again')));
  }),
);

test(
  'Redis that is away for longer than a lease costs nobody what he has in hand',
  options,
  faulty(async (redis, open) => {
    // More than there is work for: one that is idle looks for leases that have run out.
    const claimants = [await open({ leaseSeconds: 3 }), await open({ leaseSeconds: 3 }), await open({ leaseSeconds: 3 })];
    await claimants[0]?.extract.enqueue(refs(4));
    const roles = atWork(claimants, 7_000, 1);
    await until(() => claimants.reduce((sum, { counts }) => sum + counts.claimed, 0) === 4);
    // Who has not looked before an outage knows of none: the idle one waits for work, as all three do for what is to be stored.
    while (Number(/blocked_clients:(\d+)/.exec(redis.cli('INFO', 'clients'))?.[1]) < 4) await pause(10);
    await redis.kill();
    await pause(4_000);
    await redis.start();
    await roles.reach(4);
    await roles.end();
    assert.deepEqual(roles.stored.toSorted(), ids(4));
    assert.deepEqual(
      claimants.map(({ counts }) => [counts.redelivered, counts.lost]),
      [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
    );
  }),
);

test(
  'Redis that comes back empty is told of, waited for and filled again, and nobody ends',
  options,
  faulty(async (redis, open, told) => {
    const claimants = [await open({ begins: false }), await open({ begins: false })];
    const enqueuing = await open();
    await enqueuing.extract.enqueue(refs(30));
    const roles = atWork(claimants, 20);
    await roles.reach(10);
    await redis.kill();
    await redis.start();
    await until(() => told.some((line) => /holds nothing of the run .*: merc enqueue puts in what is not committed/.test(line)));
    const left = refs(30).filter(({ id }) => !roles.stored.includes(id));
    assert.equal(await enqueuing.extract.enqueue(left), left.length);
    await roles.reach(30);
    await roles.end();
    assert.deepEqual((await enqueuing.extract.stats()).waiting, 0);
  }, FORGETFUL),
);

test(
  'FLUSHALL in the middle of a run costs an enqueue, and nothing is stored twice that was committed',
  options,
  faulty(async (redis, open, told) => {
    const claimants = [await open(), await open()];
    const [enqueuing] = claimants;
    await enqueuing?.extract.enqueue(refs(40));
    const roles = atWork(claimants, 20);
    await roles.reach(10);
    redis.cli('FLUSHALL');
    await until(() => told.some((line) => /lost groups of the run|holds nothing of the run/.test(line)));
    // What is being stored at that moment will be done, and says so to nobody.
    await pause(100);
    const before = roles.stored.length;
    const left = refs(40).filter(({ id }) => !roles.stored.includes(id));
    await enqueuing?.extract.enqueue(left);
    await roles.reach(40);
    await roles.end();
    assert.deepEqual([...new Set(roles.stored)].toSorted(), ids(40));
    assert.deepEqual(roles.stored.slice(before).toSorted(), left.map(({ id }) => id).toSorted());
  }),
);

test(
  'a Redis whose memory is full still drains, and takes new shards when there is room again',
  options,
  faulty(
    async (redis, open, told) => {
      const [claimant, enqueuing] = [await open(), await open()];
      await claimant.extract.enqueue(refs(20));
      for (let index = 0; !redis.cli('SETRANGE', `ballast${index}`, String(900_000), 'x').includes('OOM'); index++);
      while (!redis.cli('APPEND', 'ballast', 'x'.repeat(10_000)).includes('OOM'));
      const roles = atWork([claimant], 1);
      await roles.reach(20);
      await roles.end();
      assert.deepEqual(roles.stored.toSorted(), ids(20));
      assert.ok(untroubled([claimant]));
      while (!redis.cli('APPEND', 'ballast', 'x'.repeat(10_000)).includes('OOM'));
      const put = enqueuing.extract.enqueue(refs(30));
      await until(() => told.some((line) => line.includes('OOM')));
      redis.cli('DEL', 'ballast', 'ballast0', 'ballast1');
      assert.equal(await put, 30);
    },
    { maxmemory: '20mb', 'maxmemory-policy': 'noeviction' },
  ),
);

test(
  'a Redis that stands still for longer than it may is left and found again',
  options,
  faulty(async (redis, open) => {
    const claimants = [await open(), await open()];
    await claimants[0]?.extract.enqueue(refs(40));
    const roles = atWork(claimants, 20);
    await roles.reach(5);
    redis.cli('CLIENT', 'PAUSE', '3500', 'ALL');
    await roles.reach(40);
    await roles.end();
    assert.deepEqual(roles.stored.toSorted(), ids(40));
    assert.ok(untroubled(claimants));
    assert.ok(claimants.every(({ counts }) => counts.reconnected > 0));
  }),
);

test(
  'connections that are cut again and again lose no message and deliver none twice',
  options,
  faulty(async (redis, open) => {
    const claimants = [await open(), await open()];
    await claimants[0]?.extract.enqueue(refs(60));
    const roles = atWork(claimants, 20);
    for (let reached = 5; reached <= 50; reached += 5) {
      await roles.reach(reached);
      redis.cli('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    }
    await roles.reach(60);
    await roles.end();
    assert.deepEqual(roles.stored.toSorted(), ids(60));
    assert.ok(untroubled(claimants));
  }),
);

test(
  'a middle box that swallows everything without closing is left for a new connection',
  options,
  faulty(async (redis, open) => {
    const box = await blackHole(redis.port);
    try {
      const [through, direct] = [await open({}, `redis://127.0.0.1:${box.port}`), await open()];
      const claim = through.extract.claim(new AbortController().signal);
      await nothingToClaim(direct.store);
      box.swallow();
      await pause(500);
      await direct.extract.enqueue(refs(1));
      box.forward();
      // Redis may have given it to the read that nobody hears of: that is no delivery.
      const { body, attempt } = (await claim) ?? assert.fail('nothing claimed');
      assert.deepEqual([body.id, attempt], ['0001-00000', 1]);
      assert.ok(through.counts.reconnected > 0);
    } finally {
      await box.close();
    }
  }),
);

test(
  'an answer that is lost on its way is not taken for a refusal, nor a message that is lost so for a delivery',
  options,
  faulty(async (redis, open) => {
    const box = await blackHole(redis.port);
    try {
      const [through, direct] = [await open({}, `redis://127.0.0.1:${box.port}`), await open()];
      await direct.extract.enqueue(refs(3));
      const done = await claimed(through.extract);
      const failed = await claimed(through.extract);
      box.swallowAnswers();
      const answers = [through.extract.complete(done, filesOf(done.body.id)), through.extract.fail(failed, 'broken')];
      const third = claimed(through.extract);
      // The first is completed: that stays so, however often the others are tried before this is seen.
      for (let stats = await direct.extract.stats(); stats.waiting + stats.claimed !== 2; stats = await direct.extract.stats()) await pause(10);
      box.forward();
      assert.deepEqual(await Promise.all(answers), [true, 'waiting']);
      const seen = [await third, await claimed(through.extract)].map(({ body, attempt }) => [body.id, attempt]);
      assert.deepEqual(seen.toSorted(), [
        ['0001-00001', 2],
        ['0001-00002', 1],
      ]);
      assert.equal((await direct.store.stats()).waiting, 1);
    } finally {
      await box.close();
    }
  }),
);

test(
  'a worker that was stopped past its lease takes nothing back when it goes on, nor does one whose name another has now',
  options,
  faulty(async (redis, open, _, run) => {
    const [zombie, heir] = [await open({ leaseSeconds: 1 }), await open({ leaseSeconds: 1 })];
    const pending = () => redis.cli('XPENDING', `{merc:${run}}:extract`, 'all', '-', '+', '10').split('\n');
    await zombie.extract.enqueue(refs(1));
    const lost = await claimed(zombie.extract);
    const claim = await claimed(heir.extract);
    const [entry, owner] = pending();
    for (let times = 0; times < 3; times++) assert.equal(await zombie.extract.heartbeat(lost), false);
    await zombie.extract.release(lost);
    assert.equal(await zombie.extract.fail(lost, 'late'), 'lost');
    assert.equal(await zombie.extract.complete(lost, filesOf('late')), false);
    assert.deepEqual(pending().slice(0, 2), [entry, owner]);
    assert.equal(claim.receipt.endsWith(` ${owner}`), true);
    // The same name, by the count of deliveries alone: as of a process that another took for dead.
    redis.cli('XCLAIM', `{merc:${run}}:extract`, 'all', lost.receipt.split(' ')[2] ?? '', '0', entry ?? '');
    assert.equal(await zombie.extract.heartbeat(lost), false);
    assert.equal(await zombie.extract.complete(lost, filesOf('late')), false);
    assert.equal((await zombie.store.stats()).waiting, 0);
  }),
);
