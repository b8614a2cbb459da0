// `merc run`: the plan through the pool into the Parquet store. The wiring, without a word printed.

import { committedIds } from '../core/commit.ts';
import { RunError, UsageError } from '../core/errors.ts';
import { sha256Of } from '../core/layout.ts';
import type { RunOptions } from '../core/options.ts';
import type { Output } from '../core/output.ts';
import { headOf, partMetadata, type PlanHead } from '../core/plan.ts';
import { profiler, type Profiler, type RunProfile } from '../core/profile.ts';
import { run } from '../core/run.ts';
import type { Counts, ShardFiles } from '../core/types.ts';
import type { Database } from '../duckdb.ts';
import { cpuProblem } from '../native.ts';
import { extraction } from '../pool/extraction.ts';
import { openPool } from '../pool/pool.ts';
import { planRun, survey, type Planned, type Survey } from '../sources/planning.ts';
import { uncommitted } from '../sources/plan.ts';
import { finishOutput, writeViews, type Finished } from '../stores/finish.ts';
import { adoptDataset, loadLabels, type LabelSource } from '../stores/labels.ts';
import { assertSpace, totalsOf, unmarkSuccess, withDatabase, withOutput } from '../stores/output.ts';
import { parquetStore } from '../stores/parquet.ts';
import { storing } from '../stores/storing.ts';

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
  /** Where the CPU time went, of all processes of this run. */
  readonly profile: RunProfile;
  /** A signal ended it. */
  readonly interrupted: boolean;
}

/**
 * Extracts every file under the paths that has no committed row yet; an aborted run reports what it has committed.
 * @param looked What the caller has found there a moment ago, so that it is not listed again.
 */
export async function runExtraction(options: RunOptions, signal: AbortSignal, observer: RunObserver = {}, looked?: Survey): Promise<RunReport> {
  const problem = cpuProblem();
  if (problem !== null) throw new UsageError(problem);
  return withOutput({ out: options.out, command: 'merc run', signal, stage: options.stage }, (existing, held, output) =>
    extractInto({ ...options, out: output.dir }, output, existing, held, said(observer, output), looked),
  );
}

/** Notes speak of the output as the user named it. */
function said(observer: RunObserver, output: Output): RunObserver {
  return { ...observer, note: (line) => observer.note?.(output.say(line)) };
}

async function extractInto(
  options: RunOptions,
  output: Output,
  existing: readonly PlanHead[],
  signal: AbortSignal,
  observer: RunObserver,
  looked: Survey | undefined,
): Promise<RunReport> {
  const started = performance.now();
  const { out } = options;
  return withDatabase(out, signal, async (database) => {
    const { planned, labels } = await plan(database, options, output, existing, signal, observer, looked);
    const before = await totalsOf(out, labels.sha256);
    await assertSpace(output, planned.bytes - before.counts.bytes, options.bounds.shardBytes);
    observer.planned?.(planned, before.counts);
    const profile = profiler();
    let bytesRead = 0;
    if (before.shards < planned.shards) {
      await unmarkSuccess(output);
      const note = (counts: Counts) => {
        bytesRead += counts.bytes;
        observer.batch?.(counts);
      };
      await extract(database, options, output, planned, labels, signal, profile, { ...observer, batch: note }).catch(async (error: unknown) => {
        throwIfLost(signal);
        if (signal.aborted) return;
        // On a full disk this is refused like the rest, and the first refusal is the one to tell.
        await writeViews(output).catch(() => {});
        throw error;
      });
    }
    throwIfLost(signal);
    const finished = await finishOutput(database, output, planned.heads, labels);
    const stale = finished.totals.staleLabels;
    if (stale > 0) observer.note?.(`note: ${stale} shards have labels of another dataset than ${out} has now: merc relabel ends what it began`);
    return {
      ...finished,
      out: output.named,
      planned,
      milliseconds: performance.now() - started,
      bytesRead,
      profile: profile.report(bytesRead),
      interrupted: signal.aborted,
    };
  });
}

/** An output that another process has taken over is no longer ours to finish; a user's signal has a number for its reason. */
function throwIfLost({ reason }: AbortSignal): void {
  if (reason instanceof RunError) throw reason;
}

/** What was found is let go with the return: the plan has it, and a run is long. */
async function plan(
  database: Database,
  options: RunOptions,
  output: Output,
  existing: readonly PlanHead[],
  signal: AbortSignal,
  observer: RunObserver,
  looked: Survey | undefined,
): Promise<{ planned: Planned; labels: LabelSource }> {
  if (looked !== undefined && looked.heads.length !== existing.length) throw new RunError(`${options.out}: another run has planned files meanwhile`);
  const surveyed = looked ?? (await survey(options, existing, new Set(await committedIds(options.out)), signal));
  const labels = await labelsFor(database, options, output, existing, signal, observer);
  return { planned: await planRun(options, output, surveyed, labels.sha256), labels };
}

async function labelsFor(
  database: Database,
  { out, csv }: RunOptions,
  output: Output,
  heads: readonly PlanHead[],
  signal: AbortSignal,
  observer: RunObserver,
): Promise<LabelSource> {
  if (heads.length === 0) return adoptDataset(database, output, csv, signal);
  const labels = await loadLabels(database, out);
  if (csv !== null && labels.sha256 !== (await sha256Of(csv, signal)))
    observer.note?.(`note: ${csv} is not the dataset that ${out} was made with; its labels stay as they are until merc relabel gives it the new ones`);
  return labels;
}

async function extract(
  database: Database,
  { out, workers, rows, isolation, faults }: RunOptions,
  output: Output,
  { heads }: Planned,
  labels: LabelSource,
  signal: AbortSignal,
  profile: Profiler,
  observer: RunObserver,
): Promise<void> {
  const committed = new Set(await committedIds(out));
  const head = (shard: string) => headOf(heads, shard);
  const pool = openPool(workers, isolation, faults?.bounds);
  const stop = () => void pool.close();
  signal.addEventListener('abort', stop);
  try {
    const stage = extraction(pool, {
      out,
      options: rows,
      rootsOf: (shard) => head(shard).roots,
      metadataOf: (shard) => partMetadata(head(shard)),
      onBatch: (counts) => observer.batch?.(counts),
      onWait: ({ path }, wait) => observer.note?.(`note: ${path}: its worker waits for the disk since ${wait.seconds} s`),
      profiler: profile,
      ...(faults !== undefined && { faults }),
    });
    const stores = storing({ output, database, dataset: labels.sha256, headOf: head }, [parquetStore({ output, database })]);
    const store = { ...stores, write: (shard: ShardFiles) => profile.storing(() => stores.write(shard)) };
    // Two shards in flight: the second keeps the workers busy while the first is stored.
    await run(uncommitted(output, heads, committed), stage, store, { concurrency: 2, signal });
  } finally {
    signal.removeEventListener('abort', stop);
    await pool.close();
  }
}
