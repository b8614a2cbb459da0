// The tables, as numbered steps: what a database has is recorded in it, and the next merc goes on.
//
// A step that has been released is never changed; what the schema has gained since is added as
// columns by `migrate`, so that no step is needed for it.

import { name } from '../../duckdb.ts';
import { classicView } from './classic-view.ts';
import { fileColumns } from './columns.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: () => readonly string[];
}

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: 'files, strings and shards',
    statements: () => [
      // The key is the file's place in the plan: the same content under two names is two rows.
      // It comes first, so that the server's messages about a row begin with it.
      `CREATE TABLE merc_files (run_id text NOT NULL, sample_id integer NOT NULL, shard text NOT NULL, ${fileColumns()
        .filter((column) => column.name !== 'sample_id')
        .map((column) => `${name(column.name)} ${column.type}`)
        .join(', ')}, PRIMARY KEY (run_id, sample_id))`,
      // Pieces of one encoding, in order of their numbers: a row for each string would be forty times as many.
      `CREATE TABLE merc_strings (run_id text NOT NULL, sample_id integer NOT NULL, piece integer NOT NULL, encoding text NOT NULL,
        file_offsets bigint[] NOT NULL, texts text[] NOT NULL, PRIMARY KEY (run_id, sample_id, piece))`,
      `CREATE VIEW merc_string_rows AS SELECT run_id, sample_id, encoding, t.file_offset, t.value
        FROM merc_strings s, unnest(s.file_offsets, s.texts) AS t(file_offset, value)`,
      `CREATE TABLE merc_shards (run_id text NOT NULL, shard text NOT NULL, plan_hash text NOT NULL, first_sample_id integer NOT NULL, rows integer NOT NULL,
        strings bigint, changed_values bigint NOT NULL, dataset text, columns text[] NOT NULL, csv_types jsonb NOT NULL,
        stored_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (run_id, shard))`,
      `COMMENT ON TABLE merc_shards IS 'Shards that are stored whole; strings is null where none were asked for, changed_values counts what PostgreSQL cannot hold'`,
    ],
  },
  { version: 2, name: 'the classic view', statements: () => classicView() },
];
