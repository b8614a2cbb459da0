// Commit records: the commit of a shard is the appearance of its record.
//
// A record names the shard's parts with their sizes, rows and hashes. Everything that may differ
// between two honest runs (times, host, attempts, the slowest files) is here and never in a part.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError } from './errors.ts';
import { LAYOUT, namesIn } from './layout.ts';
import type { Output } from './output.ts';
import { planOf } from './plan.ts';
import type { Counts, Part, SlowFile } from './types.ts';

/** How the files of a shard met the dataset. */
export interface Labels {
  /** SHA-256 of the dataset file, null without one. */
  readonly dataset: string | null;
  /** Files by `list`; `''` is no label. */
  readonly lists: Readonly<Record<string, number>>;
  /** Files by `dataset_match`; `''` is no row. */
  readonly matches: Readonly<Record<string, number>>;
}

/** The Parquet files of a committed shard, in the output's folder. */
export interface Parts {
  /** Null where no Parquet store was asked for, and the shard is kept elsewhere. */
  readonly samples: Part | null;
  readonly strings: readonly Part[];
}

export interface CommitRecord extends Parts {
  readonly id: string;
  readonly planHash: string;
  readonly counts: Counts;
  readonly labels: Labels;
  readonly attempts: number;
  readonly slowest: readonly SlowFile[];
  readonly host: string;
  readonly pid: number;
  readonly started: string;
  readonly committed: string;
}

/** Where a shard's record is, below its output. */
export function commitKey(id: string): string {
  return `${LAYOUT.commits}/${id}.json`;
}

function commitPath(out: string, id: string): string {
  return join(out, commitKey(id));
}

/**
 * Commits a shard, unless another process has.
 * @returns whether it was this call that committed it.
 */
export function commit({ objects }: Output, record: CommitRecord): Promise<boolean> {
  return objects.create(commitKey(record.id), { text: [text(record)] });
}

/** Replaces a record after its samples part got new labels. */
export function recommit({ objects }: Output, record: CommitRecord): Promise<void> {
  return objects.replace(commitKey(record.id), text(record));
}

function text(record: CommitRecord): string {
  return `${JSON.stringify(record, null, 1)}\n`;
}

/** All parts that a record names. */
export function partsOf({ samples, strings }: Parts): Part[] {
  return samples === null ? [] : [samples, ...strings];
}

/** The samples part of a record that is read for its rows. @throws RunError where the shard is kept elsewhere. */
export function samplesPart(out: string, { id, samples }: Pick<CommitRecord, 'id' | 'samples'>): Part {
  if (samples === null) throw new RunError(`${out}: shard ${id} has no Parquet parts: its rows are in PostgreSQL alone`);
  return samples;
}

/** Whether a shard is committed. */
export function isCommitted(out: string, id: string): boolean {
  return existsSync(commitPath(out, id));
}

/** The record of a shard, if another process has committed it by now. @throws RunError where it is of another plan than `planHash`. */
export async function standingCommit(output: Output, id: string, planHash: string): Promise<CommitRecord | undefined> {
  await output.refresh(commitKey(id));
  if (!isCommitted(output.dir, id)) return undefined;
  const standing = await readCommit(output.dir, id);
  if (standing.planHash === planHash) return standing;
  throw new RunError(`${commitPath(output.dir, id)}: is of another plan: merc verify names all that is wrong`);
}

/** Ids of the committed shards of an output, in plan order. */
export async function committedIds(out: string): Promise<string[]> {
  const names = await namesIn(join(out, LAYOUT.commits));
  return (
    names
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.slice(0, -'.json'.length))
      // Names sort by text: after the plan 9999 that is no longer the order of plans.
      .toSorted((a, b) => planOf(a) - planOf(b))
  );
}

export async function readCommit(out: string, id: string): Promise<CommitRecord> {
  const path = commitPath(out, id);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as CommitRecord;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RunError(`${path}: the commit record is damaged: remove it, and a run does the shard again`);
  }
}

/** Commit records of an output in plan order, streamed. */
export async function* readCommits(out: string): AsyncGenerator<CommitRecord> {
  for (const id of await committedIds(out)) yield await readCommit(out, id);
}
