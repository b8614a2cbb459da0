// The words of merc and the three interfaces that every command is wired from.
//
// A planned shard goes in, an extracted shard comes out, a store accepts it. This file promises
// nothing about processes, queues or databases: those are drivers of these interfaces.

/** One file of a plan. */
export interface FileRef {
  /** Unique within an output, never reused. */
  readonly sampleId: number;
  /** Index into the plan's roots. */
  readonly root: number;
  /** Relative to its root, `/`-separated; bytes that are not UTF-8 as `\xNN`. */
  readonly path: string;
  /** The path's own bytes, base64, only where they are not UTF-8. */
  readonly pathRaw?: string;
  /** Bytes when it was planned. */
  readonly size: number;
  /** Modification time when it was planned, whole milliseconds since 1970. */
  readonly mtime: number;
}

/** Consecutive files: one pool task, what one worker does in one call. */
export type Batch = readonly FileRef[];

/** Consecutive batches: the unit of commit and retry. Plain JSON. */
export interface ShardPlan {
  /** `<plan>-<shard>`, as `0001-00042`; sorts in plan order. */
  readonly id: string;
  readonly batches: readonly Batch[];
}

/** Counts of one extracted batch or shard; they add up. */
export interface Counts {
  readonly rows: number;
  /** Bytes of input read. */
  readonly bytes: number;
  readonly strings: number;
  /** Files by `status`. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Problems by `stage.kind`. */
  readonly problems: Readonly<Record<string, number>>;
}

/** One of the slowest files of a shard; lives in the commit record only. */
export interface SlowFile {
  readonly path: string;
  readonly size: number;
  readonly milliseconds: number;
}

/** A Parquet file as it was written. */
export interface Written {
  readonly bytes: number;
  readonly rows: number;
  /** Of the bytes as they were written: a file changed later does not match. */
  readonly sha256: string;
}

/** One with its name, relative to the folder that it is kept in. */
export interface Part extends Written {
  readonly name: string;
}

/** An extracted shard: a reference to its files, never the data. */
export interface ShardFiles {
  readonly id: string;
  /** Work folder that holds the files. */
  readonly dir: string;
  /** Record files by batch, `records-<k>.parquet`. */
  readonly records: readonly string[];
  /** String files by batch, `strings-<k>.parquet`. */
  readonly strings: readonly Part[];
  readonly counts: Counts;
  readonly slowest: readonly SlowFile[];
  /** Times that the shard was tried, this one included. */
  readonly attempts: number;
  /** When its extraction began, ISO 8601. */
  readonly started: string;
  /** W3C `traceparent` of the span that made it, where spans are recorded. */
  readonly trace?: string;
}

/** Something to do, and the two ways to answer for it. */
export interface Delivery<T> {
  readonly body: T;
  /** 1 the first time; 2 asks for careful mode. */
  readonly attempt: number;
  /** Called only after a sink has accepted what came of it. */
  ack(): Promise<void>;
  /** Hands it back. */
  fail(error: unknown): Promise<void>;
}

/** Where work comes from; pulled no faster than it is done. */
export type Source<T> = AsyncIterable<Delivery<T>>;

/** What is done with it. */
export type Stage<I, O> = (input: { readonly body: I; readonly attempt: number }, signal: AbortSignal) => Promise<O>;

/** Who accepts the outcome; idempotent by id, so that repeated work does no harm. */
export interface Sink<T> {
  write(item: T): Promise<void>;
  close(): Promise<void>;
}
