// What a worker counts, as Prometheus reads it.
//
// Promises: each call makes a registry of its own; a scrape ends even where a queue does not answer,
// and then has no figures of that queue rather than old ones. Who listens is `server.ts`.

import type { ExtractionPart, QueueStats, Queues } from '../core/queue.ts';
import type { Counts } from '../core/types.ts';
import { within } from '../core/within.ts';

/** Bounds of a shard's time in seconds: a gigabyte takes a machine some ten, a slow disk a hundred times that. */
const SHARD_SECONDS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800];
/** Prometheus gives a scrape 10 s by default. */
const ANSWER_MS = 5_000;

export interface Metrics {
  /** A shard was extracted, or this worker's part of one. */
  extracted(seconds: number, counts: Counts): void;
  /** A shard was stored; rows by store. */
  stored(seconds: number, rows: Readonly<Record<string, number>>): void;
  /** All of it, in Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** What is asked of the queues at each scrape. */
export type WatchedQueues = Pick<Queues, 'extractStats' | 'counts'> & { readonly store: Pick<Queues['store'], 'stats'> };

export interface MetricsOptions {
  readonly queues?: WatchedQueues;
  /** What this process claims from, if it does. */
  readonly claims?: { readonly queue: 'extract' | 'store'; readonly part?: ExtractionPart };
  /** Milliseconds that a queue has to answer a scrape. */
  readonly answerMs?: number;
}

export async function openMetrics({ queues, claims, answerMs = ANSWER_MS }: MetricsOptions = {}): Promise<Metrics> {
  const { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } = await import('prom-client');
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = (name: string, help: string, ...labelNames: string[]) => new Counter({ name, help, labelNames, registers });

  const part = claims?.part ?? 'all';
  const files = counter('merc_files_total', 'Files extracted, by status.', 'result', 'part');
  const bytes = counter('merc_bytes_total', 'Bytes of input read.', 'part');
  const rows = counter('merc_store_rows_total', 'Rows of samples stored.', 'store');
  const seconds = new Histogram({ name: 'merc_shard_seconds', help: 'Time of a shard.', labelNames: ['role'], buckets: SHARD_SECONDS, registers });
  const redeliveries = counter('merc_redeliveries_total', 'Messages that had been delivered before.', 'queue', 'part');
  const leasesLost = counter('merc_lease_lost_total', 'Leases that ran out while the shard was in hand.', 'queue', 'part');
  const gauge = (name: string, help: string, of: (stats: QueueStats) => number) => {
    const made = new Gauge({ name, help, labelNames: ['queue', 'part'], registers });
    return { reset: () => made.reset(), set: (queue: string, whose: string, stats: QueueStats) => made.set({ queue, part: whose }, of(stats)) };
  };
  const gauges = [
    gauge('merc_stream_lag', 'Shards that wait and nobody has in hand.', (stats) => stats.waiting),
    gauge('merc_stream_pending', 'Shards in hand.', (stats) => stats.claimed),
    gauge('merc_oldest_pending_seconds', 'Age of the oldest shard that is not answered for.', (stats) => stats.oldestSeconds),
    gauge('merc_dead_letter', 'Shards set aside after too many deliveries.', (stats) => stats.dead),
    gauge('merc_workers', 'Workers that gave a sign of life within the lease.', (stats) => stats.claimants),
  ];

  /** Undefined where it does not answer in time, or with an error. */
  const answered = <T>(asked: () => Promise<T>): Promise<T | undefined> => within(asked(), answerMs).catch(() => undefined);
  const ask = async (asked: WatchedQueues): Promise<void> => {
    const [extract = {}, stored] = await Promise.all([answered(() => asked.extractStats()), answered(() => asked.store.stats())]);
    for (const each of gauges) {
      each.reset();
      for (const [of, stats] of Object.entries(extract)) each.set('extract', of, stats);
      if (stored !== undefined) each.set('store', 'all', stored);
    }
    if (claims === undefined) return;
    // They are counted elsewhere, and there from the start: a counter that begins with its first event has no increase that an alert would see.
    for (const [made, count] of [
      [redeliveries, asked.counts.redelivered],
      [leasesLost, asked.counts.lost],
    ] as const) {
      made.reset();
      made.inc({ queue: claims.queue, part }, count);
    }
  };
  let scrape = Promise.resolve('');
  const scraped = async (): Promise<string> => {
    if (queues !== undefined) await ask(queues);
    return registry.metrics();
  };
  return {
    extracted(took, counts) {
      seconds.observe({ role: 'extract' }, took);
      bytes.inc({ part }, counts.bytes);
      for (const [result, count] of Object.entries(counts.statuses)) files.inc({ result, part }, count);
    },
    stored(took, byStore) {
      seconds.observe({ role: 'store' }, took);
      for (const [store, count] of Object.entries(byStore)) rows.inc({ store }, count);
    },
    // One after another: two at once would reset each other's figures.
    text: () => (scrape = scrape.then(scraped, scraped)),
    contentType: registry.contentType,
  };
}
