// Which plans a run works through: the first one made, an old one resumed, or one more appended.
//
// Promise: a plan once written is never changed. Files that are not in it wait for `--append`.

import { existsSync, realpathSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../core/errors.ts';
import type { RunOptions } from '../core/options.ts';
import type { Output } from '../core/output.ts';
import { assertSamePlan, planTotals, readShards, writePlan, type PlanBasis, type PlanHead, type ScannedFile } from '../core/plan.ts';
import { version } from '../native.ts';
import { discover, type Discovery } from './discover.ts';
import { fingerprints } from './fingerprints.ts';
import type { FoundFiles } from './found.ts';

/** What is there to plan, before anything is written. */
export interface Survey {
  /** The plans that stand, their roots as they are on this machine. */
  readonly heads: readonly PlanHead[];
  readonly found: Discovery;
  /** Files found that no plan holds. */
  readonly unplanned: FoundFiles;
  /** What the scan left out, with the reason. */
  readonly skipped: readonly { readonly path: string; readonly why: string }[];
}

/** The plans of a run. */
export interface Planned {
  readonly heads: readonly PlanHead[];
  readonly files: number;
  readonly bytes: number;
  readonly shards: number;
  /** Files found that no plan holds. */
  readonly unplanned: number;
  readonly skipped: Survey['skipped'];
}

/** Chooses which of the unplanned files may be taken; what it leaves waits for a later look. */
export type Choice = (unplanned: FoundFiles, roots: readonly string[]) => FoundFiles;

/**
 * Scans, and compares with the plans that stand; reads only.
 * @param choose Without one, all is taken and nothing at all is refused.
 */
export async function survey(
  options: RunOptions,
  existing: readonly PlanHead[],
  committed: ReadonlySet<string>,
  signal: AbortSignal,
  choose?: Choice,
): Promise<Survey> {
  for (const head of existing) assertSamePlan(options.out, head, basisOf(options, [], null));
  const skipped: { path: string; why: string }[] = [];
  const found = await discover(options, signal, (path, why) => skipped.push({ path, why }), choose !== undefined);
  const heads: PlanHead[] = [];
  for (const head of existing) heads.push(await withRootsHere(options.out, head, found.roots, committed));
  const unplanned = heads.length === 0 ? found.files : await notPlanned(options.out, heads, found);
  return { heads, found, unplanned: choose?.(unplanned, found.roots) ?? unplanned, skipped };
}

/** Writes the first plan, or with `--append` one more. */
export async function planRun(options: RunOptions, output: Output, { heads, found, unplanned, skipped }: Survey, dataset: string | null): Promise<Planned> {
  const last = heads.at(-1);
  if (last !== undefined && (!options.append || unplanned.length === 0)) return { heads, ...planTotals(heads), unplanned: unplanned.length, skipped };
  const next = { plan: (last?.plan ?? 0) + 1, firstSampleId: last === undefined ? 1 : last.firstSampleId + last.files };
  const shards = () => unplanned.shards(next.plan, next.firstSampleId, options.bounds);
  const head = await writePlan(output, next.plan, next.firstSampleId, basisOf(options, found.roots, dataset), shards);
  // Another run may have been first, on this machine or another, over other files: this one then stands where a later one would.
  const standing = [...heads, await withRootsHere(output.dir, head, found.roots, new Set())];
  return { heads: standing, ...planTotals(standing), unplanned: output.alone ? 0 : (await notPlanned(output.dir, standing, found)).length, skipped };
}

function basisOf(options: RunOptions, roots: readonly string[], dataset: string | null): PlanBasis {
  const { schemaVersion, extractorVersion } = version();
  return { schemaVersion, extractorVersion, options: options.rows, roots, dataset };
}

/** Files of a plan that are looked up where its folder seems to have moved to. */
const PROBES = 32;

/**
 * A plan's roots on this machine: as planned, or, where they have moved, the run's own. Names of
 * samples are numbers and fit any folder, so sizes decide whether it is the same one.
 */
async function withRootsHere(out: string, head: PlanHead, roots: readonly string[], committed: ReadonlySet<string>): Promise<PlanHead> {
  const missing = head.roots.filter((root) => !existsSync(root));
  if (missing.length === 0) return head;
  const moved = head.roots.map((root, index) => (existsSync(root) ? root : (roots[index] ?? root)));
  let probes = 0;
  for await (const shard of readShards(out, head)) {
    if (committed.has(shard.id)) continue;
    for (const { root, path, size } of shard.batches.flat().slice(0, PROBES - probes)) {
      probes += 1;
      const there = await stat(join(moved[root] ?? '', path)).catch(() => undefined);
      if (head.roots.length !== roots.length || there?.size !== size)
        throw new UsageError(`${missing.join(', ')}: the folder that ${out} was planned over is not here: name the place it has moved to, or another --out`);
    }
    if (probes >= PROBES) break;
  }
  return { ...head, roots: moved };
}

async function notPlanned(out: string, heads: readonly PlanHead[], { roots, files }: Discovery): Promise<FoundFiles> {
  const planned = fingerprints();
  for (const head of heads) {
    const folders = head.roots.map(identityOf);
    for await (const { batches } of readShards(out, head)) {
      for (const batch of batches) for (const file of batch) planned.add(keyOf(folders, file));
    }
  }
  const folders = roots.map(identityOf);
  return files.filter((file) => !planned.has(keyOf(folders, file)));
}

/** A root without links, so that two names of one folder are one. */
function identityOf(root: string): string {
  return existsSync(root) ? realpathSync(root) : root;
}

/** The path's own bytes tell apart what is shown alike. */
function keyOf(folders: readonly string[], { root, path, pathRaw }: ScannedFile): string {
  return `${pathRaw === undefined ? 'text' : 'bytes'}:${join(folders[root] ?? '', pathRaw ?? path)}`;
}
