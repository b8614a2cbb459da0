// What the tests of an output ask of it: its rows, the hashes of its parts, how far it has come.

import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { committedIds } from '../../src/core/commit.ts';
import { openDatabase, type Row } from '../../src/duckdb.ts';

/** Rows of a query over files. */
export async function query(sql: string): Promise<Row[]> {
  const database = await openDatabase({ threads: 1, memoryLimit: 1e9 });
  try {
    return await database.rows(sql);
  } finally {
    database.close();
  }
}

/** Rows of the samples parts of an output. */
export const samplesOf = (out: string, columns: string, rest = '') => query(`SELECT ${columns} FROM read_parquet('${out}/samples/*.parquet') ${rest}`);

/** SHA-256 of every part by name: what must not depend on workers, kills or time. */
export async function partsOf(out: string): Promise<Record<string, string>> {
  const parts: Record<string, string> = {};
  for (const folder of ['samples', 'strings']) {
    for (const name of (await readdir(join(out, folder))).toSorted()) {
      parts[`${folder}/${name}`] = createHash('sha256')
        .update(await readFile(join(out, folder, name)))
        .digest('hex');
    }
  }
  return parts;
}

/** Waits until an output has that many commit records, and says how many it has. */
export async function commitsReach(out: string, wanted: number): Promise<number> {
  for (;;) {
    const commits = (await committedIds(out)).length;
    if (commits >= wanted) return commits;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
