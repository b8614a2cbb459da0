// A complete output written anew in few large parts: its plans become one, its shards consecutive
// groups of shards.
//
// Promise: the new output is one that a run could have made of the same files, with the same
// numbers: it can be verified, relabelled and appended to. Its plan is the concatenation of the old
// ones, so no file is planned twice. The old parts are read as their records say, or not at all.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hostname } from 'node:os';
import { commit, isCommitted, partsOf, readCommit, samplesPart, type CommitRecord } from '../core/commit.ts';
import { NO_COUNTS, addCounts } from '../core/counts.ts';
import { RunError } from '../core/errors.ts';
import { LAYOUT, workDir } from '../core/layout.ts';
import type { Output } from '../core/output.ts';
import { partMetadata, readShards, shardId, writePlan, type PlanHead } from '../core/plan.ts';
import type { Batch, Part, ShardPlan } from '../core/types.ts';
import type { Database } from '../duckdb.ts';
import { concatStrings } from '../native.ts';
import type { LabelSource } from './labels.ts';
import { differenceOf, placePart } from './parquet.ts';
import { labelParts } from './samples.ts';

/** Where a new shard ends. */
export interface CompactBounds {
  /** Shards that it is made of. */
  readonly shards: number;
  readonly rows: number;
  /** Bytes of its parts. */
  readonly bytes: number;
}

/** Files of a size that readers like. Each of the shards is an open file and a footer, of some 200 KB, while theirs is written. */
export const COMPACT_BOUNDS: CompactBounds = { shards: 512, rows: 65_536, bytes: 1e9 };

/** Consecutive shards of an output that become one. */
interface Group {
  readonly plan: ShardPlan;
  readonly records: readonly CommitRecord[];
}

/** Writes the plan of a compacted output. */
export function writeCompactPlan(out: string, heads: readonly PlanHead[], target: Output, dataset: string | null, bounds: CompactBounds): Promise<PlanHead> {
  const [{ schemaVersion, extractorVersion, options, firstSampleId }] = heads as readonly [PlanHead];
  const basis = { schemaVersion, extractorVersion, options, roots: rootsOf(heads), dataset };
  const shards = async function* () {
    for await (const { plan } of groupsOf(out, heads, bounds)) {
      const files = plan.batches.flat();
      yield { line: JSON.stringify(plan), files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) };
    }
  };
  return writePlan(target, 1, firstSampleId, basis, shards);
}

/** Writes the parts and the commit records of a compacted output, a shard at a time. */
export async function writeCompactShards(
  database: Database,
  out: string,
  heads: readonly PlanHead[],
  { target, head, labels, bounds, signal }: { target: Output; head: PlanHead; labels: LabelSource; bounds: CompactBounds; signal: AbortSignal },
): Promise<void> {
  for await (const { plan, records } of groupsOf(out, heads, bounds)) {
    signal.throwIfAborted();
    const started = new Date().toISOString();
    const dir = workDir(target.dir, plan.id);
    await mkdir(dir, { recursive: true });
    for (const part of records.flatMap(partsOf)) {
      signal.throwIfAborted();
      const difference = await differenceOf(part, join(out, part.name), database);
      if (difference !== undefined) throw new RunError(`${join(out, part.name)}: ${difference}: merc verify names all that is wrong`);
    }
    const paths = (parts: readonly Part[]) => parts.map(({ name }) => join(out, name));
    const [built, builtStrings] = [join(dir, 'samples.parquet'), join(dir, 'strings.parquet')];
    const metadata = partMetadata(head);
    const writtenStrings = concatStrings(paths(records.flatMap(({ strings }) => strings)), builtStrings, metadata);
    const strings = [await placePart(target, builtStrings, `${LAYOUT.strings}/${plan.id}-0.parquet`, writtenStrings)];
    const sources = paths(records.map((record) => samplesPart(out, record)));
    const labelled = await labelParts(database, out, { sources, target: built, metadata, dataset: labels.sha256 });
    const counts = records.map((record) => record.counts).reduce(addCounts, NO_COUNTS);
    const samples = await placePart(target, built, `${LAYOUT.samples}/${plan.id}.parquet`, labelled.written);
    await commit(target, {
      id: plan.id,
      planHash: head.hash,
      samples,
      strings,
      counts,
      labels: labelled.labels,
      attempts: Math.max(...records.map(({ attempts }) => attempts)),
      slowest: records
        .flatMap(({ slowest }) => slowest)
        .toSorted((a, b) => b.milliseconds - a.milliseconds)
        .slice(0, 20),
      host: hostname(),
      pid: process.pid,
      started,
      committed: new Date().toISOString(),
    });
    await rm(dir, { recursive: true, force: true });
  }
}

async function* groupsOf(out: string, heads: readonly PlanHead[], bounds: CompactBounds): AsyncGenerator<Group> {
  const roots = rootsOf(heads);
  let next = 0;
  let records: CommitRecord[] = [];
  let batches: Batch[] = [];
  let [rows, bytes] = [0, 0];
  const close = (): Group => {
    const group = { plan: { id: shardId(1, next++), batches }, records };
    [records, batches, rows, bytes] = [[], [], 0, 0];
    return group;
  };
  for (const head of heads) {
    for await (const shard of readShards(out, head)) {
      if (!isCommitted(out, shard.id)) throw new RunError(`${out}: shard ${shard.id} is not committed: merc run finishes it`);
      const record = await readCommit(out, shard.id);
      const size = partsOf(record).reduce((sum, part) => sum + part.bytes, 0);
      const isFull = records.length >= bounds.shards || rows + record.counts.rows > bounds.rows || bytes + size > bounds.bytes;
      if (records.length > 0 && isFull) yield close();
      records.push(record);
      for (const batch of shard.batches) batches.push(batch.map((file) => ({ ...file, root: roots.indexOf(head.roots[file.root] ?? '') })));
      rows += record.counts.rows;
      bytes += size;
    }
  }
  if (records.length > 0) yield close();
}

/** The roots of several plans, each once. */
function rootsOf(heads: readonly PlanHead[]): string[] {
  return [...new Set(heads.flatMap(({ roots }) => roots))];
}
