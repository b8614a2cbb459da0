// `merc run`: the plan through the pool into the Parquet store. The wiring, without a word printed.

import { join } from 'node:path';
import { committedIds } from '../core/commit.ts';
import { LAYOUT, sha256Of } from '../core/layout.ts';
import type { RunOptions } from '../core/options.ts';
import { headOf, partMetadata, type PlanHead } from '../core/plan.ts';
import { run } from '../core/run.ts';
import type { Counts } from '../core/types.ts';
import { openDatabase, type Database } from '../duckdb.ts';
import { extraction, openPool } from '../pool/pool.ts';
import { planRun, type Planned } from '../sources/planning.ts';
import { uncommitted } from '../sources/plan.ts';
import { adoptDataset, loadLabels, type LabelSource } from '../stores/labels.ts';
import { finishOutput, type Finished } from '../stores/finish.ts';
import { assertSpace, totalsOf, writableOutput } from '../stores/output.ts';
import { parquetStore } from '../stores/parquet.ts';

/** DuckDB's share: joins of one shard at a time beside the pool's workers. */
const DATABASE = { threads: 1, memoryLimit: 400e6 } as const;

/** Who watches a run; every method is optional. */
export interface RunObserver {
  /** Something the user should know, raw text. */
  note?(line: string): void;
  /** The plan stands; work begins. `done` is what earlier runs have committed. */
  planned?(plan: Planned, done: Counts): void;
  batch?(counts: Counts): void;
}

export interface RunReport extends Finished {
  readonly out: string;
  readonly planned: Planned;
  readonly milliseconds: number;
  /** Bytes read by this run, without what earlier ones had committed. */
  readonly bytesRead: number;
}

/** Extracts every file under the paths that has no committed row yet. */
export async function runExtraction(options: RunOptions, signal: AbortSignal, observer: RunObserver = {}): Promise<RunReport> {
  const started = performance.now();
  const { out } = options;
  const heads = await writableOutput(out);
  const database = await openDatabase({ ...DATABASE, tempDirectory: join(out, LAYOUT.work, 'duckdb') });
  try {
    const labels = await labelsFor(database, options, heads, observer);
    const planned = await planRun(options, heads, labels.sha256);
    const done = (await totalsOf(out, labels.sha256)).counts;
    await assertSpace(out, planned.bytes - done.bytes);
    observer.planned?.(planned, done);
    let bytesRead = 0;
    const onBatch = (counts: Counts) => {
      bytesRead += counts.bytes;
      observer.batch?.(counts);
    };
    await extract(database, options, planned, labels, signal, onBatch);
    const finished = await finishOutput(database, out, planned.heads, labels);
    return { ...finished, out, planned, milliseconds: performance.now() - started, bytesRead };
  } finally {
    database.close();
  }
}

async function labelsFor(database: Database, { out, csv }: RunOptions, heads: readonly PlanHead[], observer: RunObserver): Promise<LabelSource> {
  if (heads.length === 0) return adoptDataset(database, out, csv);
  const labels = await loadLabels(database, out);
  if (csv !== null && labels.sha256 !== (await sha256Of(csv)))
    observer.note?.(`note: ${csv} is not the dataset that ${out} was made with; its labels stay as they are: merc relabel ${out} --csv ${csv}`);
  return labels;
}

async function extract(
  database: Database,
  { out, workers, rows }: RunOptions,
  { heads }: Planned,
  labels: LabelSource,
  signal: AbortSignal,
  onBatch: (counts: Counts) => void,
): Promise<void> {
  const committed = new Set(await committedIds(out));
  if (heads.reduce((sum, head) => sum + head.shards, 0) === committed.size) return;
  const head = (shard: string) => headOf(heads, shard);
  const pool = openPool(workers);
  const stop = () => void pool.close();
  signal.addEventListener('abort', stop);
  try {
    const stage = extraction(pool, { out, options: rows, rootsOf: (shard) => head(shard).roots, metadataOf: (shard) => partMetadata(head(shard)), onBatch });
    const store = parquetStore({ out, database, dataset: labels.sha256, headOf: head });
    // Two shards in flight: the second keeps the workers busy while the first is stored.
    await run(uncommitted(out, heads, committed), stage, store, { concurrency: 2, signal });
  } finally {
    signal.removeEventListener('abort', stop);
    await pool.close();
  }
}
