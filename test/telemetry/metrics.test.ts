import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noCounts, type QueueCounts, type QueueStats } from '../../src/core/queue.ts';
import { openMetrics, type WatchedQueues } from '../../src/telemetry/metrics.ts';

const STATS: QueueStats = { waiting: 48, claimed: 3, dead: 1, oldestSeconds: 72.5, claimants: 2 };
const COUNTS = { rows: 3, bytes: 9_000, strings: 70, statuses: { ok: 2, not_pe: 1 }, problems: {} };

/** The value of a metric's line, labels in the order in which they were given. */
function value(text: string, line: string): number | undefined {
  const found = text.split('\n').find((candidate) => candidate.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

/** Queues that say what they are told to. */
function queuesOf(extract: WatchedQueues['extractStats'], store: () => Promise<QueueStats>, counts: QueueCounts = noCounts()): WatchedQueues {
  return { extractStats: extract, store: { stats: store }, counts };
}

test('shards that were extracted and stored are counted by result, part and store', async () => {
  const [whole, strings] = [await openMetrics(), await openMetrics({ claims: { queue: 'extract', part: 'strings' } })];
  whole.extracted(12.5, COUNTS);
  whole.extracted(2, COUNTS);
  whole.stored(4, { parquet: 3, postgres: 3 });
  strings.extracted(1, COUNTS);
  const text = await whole.text();
  assert.equal(value(text, 'merc_files_total{result="ok",part="all"}'), 4);
  assert.equal(value(text, 'merc_files_total{result="not_pe",part="all"}'), 2);
  assert.equal(value(text, 'merc_bytes_total{part="all"}'), 18_000);
  assert.equal(value(text, 'merc_shard_seconds_count{role="extract"}'), 2);
  assert.equal(value(text, 'merc_shard_seconds_sum{role="extract"}'), 14.5);
  assert.equal(value(text, 'merc_shard_seconds_bucket{le="2",role="extract"}'), 1);
  assert.equal(value(text, 'merc_store_rows_total{store="postgres"}'), 3);
  assert.equal(value(await strings.text(), 'merc_files_total{result="ok",part="strings"}'), 2);
});

test('a scrape asks the queues, each part for itself, and counters of queues exist before their first event', async () => {
  const counts = noCounts();
  const extract = () => Promise.resolve({ pe: STATS, strings: { ...STATS, waiting: 7 } });
  const metrics = await openMetrics({
    queues: queuesOf(extract, () => Promise.resolve({ ...STATS, waiting: 5 }), counts),
    claims: { queue: 'extract', part: 'pe' },
  });
  const before = await metrics.text();
  assert.equal(value(before, 'merc_redeliveries_total{queue="extract",part="pe"}'), 0);
  assert.equal(value(before, 'merc_lease_lost_total{queue="extract",part="pe"}'), 0);
  counts.redelivered = 1;
  counts.lost = 2;
  const text = await metrics.text();
  const expected = { merc_stream_lag: 48, merc_stream_pending: 3, merc_dead_letter: 1, merc_oldest_pending_seconds: 72.5, merc_workers: 2 };
  for (const [name, expectedValue] of Object.entries(expected)) assert.equal(value(text, `${name}{queue="extract",part="pe"}`), expectedValue, name);
  assert.equal(value(text, 'merc_stream_lag{queue="extract",part="strings"}'), 7);
  assert.equal(value(text, 'merc_stream_lag{queue="store",part="all"}'), 5);
  assert.equal(value(text, 'merc_redeliveries_total{queue="extract",part="pe"}'), 1);
  assert.equal(value(text, 'merc_lease_lost_total{queue="extract",part="pe"}'), 2);
});

test('a queue that does not answer, or no longer, has no figures, and the others have', async () => {
  let answers = true;
  const refused = () => (answers ? Promise.resolve({ all: STATS }) : Promise.reject(new Error('connection lost')));
  const silent = () => (answers ? Promise.resolve(STATS) : new Promise<never>(() => {}));
  const [one, other] = [
    await openMetrics({ queues: queuesOf(refused, () => Promise.resolve(STATS)), answerMs: 50 }),
    await openMetrics({ queues: queuesOf(() => Promise.resolve({ all: STATS }), silent), answerMs: 50 }),
  ];
  assert.equal(value(await one.text(), 'merc_stream_lag{queue="extract",part="all"}'), 48);
  assert.equal(value(await other.text(), 'merc_stream_lag{queue="store",part="all"}'), 48);
  answers = false;
  const [refusing, silenced] = [await one.text(), await other.text()];
  assert.equal(value(refusing, 'merc_stream_lag{queue="extract",part="all"}'), undefined);
  assert.equal(value(refusing, 'merc_stream_lag{queue="store",part="all"}'), 48);
  assert.equal(value(silenced, 'merc_stream_lag{queue="store",part="all"}'), undefined);
  assert.equal(value(silenced, 'merc_stream_lag{queue="extract",part="all"}'), 48);
});

test('scrapes at the same time have all figures each', async () => {
  const metrics = await openMetrics({
    queues: queuesOf(
      () => Promise.resolve({ all: STATS }),
      () => Promise.resolve(STATS),
    ),
  });
  for (const text of await Promise.all(Array.from({ length: 10 }, () => metrics.text())))
    assert.equal(value(text, 'merc_workers{queue="store",part="all"}'), 2);
});

test('two sets of metrics of one process know nothing of each other, and both tell of the process', async () => {
  const [one, other] = [await openMetrics(), await openMetrics()];
  one.extracted(1, COUNTS);
  assert.equal(value(await other.text(), 'merc_bytes_total{part="all"}'), undefined);
  for (const metrics of [one, other]) assert.ok((value(await metrics.text(), 'process_resident_memory_bytes') ?? 0) > 1e6);
});
