import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { gated } from '../../src/commands/gate.ts';
import { queueShards } from '../../src/commands/queue-shards.ts';
import type { PlanHead } from '../../src/core/plan.ts';
import { memoryQueues, memoryRun } from '../../src/queues/memory.ts';
import { inFolder } from '../support/folder.ts';
import { smallDisk } from '../support/disk.ts';
import { filesOf } from '../support/shards.ts';

const signal = new AbortController().signal;

test('enqueue waits while ten thousand shards are queued, says so once, and goes on as they are taken', async () => {
  await inFolder(async (out) => {
    const queues = memoryQueues(memoryRun());
    const heads = [{ plan: 1, shards: 10_300 } as PlanHead];
    const told: number[] = [];
    const queued = queueShards(out, heads, queues, signal, { waits: () => void queues.extract.stats().then(({ waiting }) => told.push(waiting)) });
    let most = 0;
    const ended = new AbortController();
    void queued.then(() => ended.abort());
    while (!ended.signal.aborted) {
      const { waiting } = await queues.extract.stats();
      most = Math.max(most, waiting);
      if (told.length > 0 && waiting > 9_900) {
        const claim = await queues.extract.claim(signal);
        if (claim !== undefined) await queues.extract.complete(claim, filesOf(claim.body.id));
      } else await sleep(10);
    }
    assert.deepEqual(await queued, { shards: 10_300, committed: 0, queued: 10_300 });
    assert.ok(told.length >= 1);
    assert.ok(most >= 10_000 && most < 10_500, `${most} waited`);
  });
});

test('an extracting worker takes no shard while many wait to be stored', async () => {
  await inFolder(async (dir) => {
    const queues = memoryQueues(memoryRun());
    await queues.extract.enqueue([{ id: '0001-00000' }]);
    const told: string[] = [];
    let waiting = 64;
    const stats = await queues.store.stats();
    const queue = gated(queues.extract, { dir, storeStats: () => Promise.resolve({ ...stats, waiting }), waits: (why) => told.push(why) });
    const claim = queue.claim(signal);
    let given = false;
    void claim.then(() => (given = true));
    while (told.length === 0) await sleep(10);
    assert.deepEqual([given, told], [false, ['64 shards wait to be stored']]);
    waiting = 63;
    assert.equal((await claim)?.body.id, '0001-00000');
    const stop = new AbortController();
    waiting = 64;
    const aborted = queue.claim(stop.signal);
    stop.abort();
    assert.equal(await aborted, undefined, 'what waits ends with the signal');
  });
});

test('an extracting worker takes no shard while its disk has no room for one', async (t) => {
  await inFolder(async (folder) => {
    const disk = await smallDisk(folder, '8m');
    if (disk === undefined) return t.skip('only root can mount a disk');
    try {
      const queues = memoryQueues(memoryRun());
      await queues.extract.enqueue([{ id: '0001-00000' }]);
      const told: string[] = [];
      const stop = new AbortController();
      const claim = gated(queues.extract, { dir: disk.path, storeStats: () => queues.store.stats(), waits: (why) => told.push(why) }).claim(stop.signal);
      while (told.length === 0) await sleep(10);
      stop.abort();
      assert.equal(await claim, undefined);
      assert.match(told.join(), /^8 MB are free in /);
      assert.equal((await queues.extract.stats()).waiting, 1);
    } finally {
      await disk.remove();
    }
  });
});
