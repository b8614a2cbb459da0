// The Parquet store: the parts of a shard, moved to where they stay.
//
// Promise: the strings move as they are and before the samples; what was built stays where it is
// until the shard is committed, so that a store that is killed in between can begin again.

import { join } from 'node:path';
import { eachOf } from '../core/each.ts';
import { RunError, codeOf, firstLine, isRefusal, messageOf } from '../core/errors.ts';
import { FILES_AT_ONCE, LAYOUT, bytesDifference } from '../core/layout.ts';
import type { Output } from '../core/output.ts';
import type { Part, Written } from '../core/types.ts';
import { file, type Database } from '../duckdb.ts';
import type { Store } from './store.ts';

export function parquetStore(output: Output): Store {
  return {
    name: 'parquet',
    async accept({ shard, samples, written }) {
      const strings: Part[] = [];
      // Each waits for the disk, or for a server.
      await eachOf(shard.strings.entries(), FILES_AT_ONCE, async ([batch, { name, ...part }]) => {
        strings[batch] = await placePart(output, join(shard.dir, name), `${LAYOUT.strings}/${shard.id}-${batch}.parquet`, part);
      });
      return { strings, samples: await placePart(output, samples, `${LAYOUT.samples}/${shard.id}.parquet`, written) };
    },
    close: () => Promise.resolve(),
  };
}

/** How a part's file differs from what its record says; undefined if it does not. */
export async function differenceOf(part: Part, path: string, database: Database): Promise<string | undefined> {
  try {
    const difference = await bytesDifference(part, path, 'committed');
    if (difference !== undefined) return difference;
    const [found] = await database.rows(`SELECT num_rows::INTEGER AS rows FROM parquet_file_metadata(${file(path)})`);
    const rows = Number(found?.['rows']);
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
export async function placePart({ objects }: Output, from: string, name: string, { bytes, rows, sha256 }: Written): Promise<Part> {
  await objects.put(from, name, sha256);
  return { name, bytes, rows, sha256 };
}
