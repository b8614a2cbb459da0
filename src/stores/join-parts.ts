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
import { file, files, name, text, type Database } from '../duckdb.ts';
import { RejectedShard } from './store.ts';

/** Columns by the part that has them; all others are of `pe`. */
const COLUMNS: Readonly<Record<'hashes' | 'strings', readonly string[]>> = {
  hashes: ['md5', 'sha1', 'sha256', 'entropy', 'byte_histogram', 'tlsh'],
  strings: ['string_count_ascii', 'string_count_wide', 'string_bytes'],
};

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
  const records = join(dir, 'records-0.parquet');
  const own = (await database.rows(`SELECT column_name FROM (DESCRIBE SELECT * FROM ${source(pe)})`)).map((row) => String(row['column_name']));
  await database.run(`COPY (SELECT p.* REPLACE (${replacements(own).join(', ')})
    FROM ${source(pe)} p POSITIONAL JOIN ${source(hashes)} h POSITIONAL JOIN ${source(strings)} s) TO ${text(records)} (FORMAT parquet, COMPRESSION uncompressed)`);
  for (const each of strings.strings) {
    // What was extracted stays where it is until the shard is committed.
    await linkOrCopy(join(strings.dir, each), join(dir, each));
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

function source({ dir, records }: ShardFiles): string {
  return `read_parquet(${files(records.map((each) => join(dir, each)))})`;
}

/** What a joined record has in place of the columns of `pe`. */
function replacements(own: readonly string[]): string[] {
  const taken = (
    [
      ['h', COLUMNS.hashes],
      ['s', COLUMNS.strings],
    ] as const
  ).flatMap(([part, columns]) => columns.filter((column) => own.includes(column)).map((column) => `${part}.${name(column)} AS ${name(column)}`));
  return [
    ...taken,
    `CASE WHEN ${worst('crashed')} WHEN ${worst('failed')} WHEN p.status = 'ok' AND 'partial' IN (h.status, s.status) THEN 'partial' ELSE p.status END AS status`,
    // All parts read the file: what was wrong with that is said once.
    `${merged('problems')} AS problems`,
    `${merged('limits_hit', ['s', 'p', 'h'])} AS limits_hit`,
  ];
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
