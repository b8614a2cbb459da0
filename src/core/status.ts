// How far a run over many machines is, as plain data: what `merc status` shows and its JSON is.
//
// Promise: it is computed from plans and commit records, which are the truth; the queues only add
// who has what in hand. So it is right when they are lost: what they do not say is null, not zero.

import type { CommitRecord } from './commit.ts';
import { addTallies } from './counts.ts';
import type { QueueStats, QueuedShards } from './queue.ts';

/** Speed is that of the last ten minutes: a shard takes one, and a machine more or less shows soon. */
const WINDOW_MS = 600_000;
/** What a file costs besides its bytes, so that a tail of small files still takes time. */
const FILE_COST_BYTES = 4_096;

export interface Amount {
  readonly shards: number;
  readonly files: number;
  readonly bytes: number;
}

/** A queue as it was asked; `name` is shown, `stage` says what its shards wait for. */
export interface QueueStatus {
  readonly name: string;
  readonly stage: 'extract' | 'store';
  readonly stats: QueueStats;
}

export interface RunStatus {
  /** When it was computed, ISO 8601. */
  readonly at: string;
  readonly out: string;
  /** The run's id; null where nothing was ever queued. */
  readonly run: string | null;
  readonly planned: Amount;
  readonly committed: Amount;
  /** Committed files by `status`. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Shards by where they are; null where the queues do not answer. */
  readonly shards: {
    readonly queued: number;
    readonly leased: number;
    readonly dead: number;
    /** Planned, not committed, and in no queue: `--heal` puts them in again. Where messages of a run by parts were deleted, at least so many. */
    readonly missing: number;
  } | null;
  /** Null where nothing was committed of late. */
  readonly pace: { readonly filesPerSecond: number; readonly bytesPerSecond: number; readonly secondsLeft: number } | null;
  /** Null where they do not answer. */
  readonly queues: readonly QueueStatus[] | null;
  /** Why the queues are not known; raw text. */
  readonly trouble: string | null;
}

/** What was committed, and of late. */
export interface Committed extends Amount {
  readonly statuses: Readonly<Record<string, number>>;
  readonly pace: { readonly filesPerSecond: number; readonly bytesPerSecond: number } | null;
}

/** What a status is computed from. Ask the queues first: what is committed meanwhile is then counted twice, not missed. */
export interface StatusFacts {
  readonly at: Date;
  readonly out: string;
  readonly run: string | null;
  readonly planned: Amount;
  readonly committed: Committed;
  readonly queues: readonly QueueStatus[] | null;
  /** Null or left out where it is not known. */
  readonly queued?: QueuedShards | null | undefined;
  readonly trouble?: string;
}

export function runStatus({ at, out, run, planned, committed, queues, queued = null, trouble }: StatusFacts): RunStatus {
  const left = { files: planned.files - committed.files, bytes: planned.bytes - committed.bytes };
  const { shards, files, bytes, statuses, pace } = committed;
  return {
    at: at.toISOString(),
    out,
    run,
    planned,
    committed: { shards, files, bytes },
    statuses,
    shards: queues === null ? null : shardsIn(queues, queued, planned.shards - shards),
    pace: pace === null ? null : { ...pace, secondsLeft: cost(left) / cost({ files: pace.filesPerSecond, bytes: pace.bytesPerSecond }) },
    queues,
    trouble: trouble ?? null,
  };
}

function shardsIn(queues: readonly QueueStatus[], known: QueuedShards | null, open: number): NonNullable<RunStatus['shards']> {
  const sum = (of: (stats: QueueStats) => number) => queues.reduce((total, { stats }) => total + of(stats), 0);
  const messages = sum(({ waiting, claimed }) => waiting + claimed) + deadLetters(queues);
  // By parts a shard is several messages; and the count of shards has those whose messages were deleted.
  const held = Math.min(messages, known?.held ?? messages);
  const dead = Math.min(held, known?.dead ?? deadLetters(queues));
  // Parts of one shard may be in hand of several workers: it is leased as often as the busiest kind has them.
  const leased = Math.min(
    held - dead,
    most(queues, ({ claimed }) => claimed),
  );
  return { queued: held - dead - leased, leased, dead, missing: Math.max(0, open - held) };
}

/** Of the largest queue of a stage, and of all stages. */
function most(queues: readonly QueueStatus[], of: (stats: QueueStats) => number): number {
  const largest = (stage: QueueStatus['stage']) => Math.max(0, ...queues.filter((queue) => queue.stage === stage).map(({ stats }) => of(stats)));
  return largest('extract') + largest('store');
}

/** The parts of a stage have one place for their dead, which each of their figures tells. */
function deadLetters(queues: readonly QueueStatus[]): number {
  return most(queues, ({ dead }) => dead);
}

/** Adds up commit records, and tells how fast they come. */
export async function committedOf(records: AsyncIterable<CommitRecord> | Iterable<CommitRecord>, at: Date): Promise<Committed> {
  const all = { shards: 0, files: 0, bytes: 0 };
  const late = { files: 0, bytes: 0, since: at.getTime() };
  let statuses: Readonly<Record<string, number>> = {};
  const from = at.getTime() - WINDOW_MS;
  for await (const { counts, started, committed } of records) {
    all.shards += 1;
    all.files += counts.rows;
    all.bytes += counts.bytes;
    statuses = addTallies(statuses, counts.statuses);
    if (Date.parse(committed) < from) continue;
    late.files += counts.rows;
    late.bytes += counts.bytes;
    late.since = Math.min(late.since, Math.max(from, Date.parse(started)));
  }
  const seconds = (at.getTime() - late.since) / 1000;
  // Clocks of machines differ: what was begun in our future tells no speed.
  const pace = late.files > 0 && seconds > 0 ? { filesPerSecond: late.files / seconds, bytesPerSecond: late.bytes / seconds } : null;
  return { ...all, statuses, pace };
}

function cost({ files, bytes }: { readonly files: number; readonly bytes: number }): number {
  return bytes + files * FILE_COST_BYTES;
}
