// The `samples` part of a shard: its records joined with the labels.
//
// Promise: it is a pure function of plan, shard and dataset, rows in `sample_id` order.

import type { Labels } from '../core/commit.ts';
import { files, name, text, type Database } from '../duckdb.ts';
import { DATASET_COLUMNS, matchLabels, metadataOf } from '../sql/dataset.ts';

/** Rows of a row group: what a run's shard has at most, and of which DuckDB holds several while it writes (0.75 GB at any number of them). */
const ROW_GROUP = 4_096;

/**
 * Joins records with the table `dataset` and writes the samples part.
 * @param sources Parquet files with extracted columns, in `sample_id` order.
 */
export async function writeSamples(
  database: Database,
  sources: readonly string[],
  target: string,
  metadata: Record<string, string>,
  dataset: string | null,
): Promise<Labels> {
  await matchLabels(database, sources);
  const extracted = await columnsOf(database, `SELECT * FROM read_parquet(${files(sources)})`);
  const labelled = (await columnsOf(database, 'SELECT * FROM labels')).filter((column) => column !== 'sample_id');
  const before = extracted.filter((column) => !isDatasetColumn(column));
  const cut = before.indexOf('limits_hit') + 1;
  const columns = [
    ...before.slice(0, cut).map((column) => `r.${name(column)}`),
    ...labelled.map((column) => `l.${name(column)}`),
    ...before.slice(cut).map((column) => `r.${name(column)}`),
  ];
  // Both sides are in `sample_id` order and one thread reads them: rows meet by position, so the
  // nested columns pass through no join and no sort. DuckDB loses the order of a hash join above
  // some 100,000 rows, and its bytes depend on the thread count there.
  await database.run(`COPY (SELECT ${columns.join(', ')} FROM read_parquet(${files(sources)}) r POSITIONAL JOIN labels l)
    TO ${text(target)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, PARQUET_VERSION V2, ROW_GROUP_SIZE ${ROW_GROUP}, KV_METADATA ${metadataOf(metadata)})`);
  return {
    dataset,
    lists: await tally(database, 'list'),
    matches: await tally(database, 'dataset_match'),
  };
}

async function tally(database: Database, column: string): Promise<Record<string, number>> {
  const rows = await database.rows(`SELECT coalesce(${column}, '') AS key, count(*)::INTEGER AS files FROM labels GROUP BY 1 ORDER BY 1`);
  return Object.fromEntries(rows.map((row) => [String(row['key']), Number(row['files'])]));
}

async function columnsOf(database: Database, query: string): Promise<string[]> {
  return (await database.rows(`SELECT column_name FROM (DESCRIBE ${query})`)).map((row) => String(row['column_name']));
}

/** Columns of a samples part that a relabel replaces. */
function isDatasetColumn(column: string): boolean {
  return column.startsWith('csv_') || DATASET_COLUMNS.some((own) => own === column);
}
