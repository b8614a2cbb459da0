// What PostgreSQL holds of an output, as an export reads it: DuckDB makes of each fetch what the
// parts had, and from there on it is the export from Parquet.

import { RunError } from '../core/errors.ts';
import { SMALL_SHARE, name, openDatabase, type Database } from '../duckdb.ts';
import { CLASSIC_FIELDS, classicColumns } from '../sql/classic.ts';
import { openStored, isScalar, restored, type StoredOptions, type StoredOutput, type StoredShard } from '../stores/postgres/stored.ts';
import { typedRows, type ExportSource, type TypedRow } from './export-source.ts';

/** @param note Told what differs from the parts. */
export async function postgresSource(options: StoredOptions, signal: AbortSignal, note: (line: string) => void): Promise<ExportSource> {
  const stored = await openStored(options);
  const database = await openDatabase(SMALL_SHARE);
  return {
    place: stored.server,
    async *shards() {
      tellDifferences(stored, note);
      for (const shard of stored.shards) {
        const columns = ['sample_id', ...CLASSIC_FIELDS.filter((field) => field !== 'static_strings')];
        const rows = restoredRows(database, stored, shard, columns, `${classicColumns()}, sample_id`, signal);
        yield { id: shard.shard, rows, strings: stored.strings(shard), stringsStored: shard.strings !== null };
      }
    },
    scalarColumns: () => Promise.resolve(scalarColumns(stored.shards)),
    async *scalars(columns) {
      for (const shard of stored.shards) yield* restoredRows(database, stored, shard, columns, '*', signal);
    },
    close: async () => {
      database.close();
      await stored.close();
    },
  };
}

function tellDifferences({ shards }: StoredOutput, note: (line: string) => void): void {
  const without = shards.filter((shard) => shard.strings === null).length;
  if (without > 0)
    note(
      `note: ${without} of ${shards.length} shards were stored without --pg-strings: their static_strings are null here; merc export from the Parquet parts has them`,
    );
  const changed = shards.reduce((sum, shard) => sum + Number(shard.changed_values), 0);
  if (changed > 0) note(`note: ${changed} values hold what PostgreSQL cannot, as U+0000: they have U+FFFD in its place`);
}

/** Scalar columns in the order of the parts; what only a later shard has comes last, as with Parquet. */
function scalarColumns(shards: readonly StoredShard[]): string[] {
  return [...new Set(shards.flatMap((shard) => shard.columns))].filter(isScalar);
}

async function* restoredRows(
  database: Database,
  stored: StoredOutput,
  shard: StoredShard,
  columns: readonly string[],
  select: string,
  signal: AbortSignal,
): AsyncGenerator<TypedRow> {
  const values = columns.map((column) => `${restored(column, name(column), shard.csv_types[column])} AS ${name(column)}`);
  let seen = 0;
  for await (const batch of batches(stored.rows(shard, columns))) {
    signal.throwIfAborted();
    await fill(database, columns, batch);
    yield* typedRows(database, `SELECT ${select} FROM (SELECT ${values.join(', ')} FROM fetched)`, signal);
    seen += batch.length;
  }
  if (seen !== shard.rows)
    throw new RunError(`shard ${shard.shard}: PostgreSQL has ${seen} rows of it and says it has ${shard.rows}: rows were removed by hand`);
}

/** Rows that DuckDB takes at once. */
const BATCH = 256;

async function* batches<T>(items: AsyncIterable<T>): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The table `fetched`: columns as PostgreSQL gave them, as text. */
async function fill(database: Database, columns: readonly string[], rows: readonly (readonly (string | null)[])[]): Promise<void> {
  await database.run(`CREATE OR REPLACE TABLE fetched (${columns.map((column) => `${name(column)} VARCHAR`).join(', ')})`);
  const appender = await database.connection.createAppender('fetched');
  for (const row of rows) {
    for (const value of row) {
      if (value === null) appender.appendNull();
      else appender.appendVarchar(value);
    }
    appender.endRow();
  }
  appender.closeSync();
}
