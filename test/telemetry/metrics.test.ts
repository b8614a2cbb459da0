import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QueueStats } from '../../src/core/queue.ts';
import { openMetrics } from '../../src/telemetry/metrics.ts';

const STATS: QueueStats = { waiting: 48, claimed: 3, dead: 1, oldestSeconds: 72.5, claimants: 2 };
const COUNTS = { rows: 3, bytes: 9_000, strings: 70, statuses: { ok: 2, not_pe: 1 }, problems: {} };

/** The value of a metric's line, labels in the order in which they were given. */
function value(text: string, line: string): number | undefined {
  const found = text.split('\n').find((candidate) => candidate.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

test('shards that were extracted and stored are counted by result, part and store', async () => {
  const metrics = await openMetrics();
  metrics.extracted(12.5, COUNTS);
  metrics.extracted(2, COUNTS);
  metrics.extracted(1, COUNTS, 'strings');
  metrics.stored(4, { parquet: 3, postgres: 3 });
  const text = await metrics.text();
  assert.equal(value(text, 'merc_files_total{result="ok",part="all"}'), 4);
  assert.equal(value(text, 'merc_files_total{result="not_pe",part="all"}'), 2);
  assert.equal(value(text, 'merc_files_total{result="ok",part="strings"}'), 2);
  assert.equal(value(text, 'merc_bytes_total{part="all"}'), 18_000);
  assert.equal(value(text, 'merc_shard_seconds_count{role="extract"}'), 3);
  assert.equal(value(text, 'merc_shard_seconds_sum{role="extract"}'), 15.5);
  assert.equal(value(text, 'merc_shard_seconds_bucket{le="2",role="extract"}'), 2);
  assert.equal(value(text, 'merc_store_rows_total{store="postgres"}'), 3);
});

test('a scrape asks the queues, and counters of queues exist before their first event', async () => {
  const metrics = await openMetrics({ queues: { extract: () => Promise.resolve(STATS) } });
  const before = await metrics.text();
  assert.equal(value(before, 'merc_redeliveries_total{queue="extract"}'), 0);
  assert.equal(value(before, 'merc_lease_lost_total{queue="extract"}'), 0);
  metrics.redelivered('extract');
  metrics.leaseLost('extract');
  metrics.leaseLost('extract');
  const text = await metrics.text();
  const expected = { merc_stream_lag: 48, merc_stream_pending: 3, merc_dead_letter: 1, merc_oldest_pending_seconds: 72.5, merc_workers: 2 };
  for (const [name, expectedValue] of Object.entries(expected)) assert.equal(value(text, `${name}{queue="extract"}`), expectedValue, name);
  assert.equal(value(text, 'merc_redeliveries_total{queue="extract"}'), 1);
  assert.equal(value(text, 'merc_lease_lost_total{queue="extract"}'), 2);
});

test('a queue that does not answer, or no longer, has no figures, and the others have', async () => {
  let answers = true;
  const metrics = await openMetrics({
    queues: {
      extract: () => (answers ? Promise.resolve(STATS) : Promise.reject(new Error('connection lost'))),
      store: () => (answers ? Promise.resolve(STATS) : new Promise(() => {})),
      steady: () => Promise.resolve(STATS),
    },
    answerMs: 50,
  });
  assert.equal(value(await metrics.text(), 'merc_stream_lag{queue="store"}'), 48);
  answers = false;
  const text = await metrics.text();
  assert.equal(value(text, 'merc_stream_lag{queue="extract"}'), undefined);
  assert.equal(value(text, 'merc_stream_lag{queue="store"}'), undefined);
  assert.equal(value(text, 'merc_stream_lag{queue="steady"}'), 48);
});

test('two sets of metrics of one process know nothing of each other, and both tell of the process', async () => {
  const [one, other] = [await openMetrics(), await openMetrics()];
  one.extracted(1, COUNTS);
  assert.equal(value(await other.text(), 'merc_bytes_total{part="all"}'), undefined);
  for (const metrics of [one, other]) assert.ok((value(await metrics.text(), 'process_resident_memory_bytes') ?? 0) > 1e6);
});
