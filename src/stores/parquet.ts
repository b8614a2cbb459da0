// The Parquet store: the parts of a shard, moved to where they stay.
//
// Promise: the strings move as they are and before the samples; what was built stays where it is
// until the shard is committed, so that a store that is killed in between can begin again.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Part } from '../core/commit.ts';
import { RunError, codeOf, firstLine, isRefusal, messageOf } from '../core/errors.ts';
import { LAYOUT, sha256Of } from '../core/layout.ts';
import type { Output } from '../core/output.ts';
import { file, files, type Database } from '../duckdb.ts';
import type { Store } from './store.ts';

export interface ParquetStoreOptions {
  readonly output: Output;
  readonly database: Database;
}

export function parquetStore({ output, database }: ParquetStoreOptions): Store {
  return {
    name: 'parquet',
    async accept({ shard, samples }) {
      const strings: Part[] = [];
      const sources = shard.strings.map((source) => join(shard.dir, source));
      const rows = await partRows(database, sources);
      for (const [batch, from] of sources.entries())
        strings.push(await placePart(output, from, `${LAYOUT.strings}/${shard.id}-${batch}.parquet`, rows[batch] as number));
      return { strings, samples: await placePart(output, samples, `${LAYOUT.samples}/${shard.id}.parquet`, shard.counts.rows) };
    },
    close: () => Promise.resolve(),
  };
}

/** Rows that Parquet files say they have, in their order. */
async function partRows(database: Database, paths: readonly string[]): Promise<number[]> {
  if (paths.length === 0) return [];
  const found = await database.rows(`SELECT num_rows::INTEGER AS rows FROM parquet_file_metadata(${files(paths)})`);
  if (found.length !== paths.length) throw new Error(`${paths.length} files, and the rows of ${found.length}`);
  return found.map((row) => Number(row['rows']));
}

/** How a part's file differs from what its record says; undefined if it does not. */
export async function differenceOf(part: Part, path: string, database: Database): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size !== part.bytes) return `has ${size} bytes, committed were ${part.bytes}`;
    if ((await sha256Of(path)) !== part.sha256) return 'holds other bytes than were committed (sha256 differs)';
    const [rows] = await partRows(database, [path]);
    return rows === part.rows ? undefined : `has ${rows} rows, committed were ${part.rows}`;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'is missing';
    if (isRefusal(error)) return `cannot be read (${codeOf(error) ?? firstLine(error)})`;
    throw error;
  }
}

/** @throws RunError where a page of a part cannot be decoded. */
export async function assertReadable(database: Database, path: string): Promise<void> {
  try {
    await database.run(`SELECT max(hash(COLUMNS(*))) FROM read_parquet(${file(path)})`);
  } catch (error) {
    // What the system refuses, and memory, say nothing of the part.
    if (isRefusal(error) || /^(Out of Memory|INTERRUPT)/i.test(messageOf(error))) throw error;
    throw new RunError(`${path}: is damaged (${firstLine(error)}): remove its commit record, and a run does the shard again`, { cause: error });
  }
}

/** Gives a built file its place among the parts. */
export async function placePart({ objects }: Output, from: string, part: string, rows: number): Promise<Part> {
  const [{ size }, sha256] = [await stat(from), await sha256Of(from)];
  await objects.put(from, part, sha256);
  return { name: part, bytes: size, rows, sha256 };
}
