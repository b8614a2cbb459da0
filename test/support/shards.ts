// Shards of no plan, as queues carry them.

import type { ShardRef } from '../../src/core/queue.ts';
import type { ShardFiles } from '../../src/core/types.ts';

/** The first shards of a plan. */
export function refs(count: number): ShardRef[] {
  return Array.from({ length: count }, (_, index) => ({ id: `0001-${String(index).padStart(5, '0')}` }));
}

/** Files of a shard, in a folder that tells whose they are. */
export function filesOf(id: string, batches = 1): ShardFiles {
  const each = Array.from({ length: batches }, (_, index) => index);
  return {
    id,
    dir: `/out/.work/${id}`,
    records: each.map((index) => `records-${index}.parquet`),
    strings: each.map((index) => ({ name: `strings-${index}.parquet`, bytes: 1_000_000 + index, rows: 100_000, sha256: String(index % 10).repeat(64) })),
    counts: { rows: 1, bytes: 2, strings: 3, statuses: { ok: 1 }, problems: { 'read.changed': 1 } },
    slowest: [{ path: 'a "strange"\nname', size: 2, milliseconds: 1 }],
    attempts: 1,
    started: '2026-01-01T00:00:00.000Z',
  };
}
