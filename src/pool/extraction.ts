// The stage that extracts a shard: its batches spread over the pool, each to its end.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_COUNTS, addCounts } from '../core/counts.ts';
import { workDir } from '../core/layout.ts';
import type { Faults } from '../core/options.ts';
import type { RowOptions } from '../core/plan.ts';
import type { Profiler } from '../core/profile.ts';
import type { ExtractionPart } from '../core/queue.ts';
import type { Batch, Counts, FileRef, ShardFiles, ShardPlan, Stage } from '../core/types.ts';
import type { BatchSummary, BatchTask } from '../native.ts';
import { extractSurely } from './careful.ts';
import type { Pool, Wait, Watched } from './pool.ts';

export interface ExtractionContext {
  readonly out: string;
  readonly options: RowOptions;
  /** Shards that there are to extract: with the last one the workers end, while it is stored. Not known, if not given. */
  readonly shards?: number;
  /** What of each file is extracted; all, if not given. */
  readonly part?: ExtractionPart;
  /** Absolute folders that a shard's paths are relative to. */
  readonly rootsOf: (shard: string) => readonly string[];
  /** Key-value metadata of a shard's parts. */
  readonly metadataOf: (shard: string) => Readonly<Record<string, string>>;
  /** Called as batches end, in any order. */
  readonly onBatch?: (counts: Counts) => void;
  /** Called once for a file that a worker waits for, as of a disk that does not answer. */
  readonly onWait?: (file: FileRef, wait: Wait) => void;
  /** Gets what batches cost. */
  readonly profiler?: Profiler;
  readonly faults?: Faults;
}

/** Shards that this process has begun. */
let times = 0;

/** The stage that extracts a shard: its batches spread over the pool. */
export function extraction(pool: Pool, context: ExtractionContext): Stage<ShardPlan, ShardFiles> {
  let left = context.shards;
  return async ({ body: shard, attempt }, signal) => {
    const started = new Date().toISOString();
    // What was begun first is ended first: its store then overlaps with the rest, and less is lost where the process is.
    const turn = ++times;
    // A folder for each time: this process may be given a shard anew while it is still at it.
    const dir = workDir(context.out, `${shard.id}.${turn}`);
    await mkdir(dir, { recursive: true });
    const summaries: BatchSummary[] = [];
    const batches = shard.batches.entries();
    // One more batch than there are workers, so that one is waiting when a worker is free, and no other shard's goes first; not all, so that a run that ends soon ends soon.
    const lane = async (): Promise<void> => {
      for (const [index, batch] of batches) {
        signal.throwIfAborted();
        const summary = await extractSurely(pool, taskOf(shard.id, batch, index, dir, context), watchedOf(batch, index, turn, dir, context), attempt);
        summaries[index] = summary;
        context.profiler?.batch(summary.stages, summary.worker);
        context.onBatch?.(countsOf(summary));
      }
    };
    await Promise.all(Array.from({ length: pool.workers + 1 }, lane));
    // Whoever opened the pool closes it too, and is told how that went.
    if (left !== undefined && --left === 0) pool.close().catch(() => {});
    return {
      id: shard.id,
      dir,
      records: shard.batches.map((_, index) => recordsFile(index)),
      strings: summaries.map(({ strings }, index) => ({ name: stringsFile(index), ...strings })),
      counts: summaries.map(countsOf).reduce(addCounts, NO_COUNTS),
      slowest: summaries
        .flatMap((summary) => summary.slowest)
        .toSorted((a, b) => b.milliseconds - a.milliseconds)
        .slice(0, 20),
      attempts: attempt,
      started,
    };
  };
}

function watchedOf(batch: Batch, index: number, turn: number, dir: string, { onWait }: ExtractionContext): Watched {
  const fileOf = (wait: Wait) => batch.find((file) => file.sampleId === wait.sampleId);
  const told = (wait: Wait): void => {
    const file = fileOf(wait);
    if (file !== undefined) onWait?.(file, wait);
  };
  return { turn, progressPath: join(dir, `progress-${index}`), onWait: told };
}

function taskOf(
  shard: string,
  batch: Batch,
  index: number,
  dir: string,
  { rootsOf, options, part, metadataOf, profiler, faults }: ExtractionContext,
): BatchTask {
  return {
    roots: [...rootsOf(shard)],
    files: [...batch],
    recordsPath: join(dir, recordsFile(index)),
    stringsPath: join(dir, stringsFile(index)),
    options: { ...options, ...(part !== undefined && { part }) },
    metadata: { ...metadataOf(shard) },
    ...(profiler !== undefined && { profile: true }),
    ...(faults !== undefined && { faults: { ...faults.byPath } }),
  };
}

function recordsFile(index: number): string {
  return `records-${index}.parquet`;
}

function stringsFile(index: number): string {
  return `strings-${index}.parquet`;
}

function countsOf({ rows, bytes, strings, statuses, problems }: BatchSummary): Counts {
  return { rows, bytes, strings: strings.rows, statuses, problems };
}
