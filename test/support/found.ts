// Made-up files, and those of a plan.

import type { ScannedFile } from '../../src/core/plan.ts';
import { gathering, type FoundFiles } from '../../src/sources/found.ts';
import { nameOf } from '../../src/sources/names.ts';

export const file = (path: string, size: number, root = 0): ScannedFile => ({ root, path, size, mtime: 1_530_000_000_000 });

/** Files of one size, in the order of a plan. */
export const many = (count: number, size: number): ScannedFile[] => Array.from({ length: count }, (_, i) => file(`f${String(i).padStart(6, '0')}`, size));

export function gathered(files: Iterable<ScannedFile>, limit?: number): FoundFiles {
  const all = gathering();
  for (const { root, path, pathRaw, ...stats } of files)
    all.add(root, pathRaw === undefined ? nameOf(path) : Buffer.from(pathRaw, 'base64').toString('latin1'), stats);
  return all.inPlanOrder(limit);
}
