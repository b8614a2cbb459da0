// What a worker counts, as Prometheus reads it.
//
// Promises: each call makes a registry of its own; a scrape ends even where a queue does not answer,
// and then has no figures of that queue rather than old ones. Who listens is `server.ts`.

import type { QueueStats, ExtractionPart } from '../core/queue.ts';
import type { Counts } from '../core/types.ts';

/** Bounds of a shard's time in seconds: a gigabyte takes a machine some ten, a slow disk a hundred times that. */
const SHARD_SECONDS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800];
/** Prometheus gives a scrape 10 s by default. */
const ANSWER_MS = 5_000;

export interface Metrics {
  /** A shard was extracted, or a part of one. */
  extracted(seconds: number, counts: Counts, part?: ExtractionPart): void;
  /** A shard was stored; rows by store. */
  stored(seconds: number, rows: Readonly<Record<string, number>>): void;
  /** A message came that had been delivered before. */
  redelivered(queue: string): void;
  /** A lease ran out, and another has the shard. */
  leaseLost(queue: string): void;
  /** All of it, in Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

export interface MetricsOptions {
  /** Asked at each scrape, by the queue's name. */
  readonly queues?: Readonly<Record<string, () => Promise<QueueStats>>>;
  /** Milliseconds that a queue has to answer a scrape. */
  readonly answerMs?: number;
}

export async function openMetrics({ queues = {}, answerMs = ANSWER_MS }: MetricsOptions = {}): Promise<Metrics> {
  const { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } = await import('prom-client');
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const files = new Counter({ name: 'merc_files_total', help: 'Files extracted, by status.', labelNames: ['result', 'part'], registers });
  const bytes = new Counter({ name: 'merc_bytes_total', help: 'Bytes of input read.', labelNames: ['part'], registers });
  const seconds = new Histogram({ name: 'merc_shard_seconds', help: 'Time of a shard.', labelNames: ['role'], buckets: SHARD_SECONDS, registers });
  const rows = new Counter({ name: 'merc_store_rows_total', help: 'Rows of samples stored.', labelNames: ['store'], registers });
  const counter = (name: string, help: string) => {
    const made = new Counter({ name, help, labelNames: ['queue'], registers });
    // A counter that begins to exist with its first event has no increase that an alert would see.
    for (const queue of Object.keys(queues)) made.inc({ queue }, 0);
    return made;
  };
  const redeliveries = counter('merc_redeliveries_total', 'Messages that had been delivered before.');
  const leasesLost = counter('merc_lease_lost_total', 'Leases that ran out while the shard was in hand.');
  const gauge = (name: string, help: string, of: (stats: QueueStats) => number) => ({
    of,
    gauge: new Gauge({ name, help, labelNames: ['queue'], registers }),
  });
  const gauges = [
    gauge('merc_stream_lag', 'Shards that wait and nobody has in hand.', (stats) => stats.waiting),
    gauge('merc_stream_pending', 'Shards in hand.', (stats) => stats.claimed),
    gauge('merc_oldest_pending_seconds', 'Age of the oldest shard that is not answered for.', (stats) => stats.oldestSeconds),
    gauge('merc_dead_letter', 'Shards set aside after too many deliveries.', (stats) => stats.dead),
    gauge('merc_workers', 'Workers that gave a sign of life within the lease.', (stats) => stats.claimants),
  ];

  const ask = async (queue: string, answer: () => Promise<QueueStats>): Promise<void> => {
    const stats = await within(answer, answerMs);
    for (const each of gauges) {
      if (stats === undefined) each.gauge.remove({ queue });
      else each.gauge.set({ queue }, each.of(stats));
    }
  };
  return {
    extracted(took, counts, part = 'all') {
      seconds.observe({ role: 'extract' }, took);
      bytes.inc({ part }, counts.bytes);
      for (const [result, count] of Object.entries(counts.statuses)) files.inc({ result, part }, count);
    },
    stored(took, byStore) {
      seconds.observe({ role: 'store' }, took);
      for (const [store, count] of Object.entries(byStore)) rows.inc({ store }, count);
    },
    redelivered: (queue) => redeliveries.inc({ queue }),
    leaseLost: (queue) => leasesLost.inc({ queue }),
    async text() {
      await Promise.all(Object.entries(queues).map(([queue, answer]) => ask(queue, answer)));
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}

/** What is answered in time; undefined where nothing is, or an error. */
async function within<T>(answer: () => Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([answer().catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
