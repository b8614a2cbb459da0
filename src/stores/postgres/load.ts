// One shard into PostgreSQL, in one transaction.
//
// Promise: however often it is done, and by however many at once, the shard is there whole and once.
// The rows go through a temporary table, since COPY knows no conflicts; strings replace what a
// broken attempt of other bytes may have left, as where a file has changed meanwhile.

import { join } from 'node:path';
import { name, type Database } from '../../duckdb.ts';
import type { LabelledShard } from '../store.ts';
import { copyColumns, csvColumns, partColumns, rowLines } from './copy-rows.ts';
import { stringLines } from './copy-strings.ts';
import { fileColumns } from './columns.ts';
import type { Connection } from './connection.ts';

export interface Loaded {
  /** Values that PostgreSQL cannot hold as they were. */
  readonly changed: number;
}

export interface LoadOptions {
  readonly database: Database;
  readonly runId: string;
  readonly strings: boolean;
}

export async function loadShard(connection: Connection, labelled: LabelledShard, options: LoadOptions): Promise<Loaded> {
  const { shard, samples } = labelled;
  const { database, runId } = options;
  const columns = await partColumns(database, samples);
  let changed = 0;
  await connection.run('BEGIN');
  // A third less of the server's CPU time for a tenth more room, where the server was built with it.
  await connection.run(`SELECT set_config('default_toast_compression', 'lz4', true) FROM pg_settings
    WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)`);
  await connection.run('CREATE TEMP TABLE merc_files_load (LIKE merc_files INCLUDING DEFAULTS) ON COMMIT DROP');
  const rows = rowLines(database, samples, columns, [runId, shard.id], (values) => (changed += values));
  await connection.copy(`COPY merc_files_load (${copyColumns(columns)}) FROM STDIN`, rows);
  // Two workers at one shard take turns, and neither meets the other's half.
  await connection.run('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`merc ${runId} ${shard.id}`]);
  const others = fileColumns().filter((column) => column.name !== 'sample_id');
  await connection.run(`INSERT INTO merc_files (${fieldsOf(['run_id', 'sample_id', 'shard', ...others.map((column) => column.name)])})
    SELECT DISTINCT ON (run_id, sample_id) ${fieldsOf(['run_id', 'sample_id', 'shard', ...others.map((column) => column.name)])} FROM merc_files_load
    ORDER BY run_id, sample_id
    ON CONFLICT (run_id, sample_id) DO UPDATE SET ${['shard', ...others.map((column) => column.name)].map((column) => `${name(column)} = EXCLUDED.${name(column)}`).join(', ')}`);
  let strings: number | null = null;
  if (options.strings) {
    strings = 0;
    await connection.run(`DELETE FROM merc_strings s USING merc_files_load f WHERE s.run_id = f.run_id AND s.sample_id = f.sample_id`);
    const paths = shard.strings.map((part) => join(shard.dir, part.name));
    const lines = stringLines(database, paths, runId, (number, lost) => {
      strings = (strings ?? 0) + number;
      changed += lost;
    });
    await connection.copy('COPY merc_strings (run_id, sample_id, piece, encoding, file_offsets, texts) FROM STDIN', lines);
  }
  await recordShard(connection, labelled, runId, { strings, changed, columns: [...columns.keys()], csvTypes: Object.fromEntries(csvColumns(columns)) });
  await connection.run('COMMIT');
  return { changed };
}

interface ShardRecord {
  readonly strings: number | null;
  readonly changed: number;
  readonly columns: readonly string[];
  readonly csvTypes: Readonly<Record<string, string>>;
}

/** A shard that is there keeps its record, but for what has come to it: strings, or other labels. */
async function recordShard(connection: Connection, { shard, head, labels }: LabelledShard, runId: string, record: ShardRecord): Promise<void> {
  await connection.run(
    `INSERT INTO merc_shards (run_id, shard, plan_hash, first_sample_id, rows, strings, changed_values, dataset, columns, csv_types)
      SELECT $1, $2, $3, coalesce(min(sample_id), 0), count(*), $4, $5, $6, $7, $8 FROM merc_files_load
      ON CONFLICT (run_id, shard) DO UPDATE SET strings = coalesce(EXCLUDED.strings, merc_shards.strings), changed_values = EXCLUDED.changed_values,
        dataset = EXCLUDED.dataset, columns = EXCLUDED.columns, csv_types = EXCLUDED.csv_types`,
    [runId, shard.id, head.hash, record.strings, record.changed, labels.dataset, record.columns, JSON.stringify(record.csvTypes)],
  );
}

function fieldsOf(columns: readonly string[]): string {
  return columns.map(name).join(', ');
}
