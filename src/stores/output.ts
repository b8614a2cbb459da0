// An output as a whole: is it ours, can it be written, is there room, what does it hold.

import { mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { readCommits } from '../core/commit.ts';
import { NO_COUNTS, addCounts, addTallies } from '../core/counts.ts';
import { UsageError, isRefusal, messageOf } from '../core/errors.ts';
import { LAYOUT, sweepOwn, sweepWork, workDir } from '../core/layout.ts';
import { ownersOn, unwritable, withLock } from '../core/lock.ts';
import type { Output } from '../core/output.ts';
import { readHeads, type PlanHead } from '../core/plan.ts';
import { WHOLE, isOf, type Slice } from '../core/slice.ts';
import type { Counts } from '../core/types.ts';
import { SMALL_SHARE, openDatabase, type Database } from '../duckdb.ts';
import { withOpened } from './opened.ts';
import { sweepComplete } from './work.ts';

/** Output bytes that an input byte may make: 0.07 over 1.77 GB of mixed real files, and as much again for what is being built. */
const OUTPUT_RATIO = 0.15;

/** Heads of the plans of an existing output. */
export async function existingOutput({ dir, named }: Pick<Output, 'dir' | 'named'>): Promise<readonly [PlanHead, ...PlanHead[]]> {
  const heads = await readHeads(dir).catch((error: unknown) => {
    throw new UsageError(`${named}: ${messageOf(error)}`);
  });
  const [first, ...more] = heads;
  if (first === undefined) throw new UsageError(`${named}: no merc output there: make one with \`merc run PATH --out ${named}\``);
  return [first, ...more];
}

/** Who writes to an output, and to what of it. */
export interface OutputUse {
  readonly out: string;
  /** As `merc run`. */
  readonly command: string;
  readonly signal: AbortSignal;
  /** All of it, if not given. */
  readonly slice?: Slice;
  /** Together with others that share it; of what they have left, what a queue may still speak of is not swept then. */
  readonly shared?: boolean;
  /** Folder of this machine for what is under way, where the output is elsewhere. */
  readonly stage?: string | undefined;
}

/**
 * Gives `use` an output for writing, new or old. A folder is locked: no other process writes to it
 * meanwhile. On S3 there are no locks, since nothing there tells the dead from the silent: plans,
 * records and dataset are created if absent, and of two that do the same work one commits it.
 * @throws UsageError where it is foreign, cannot be written or another process is at work on it.
 */
export function withOutput<T>(given: OutputUse, use: (heads: PlanHead[], signal: AbortSignal, output: Output) => Promise<T>): Promise<T> {
  const { out, command, signal, slice = WHOLE, shared = false, stage } = given;
  const named = `--out ${out}`;
  return withOpened(out, { named, signal, stage }, async (output) => {
    await assertOurs(output, named);
    if (!output.locked) return use(await readHeads(output.dir), signal, output);
    return withLock({ out, slice, shared, command, named, signal }, async (held) => {
      if (!shared) await sweepWork(out, () => ownersOn(out));
      // Where that is refused, as of what is another user's, the work can be done all the same.
      else await sweepComplete(output).catch(unlessRefused);
      try {
        return await use(await readHeads(out), held, { ...output, alone: !shared && slice.of === 1 });
      } finally {
        // Where that is refused, what `use` ran into is the thing to tell; the next run sweeps.
        await sweepOwn(out).catch(() => {});
      }
    });
  });
}

function unlessRefused(error: unknown): void {
  if (!isRefusal(error)) throw error;
}

/** Before the plan stands only these can be ours; a folder of the user's may well be named `samples`. */
async function assertOurs({ dir, objects }: Output, named: string): Promise<void> {
  const names = await objects.list('').catch((error: unknown) => {
    throw unwritable(named, error);
  });
  if ((await readHeads(dir)).length > 0) return;
  const foreign = names.find((name) => !FIRST.has(name));
  if (foreign !== undefined) throw new UsageError(`${named}: holds ${foreign}, which is not merc's: name an empty or new folder`);
}

/** What an output may hold before its first plan. */
const FIRST: ReadonlySet<string> = new Set([LAYOUT.work, LAYOUT.dataset, LAYOUT.plans]);

/** Gives `use` a database for an output being written, whose spill is this process's and goes with it. */
export async function withDatabase<T>(out: string, signal: AbortSignal, use: (database: Database) => Promise<T>): Promise<T> {
  await mkdir(workDir(out), { recursive: true });
  const database = await openDatabase({ ...SMALL_SHARE, tempDirectory: join(workDir(out), 'spill') });
  const interrupt = () => database.interrupt();
  signal.addEventListener('abort', interrupt);
  try {
    return await use(database);
  } finally {
    signal.removeEventListener('abort', interrupt);
    database.close();
    // Where that is refused, what `use` ran into is the thing to tell; the next run sweeps.
    await rm(workDir(out), { recursive: true, force: true }).catch(() => {});
  }
}

/** Takes the success mark away, before anything changes that it speaks for. */
export async function unmarkSuccess({ objects }: Output): Promise<void> {
  await objects.remove(LAYOUT.success);
}

/**
 * Refuses a run whose output will not fit.
 * @param shardBytes Input of a shard at most: where the output is elsewhere, two of them are on this machine at a time.
 */
export async function assertSpace({ dir, named, locked }: Output, inputBytes: number, shardBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dir);
  const input = locked ? inputBytes : Math.min(inputBytes, 2 * shardBytes);
  const [free, needed] = [bavail * bsize, Math.ceil(input * OUTPUT_RATIO)];
  if (needed <= free) return;
  throw new UsageError(
    locked
      ? `--out ${named}: ${megabytes(input)} of input need up to ${megabytes(needed)} there, ${megabytes(free)} are free: free some or name another folder`
      : `--stage: two shards under way need up to ${megabytes(needed)} on this machine, ${megabytes(free)} are free: name another folder`,
  );
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

/** What the commit records of an output add up to. */
export interface Totals {
  readonly shards: number;
  readonly counts: Counts;
  readonly lists: Readonly<Record<string, number>>;
  readonly matches: Readonly<Record<string, number>>;
  readonly sampleBytes: number;
  readonly stringBytes: number;
  /** Shards whose labels are of another dataset than this. */
  readonly staleLabels: number;
}

/** @param slice What of it is added up. */
export async function totalsOf(out: string, dataset: string | null, slice: Slice = WHOLE): Promise<Totals> {
  let totals: Totals = { shards: 0, counts: NO_COUNTS, lists: {}, matches: {}, sampleBytes: 0, stringBytes: 0, staleLabels: 0 };
  for await (const { id, counts, labels, samples, strings } of readCommits(out)) {
    if (!isOf(slice, id)) continue;
    totals = {
      shards: totals.shards + 1,
      counts: addCounts(totals.counts, counts),
      lists: addTallies(totals.lists, labels.lists),
      matches: addTallies(totals.matches, labels.matches),
      sampleBytes: totals.sampleBytes + (samples?.bytes ?? 0),
      stringBytes: strings.reduce((sum, part) => sum + part.bytes, totals.stringBytes),
      staleLabels: totals.staleLabels + (labels.dataset === dataset ? 0 : 1),
    };
  }
  return totals;
}
