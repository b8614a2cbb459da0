// The `samples` part of a shard: its records with the labels.
//
// Promise: it is a pure function of plan, shard and dataset, rows in `sample_id` order. DuckDB reads
// keys and outcome and gives the labels; the pages of all other columns are taken over as the workers
// wrote them.

import type { Labels } from '../core/commit.ts';
import { RunError, firstLine, isRefusal } from '../core/errors.ts';
import type { Written } from '../core/types.ts';
import { files, text, type Database } from '../duckdb.ts';
import { writeSamples, type SamplesColumn } from '../native.ts';
import { columnsOf } from '../sql/columns.ts';
import { DATASET_COLUMNS, matchLabels } from '../sql/dataset.ts';

/** What a file came to, written anew with its labels: of a shard that was extracted in parts all of them have a share in it, and nobody's pages hold that. */
const OUTCOME: readonly string[] = ['status', 'problems', 'limits_hit'];

/** What a samples part is made of. */
export interface SamplesSource {
  /** Parquet files with extracted columns, all the same ones, in `sample_id` order. */
  readonly sources: readonly string[];
  readonly target: string;
  readonly metadata: Record<string, string>;
  /** SHA-256 of the dataset file, null without one. */
  readonly dataset: string | null;
}

/** A part that was written, and how its samples met the dataset. */
export interface LabelledSamples {
  readonly written: Written;
  readonly labels: Labels;
}

/** Matches samples with the table `dataset` and writes their part. */
export async function labelSamples(database: Database, { sources, target, metadata, dataset }: SamplesSource): Promise<LabelledSamples> {
  const labels = await matchLabels(database, sources, OUTCOME);
  const renewed = `${target}.renewed`;
  // Both sides are in `sample_id` order and one thread reads them: rows meet by position, in no join and no sort.
  await writeRenewed(
    database,
    `SELECT ${OUTCOME.map((column) => `k.${column}`).join(', ')}, l.* EXCLUDE (sample_id) FROM keys k POSITIONAL JOIN labels l`,
    renewed,
  );
  const extracted = [...(await columnsOf(database, `SELECT * FROM read_parquet(${files(sources.slice(0, 1))})`)).keys()].filter(
    (column) => !isDatasetColumn(column),
  );
  const columns = extracted.map((name) => takenFrom(name, 0)).toSpliced(extracted.indexOf('limits_hit') + 1, 0, ...labels.map((name) => ({ name })));
  const written = writeSamples({ sources: [[...sources]], renewed, columns, target, metadata });
  return { written, labels: { dataset, ...(await tallies(database)) } };
}

/** The same for committed parts, which may be of another build or damaged. @throws RunError where they do not fit together. */
export async function labelParts(database: Database, named: string, source: SamplesSource): Promise<LabelledSamples> {
  return labelSamples(database, source).catch((error: unknown) => {
    if (isRefusal(error)) throw error;
    throw new RunError(`${named}: cannot be written anew (${firstLine(error)}): merc verify names what is wrong`, { cause: error });
  });
}

/** Writes columns that are given anew, for `writeSamples` to encode: read once, a moment later. */
export async function writeRenewed(database: Database, query: string, target: string): Promise<void> {
  await database.run(`COPY (${query}) TO ${text(target)} (FORMAT parquet, COMPRESSION uncompressed)`);
}

/** Where `writeSamples` takes an extracted column from. */
export function takenFrom(name: string, source: number): SamplesColumn {
  return OUTCOME.includes(name) ? { name } : { name, source };
}

async function tallies(database: Database): Promise<Pick<Labels, 'lists' | 'matches'>> {
  const rows = await database.rows(`${tally('list')} UNION ALL ${tally('dataset_match')} ORDER BY ALL`);
  const of = (column: string) => Object.fromEntries(rows.filter((row) => row['column'] === column).map((row) => [String(row['key']), Number(row['files'])]));
  return { lists: of('list'), matches: of('dataset_match') };
}

function tally(column: string): string {
  return `SELECT '${column}' AS "column", coalesce(${column}, '') AS key, count(*)::INTEGER AS files FROM labels GROUP BY key`;
}

/** Columns of a samples part that a relabel replaces. */
function isDatasetColumn(column: string): boolean {
  return column.startsWith('csv_') || DATASET_COLUMNS.some((known) => known === column);
}
