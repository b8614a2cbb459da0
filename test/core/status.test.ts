import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommitRecord } from '../../src/core/commit.ts';
import { committedOf, runStatus, type QueueStatus } from '../../src/core/status.ts';

const AT = new Date('2026-11-28T04:00:00Z');
const PLANNED = { shards: 10, files: 1_000, bytes: 10_000_000 };

/** A record of 100 files and 1 MB, begun and committed so many seconds before AT. */
function record(begun: number, committed: number): CommitRecord {
  const ago = (seconds: number) => new Date(AT.getTime() - seconds * 1000).toISOString();
  const counts = { rows: 100, bytes: 1_000_000, strings: 0, statuses: { ok: 99, crashed: 1 }, problems: {} };
  const labels = { dataset: null, lists: {}, matches: {} };
  const parts = { samples: null, strings: [], attempts: 1, slowest: [] };
  return { id: '0001-00000', planHash: '', counts, labels, ...parts, host: 'h', pid: 1, started: ago(begun), committed: ago(committed) };
}

function queue(stage: QueueStatus['stage'], waiting: number, claimed: number, dead = 0, name: string = stage): QueueStatus {
  return { name, stage, stats: { waiting, claimed, dead, oldestSeconds: 0, claimants: 1 } };
}

test('speed is that of the last ten minutes, from when their first shard was begun', async () => {
  const committed = await committedOf([record(9_000, 8_000), record(100, 60), record(50, 10)], AT);
  assert.deepEqual(committed, {
    shards: 3,
    files: 300,
    bytes: 3_000_000,
    statuses: { crashed: 3, ok: 297 },
    pace: { filesPerSecond: 2, bytesPerSecond: 20_000 },
  });
  const status = runStatus({ at: AT, out: 'out', run: 'r', planned: PLANNED, committed, queues: [] });
  // 700 files of 7 MB at 2 files and 20 kB a second.
  assert.equal(status.pace?.secondsLeft, 350);
});

test('there is no speed where nothing was committed of late, or only by a clock that is ahead', async () => {
  assert.equal((await committedOf([record(9_000, 8_000)], AT)).pace, null);
  assert.equal((await committedOf([record(-50, -60)], AT)).pace, null);
  assert.equal((await committedOf([], AT)).pace, null);
});

test('what is planned and neither committed nor in a queue is missing', async () => {
  const committed = await committedOf([record(100, 60), record(50, 10)], AT);
  const facts = { at: AT, out: 'out', run: 'r', planned: PLANNED, committed };
  assert.deepEqual(runStatus({ ...facts, queues: [queue('extract', 3, 1, 1), queue('store', 0, 1)] }).shards, { queued: 3, leased: 2, dead: 1, missing: 2 });
  // Committed while the queues were asked: counted twice, never less than none missing.
  assert.equal(runStatus({ ...facts, queues: [queue('extract', 6, 2), queue('store', 0, 2)] }).shards?.missing, 0);
});

test('parts of a shard that wait in several queues are one shard', async () => {
  const committed = await committedOf([], AT);
  const facts = { at: AT, out: 'out', run: 'r', planned: PLANNED, committed };
  const queues = [queue('extract', 6, 0, 3, 'extract strings'), queue('extract', 2, 2, 3, 'extract pe'), queue('store', 1, 0)];
  // Of seven shards one has three parts set aside; three of ten are nowhere, which the messages do not tell.
  const status = runStatus({ ...facts, queues, queued: { held: 7, dead: 1 } });
  assert.deepEqual(status.shards, { queued: 4, leased: 2, dead: 1, missing: 3 });
  // There are no more shards than messages: the messages of the rest were deleted.
  const deleted = [queue('extract', 1, 0, 0, 'extract strings'), queue('extract', 1, 0, 0, 'extract pe'), queue('store', 0, 0)];
  assert.deepEqual(runStatus({ ...facts, queues: deleted, queued: { held: 7, dead: 0 } }).shards, { queued: 2, leased: 0, dead: 0, missing: 8 });
});

test('where the queues do not answer, what only they know is null and the rest is right', async () => {
  const committed = await committedOf([record(100, 60)], AT);
  const status = runStatus({ at: AT, out: 'out', run: 'r', planned: PLANNED, committed, queues: null, trouble: 'redis://***@cache does not answer' });
  assert.deepEqual([status.shards, status.queues, status.trouble], [null, null, 'redis://***@cache does not answer']);
  assert.deepEqual([status.committed.files, status.planned.files], [100, 1_000]);
  assert.deepEqual(JSON.parse(JSON.stringify(status)), status);
});
