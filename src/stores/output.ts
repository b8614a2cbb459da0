// An output folder as a whole: is it ours, can it be written, is there room, what does it hold.

import { mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { readCommits } from '../core/commit.ts';
import { NO_COUNTS, addCounts, addTallies } from '../core/counts.ts';
import { UsageError, messageOf } from '../core/errors.ts';
import { LAYOUT, namesIn, sweepOwn, sweepWork, workDir } from '../core/layout.ts';
import { claimsOn, unwritable, withLock } from '../core/lock.ts';
import { OWNER } from '../core/owner.ts';
import { readHeads, type PlanHead } from '../core/plan.ts';
import { WHOLE, isOf, type Slice } from '../core/slice.ts';
import type { Counts } from '../core/types.ts';
import { SMALL_SHARE, openDatabase, type Database } from '../duckdb.ts';

/** Output bytes that an input byte may make: 0.07 over 1.77 GB of mixed real files, and as much again for what is being built. */
const OUTPUT_RATIO = 0.15;

/** Heads of the plans of an existing output. */
export async function existingOutput(out: string): Promise<PlanHead[]> {
  const heads = await readHeads(out).catch((error: unknown) => {
    throw new UsageError(`${out}: ${messageOf(error)}`);
  });
  if (heads.length === 0) throw new UsageError(`${out}: no merc output there: make one with \`merc run PATH --out ${out}\``);
  return heads;
}

/** Who writes to an output, and to what of it. */
export interface OutputLock {
  readonly out: string;
  /** As `merc run`. */
  readonly command: string;
  readonly signal: AbortSignal;
  /** All of it, if not given. */
  readonly slice?: Slice;
  /** Together with others that share it; what they have left half done is not swept then, since a queue may speak of it. */
  readonly shared?: boolean;
}

/**
 * Gives `use` an output folder for writing, new or old, that no other process writes meanwhile.
 * @throws UsageError where it is foreign, cannot be written or another process is at work on it.
 */
export async function withOutput<T>(
  { out, command, signal, slice = WHOLE, shared = false }: OutputLock,
  use: (heads: PlanHead[], signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const named = `--out ${out}`;
  // Before the plan stands only these can be ours; a folder of the user's may well be named `samples`.
  const foreign = await namesIn(out).then(
    async (names) => ((await readHeads(out)).length > 0 ? undefined : names.find((name) => !FIRST.has(name))),
    (error: unknown) => {
      throw unwritable(named, error);
    },
  );
  if (foreign !== undefined) throw new UsageError(`${named}: holds ${foreign}, which is not merc's: name an empty or new folder`);
  return withLock({ out, slice, shared, command, named, signal }, async (held) => {
    const others = (await claimsOn(out)).map(({ owner }) => owner).filter((owner) => owner !== OWNER);
    if (!shared) await sweepWork(out, others);
    try {
      return await use(await readHeads(out), held);
    } finally {
      // Where that is refused, what `use` ran into is the thing to tell; the next run sweeps.
      await sweepOwn(out).catch(() => {});
    }
  });
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
export async function unmarkSuccess(out: string): Promise<void> {
  await rm(join(out, LAYOUT.success), { force: true });
}

/** Refuses a run whose output will not fit. */
export async function assertSpace(out: string, inputBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(out);
  const [free, needed] = [bavail * bsize, Math.ceil(inputBytes * OUTPUT_RATIO)];
  if (needed > free)
    throw new UsageError(
      `--out ${out}: ${megabytes(inputBytes)} of input need up to ${megabytes(needed)} there, ${megabytes(free)} are free: free some or name another folder`,
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
