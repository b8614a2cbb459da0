// A batch without files, which any worker can do.

import { join } from 'node:path';
import type { Watched } from '../../src/pool/pool.ts';
import type { BatchTask } from '../../src/native.ts';

/** What `extract` of a pool takes. */
export function emptyBatch(folder: string, name: string, turn: number): [BatchTask, Watched] {
  const [recordsPath, stringsPath, progressPath] = [join(folder, `${name}.records`), join(folder, `${name}.strings`), join(folder, `${name}.progress`)];
  const options = { classic: true, maxFileSize: 1e6, tlsh: false };
  return [
    { roots: [folder], files: [], recordsPath, stringsPath, options, metadata: {} },
    { turn, progressPath },
  ];
}
