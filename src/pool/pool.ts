// The pool: workers that each take one batch at a time, and the stage that extracts a shard with it.
//
// A batch is one task. Workers are child processes, since a hostile file that ends a thread ends
// the whole process with it. Promise: when `close` has returned, no worker is left.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Tinypool } from 'tinypool';
import { NO_COUNTS, addCounts } from '../core/counts.ts';
import { workDir } from '../core/layout.ts';
import type { RowOptions } from '../core/plan.ts';
import type { Profiler } from '../core/profile.ts';
import type { Batch, Counts, ShardFiles, ShardPlan, Stage } from '../core/types.ts';
import type { BatchSummary, BatchTask } from '../native.ts';
import type { WorkerSummary } from './worker.ts';

export interface Pool {
  readonly workers: number;
  extract(task: BatchTask): Promise<WorkerSummary>;
  /** Ends the workers; those at work are killed. */
  close(): Promise<void>;
}

export function openPool(workers: number): Pool {
  const source = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
  const pool = new Tinypool({
    filename: new URL(source, import.meta.url).href,
    runtime: 'child_process',
    minThreads: workers,
    maxThreads: workers,
    // Deno hangs in Atomics.wait, and child processes have no use for it.
    useAtomics: !('Deno' in globalThis),
    env: { ...process.env } as Record<string, string>,
  });
  // A worker that dies at work fails its task; one that dies idle is replaced. Neither is the pool's end.
  pool.on('error', () => {});
  let closing: Promise<void> | undefined;
  return {
    workers,
    extract: (task) => pool.run(task) as Promise<WorkerSummary>,
    close: () => (closing ??= destroy(pool)),
  };
}

async function destroy(pool: Tinypool): Promise<void> {
  // tinypool unrefs its workers: without a handle of ours the process would end here, half-way.
  const handle = setInterval(() => {}, 1_000);
  // Workers ignore SIGTERM (see worker.ts), which tinypool would try for a second first.
  const pids = pool.threads.map(({ threadId }) => threadId);
  try {
    const destroyed = pool.destroy();
    for (const pid of pids) kill(pid);
    await destroyed;
  } finally {
    clearInterval(handle);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

export interface ExtractionContext {
  readonly out: string;
  readonly options: RowOptions;
  /** Absolute folders that a shard's paths are relative to. */
  readonly rootsOf: (shard: string) => readonly string[];
  /** Key-value metadata of a shard's parts. */
  readonly metadataOf: (shard: string) => Readonly<Record<string, string>>;
  /** Called as batches end, in any order. */
  readonly onBatch?: (counts: Counts) => void;
  /** Gets what batches cost. */
  readonly profiler?: Profiler;
}

/** The stage that extracts a shard: its batches spread over the pool. */
export function extraction(pool: Pool, context: ExtractionContext): Stage<ShardPlan, ShardFiles> {
  return async ({ body: shard, attempt }, signal) => {
    const started = new Date().toISOString();
    const dir = workDir(context.out, shard.id);
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { recursive: true });
    const summaries: BatchSummary[] = [];
    const batches = shard.batches.entries();
    // No more batches wait in the pool than it has workers, so that a run that ends soon ends soon.
    const lane = async (): Promise<void> => {
      for (const [index, batch] of batches) {
        signal.throwIfAborted();
        const summary = await pool.extract(taskOf(shard.id, batch, index, dir, context));
        summaries[index] = summary;
        context.profiler?.batch(summary.stages, summary.worker);
        context.onBatch?.(countsOf(summary));
      }
    };
    await Promise.all(Array.from({ length: pool.workers }, lane));
    return {
      id: shard.id,
      dir,
      records: shard.batches.map((_, index) => recordsFile(index)),
      strings: shard.batches.map((_, index) => stringsFile(index)),
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

function taskOf(shard: string, batch: Batch, index: number, dir: string, { rootsOf, options, metadataOf }: ExtractionContext): BatchTask {
  return {
    roots: [...rootsOf(shard)],
    files: [...batch],
    recordsPath: join(dir, recordsFile(index)),
    stringsPath: join(dir, stringsFile(index)),
    options: { ...options },
    metadata: { ...metadataOf(shard) },
  };
}

function recordsFile(index: number): string {
  return `records-${index}.parquet`;
}

function stringsFile(index: number): string {
  return `strings-${index}.parquet`;
}

function countsOf({ rows, bytes, strings, statuses, problems }: BatchSummary): Counts {
  return { rows, bytes, strings, statuses, problems };
}
