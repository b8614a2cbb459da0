// The `samples` part of a shard: its records with the labels.
//
// Promise: it is a pure function of plan, shard and dataset, rows in `sample_id` order. DuckDB reads
// the keys and writes what only the store knows; the pages of all other columns are taken over from
// the records as the workers wrote them.

import type { Labels } from '../core/commit.ts';
import { files, text, type Database } from '../duckdb.ts';
import { writeSamples, type SamplesColumn } from '../native.ts';
import { DATASET_COLUMNS, matchLabels } from '../sql/dataset.ts';

/**
 * Columns that are written anew with the labels. The outcome is one of them: a shard that was extracted
 * in parts has it from all of them, and nobody's pages hold that.
 */
export const OUTCOME = ['status', 'problems', 'limits_hit'] as const;

/**
 * Joins records with the table `dataset` and writes the samples part.
 * @param sources Parquet files with extracted columns, in `sample_id` order.
 */
export async function labelSamples(
  database: Database,
  sources: readonly string[],
  target: string,
  metadata: Record<string, string>,
  dataset: string | null,
): Promise<Labels> {
  await matchLabels(database, sources);
  const own = `${target}.own`;
  // Both sides are in `sample_id` order and one thread reads them: rows meet by position, in no join and no sort.
  await writeOwn(
    database,
    `SELECT ${OUTCOME.map((column) => `r.${column}`).join(', ')}, l.* EXCLUDE (sample_id) FROM read_parquet(${files(sources)}) r POSITIONAL JOIN labels l`,
    own,
  );
  const labelled = (await columnsOf(database, 'SELECT * EXCLUDE (sample_id) FROM labels')).map((column) => ({ name: column }));
  // All sources have the columns of the first.
  const extracted = (await columnsOf(database, `SELECT * FROM read_parquet(${files(sources.slice(0, 1))})`))
    .filter((column) => !isDatasetColumn(column))
    .map((column): SamplesColumn => (isOutcome(column) ? { name: column } : { name: column, source: 0 }));
  const after = extracted.findIndex((column) => column.name === 'limits_hit') + 1;
  writeSamples({ sources: [[...sources]], own, columns: extracted.toSpliced(after, 0, ...labelled), target, metadata });
  return {
    dataset,
    lists: await tally(database, 'list'),
    matches: await tally(database, 'dataset_match'),
  };
}

/** Writes columns that only the store knows, for `writeSamples` to encode: read once, a moment later. */
export async function writeOwn(database: Database, query: string, target: string): Promise<void> {
  await database.run(`COPY (${query}) TO ${text(target)} (FORMAT parquet, COMPRESSION uncompressed)`);
}

/** Names of the columns of a query. */
export async function columnsOf(database: Database, query: string): Promise<string[]> {
  return (await database.rows(`SELECT column_name FROM (DESCRIBE ${query})`)).map((row) => String(row['column_name']));
}

/** Whether a column is one of those that are written anew. */
export function isOutcome(column: string): boolean {
  return OUTCOME.some((own) => own === column);
}

async function tally(database: Database, column: string): Promise<Record<string, number>> {
  const rows = await database.rows(`SELECT coalesce(${column}, '') AS key, count(*)::INTEGER AS files FROM labels GROUP BY 1 ORDER BY 1`);
  return Object.fromEntries(rows.map((row) => [String(row['key']), Number(row['files'])]));
}

/** Columns of a samples part that a relabel replaces. */
function isDatasetColumn(column: string): boolean {
  return column.startsWith('csv_') || DATASET_COLUMNS.some((own) => own === column);
}
