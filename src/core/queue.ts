// A queue of shards between machines, as every driver of one keeps it.
//
// Promises, held to by `test/contract/queue.ts`: a message that was taken in is delivered until it is
// answered for, to one claimant at a time; who does not give signs of life loses it to the next. A
// queue carries references and never data, and may be lost: plans and commit records are the truth,
// and what neither the queue holds nor a record speaks of is put in again.

import type { ShardFiles } from './types.ts';

/** What is carried: plain JSON. A queue holds an id once. */
export interface Message {
  /** Id of a shard. */
  readonly id: string;
  /** W3C `traceparent` of the span that sent it. */
  readonly trace?: string;
}

/** A shard to extract. */
export type ShardRef = Message;

/** What is extracted apart where a run is enqueued by parts, so that each scales by itself. */
export const EXTRACTION_PARTS = ['pe', 'hashes', 'strings'] as const;

/** What a worker extracts; `all` is one worker for everything. */
export type ExtractionPart = 'all' | (typeof EXTRACTION_PARTS)[number];

/** How a run is extracted, which its first `enqueue` says for good. */
export type Extraction = 'whole' | 'parts';

/** An extracted shard to store: one set of files, or one of each part. */
export interface ShardParts extends Message {
  readonly parts: readonly { readonly part: ExtractionPart; readonly files: ShardFiles }[];
}

/** A message in hand, leased. */
export interface Claim<T extends Message> {
  readonly body: T;
  /** Times that it was delivered, this one included. */
  readonly attempt: number;
  /** The driver's name for this delivery. */
  readonly receipt: string;
}

/** How full a queue is. */
export interface QueueStats {
  /** Messages that nobody has in hand. */
  readonly waiting: number;
  /** Messages in hand. */
  readonly claimed: number;
  /** Messages set aside after too many deliveries. */
  readonly dead: number;
  /** Seconds since the oldest message that is not answered for was put in. */
  readonly oldestSeconds: number;
  /** Claimants that gave a sign of life within the lease. */
  readonly claimants: number;
}

/** A message that was set aside. */
export interface DeadLetter {
  readonly id: string;
  /** Which part of its extraction, in a run by parts. */
  readonly part?: ExtractionPart;
  readonly attempts: number;
  /** Why its last delivery failed; raw text. */
  readonly why: string;
  /** When, ISO 8601. */
  readonly since: string;
}

export interface Queue<T extends Message, Outcome = void> {
  /** Seconds for which a claim holds without a sign of life. */
  readonly leaseSeconds: number;
  /**
   * Puts messages in, but those whose ids the run has in any of its queues: waiting, in hand or dead.
   * @returns how many it put in.
   */
  enqueue(messages: readonly T[]): Promise<number>;
  /**
   * The next message, waiting for one: those handed back and those whose lease has run out before new ones.
   * Asking is a sign of life: it renews the lease of what this claimant has in hand, and never gives that to it again.
   * @returns undefined once `signal` is aborted.
   */
  claim(signal: AbortSignal): Promise<Claim<T> | undefined>;
  /** Renews the lease; false where it was lost, and the message is another's or done. */
  heartbeat(claim: Claim<T>): Promise<boolean>;
  /**
   * Answers for a message, and in the same step hands what came of it on, where the queue leads to another.
   * Called again for a claim that it has answered for, it says the same and does nothing.
   * @returns false where the lease was lost; nothing has changed then.
   */
  complete(claim: Claim<T>, outcome: Outcome): Promise<boolean>;
  /** Hands a message back at once, as a failed delivery: it is delivered again, or dead after too many. */
  fail(claim: Claim<T>, why: string): Promise<'waiting' | 'dead' | 'lost'>;
  /** Hands a message back at once, as if it had not been delivered. */
  release(claim: Claim<T>): Promise<void>;
  stats(): Promise<QueueStats>;
  /** Messages set aside, oldest first. */
  dead(): Promise<DeadLetter[]>;
  /** Puts dead messages back, with no delivery counted; those named, or all. Gives how many. */
  retry(ids?: readonly string[]): Promise<number>;
  /** Forgets dead messages; those named, or all. Gives how many. */
  drop(ids?: readonly string[]): Promise<number>;
}

/** What has come of deliveries in this process, since it opened the queues. */
export interface QueueCounts {
  /** Messages claimed. */
  claimed: number;
  /** Of these, from those whose claimant handed them back, died or fell silent. */
  reclaimed: number;
  /** Of these, with an earlier delivery that counts. */
  redelivered: number;
  /** Leases found lost. */
  lost: number;
  /** Messages that were deleted behind the queue's back: their shards are put in by the next `enqueue`. */
  dropped: number;
  /** Times that a connection was made anew. */
  reconnected: number;
}

/** The queues of a run. */
export interface Queues {
  /** Completed with its files, a shard is in `store` in the same step: of a run by parts, with its last part. */
  readonly extract: Queue<ShardRef, ShardFiles>;
  readonly store: Queue<ShardParts>;
  /** `extract`, by who claims: one entry, or one of each part. */
  extractStats(): Promise<Readonly<Partial<Record<ExtractionPart, QueueStats>>>>;
  /** A live object. */
  readonly counts: Readonly<QueueCounts>;
  /** Seconds for which what was asked has had no answer; 0 while there is one. */
  silentSeconds(): number;
  close(): Promise<void>;
}

export interface QueueOptions {
  /** 60 if not given: more than three times what a shard takes at most without a sign of life. */
  readonly leaseSeconds?: number;
  /** Deliveries that a message has before it is set aside; 5 if not given. */
  readonly deliveries?: number;
  /** How the run is to be extracted; who does not say takes it as it is. */
  readonly extraction?: Extraction;
  /** What this process claims from `extract`. */
  readonly part?: ExtractionPart;
  /** Something the user should know, raw text. */
  readonly note?: (line: string) => void;
}

export const LEASE_SECONDS = 60;
export const DELIVERIES = 5;

export function noCounts(): QueueCounts {
  return { claimed: 0, reclaimed: 0, redelivered: 0, lost: 0, dropped: 0, reconnected: 0 };
}
