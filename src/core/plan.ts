// The plan: files in order, cut into batches and shards; frozen once written.
//
// A plan file is one head line, then one line a shard. Its hash covers everything that decides what
// the parts hold (schema, extractor, options, files) and nothing that does not (roots, workers), so
// the same plan gives the same parts on any machine. Neither written nor read is it ever held whole.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { RunError, UsageError } from './errors.ts';
import { LAYOUT, linesOf, namesIn } from './layout.ts';
import type { Output } from './output.ts';
import type { FileRef, ShardPlan } from './types.ts';

/** Where batches and shards end; a file larger than a bound is one by itself. */
export interface Bounds {
  readonly batchBytes: number;
  readonly batchFiles: number;
  readonly shardBytes: number;
  readonly shardFiles: number;
}

/** A batch is short enough that none holds up the end, a shard long enough that commits cost nothing. */
export const BOUNDS: Bounds = { batchBytes: 96e6, batchFiles: 512, shardBytes: 1e9, shardFiles: 4096 };

/** A file that a scan has found; a plan numbers it. */
export type ScannedFile = Omit<FileRef, 'sampleId'>;

/** Options that change rows. They are part of the plan's hash. */
export interface RowOptions {
  /** Only the columns of the classic system. */
  readonly classic: boolean;
  /** Bytes of a file that are parsed as PE; hashes, entropy and strings always see it whole. */
  readonly maxFileSize: number;
  /** TLSH of every file, some nine CPU seconds a gigabyte. */
  readonly tlsh: boolean;
}

/** First line of a plan. */
export interface PlanHead {
  readonly plan: number;
  readonly hash: string;
  readonly schemaVersion: number;
  readonly extractorVersion: string;
  readonly options: RowOptions;
  /** Absolute folders that paths are relative to, when the plan was made. */
  readonly roots: readonly string[];
  readonly files: number;
  readonly bytes: number;
  readonly shards: number;
  readonly firstSampleId: number;
  /** SHA-256 of the dataset file when the plan was made. */
  readonly dataset: string | null;
}

/** What a plan is made of besides its files. */
export type PlanBasis = Pick<PlanHead, 'schemaVersion' | 'extractorVersion' | 'options' | 'roots' | 'dataset'>;

/** A shard on its way into a plan. */
export interface ShardLine {
  /** A `ShardPlan` as JSON. */
  readonly line: string;
  readonly files: number;
  readonly bytes: number;
}

/** Id of a plan's shard; ids sort in plan order. */
export function shardId(plan: number, shard: number): string {
  return `${String(plan).padStart(4, '0')}-${String(shard).padStart(5, '0')}`;
}

/** Ids of all shards of a plan, in order. */
export function shardIds({ plan, shards }: Pick<PlanHead, 'plan' | 'shards'>): string[] {
  return Array.from({ length: shards }, (_, shard) => shardId(plan, shard));
}

/** Number of the plan that a shard is of, by its id. */
export function planOf(shard: string): number {
  return Number.parseInt(shard, 10);
}

/** Number of a shard within its plan, by its id. */
export function shardNumberOf(shard: string): number {
  return Number(shard.slice(shard.indexOf('-') + 1));
}

/** Head of the plan that a shard is of. */
export function headOf(heads: readonly PlanHead[], shard: string): PlanHead {
  const plan = planOf(shard);
  const head = heads.find((candidate) => candidate.plan === plan);
  if (head === undefined) throw new RunError(`shard ${shard}: the output holds no plan ${plan}`);
  return head;
}

/** Key-value metadata of every part made from a plan. */
export function partMetadata(head: PlanHead): Record<string, string> {
  return { merc_schema_version: String(head.schemaVersion), merc_extractor_version: head.extractorVersion, merc_plan_hash: head.hash };
}

/** Name of a plan's file. */
export function planFile(out: string, plan: number): string {
  return join(out, planKey(plan));
}

function planKey(plan: number): string {
  return `${LAYOUT.plans}/${String(plan).padStart(4, '0')}.jsonl`;
}

/**
 * Writes a plan, or leaves the one that another process has just written.
 * @param shards Asked for twice, since the hash of all stands before them.
 * @returns the head of the plan that stands.
 */
export async function writePlan(
  { dir, objects }: Output,
  plan: number,
  firstSampleId: number,
  basis: PlanBasis,
  shards: () => Iterable<ShardLine> | AsyncIterable<ShardLine>,
): Promise<PlanHead> {
  const hash = hashOf(basis);
  const totals = { files: 0, bytes: 0, shards: 0 };
  for await (const { line, files, bytes } of shards()) {
    hash.update(`${line}\n`);
    totals.shards += 1;
    totals.files += files;
    totals.bytes += bytes;
  }
  const head: PlanHead = { plan, hash: hash.digest('hex'), ...basis, ...totals, firstSampleId };
  await objects.create(planKey(plan), { text: linesOfPlan(head, shards()) });
  return readHead(planFile(dir, plan));
}

function hashOf({ schemaVersion, extractorVersion, options }: PlanBasis) {
  return createHash('sha256').update(`${JSON.stringify([schemaVersion, extractorVersion, options])}\n`);
}

async function* linesOfPlan(head: PlanHead, shards: Iterable<ShardLine> | AsyncIterable<ShardLine>): AsyncGenerator<string> {
  yield `${JSON.stringify(head)}\n`;
  for await (const { line } of shards) yield `${line}\n`;
}

/** Heads of all plans of an output, in order. */
export async function readHeads(out: string): Promise<PlanHead[]> {
  const names = (await namesIn(join(out, LAYOUT.plans))).filter((name) => /^\d{4,}\.jsonl$/.test(name));
  const heads: PlanHead[] = [];
  // One after the other, since a watch makes thousands; and by number, since 10000 sorts before 9999.
  for (const name of names) heads.push(await readHead(join(out, LAYOUT.plans, name)));
  return heads.toSorted((a, b) => a.plan - b.plan);
}

async function readHead(path: string): Promise<PlanHead> {
  for await (const line of linesOf(path)) return parsed(path, line) as PlanHead;
  throw new RunError(`${path}: the plan is empty`);
}

/** Shards of a plan, streamed; an altered plan is refused at its end. */
export async function* readShards(out: string, head: PlanHead): AsyncGenerator<ShardPlan> {
  for await (const line of shardLines(out, head)) yield parseShard(planFile(out, head.plan), line);
}

/** The lines of a plan's shards, in order; an altered plan is refused at its end. */
export async function* shardLines(out: string, head: PlanHead): AsyncGenerator<string> {
  const path = planFile(out, head.plan);
  const hash = hashOf(head);
  let first = true;
  for await (const line of linesOf(path)) {
    if (!first) {
      hash.update(`${line}\n`);
      yield line;
    }
    first = false;
  }
  if (hash.digest('hex') !== head.hash) throw new RunError(`${path}: the plan has been altered since it was written`);
}

/** A shard by its line in the plan at `path`. */
export function parseShard(path: string, line: string): ShardPlan {
  return parsed(path, line) as ShardPlan;
}

function parsed(path: string, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new RunError(`${path}: the plan is damaged`);
  }
}

/** What plans add up to. */
export function planTotals(heads: readonly PlanHead[]): { readonly files: number; readonly bytes: number; readonly shards: number } {
  const total = (field: 'files' | 'bytes' | 'shards') => heads.reduce((sum, head) => sum + head[field], 0);
  return { files: total('files'), bytes: total('bytes'), shards: total('shards') };
}

/** Refuses to go on with an output that was planned otherwise, and says the way out. */
export function assertSamePlan(out: string, head: PlanHead, basis: PlanBasis): void {
  const wayOut = `use another --out, or go on with what ${out} was made with`;
  if (head.schemaVersion !== basis.schemaVersion)
    throw new UsageError(`--out ${out}: holds schema version ${head.schemaVersion}, this merc writes ${basis.schemaVersion}: use another --out`);
  if (head.extractorVersion !== basis.extractorVersion)
    throw new UsageError(`--out ${out}: was made by merc ${head.extractorVersion}, this is ${basis.extractorVersion}: ${wayOut}`);
  if (head.options.classic !== basis.options.classic)
    throw new UsageError(`--only: ${out} was made ${head.options.classic ? 'with' : 'without'} --only classic: ${wayOut}`);
  if (head.options.tlsh !== basis.options.tlsh)
    throw new UsageError(`--with: ${out} was made ${head.options.tlsh ? 'with' : 'without'} --with tlsh: ${wayOut}`);
  if (head.options.maxFileSize !== basis.options.maxFileSize)
    throw new UsageError(`--max-file-size: ${out} was made with ${head.options.maxFileSize} bytes: ${wayOut}`);
}
