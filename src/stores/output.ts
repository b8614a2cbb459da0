// An output folder as a whole: is it ours, can it be written, is there room, what does it hold.

import { mkdir, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCommits } from '../core/commit.ts';
import { NO_COUNTS, addCounts, addTallies } from '../core/counts.ts';
import { UsageError, codeOf, messageOf } from '../core/errors.ts';
import { LAYOUT, sweepWork } from '../core/layout.ts';
import { readHeads, type PlanHead } from '../core/plan.ts';
import type { Counts } from '../core/types.ts';

/** Output bytes an input byte makes, strings and samples together: 0.09 over mixed real files, doubled. */
const OUTPUT_RATIO = 0.18;

/** Heads of the plans of an existing output. */
export async function existingOutput(out: string): Promise<PlanHead[]> {
  const heads = await readHeads(out).catch((error: unknown) => {
    throw new UsageError(`${out}: ${messageOf(error)}`);
  });
  if (heads.length === 0) throw new UsageError(`${out}: no merc output there: make one with \`merc run PATH --out ${out}\``);
  return heads;
}

/** Makes or takes an output folder for writing; a foreign or unwritable one is refused. */
export async function writableOutput(out: string): Promise<PlanHead[]> {
  try {
    await mkdir(join(out, LAYOUT.work), { recursive: true });
    const probe = join(out, LAYOUT.work, `probe.${process.pid}`);
    await writeFile(probe, '');
    await rm(probe);
  } catch (error) {
    throw new UsageError(`--out ${out}: cannot be written (${codeOf(error) ?? messageOf(error)}): name a folder that can`);
  }
  const ours: readonly string[] = Object.values(LAYOUT);
  const foreign = (await readdir(out)).find((name) => !ours.includes(name) && !name.endsWith('.tmp'));
  const heads = await readHeads(out);
  if (heads.length === 0 && foreign !== undefined) {
    await rm(join(out, LAYOUT.work), { recursive: true, force: true });
    throw new UsageError(`--out ${out}: holds ${foreign}, which is not merc's: name an empty or new folder`);
  }
  await sweepWork(out);
  return heads;
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

export async function totalsOf(out: string, dataset: string | null): Promise<Totals> {
  let totals: Totals = { shards: 0, counts: NO_COUNTS, lists: {}, matches: {}, sampleBytes: 0, stringBytes: 0, staleLabels: 0 };
  for await (const { counts, labels, samples, strings } of readCommits(out)) {
    totals = {
      shards: totals.shards + 1,
      counts: addCounts(totals.counts, counts),
      lists: addTallies(totals.lists, labels.lists),
      matches: addTallies(totals.matches, labels.matches),
      sampleBytes: totals.sampleBytes + samples.bytes,
      stringBytes: strings.reduce((sum, part) => sum + part.bytes, totals.stringBytes),
      staleLabels: totals.staleLabels + (labels.dataset === dataset ? 0 : 1),
    };
  }
  return totals;
}
