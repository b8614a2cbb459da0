// The dataset: a CSV, TSV or Parquet with labels, typed once into `dataset.parquet`, and its join.
//
// Promise: one row a key and never two rows for a sample. sha256 decides; only what misses is tried
// by md5, then sha1, then id = file name. Columns are described in the schema (group `dataset`).

import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { UsageError } from '../core/errors.ts';
import { file, files, name, text, type Database } from '../duckdb.ts';
import { columnsOf } from './columns.ts';

const KEYS = ['id', 'sha256', 'md5', 'sha1'] as const;
const KNOWN: readonly string[] = [...KEYS, 'list', 'positives', 'total', 'submitted', 'filetype'];

/** The dataset's own columns in `samples`, in order; `csv_<name>` columns follow. */
export const DATASET_COLUMNS = ['dataset_row', 'id', 'list', 'label', 'positives', 'total', 'submitted', 'submitted_at', 'file_type', 'dataset_match'] as const;

/** What reading a dataset found. */
export interface DatasetCounts {
  readonly rows: number;
  /** Rows left out because an earlier one has their key. */
  readonly repeated: number;
  /** Rows left out because they have none of the keys. */
  readonly keyless: number;
  /** Lines that could not be read. */
  readonly broken: number;
}

/** Reads a dataset file into the table `dataset`. */
export async function importDataset(database: Database, path: string): Promise<DatasetCounts> {
  const { rows: raw, columns, brokenLines } = await openRaw(database, path);
  const column = (wanted: string): string => {
    const found = columns.findIndex((candidate) => candidate.trim().toLowerCase() === wanted);
    return found === -1 ? 'NULL::VARCHAR' : `nullif(trim(${rawName(found)}), '')`;
  };
  assertKeyed(path, columns);
  const extras = extrasOf(columns);
  await database.run(`CREATE TEMP TABLE keyed AS SELECT dataset_row,
    ${column('id')} AS id, ${hash(column('sha256'), 64)} AS sha256, ${hash(column('md5'), 32)} AS md5, ${hash(column('sha1'), 40)} AS sha1,
    ${column('list')} AS list, TRY_CAST(${column('positives')} AS INTEGER) AS positives, TRY_CAST(${column('total')} AS INTEGER) AS total,
    ${column('submitted')} AS submitted, ${column('filetype')} AS file_type${extras.map((extra) => `, ${extra.raw} AS ${name(extra.named)}`).join('')}
    FROM (${raw})`);
  const broken = await brokenLines();
  const types = await typesOf(database, ['id', ...extras.map(({ named }) => named)]);
  await database.run(`CREATE OR REPLACE TABLE dataset AS SELECT dataset_row, sha256, md5, sha1, id AS id_text,
    ${typed('id', types.get('id') === 'BIGINT' ? 'BIGINT' : undefined)} AS id, list,
    CASE list WHEN 'Blacklist' THEN true WHEN 'Whitelist' THEN false END AS label, positives, total, submitted,
    TRY_CAST(left(submitted, 19) AS TIMESTAMP) AS submitted_at, file_type
    ${extras.map(({ named }) => `, ${typed(named, types.get(named))} AS ${name(named)}`).join('')}
    FROM keyed WHERE coalesce(sha256, md5, sha1, id) IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY coalesce(sha256, md5, sha1, id) ORDER BY dataset_row) = 1 ORDER BY dataset_row`);
  const [counts] = await database.rows(`SELECT (SELECT count(*) FROM dataset)::INTEGER AS rows,
    (SELECT count(*) FROM keyed WHERE coalesce(sha256, md5, sha1, id) IS NULL)::INTEGER AS keyless,
    (SELECT count(*) FROM keyed)::INTEGER AS everything`);
  await database.run('DROP TABLE keyed');
  const [rows, keyless, everything] = [Number(counts?.['rows']), Number(counts?.['keyless']), Number(counts?.['everything'])];
  return { rows, keyless, repeated: everything - keyless - rows, broken };
}

/** The table `dataset` without rows, for runs that have no labels. */
export async function emptyDataset(database: Database): Promise<void> {
  await database.run(`CREATE OR REPLACE TABLE dataset (dataset_row BIGINT, sha256 VARCHAR, md5 VARCHAR, sha1 VARCHAR, id_text VARCHAR,
    id BIGINT, list VARCHAR, label BOOLEAN, positives INTEGER, total INTEGER, submitted VARCHAR, submitted_at TIMESTAMP, file_type VARCHAR)`);
}

/** Writes the table `dataset` with what is known of its source. */
export async function saveDataset(database: Database, path: string, metadata: Record<string, string>): Promise<void> {
  await database.run(`COPY dataset TO ${text(path)} (FORMAT parquet, COMPRESSION zstd, KV_METADATA ${metadataOf(metadata)})`);
}

/** Loads `dataset.parquet` into the table `dataset`. */
export async function loadDataset(database: Database, path: string): Promise<void> {
  await database.run(`CREATE OR REPLACE TABLE dataset AS SELECT * FROM read_parquet(${file(path)}) ORDER BY dataset_row`);
}

/** Key-value metadata of a Parquet file. */
export async function readMetadata(database: Database, path: string): Promise<Record<string, string>> {
  const rows = await database.rows(`SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata(${file(path)})`);
  return Object.fromEntries(rows.map((row) => [String(row['key']), String(row['value'])]));
}

/** Key-value metadata as COPY takes it. */
function metadataOf(metadata: Record<string, string>): string {
  return `{${Object.entries(metadata)
    .map(([key, value]) => `${name(key)}: ${text(value)}`)
    .join(', ')}}`;
}

/**
 * Matches the samples in `parquet` with the table `dataset`. Leaves two tables, one row a sample, in
 * `sample_id` order: `labels`, and `keys` with what was matched. Narrow on purpose: nested columns never
 * enter a join.
 * @param carried Columns of the samples that `keys` has too, beside the join, so that all files are read once.
 * @returns The columns of `labels` behind `sample_id`.
 */
export async function matchLabels(database: Database, parquet: readonly string[], carried: readonly string[]): Promise<readonly string[]> {
  const extras = [...(await columnsOf(database, 'dataset')).keys()].filter((column) => column.startsWith('csv_'));
  const columns = [...DATASET_COLUMNS, ...extras];
  const attached = columns.map((column) => `${column === 'dataset_row' || column === 'dataset_match' ? 'm' : 'd'}.${name(column)}`);
  await database.run(`
    CREATE OR REPLACE TEMP TABLE keys AS SELECT sample_id, file_name, sha256, md5, sha1, ${carried.map(name).join(', ')} FROM read_parquet(${files(parquet)});
    CREATE OR REPLACE TEMP TABLE matched (sample_id INTEGER, dataset_row BIGINT, dataset_match VARCHAR);
    ${(['sha256', 'md5', 'sha1'] as const).map((key) => match(`k.${key} = d.${key}`, `'${key}'`)).join('\n')}
    ${match('k.file_name = d.id_text', `CASE WHEN k.sha256 IS NOT NULL AND coalesce(d.sha256, d.md5, d.sha1) IS NOT NULL THEN 'id_hash_differs' ELSE 'id' END`)}
    CREATE OR REPLACE TEMP TABLE labels AS SELECT k.sample_id, ${attached.join(', ')}
    FROM keys k LEFT JOIN matched m USING (sample_id) LEFT JOIN dataset d ON m.dataset_row = d.dataset_row ORDER BY k.sample_id`);
  return columns;
}

function match(condition: string, kind: string): string {
  return `INSERT INTO matched SELECT sample_id, min(dataset_row), min_by(kind, dataset_row) FROM (
    SELECT k.sample_id, d.dataset_row, ${kind} AS kind FROM keys k JOIN dataset d ON ${condition}
    WHERE NOT EXISTS (SELECT 1 FROM matched m WHERE m.sample_id = k.sample_id)) GROUP BY sample_id;`;
}

/** Columns that merc does not know, each by a name of its own: one without a name, or with that of an earlier one, is called by its number. */
function extrasOf(columns: readonly string[]): { readonly raw: string; readonly named: string }[] {
  const names = columns.map((column) => column.trim().toLowerCase());
  const taken = new Set(names);
  return names.flatMap((own, at) => {
    const isOwn = own !== '' && names.indexOf(own) === at;
    if (isOwn && KNOWN.includes(own)) return [];
    let number = at + 1;
    while (taken.has(`column_${number}`)) number += 1;
    const named = isOwn ? own : `column_${number}`;
    taken.add(named);
    return [{ raw: rawName(at), named: `csv_${named}` }];
  });
}

function hash(expression: string, digits: number): string {
  return `CASE WHEN regexp_full_match(${expression}, '[0-9a-fA-F]{${digits}}') THEN lower(${expression}) END`;
}

function typed(column: string, type: string | undefined): string {
  return type === undefined ? name(column) : `CAST(${name(column)} AS ${type})`;
}

/** The dataset's own columns that are numbers whatever their text looks like. */
const NUMERIC: Readonly<Record<string, string>> = { csv_length: 'BIGINT', csv_user_id: 'BIGINT', csv_entropy: 'DOUBLE' };

/**
 * Columns of `keyed` that are numbers throughout. Of columns that merc does not know, only those
 * whose texts come back from the number as they were: `007`, `1.10` and `1e3` stay text.
 */
async function typesOf(database: Database, columns: readonly string[]): Promise<Map<string, string>> {
  const types = ['BIGINT', 'DOUBLE'] as const;
  const tests = columns.flatMap((column, i) =>
    types.map((type) => `coalesce(bool_and(${isNumber(column, type)}) FILTER (WHERE ${name(column)} IS NOT NULL), false) AS ${type}${i}`),
  );
  const [row] = await database.rows(`SELECT ${tests.join(', ')} FROM keyed`);
  return new Map(
    columns.flatMap((column, i) => {
      const type = types.find((candidate) => row?.[`${candidate}${i}`] === true);
      return type === undefined ? [] : [[column, type] as const];
    }),
  );
}

/** Whether a text is a number of the type; true or false, never null. */
function isNumber(column: string, type: 'BIGINT' | 'DOUBLE'): string {
  const cast = `TRY_CAST(${name(column)} AS ${type})`;
  if (NUMERIC[column] === type) return `${cast} IS NOT NULL`;
  return `coalesce(${cast}::VARCHAR IN (${name(column)}${type === 'DOUBLE' ? `, ${name(column)} || '.0'` : ''}), false)`;
}

/** A dataset file as it stands. */
interface Raw {
  /**
   * Query of its rows: the row's number as `dataset_row`, every column as text by its `rawName`. Who reads it
   * reads every column: DuckDB passes over the others, and a line that is broken there alone would be none.
   */
  readonly rows: string;
  readonly columns: readonly string[];
  /** Counts the lines that could not be read, once it has been. */
  readonly brokenLines: () => Promise<number>;
}

/** What a column of a dataset file is called while it is read: its own name may be one of ours. */
function rawName(at: number): string {
  return `raw_${at}`;
}

async function openRaw(database: Database, path: string): Promise<Raw> {
  if (extname(path).toLowerCase() === '.parquet') {
    const table = `read_parquet(${file(path)})`;
    const columns = [...(await columnsOf(database, `SELECT * FROM ${table}`)).keys()];
    const texts = columns.map((column, at) => `${name(column)}::VARCHAR AS ${rawName(at)}`).join(', ');
    return { rows: `SELECT row_number() OVER () AS dataset_row, ${texts} FROM ${table}`, columns, brokenLines: () => Promise.resolve(0) };
  }
  const { delimiter, columns } = await readHeader(path);
  const struct = columns.map((_, at) => `${rawName(at)}: 'VARCHAR'`).join(', ');
  return {
    rows: `SELECT row_number() OVER () AS dataset_row, * FROM read_csv(${file(path)}, auto_detect=false, header=true,
    delim=${text(delimiter)}, quote='"', escape='"', columns={${struct}}, null_padding=true, parallel=false, store_rejects=true, max_line_size=10000000)`,
    columns,
    brokenLines: async () => {
      const [rejects] = await database.rows('SELECT count(DISTINCT line)::INTEGER AS broken FROM reject_errors');
      return Number(rejects?.['broken']);
    },
  };
}

function assertKeyed(path: string, columns: readonly string[]): void {
  if (columns.some((column) => KEYS.some((key) => key === column.trim().toLowerCase()))) return;
  throw new UsageError(`--csv ${path}: none of its columns is id, sha256, md5 or sha1; a header line with one of them is needed`);
}

/** Header names and delimiter of a text table; quoted or not. */
async function readHeader(path: string): Promise<{ delimiter: string; columns: string[] }> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(65_536) });
    const line = (buffer.toString('utf8', 0, bytesRead).split(/\r?\n|\r/, 1)[0] ?? '').replace(/^\u{feff}/u, '');
    const candidates = [',', '\t', ';'].map((delimiter) => ({ delimiter, cells: cellsOf(line, delimiter) }));
    const { delimiter, cells } = candidates.reduce((best, other) => (other.cells.length > best.cells.length ? other : best));
    return { delimiter, columns: cells };
  } finally {
    await handle.close();
  }
}

/** Cells of a header line; a quoted one may hold the delimiter, and a quote doubled. */
function cellsOf(line: string, delimiter: string): string[] {
  const cells = line.matchAll(new RegExp(`(?:^|${delimiter})(?:\\s*"((?:[^"]|"")*)"\\s*|([^${delimiter}]*))`, 'g'));
  return [...cells].map(([, quoted, plain]) => (quoted?.replaceAll('""', '"') ?? plain ?? '').trim());
}
