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

/** What is extracted apart, so that each scales by itself; `all` is one worker for everything. */
export type ExtractionPart = 'all' | 'pe' | 'hashes' | 'strings';

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
   * @returns undefined once `signal` is aborted.
   */
  claim(signal: AbortSignal): Promise<Claim<T> | undefined>;
  /** Renews the lease; false where it was lost, and the message is another's or done. */
  heartbeat(claim: Claim<T>): Promise<boolean>;
  /**
   * Answers for a message, and in the same step hands what came of it on, where the queue leads to another.
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

/** The two queues of a run. */
export interface RunQueues {
  readonly extract: Queue<ShardRef, ShardFiles>;
  readonly store: Queue<ShardParts>;
  close(): Promise<void>;
}
