// Files in the order of a plan, made up.

import type { ScannedFile } from '../../src/core/plan.ts';
import { gathering, type FoundFiles } from '../../src/sources/found.ts';
import { nameOf } from '../../src/sources/names.ts';

export function gathered(files: Iterable<ScannedFile>, limit?: number): FoundFiles {
  const all = gathering();
  for (const { root, path, pathRaw, ...stats } of files)
    all.add(root, pathRaw === undefined ? nameOf(path) : Buffer.from(pathRaw, 'base64').toString('latin1'), stats);
  return all.inPlanOrder(limit);
}
