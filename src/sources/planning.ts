// Which plans a run works through: the first one made, an old one resumed, or one more appended.
//
// Promise: a plan once written is never changed. Files that are not in it wait for `--append`.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunOptions } from '../core/options.ts';
import { assertSamePlan, readShards, writePlan, type PlanBasis, type PlanHead, type ScannedFile } from '../core/plan.ts';
import { version } from '../native.ts';
import { discover } from './discover.ts';

/** The plans of a run. */
export interface Planned {
  readonly heads: readonly PlanHead[];
  readonly files: number;
  readonly bytes: number;
  /** Files found that no plan holds. */
  readonly unplanned: number;
  /** What the scan left out, with the reason. */
  readonly skipped: readonly { readonly path: string; readonly why: string }[];
}

export async function planRun(options: RunOptions, existing: readonly PlanHead[], dataset: string | null): Promise<Planned> {
  const skipped: { path: string; why: string }[] = [];
  const { files, roots } = await discover(options, (path, why) => skipped.push({ path, why }));
  const { schemaVersion, extractorVersion } = version();
  const basis: PlanBasis = { schemaVersion, extractorVersion, options: options.rows, roots, dataset };
  for (const head of existing) assertSamePlan(options.out, head, basis);
  let heads: PlanHead[] = existing.map((head) => ({ ...head, roots: rootsHere(head, roots) }));
  let unplanned = files;
  if (heads.length > 0) unplanned = await notPlanned(options.out, heads, roots, files);
  if (heads.length === 0 || (options.append && unplanned.length > 0)) {
    const last = heads.at(-1);
    const next = { plan: (last?.plan ?? 0) + 1, firstSampleId: last === undefined ? 1 : last.firstSampleId + last.files };
    heads = [...heads, await writePlan(options.out, next.plan, next.firstSampleId, basis, unplanned, options.bounds)];
    unplanned = [];
  }
  return {
    heads,
    files: heads.reduce((sum, head) => sum + head.files, 0),
    bytes: heads.reduce((sum, head) => sum + head.bytes, 0),
    unplanned: unplanned.length,
    skipped,
  };
}

/** A plan's roots on this machine: as planned, or, where they are not here, the run's own. */
function rootsHere(head: PlanHead, roots: readonly string[]): string[] {
  return head.roots.map((root, index) => (existsSync(root) ? root : (roots[index] ?? root)));
}

async function notPlanned(out: string, heads: readonly PlanHead[], roots: readonly string[], files: ScannedFile[]): Promise<ScannedFile[]> {
  const planned = new Set<string>();
  for (const head of heads) {
    for await (const { batches } of readShards(out, head)) {
      for (const batch of batches) for (const file of batch) planned.add(absolute(head.roots, file));
    }
  }
  return files.filter((file) => !planned.has(absolute(roots, file)));
}

function absolute(roots: readonly string[], { root, path }: ScannedFile): string {
  return join(roots[root] ?? '', path);
}
