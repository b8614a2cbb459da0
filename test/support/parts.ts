// Files as parts: what a commit record or a message says of them, measured anew.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Part } from '../../src/core/types.ts';

/** What is in a folder under a name, said to be so many rows. */
export async function partIn(dir: string, name: string, rows: number): Promise<Part> {
  const bytes = await readFile(join(dir, name));
  return { name, bytes: bytes.length, rows, sha256: createHash('sha256').update(bytes).digest('hex') };
}
