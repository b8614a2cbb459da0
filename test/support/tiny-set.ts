// 256 tiny PE files that differ, for tests of what happens at one of them or at all.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DATA, buildPe } from './pe.ts';

/** Makes the files `000` to `255`; their names, and bytes by name. */
export async function tinySet(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  await mkdir(folder, { recursive: true });
  for (let index = 0; index < 256; index++) {
    const name = String(index).padStart(3, '0');
    files.set(name, buildPe({ sections: [{ name: '.data', characteristics: DATA, data: Buffer.from(`file number ${name}`) }] }));
  }
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
  return files;
}
