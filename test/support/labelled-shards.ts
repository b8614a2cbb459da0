// Shards as a store is given them: parts in a work folder, made of those of a real output and changed at will.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readCommits, type CommitRecord } from '../../src/core/commit.ts';
import { headOf, readHeads } from '../../src/core/plan.ts';
import { files, text, type Database } from '../../src/duckdb.ts';
import type { Part } from '../../src/core/types.ts';
import type { LabelledShard } from '../../src/stores/store.ts';
import { partIn } from './parts.ts';

export interface ShardChanges {
  /** Of the samples, as `REPLACE` takes it: `'x' AS file_name`. */
  readonly samples?: string;
  /** Of the strings. */
  readonly strings?: string;
  /** Each row so many times, under numbers of their own. */
  readonly times?: number;
}

/** The shards of an output in plan order, their parts written anew below `folder`. */
export async function labelledShards(database: Database, out: string, folder: string, changes: ShardChanges = {}): Promise<LabelledShard[]> {
  const shards: LabelledShard[] = [];
  const heads = await readHeads(out);
  for await (const commit of readCommits(out)) shards.push({ ...(await shardOf(database, out, folder, commit, changes)), head: headOf(heads, commit.id) });
  return shards;
}

async function shardOf(
  database: Database,
  out: string,
  folder: string,
  { id, samples, strings, counts, labels, attempts, slowest, started }: CommitRecord,
  { samples: changed = '', strings: changedStrings = '', times = 1 }: ShardChanges,
): Promise<Omit<LabelledShard, 'head'>> {
  const dir = join(folder, `${id}.${Math.random().toString(16).slice(2)}`);
  await mkdir(dir, { recursive: true });
  const write = (to: string, from: readonly string[], changes: string, copies: number) => {
    const number = copies === 1 ? 'sample_id' : '(sample_id + 1000 * copy)::INTEGER AS sample_id';
    const replaced = [...(copies === 1 ? [] : [number]), ...(changes === '' ? [] : [changes])];
    return database.run(`COPY (SELECT * ${copies === 1 ? '' : 'EXCLUDE (copy)'} ${replaced.length === 0 ? '' : `REPLACE (${replaced.join(', ')})`}
      FROM read_parquet(${files(from)}) ${copies === 1 ? '' : `, range(${copies}) r(copy) ORDER BY copy, sample_id`}) TO ${text(to)} (FORMAT parquet)`);
  };
  await write(join(dir, 'samples.parquet'), [join(out, samples?.name ?? '')], changed, times);
  const texts: Part[] = [];
  for (const [index, part] of strings.entries()) {
    const name = `strings-${index}.parquet`;
    await write(join(dir, name), [join(out, part.name)], changedStrings, 1);
    texts.push(await partIn(dir, name, part.rows));
  }
  const rows = counts.rows * times;
  return {
    shard: { id, dir, records: [], strings: texts, counts: { ...counts, rows }, slowest, attempts, started },
    samples: join(dir, 'samples.parquet'),
    written: await partIn(dir, 'samples.parquet', rows),
    labels,
  };
}
