// A shard that was extracted in parts becomes one: the columns of each part, row by row.
//
// Promise: its rows are those that one worker would have made of the same files. All parts have the
// rows of the plan in `sample_id` order, so they meet by position. Only of a file that ends workers is
// there more: what the parts have that it did not end.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { linkOrCopy, workDir } from '../core/layout.ts';
import type { ExtractionPart } from '../core/queue.ts';
import type { ShardFiles } from '../core/types.ts';
import { file, files, type Database } from '../duckdb.ts';
import { writeSamples } from '../native.ts';
import { columnsOf } from '../sql/columns.ts';
import { takenFrom, writeRenewed } from './samples.ts';
import { RejectedShard } from './store.ts';

/** Columns of the parts `hashes` and `strings`; all others are of `pe`. */
const PARTS: readonly (readonly string[])[] = [
  ['md5', 'sha1', 'sha256', 'entropy', 'byte_histogram', 'tlsh'],
  ['string_count_ascii', 'string_count_wide', 'string_bytes'],
];

/** The files of each part, in folders of this machine. */
export type PartFiles = Readonly<Record<Exclude<ExtractionPart, 'all'>, ShardFiles>>;

/** Writes the joined records into a work folder of this process. */
export async function joinParts(database: Database, out: string, parts: PartFiles): Promise<ShardFiles> {
  const { pe, hashes, strings } = parts;
  if (pe.counts.rows !== hashes.counts.rows || pe.counts.rows !== strings.counts.rows)
    throw new RejectedShard(`shard ${pe.id}: its parts have different numbers of rows`);
  const dir = workDir(out, pe.id);
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const [records, renewed] = [join(dir, 'records-0.parquet'), join(dir, 'renewed.parquet')];
  await writeRenewed(database, `SELECT ${outcome()} FROM ${source(pe)} p POSITIONAL JOIN ${source(hashes)} h POSITIONAL JOIN ${source(strings)} s`, renewed);
  const columns = [...(await columnsOf(database, `SELECT * FROM ${source(pe)}`)).keys()].map((column) => takenFrom(column, partOf(column)));
  writeSamples({ sources: [pe, hashes, strings].map(recordsOf), renewed, columns, target: records, metadata: {} });
  for (const { name } of strings.strings) {
    // What was extracted stays where it is until the shard is committed.
    await linkOrCopy(join(strings.dir, name), join(dir, name));
  }
  const counts = { ...pe.counts, strings: strings.counts.strings, ...(await tallies(database, records)) };
  return {
    id: pe.id,
    dir,
    records: ['records-0.parquet'],
    strings: strings.strings,
    counts,
    slowest: [...pe.slowest, ...hashes.slowest, ...strings.slowest].toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, pe.slowest.length),
    attempts: Math.max(pe.attempts, hashes.attempts, strings.attempts),
    started: [pe.started, hashes.started, strings.started].toSorted()[0] ?? pe.started,
  };
}

function recordsOf({ dir, records }: ShardFiles): string[] {
  return records.map((each) => join(dir, each));
}

function source(part: ShardFiles): string {
  return `read_parquet(${files(recordsOf(part))})`;
}

/** Whose a column is, by the order of `pe`, `hashes` and `strings`. */
function partOf(column: string): number {
  return 1 + PARTS.findIndex((part) => part.includes(column));
}

/** The columns that all parts have a share in. */
function outcome(): string {
  return [
    `CASE WHEN ${worst('crashed')} WHEN ${worst('failed')} WHEN p.status = 'ok' AND 'partial' IN (h.status, s.status) THEN 'partial' ELSE p.status END AS status`,
    // All parts read the file: what was wrong with that is said once.
    `${merged('problems')} AS problems`,
    `${merged('limits_hit', ['s', 'p', 'h'])} AS limits_hit`,
  ].join(', ');
}

function worst(status: string): string {
  return `'${status}' IN (p.status, h.status, s.status) THEN '${status}'`;
}

/** A list of all three parts, each entry once, those of the first part first. */
function merged(list: string, [first, second, third] = ['p', 's', 'h']): string {
  const without = (from: string, ...others: readonly (string | undefined)[]) =>
    `list_filter(${from}.${list}, lambda e: ${others.map((other) => `NOT list_contains(${other}.${list}, e)`).join(' AND ')})`;
  return `list_concat(${first}.${list}, list_concat(${without(second ?? '', first)}, ${without(third ?? '', first, second)}))`;
}

/** Files by status and by problem, as the addon counts them. */
async function tallies(database: Database, records: string): Promise<{ statuses: Record<string, number>; problems: Record<string, number> }> {
  const rows = async (query: string) =>
    Object.fromEntries(
      (await database.rows(`SELECT key, count(*)::INTEGER AS files FROM (${query}) GROUP BY key ORDER BY key`)).map((row) => [
        String(row['key']),
        Number(row['files']),
      ]),
    );
  const from = `FROM read_parquet(${file(records)})`;
  const problems = `list_transform(problems, lambda p: p.stage || '.' || p.kind)`;
  return {
    statuses: await rows(`SELECT status AS key ${from}`),
    problems: await rows(`SELECT unnest(list_distinct(list_concat(${problems}, list_transform(limits_hit, lambda l: 'limit.' || l)))) AS key ${from}`),
  };
}
