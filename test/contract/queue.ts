// What every driver of the queues must do; drivers differ in nothing that is tested here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXTRACTION_PARTS, type Claim, type Message, type Queue, type QueueOptions, type Queues, type ShardParts } from '../../src/core/queue.ts';
import { filesOf, refs } from '../support/shards.ts';

/** Opens the queues of one run, for one more claimant; the test's end closes them. */
export type Open = (options?: QueueOptions) => Promise<Queues>;

const never = new AbortController().signal;

/** A lease that nothing in a test outlasts, and one that is waited for. */
const LONG = { leaseSeconds: 60 };
const SHORT = { leaseSeconds: 0.4 };

export async function claimed<T extends Message, O>(queue: Queue<T, O>): Promise<Claim<T>> {
  const claim = await queue.claim(never);
  assert.ok(claim !== undefined);
  return claim;
}

/** Claims within a time in which a claimable message would have come. */
export async function nothingToClaim<T extends Message, O>(queue: Queue<T, O>, milliseconds = 300): Promise<void> {
  const claim = await queue.claim(AbortSignal.timeout(milliseconds));
  assert.equal(claim, undefined);
}

export function queueContract(driver: string, withRun: (use: (open: Open) => Promise<void>) => Promise<void>, skip: string | false = false): void {
  const promise = (title: string, use: (open: Open) => Promise<void>) => test(`${driver}: ${title}`, { skip, timeout: 60_000 }, () => withRun(use));

  promise('messages are delivered once, in order, and are gone when they are answered for', async (open) => {
    const { extract, store, counts } = await open(LONG);
    assert.equal(await extract.enqueue(refs(5)), 5);
    const seen: string[] = [];
    for (let left = 5; left > 0; left--) {
      const claim = await claimed(extract);
      assert.equal(claim.attempt, 1);
      seen.push(claim.body.id);
      assert.equal(await extract.complete(claim, filesOf(claim.body.id)), true);
    }
    assert.deepEqual(
      seen,
      refs(5).map(({ id }) => id),
    );
    await nothingToClaim(extract);
    for (let left = 5; left > 0; left--) assert.equal(await store.complete(await claimed(store)), true);
    await nothingToClaim(store);
    const none = { waiting: 0, claimed: 0, dead: 0, oldestSeconds: 0 };
    for (const queue of [extract, store]) assert.deepEqual({ ...(await queue.stats()), claimants: 0 }, { ...none, claimants: 0 });
    assert.deepEqual(counts, { claimed: 10, reclaimed: 0, redelivered: 0, lost: 0, dropped: 0, reconnected: 0 });
  });

  promise('an id is held once, wherever it is, and can be put in again when it is done', async (open) => {
    const { extract, store } = await open({ ...LONG, deliveries: 1 });
    assert.equal(await extract.enqueue(refs(2)), 2);
    assert.equal(await extract.enqueue(refs(3)), 1);
    const claim = await claimed(extract);
    assert.equal(await extract.enqueue(refs(3)), 0, 'in hand');
    await extract.complete(claim, filesOf(claim.body.id));
    assert.equal(await extract.enqueue(refs(3)), 0, 'to store');
    const stored = await claimed(store);
    assert.equal(await extract.enqueue(refs(3)), 0, 'being stored');
    await store.complete(stored);
    assert.equal(await extract.enqueue(refs(1)), 1, 'done');
    assert.equal(await extract.fail(await claimed(extract), 'broken'), 'dead');
    assert.equal(await extract.enqueue(refs(3)), 0, 'dead');
  });

  promise('a completed shard is handed on with its files and its trace, in the same step', async (open) => {
    const { extract, store } = await open(LONG);
    await extract.enqueue([{ id: '0001-00000', trace: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }]);
    const claim = await claimed(extract);
    await extract.complete(claim, filesOf(claim.body.id));
    assert.deepEqual((await claimed(store)).body, { ...claim.body, parts: [{ part: 'all', files: filesOf(claim.body.id) }] });
  });

  promise('who gives no sign of life loses a message to the next, and is told at every turn', async (open) => {
    const [first, second] = [await open(SHORT), await open(SHORT)];
    await first.extract.enqueue(refs(1));
    const lost = await claimed(first.extract);
    const claim = await claimed(second.extract);
    assert.deepEqual([claim.body, claim.attempt], [lost.body, 2]);
    assert.equal(await first.extract.heartbeat(lost), false);
    assert.equal(await first.extract.complete(lost, filesOf('lost')), false);
    assert.equal(await first.extract.fail(lost, 'lost'), 'lost');
    await first.extract.release(lost);
    assert.equal(await second.extract.heartbeat(claim), true);
    assert.equal(await second.extract.complete(claim, filesOf(claim.body.id)), true);
    assert.deepEqual((await claimed(first.store)).body.parts, [{ part: 'all', files: filesOf(claim.body.id) }]);
    await nothingToClaim(first.store);
    assert.deepEqual([first.counts.lost, second.counts.lost, second.counts.reclaimed, second.counts.redelivered], [2, 0, 1, 1]);
  });

  promise('who asks for more lives: what it has in hand it does not have twice, though it slept past the lease', async (open) => {
    const { extract, counts } = await open(SHORT);
    await extract.enqueue(refs(1));
    const claim = await claimed(extract);
    // Nobody else has asked meanwhile, as where all of a machine sleeps.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await nothingToClaim(extract);
    assert.equal(await extract.complete(claim, filesOf(claim.body.id)), true);
    assert.deepEqual([counts.reclaimed, counts.redelivered, counts.lost], [0, 0, 0]);
  });

  promise('signs of life keep a message for as long as they come', async (open) => {
    const [first, second] = [await open({ leaseSeconds: 3 }), await open({ leaseSeconds: 3 })];
    await first.extract.enqueue(refs(1));
    const claim = await claimed(first.extract);
    const signs = setInterval(() => void first.extract.heartbeat(claim), 200);
    await nothingToClaim(second.extract, 6_000);
    clearInterval(signs);
    assert.equal(await first.extract.complete(claim, filesOf(claim.body.id)), true);
  });

  promise('what failed comes again before what is new, and is set aside with the reason after too many', async (open) => {
    const { extract } = await open({ ...LONG, deliveries: 3 });
    await extract.enqueue(refs(2));
    for (const attempt of [1, 2]) {
      const claim = await claimed(extract);
      assert.deepEqual([claim.body.id, claim.attempt], ['0001-00000', attempt]);
      assert.equal(await extract.fail(claim, `try ${attempt}`), 'waiting');
    }
    assert.equal(await extract.fail(await claimed(extract), 'the last\n"try" \u{1f4a5}'), 'dead');
    assert.equal((await claimed(extract)).body.id, '0001-00001');
    const [letter] = await extract.dead();
    assert.deepEqual([letter?.id, letter?.attempts, letter?.why], ['0001-00000', 3, 'the last\n"try" \u{1f4a5}']);
    assert.ok(Math.abs(Date.now() - Date.parse(letter?.since ?? '')) < 60_000);
    assert.equal((await extract.stats()).dead, 1);
  });

  promise('a message whose claimants all die is set aside too', async (open) => {
    const options = { ...SHORT, deliveries: 2 };
    const { extract } = await open(options);
    await extract.enqueue(refs(1));
    for (const attempt of [1, 2]) assert.equal((await claimed((await open(options)).extract)).attempt, attempt);
    await nothingToClaim(extract, 2_000);
    assert.deepEqual(
      (await extract.dead()).map(({ id, attempts }) => [id, attempts]),
      [['0001-00000', 2]],
    );
  });

  promise('the dead are put back with no delivery counted, or forgotten: those named, or all', async (open) => {
    const { extract } = await open({ ...LONG, deliveries: 1 });
    await extract.enqueue(refs(4));
    for (let left = 4; left > 0; left--) await extract.fail(await claimed(extract), 'broken');
    assert.equal(await extract.retry([]), 0);
    assert.equal(await extract.retry(['0001-00001', 'unknown']), 1);
    const claim = await claimed(extract);
    assert.deepEqual([claim.body.id, claim.attempt], ['0001-00001', 1]);
    assert.equal(await extract.drop(['0001-00000']), 1);
    assert.equal(await extract.enqueue(refs(4)), 1, 'only what was forgotten is put in again');
    assert.equal(await extract.retry(), 2);
    assert.deepEqual(await extract.dead(), []);
    assert.equal(await extract.drop(), 0);
  });

  promise('a message that is released comes again at once, as if it had not been delivered', async (open) => {
    const [first, second] = [await open(LONG), await open(LONG)];
    await first.extract.enqueue(refs(1));
    const claim = await claimed(first.extract);
    await first.extract.release(claim);
    assert.equal(await first.extract.heartbeat(claim), false);
    const next = await claimed(second.extract);
    assert.deepEqual([next.body, next.attempt, second.counts.redelivered], [claim.body, 1, 0]);
  });

  promise('an answer that is given again says the same and changes nothing', async (open) => {
    const { extract, store, counts } = await open({ ...LONG, deliveries: 2 });
    await extract.enqueue(refs(2));
    const [done, failed] = [await claimed(extract), await claimed(extract)];
    for (let times = 0; times < 2; times++) assert.equal(await extract.complete(done, filesOf(done.body.id)), true);
    for (let times = 0; times < 2; times++) assert.equal(await extract.fail(failed, 'broken'), 'waiting');
    assert.equal(await extract.complete(failed, filesOf(failed.body.id)), false, 'handed back is handed back');
    assert.equal((await claimed(extract)).attempt, 2);
    await claimed(store);
    await nothingToClaim(store);
    assert.equal(counts.lost, 1);
  });

  promise('a claim waits for a message, ends with its signal, and loses none by that', async (open) => {
    const [waiting, enqueuing] = [await open(LONG), await open(LONG)];
    const stop = new AbortController();
    const claim = waiting.extract.claim(stop.signal);
    await nothingToClaim(enqueuing.store);
    await enqueuing.extract.enqueue(refs(1));
    assert.equal((await claim)?.body.id, '0001-00000');
    const ended = waiting.extract.claim(stop.signal);
    stop.abort();
    assert.equal(await ended, undefined);
    await enqueuing.extract.enqueue(refs(2));
    assert.deepEqual([(await claimed(enqueuing.extract)).attempt, enqueuing.counts.redelivered], [1, 0]);
  });

  promise('many claimants have no message twice', async (open) => {
    const claimants = [await open(LONG), await open(LONG), await open(LONG), await open(LONG)];
    await claimants[0]?.extract.enqueue(refs(40));
    const seen: string[] = [];
    const enough = new AbortController();
    const work = async ({ extract }: Queues): Promise<void> => {
      for (let claim = await extract.claim(enough.signal); claim !== undefined; claim = await extract.claim(enough.signal)) {
        seen.push(claim.body.id);
        assert.equal(await extract.complete(claim, filesOf(claim.body.id)), true);
        if (seen.length === 40) enough.abort();
      }
    };
    await Promise.all(claimants.map(work));
    assert.deepEqual(
      seen.toSorted(),
      refs(40).map(({ id }) => id),
    );
    assert.ok(claimants.every(({ counts }) => counts.reclaimed === 0 && counts.redelivered === 0));
  });

  promise('the figures say what waits, is in hand and is dead, since when, and who claims', async (open) => {
    const [first, second] = [await open({ ...LONG, deliveries: 1 }), await open({ ...LONG, deliveries: 1 })];
    await first.extract.enqueue(refs(6));
    const claim = await claimed(first.extract);
    await claimed(second.extract);
    await first.extract.fail(await claimed(first.extract), 'broken');
    await first.extract.release(claim);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { oldestSeconds, ...stats } = await first.extract.stats();
    assert.deepEqual(stats, { waiting: 4, claimed: 1, dead: 1, claimants: 2 });
    assert.ok(oldestSeconds >= 0.05 && oldestSeconds < 60, `${oldestSeconds}`);
    assert.deepEqual((await first.extractStats()).all?.waiting, 4);
    assert.equal((await first.store.stats()).waiting, 0);
  });

  promise('by parts each part has each shard once, and the last one to complete hands all of them on', async (open) => {
    const options = { ...LONG, extraction: 'parts' } as const;
    const parts = [];
    for (const part of EXTRACTION_PARTS) parts.push({ part, queues: await open({ ...options, part }) });
    assert.equal(await parts[0]?.queues.extract.enqueue(refs(3)), 3);
    const [store] = parts.map(({ queues }) => queues.store);
    assert.ok(store !== undefined);
    for (const { part, queues } of parts.toReversed()) {
      await nothingToClaim(store, 100);
      for (const { id } of refs(3)) {
        const claim = await claimed(queues.extract);
        assert.equal(claim.body.id, id);
        for (let times = 0; times < 2; times++) assert.equal(await queues.extract.complete(claim, filesOf(`${id}-${part}`)), true);
      }
    }
    for (const { id } of refs(3)) {
      const { body }: Claim<ShardParts> = await claimed(store);
      assert.deepEqual(body, { id, parts: EXTRACTION_PARTS.map((part) => ({ part, files: filesOf(`${id}-${part}`) })) });
    }
    await nothingToClaim(store);
    for (const stats of Object.values((await parts[0]?.queues.extractStats()) ?? {})) assert.deepEqual([stats.waiting, stats.claimed], [0, 0]);
  });

  promise('a part that is set aside holds its shard back, and comes again for itself alone', async (open) => {
    const options = { ...LONG, deliveries: 1, extraction: 'parts' } as const;
    const [pe, hashes, strings] = [
      await open({ ...options, part: 'pe' }),
      await open({ ...options, part: 'hashes' }),
      await open({ ...options, part: 'strings' }),
    ];
    await pe.extract.enqueue(refs(1));
    assert.equal(await pe.extract.fail(await claimed(pe.extract), 'broken'), 'dead');
    for (const { extract } of [hashes, strings]) await extract.complete(await claimed(extract), filesOf('other'));
    await nothingToClaim(pe.store);
    assert.deepEqual(
      (await hashes.extract.dead()).map(({ id, part }) => [id, part]),
      [['0001-00000', 'pe']],
    );
    assert.equal(await pe.extract.enqueue(refs(1)), 0);
    assert.equal(await hashes.extract.retry(), 1);
    for (const { extract } of [hashes, strings]) await nothingToClaim(extract);
    assert.equal(await pe.extract.complete(await claimed(pe.extract), filesOf('mended')), true);
    assert.equal((await claimed(pe.store)).body.parts.length, 3);
    assert.equal((await pe.extractStats()).hashes?.waiting, 0);
  });

  promise('a claimant that extracts otherwise than the run was begun is refused with the way out', async (open) => {
    await open({ ...LONG, extraction: 'whole' });
    await assert.rejects(open({ ...LONG, part: 'pe' }), /--parts: this run is extracted whole/);
    await open(LONG);
  });
}
