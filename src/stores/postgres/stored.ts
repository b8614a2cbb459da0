// What PostgreSQL holds of an output, read back: which shards, and their rows through a cursor.
//
// Promise: all is of one moment, and memory holds one fetch. Values come as text, in the form that
// `restore` makes DuckDB's of again, so that what is written from them is written by the same code
// as from Parquet.

import { UsageError } from '../../core/errors.ts';
import { readHeads } from '../../core/plan.ts';
import { name, text } from '../../duckdb.ts';
import { connect, type Connection } from './connection.ts';
import { fileColumns, isList, itemType, samplesMembers, type Member } from './columns.ts';
import { told } from './rejected.ts';
import { describeServer } from './url.ts';

/** A shard as `merc_shards` has it. */
export interface StoredShard {
  readonly run_id: string;
  readonly shard: string;
  readonly plan_hash: string;
  readonly first_sample_id: number;
  readonly rows: number;
  /** Null where no strings were stored. */
  readonly strings: string | null;
  readonly changed_values: string;
  /** Columns of its part, in order. */
  readonly columns: readonly string[];
  /** DuckDB's types of the dataset's own columns. */
  readonly csv_types: Readonly<Record<string, string>>;
}

export interface StoredOutput {
  readonly server: string;
  /** In plan order. */
  readonly shards: readonly StoredShard[];
  /** Rows of a shard in plan order, the columns as text. */
  rows(shard: StoredShard, columns: readonly string[]): AsyncGenerator<readonly (string | null)[]>;
  /** Its strings as inner texts of JSON lists, a piece at a time. */
  strings(shard: StoredShard): AsyncGenerator<{ sample: number; json: string }>;
  close(): Promise<void>;
}

/** Rows of a fetch, each some 20 KB; and pieces of strings, each some 200 KB. */
const FETCH = { rows: 256, pieces: 32 };

export interface StoredOptions {
  readonly out: string;
  readonly url: string;
  /** Where a plan is stored as of several runs. */
  readonly runId?: string;
}

/** Opens what a database holds of an output's plans. @throws UsageError where that is nothing, or not one thing. */
export async function openStored({ out, url, runId }: StoredOptions): Promise<StoredOutput> {
  const server = describeServer(url);
  const heads = await readHeads(out);
  const connection = await connect(url).catch((error: unknown) => told(server, error));
  try {
    await connection.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const [{ there } = { there: false }] = await connection.rows<{ there: boolean }>(`SELECT to_regclass('merc_shards') IS NOT NULL AS there`);
    const found = there
      ? await connection.rows<StoredShard>(
          `SELECT run_id, shard, plan_hash, first_sample_id, rows, strings, changed_values, columns, csv_types FROM merc_shards
            WHERE plan_hash = ANY($1) AND run_id = coalesce($2, run_id) ORDER BY first_sample_id`,
          [heads.map((head) => head.hash), runId ?? null],
        )
      : [];
    if (found.length === 0) throw new UsageError(`${out}: nothing of it is in ${server}${runId === undefined ? '' : ` as of the run ${runId}`}`);
    for (const head of heads) {
      const runs = [...new Set(found.filter((shard) => shard.plan_hash === head.hash).map((shard) => shard.run_id))];
      if (runs.length > 1) throw new UsageError(`${out}: its plan ${head.plan} is in ${server} as of the runs ${runs.join(', ')}: name one with --run-id`);
    }
    return {
      server,
      shards: found,
      rows: (shard, columns) => telling(server, rowsOf(connection, shard, columns)),
      strings: (shard) => telling(server, stringsOf(connection, shard)),
      close: () => connection.close(),
    };
  } catch (error) {
    connection.drop();
    return told(server, error);
  }
}

async function* telling<T>(server: string, items: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    told(server, error);
  }
}

async function* rowsOf(connection: Connection, shard: StoredShard, columns: readonly string[]): AsyncGenerator<readonly (string | null)[]> {
  const query = `SELECT ${columns.map((column, index) => `${asText(column)} AS c${index}`).join(', ')} FROM merc_files ${placeOf(shard)} ORDER BY sample_id`;
  for await (const row of fetched(connection, 'merc_rows', query, FETCH.rows)) yield columns.map((_, index) => row[`c${index}`] as string | null);
}

async function* stringsOf(connection: Connection, shard: StoredShard): AsyncGenerator<{ sample: number; json: string }> {
  // A list in PostgreSQL's JSON is written as JavaScript's, without spaces.
  const query = `SELECT sample_id, to_json(texts)::text AS list FROM merc_strings ${placeOf(shard)} ORDER BY sample_id, piece`;
  for await (const row of fetched(connection, 'merc_pieces', query, FETCH.pieces)) {
    const { sample_id: sample, list } = row as { readonly sample_id: number; readonly list: string };
    yield { sample, json: list.slice(1, -1) };
  }
}

async function* fetched(connection: Connection, cursor: string, query: string, count: number): AsyncGenerator<Record<string, unknown>> {
  await connection.run(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${query}`);
  for (;;) {
    const rows = await connection.rows(`FETCH ${count} FROM ${cursor}`);
    if (rows.length === 0) break;
    yield* rows;
  }
  await connection.run(`CLOSE ${cursor}`);
}

/** Samples of a shard are consecutive: the key finds them. */
function placeOf({ run_id: runId, first_sample_id: first, rows }: StoredShard): string {
  return `WHERE run_id = ${text(runId)} AND sample_id >= ${first} AND sample_id < ${first + rows}`;
}

function asText(column: string): string {
  if (column.startsWith('csv_')) return `csv ->> ${text(column.slice('csv_'.length))}`;
  const type = fileColumns().find((candidate) => candidate.name === column)?.type;
  const value = name(column);
  if (type === 'timestamp') return `CASE WHEN isfinite(${value}) THEN (extract(epoch FROM ${value}) * 1000000)::bigint::text ELSE ${value}::text END`;
  return type === 'bytea' ? `encode(${value}, 'hex')` : `${value}::text`;
}

/** The SQL by which DuckDB makes of a text what the part had. @param csvType Its type, of a column of the dataset. */
export function restored(column: string, value: string, csvType?: string): string {
  if (csvType !== undefined) return `CAST(${value} AS ${csvType})`;
  const member = samplesMembers().find((candidate) => candidate.name === column);
  if (member === undefined || member.name === 'id' || member.sql_type === 'VARCHAR') return value;
  const { sql_type: type } = member;
  if (type === 'TIMESTAMP')
    return `CASE WHEN contains(${value}, 'infinity') THEN CAST(${value} AS TIMESTAMP) ELSE make_timestamp(TRY_CAST(${value} AS BIGINT)) END`;
  if (type === 'BLOB') return `unhex(${value})`;
  return type === 'STRUCT' || isList(type) ? `json_transform(${value}, ${text(JSON.stringify(structureOf(member)))})` : `CAST(${value} AS ${type})`;
}

/** A type as `json_transform` takes it; bytes are text in JSON. */
function structureOf({ sql_type: type, members }: Member): unknown {
  if (isList(type)) return [structureOf({ name: '', sql_type: itemType(type), members })];
  if (type === 'STRUCT') return Object.fromEntries(members.map((member) => [member.name, structureOf(member)]));
  return type === 'BLOB' ? 'VARCHAR' : type;
}

/** Whether a column holds one value and not several. */
export function isScalar(column: string): boolean {
  const type = fileColumns().find((candidate) => candidate.name === column)?.type;
  return type === undefined || !(type === 'jsonb' || type.endsWith('[]'));
}
