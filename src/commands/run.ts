// `merc run`: the plan through the pool into the Parquet store. The wiring, without a word printed.

import { RunError, UsageError } from '../core/errors.ts';
import type { RunOptions } from '../core/options.ts';
import type { Output } from '../core/output.ts';
import { headOf, partMetadata, type PlanHead } from '../core/plan.ts';
import { during, profiler, type Profiler, type RunProfile } from '../core/profile.ts';
import { run } from '../core/run.ts';
import type { Counts, ShardFiles } from '../core/types.ts';
import type { Database } from '../duckdb.ts';
import { cpuProblem } from '../native.ts';
import { extraction } from '../pool/extraction.ts';
import { withPool, type Pool } from '../pool/pool.ts';
import type { Planned, Survey } from '../sources/planning.ts';
import { missingShards, shareOf, uncommitted, type Share } from '../sources/plan.ts';
import { finishOutput, writeViews, type Finished } from '../stores/finish.ts';
import type { LabelSource } from '../stores/labels.ts';
import { assertSpace, totalsOf, unmarkSuccess, withDatabase, withOutput } from '../stores/output.ts';
import { parquetStore } from '../stores/parquet.ts';
import { storing } from '../stores/storing.ts';
import { labelsFor, planOutput, type PlanObserver } from './plan-output.ts';

/** Who watches a run; every method is optional. */
export interface RunObserver extends PlanObserver {
  /** The plan stands; work begins. `done` is what earlier runs have committed. */
  planned?(plan: Planned, done: Counts): void;
  batch?(counts: Counts): void;
}

export interface RunReport extends Finished {
  readonly out: string;
  readonly planned: Planned;
  /** What of it was this run's, with what earlier ones had committed. */
  readonly share: Share;
  readonly milliseconds: number;
  /** Bytes read by this run, without what earlier ones had committed. */
  readonly bytesRead: number;
  /** Where the CPU time went, of all processes of this run; where it was wanted. */
  readonly profile?: RunProfile;
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
  const { out, slice } = options;
  return withOutput({ out, command: 'merc run', signal, slice, stage: options.stage }, (existing, held, output) =>
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
  const { out, slice, workers, isolation, faults } = options;
  const profile = options.profile === true ? profiler() : undefined;
  const work = async (database: Database, pool: Pool): Promise<RunReport> => {
    const readLabels = () => during(profile, 'dataset', () => labelsFor(database, options, output, existing, signal, observer));
    const { planned, labels } = await planOutput(options, output, existing, signal, readLabels, looked);
    const share = await shareOf(out, planned.heads, slice);
    const before = await totalsOf(out, labels.sha256, slice);
    await assertSpace(output, share.bytes - before.counts.bytes, options.bounds.shardBytes);
    observer.planned?.({ ...planned, ...share }, before.counts);
    let bytesRead = 0;
    if (before.shards < share.shards) {
      await unmarkSuccess(output);
      const note = (counts: Counts) => {
        bytesRead += counts.bytes;
        observer.batch?.(counts);
      };
      const extracting = { options, output, heads: planned.heads, labels, profile, observer: { ...observer, batch: note } };
      await extract(database, pool, extracting, signal).catch(async (error: unknown) => {
        throwIfLost(signal);
        if (signal.aborted) return;
        // On a full disk this is refused like the rest, and the first refusal is the one to tell.
        await writeViews(output).catch(() => {});
        throw error;
      });
    }
    throwIfLost(signal);
    const finished = await during(profile, 'store', () => finishOutput(database, output, labels));
    const stale = finished.totals.staleLabels;
    if (stale > 0) observer.note?.(`note: ${stale} shards have labels of another dataset than ${out} has now: merc relabel ends what it began`);
    return {
      ...finished,
      out: output.named,
      planned,
      share,
      milliseconds: performance.now() - started,
      bytesRead,
      ...(profile !== undefined && { profile: profile.report(bytesRead) }),
      interrupted: signal.aborted,
    };
  };
  // Where there is surely work to do, workers start while it is planned.
  const late = existing.length > 0 || looked?.unplanned.length === 0;
  return withPool({ workers, isolation, bounds: faults?.bounds, late }, signal, (pool) => {
    const endOpening = profile?.begin('dataset');
    return withDatabase(out, signal, (database) => {
      endOpening?.();
      return work(database, pool);
    });
  });
}

/** An output that another process has taken over is no longer ours to finish; a user's signal has a number for its reason. */
function throwIfLost({ reason }: AbortSignal): void {
  if (reason instanceof RunError) throw reason;
}

/** What is extracted, and for whom. */
interface Extracting {
  readonly options: RunOptions;
  readonly output: Output;
  readonly heads: readonly PlanHead[];
  readonly labels: LabelSource;
  readonly profile: Profiler | undefined;
  readonly observer: RunObserver;
}

async function extract(database: Database, pool: Pool, { options, output, heads, labels, profile, observer }: Extracting, signal: AbortSignal): Promise<void> {
  const { out, slice, rows, faults } = options;
  const missing = await missingShards(out, heads, slice);
  const head = (shard: string) => headOf(heads, shard);
  const stores = storing({ output, database, dataset: labels.sha256, headOf: head }, [parquetStore(output)]);
  const store = { ...stores, write: (shard: ShardFiles) => during(profile, 'store', () => stores.write(shard)) };
  const stage = extraction(pool, {
    out,
    shards: missing.length,
    options: rows,
    rootsOf: (shard) => head(shard).roots,
    metadataOf: (shard) => partMetadata(head(shard)),
    onBatch: (counts) => observer.batch?.(counts),
    onWait: ({ path }, wait) => observer.note?.(`note: ${path}: its worker waits for the disk since ${wait.seconds} s`),
    ...(profile !== undefined && { profiler: profile }),
    ...(faults !== undefined && { faults }),
  });
  // Two shards in flight: the second keeps the workers busy while the first is stored.
  await run(uncommitted(output, heads, missing), stage, store, { concurrency: 2, signal });
}
