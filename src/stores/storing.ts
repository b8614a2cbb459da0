// Extracted shards into stores: each meets its labels, is given to every store, and is committed.
//
// Promise: the commit record is written when all stores have accepted, and it is the commit. A shard
// that has one is not stored again; one without is, from the beginning.

import { mkdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { commit, standingCommit, type CommitRecord, type Labels, type Parts } from '../core/commit.ts';
import { RunError, firstLine, isRefusal } from '../core/errors.ts';
import { workDir } from '../core/layout.ts';
import type { Output } from '../core/output.ts';
import { partMetadata, type PlanHead } from '../core/plan.ts';
import type { ShardFiles, Sink } from '../core/types.ts';
import type { Database } from '../duckdb.ts';
import { labelSamples } from './samples.ts';
import type { Store } from './store.ts';

export interface StoringOptions {
  readonly output: Output;
  /** With the table `dataset`. */
  readonly database: Database;
  /** Head of the plan that a shard is of. */
  readonly headOf: (shard: string) => PlanHead;
  /** SHA-256 of the dataset file, null without one. */
  readonly dataset: string | null;
}

export function storing({ output, database, headOf, dataset }: StoringOptions, stores: readonly Store[]): Sink<ShardFiles> {
  // One shard at a time in the database: its tables have fixed names, and one bounds its memory.
  let queue = Promise.resolve();
  const store = async (shard: ShardFiles): Promise<void> => {
    const head = headOf(shard.id);
    // Another process may have done it; its parts are never replaced.
    if ((await standingCommit(output, shard.id, head.hash)) === undefined) await commitShard(shard, head);
    await rm(shard.dir, { recursive: true, force: true });
  };
  const commitShard = async (shard: ShardFiles, head: PlanHead): Promise<void> => {
    const given = await give(shard, head).catch(async (error: unknown) => {
      // Who committed it meanwhile has taken its files away: what that led to here is no news.
      if ((await standingCommit(output, shard.id, head.hash)) === undefined) throw error;
    });
    if (given === undefined) return;
    const { parts, labels } = given;
    const { id, counts, attempts, slowest, started } = shard;
    const times = { host: hostname(), pid: process.pid, started, committed: new Date().toISOString() };
    const record: CommitRecord = { id, planHash: head.hash, ...parts, counts, labels, attempts, slowest, ...times };
    if (await commit(output, record)) return;
    const standing = await standingCommit(output, id, head.hash);
    if (JSON.stringify([standing?.samples, standing?.strings]) !== JSON.stringify([parts.samples, parts.strings]))
      throw new RunError(
        `shard ${id}: another process committed other bytes for it at the same time: its inputs changed meanwhile; merc verify names the parts`,
      );
  };
  const give = async (shard: ShardFiles, head: PlanHead): Promise<{ parts: Parts; labels: Labels }> => {
    // In a folder of this process: another one may have the same shard, as after a lease that has run out.
    const own = workDir(output.dir, `${shard.id}.store`);
    const samples = join(own, 'samples.parquet');
    try {
      await mkdir(own, { recursive: true });
      const records = shard.records.map((record) => join(shard.dir, record));
      const { written, labels } = await labelSamples(database, { sources: records, target: samples, metadata: partMetadata(head), dataset });
      let parts: Parts = { samples: null, strings: [] };
      for (const each of stores) parts = (await each.accept({ shard, head, samples, written, labels })) ?? parts;
      return { parts, labels };
    } finally {
      // Where that is refused, what was run into before is the thing to tell; a sweep finds it.
      await rm(own, { recursive: true, force: true }).catch(() => {});
    }
  };
  return {
    write: (shard) => {
      const done = queue.then(() => store(shard)).catch(refused(shard.id));
      queue = done.catch(() => {});
      return done;
    },
    close: async () => {
      await queue;
      for (const each of stores) await each.close();
    },
  };
}

/** What the file system refuses ends the run with one line; anything else is a bug and keeps its stack. */
function refused(shard: string): (error: unknown) => never {
  return (error) => {
    if (!isRefusal(error)) throw error;
    throw new RunError(`shard ${shard} could not be stored: ${firstLine(error)}`, { cause: error });
  };
}
