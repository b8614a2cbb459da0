import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ShardParts, ShardRef } from '../../src/core/queue.ts';
import { run } from '../../src/core/run.ts';
import type { ShardFiles, Sink } from '../../src/core/types.ts';
import { claims, handingOver } from '../../src/queues/carry.ts';
import { memoryQueues, memoryRun } from '../../src/queues/memory.ts';
import { claimed } from '../contract/queue.ts';
import { filesOf, refs } from '../support/shards.ts';

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

test('what the sink was given for a shard is what its claim is completed with, and the queue is drained by two loops', async () => {
  const queues = memoryQueues(memoryRun());
  await queues.extract.enqueue(refs(20));
  const stop = new AbortController();
  const stored: ShardParts[] = [];
  const store: Sink<ShardParts> = {
    write: async (shard) => {
      stored.push(shard);
      if (stored.length === 20) setTimeout(() => stop.abort(new Error('enough')), 50);
    },
    close: () => Promise.resolve(),
  };
  const { sink, take } = handingOver<ShardFiles>();
  const options = { concurrency: 3, signal: stop.signal };
  await Promise.all([
    assert.rejects(
      run(claims(queues.extract, { reading: stop.signal, take }), async ({ body }) => filesOf(body.id), sink, options),
      /enough/,
    ),
    assert.rejects(
      run(claims(queues.store, { reading: stop.signal, take: () => {} }), async ({ body }) => body, store, options),
      /enough/,
    ),
  ]);
  assert.deepEqual(
    stored.map(({ id, parts }) => [id, parts[0]?.files.id]).toSorted(),
    refs(20).map(({ id }) => [id, id]),
  );
  assert.equal((await queues.store.stats()).waiting, 0);
  assert.deepEqual({ ...queues.counts }, { claimed: 40, reclaimed: 0, redelivered: 0, lost: 0, dropped: 0, reconnected: 0 });
});

test('work that takes longer than the lease keeps it by signs of life', async () => {
  const shared = memoryRun();
  const [queues, other] = [memoryQueues(shared, { leaseSeconds: 2 }), memoryQueues(shared, { leaseSeconds: 2 })];
  await queues.extract.enqueue(refs(1));
  const stop = new AbortController();
  const { sink, take } = handingOver<ShardFiles>();
  const stage = async ({ body }: { body: ShardRef }) => {
    assert.equal(await other.extract.claim(AbortSignal.timeout(4_500)), undefined);
    stop.abort();
    return filesOf(body.id);
  };
  await run(claims(queues.extract, { reading: stop.signal, take }), stage, sink, {
    concurrency: 1,
    signal: new AbortController().signal,
  });
  assert.equal((await claimed(queues.store)).body.id, '0001-00000');
});

test('a shard that fails is tried again and then set aside, and both are told', async () => {
  const queues = memoryQueues(memoryRun(), { deliveries: 2 });
  await queues.extract.enqueue(refs(1));
  const stop = new AbortController();
  const told: string[] = [];
  const { sink } = handingOver<ShardFiles>();
  const note = (line: string) => {
    told.push(line);
    if (told.length === 2) stop.abort();
  };
  const stage = () => Promise.reject(new Error('worker died\nat length'));
  await run(claims(queues.extract, { reading: stop.signal, take: () => filesOf(''), note }), stage, sink, {
    concurrency: 1,
    signal: new AbortController().signal,
  });
  assert.match(told[0] ?? '', /^shard 0001-00000 failed at delivery 1 \(worker died\): it is tried again$/);
  assert.match(told[1] ?? '', /set aside: merc dead list$/);
  assert.deepEqual(
    (await queues.extract.dead()).map(({ why }) => why),
    ['worker died'],
  );
});

test('what is aborted goes back as if it had not been delivered', async () => {
  const shared = memoryRun();
  const queues = memoryQueues(shared);
  await queues.extract.enqueue(refs(1));
  const stop = new AbortController();
  const { sink } = handingOver<ShardFiles>();
  const stage = (_: unknown, signal: AbortSignal) => {
    setTimeout(() => stop.abort(new Error('interrupted')), 10);
    return new Promise<ShardFiles>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  };
  const ended = run(claims(queues.extract, { reading: stop.signal, take: () => filesOf('') }), stage, sink, { concurrency: 2, signal: stop.signal });
  await assert.rejects(ended, /interrupted/);
  assert.equal((await claimed(memoryQueues(shared).extract)).attempt, 1);
});

test('a sink that refuses ends the loop, though the queue has nothing more, and what it refused is handed back', async () => {
  const shared = memoryRun();
  const queues = memoryQueues(shared);
  await queues.extract.enqueue(refs(1));
  const never = new AbortController().signal;
  const sink: Sink<ShardFiles> = { write: () => Promise.reject(new Error('disk is full')), close: () => Promise.resolve() };
  const source = claims(queues.extract, { reading: never, take: () => filesOf('') });
  await assert.rejects(
    run(source, async ({ body }) => filesOf(body.id), sink, { concurrency: 3, signal: never }),
    /disk is full/,
  );
  assert.equal((await claimed(memoryQueues(shared).extract)).attempt, 1);
});

test('who lost its lease is told with what came of the work, once', async () => {
  const shared = memoryRun();
  const [queues, other] = [memoryQueues(shared, { leaseSeconds: 0.1 }), memoryQueues(shared)];
  await queues.extract.enqueue(refs(1));
  const stop = new AbortController();
  const lost: (ShardFiles | undefined)[] = [];
  // A process that is stopped gives no signs: here they stop to arrive.
  const silent = { ...queues.extract, heartbeat: () => Promise.resolve(false) };
  const { sink, take } = handingOver<ShardFiles>();
  const stage = async ({ body }: { body: ShardRef }) => {
    const claim = await claimed(other.extract);
    assert.equal(await other.extract.complete(claim, filesOf('other')), true);
    await pause(10);
    stop.abort();
    return filesOf(body.id);
  };
  const told = (_: ShardRef, outcome: ShardFiles | undefined) => void lost.push(outcome);
  const source = claims(silent, { reading: stop.signal, take, lost: told });
  await run(source, stage, sink, { concurrency: 1, signal: new AbortController().signal });
  assert.deepEqual(lost, [filesOf('0001-00000')]);
  assert.equal(queues.counts.lost, 1);
  assert.equal((await claimed(other.store)).body.parts[0]?.files.id, 'other');
});
