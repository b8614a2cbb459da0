// A store that keeps shards in memory, with the promises of all stores and none of their means.
//
// What is promised of a store can be read here in a few lines; tests hold the others to the same.

import { join } from 'node:path';
import { files, type Database, type Row } from '../duckdb.ts';
import type { LabelledShard, Store } from './store.ts';

export interface MemoryShard {
  readonly samples: readonly Row[];
  readonly strings: readonly Row[];
}

export interface MemoryStore extends Store {
  /** Accepted shards by id. */
  readonly shards: ReadonlyMap<string, MemoryShard>;
}

export function memoryStore(database: Database): MemoryStore {
  const shards = new Map<string, MemoryShard>();
  return {
    name: 'memory',
    shards,
    async accept({ shard, samples }: LabelledShard) {
      const strings = shard.strings.map(({ name }) => join(shard.dir, name));
      const read = { samples: await rowsOf(database, [samples]), strings: await rowsOf(database, strings) };
      // Whole or not at all: it appears when everything has been read.
      shards.set(shard.id, read);
      return undefined;
    },
    close: () => Promise.resolve(),
  };
}

async function rowsOf(database: Database, parts: readonly string[]): Promise<Row[]> {
  return parts.length === 0 ? [] : database.rows(`SELECT * FROM read_parquet(${files(parts)})`);
}
