// The Parquet store: an extracted shard becomes its parts and its commit record.
//
// Promise: a part is a pure function of plan, shard and dataset, rows in `sample_id` order. The
// strings move as they are; the records are joined with the dataset in DuckDB. The order of moves
// is strings, samples, commit record, and the record is the commit.

import { mkdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { commit, isCommitted, readCommit, type CommitRecord, type Labels, type Part } from '../core/commit.ts';
import { RunError, codeOf, firstLine, isRefusal } from '../core/errors.ts';
import { LAYOUT, moveDurably, sha256Of } from '../core/layout.ts';
import { partMetadata, type PlanHead } from '../core/plan.ts';
import type { ShardFiles, Sink } from '../core/types.ts';
import { file, files, name, text, type Database } from '../duckdb.ts';
import { DATASET_COLUMNS, matchLabels, metadataOf } from '../sql/dataset.ts';

export interface ParquetStoreOptions {
  readonly out: string;
  /** With the table `dataset`. */
  readonly database: Database;
  /** Head of the plan that a shard is of. */
  readonly headOf: (shard: string) => PlanHead;
  /** SHA-256 of the dataset file, null without one. */
  readonly dataset: string | null;
}

export function parquetStore(options: ParquetStoreOptions): Sink<ShardFiles> {
  const { out, database } = options;
  // One shard at a time in the database: its tables have fixed names, and one bounds its memory.
  let queue = Promise.resolve();
  const store = async (shard: ShardFiles): Promise<void> => {
    // Another process may have done it; its parts are never replaced.
    if (!isCommitted(out, shard.id)) await commitShard(shard);
    await rm(shard.dir, { recursive: true, force: true });
  };
  const commitShard = async (shard: ShardFiles): Promise<void> => {
    const records = shard.records.map((record) => join(shard.dir, record));
    const built = join(shard.dir, 'samples.parquet');
    const labels = await writeSamples(database, records, built, partMetadata(options.headOf(shard.id)), options.dataset);
    const strings: Part[] = [];
    for (const [batch, source] of shard.strings.entries()) {
      const from = join(shard.dir, source);
      strings.push(await movePart(out, from, `${LAYOUT.strings}/${shard.id}-${batch}.parquet`, await partRows(database, from)));
    }
    const samples = await movePart(out, built, `${LAYOUT.samples}/${shard.id}.parquet`, shard.counts.rows);
    const { id, counts, attempts, slowest, started } = shard;
    const parts = { samples, strings };
    const times = { host: hostname(), pid: process.pid, started, committed: new Date().toISOString() };
    const record: CommitRecord = { id, planHash: options.headOf(id).hash, ...parts, counts, labels, attempts, slowest, ...times };
    if (await commit(out, record)) return;
    const standing = await readCommit(out, id);
    if (JSON.stringify([standing.samples, standing.strings]) !== JSON.stringify([samples, strings]))
      throw new RunError(
        `shard ${id}: another process committed other bytes for it at the same time: its inputs changed meanwhile; merc verify names the parts`,
      );
  };
  return {
    write: (shard) => {
      const done = queue.then(() => store(shard)).catch(refused(shard.id));
      queue = done.catch(() => {});
      return done;
    },
    close: () => queue,
  };
}

/** What the file system refuses ends the run with one line; anything else is a bug and keeps its stack. */
function refused(shard: string): (error: unknown) => never {
  return (error) => {
    if (!isRefusal(error)) throw error;
    throw new RunError(`shard ${shard} could not be stored: ${firstLine(error)}`, { cause: error });
  };
}

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

/** Rows that a Parquet file says it has. */
export async function partRows(database: Database, path: string): Promise<number> {
  const [row] = await database.rows(`SELECT num_rows::INTEGER AS rows FROM parquet_file_metadata(${file(path)})`);
  return Number(row?.['rows']);
}

/** How a part's file differs from what its record says; undefined if it does not. */
export async function differenceOf(part: Part, path: string, database: Database): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size !== part.bytes) return `has ${size} bytes, committed were ${part.bytes}`;
    if ((await sha256Of(path)) !== part.sha256) return 'holds other bytes than were committed (sha256 differs)';
    const rows = await partRows(database, path);
    return rows === part.rows ? undefined : `has ${rows} rows, committed were ${part.rows}`;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'is missing';
    if (isRefusal(error)) return `cannot be read (${codeOf(error) ?? firstLine(error)})`;
    throw error;
  }
}

/** Moves a built file to its place among the parts. */
export async function movePart(out: string, from: string, part: string, rows: number): Promise<Part> {
  const to = join(out, part);
  await mkdir(dirname(to), { recursive: true });
  const [{ size }, sha256] = [await stat(from), await sha256Of(from)];
  await moveDurably(from, to);
  return { name: part, bytes: size, rows, sha256 };
}

/** Columns of a samples part that a relabel replaces. */
function isDatasetColumn(column: string): boolean {
  return column.startsWith('csv_') || DATASET_COLUMNS.some((own) => own === column);
}
