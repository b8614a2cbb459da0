// `merc export`: the classic fields as JSON lines, or the scalar columns as CSV, in plan order.
//
// Promise: memory holds one chunk of records and one chunk of strings, however many a file has; a
// file named by --to appears whole or not at all.

import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { partsOf, readCommits, samplesPart, type CommitRecord } from '../core/commit.ts';
import { RunError, UsageError, codeOf, messageOf } from '../core/errors.ts';
import { LAYOUT, moveDurably } from '../core/layout.ts';
import { isFile } from '../core/options.ts';
import type { Output } from '../core/output.ts';
import { files, name, SMALL_SHARE, openDatabase, type Database, type Type, type Value } from '../duckdb.ts';
import { classicColumns } from '../sql/classic.ts';
import { classicLine } from '../sql/classic-line.ts';
import { plainText } from '../sql/json.ts';
import { withOpened } from '../stores/opened.ts';
import { existingOutput } from '../stores/output.ts';
import { csvLine } from '../ui/csv.ts';
import { escapeJson, escapeText } from '../ui/escape.ts';
import { formatNoun } from '../ui/format.ts';
import { print } from '../ui/print.ts';
import { textOutput, type TextOutput } from '../ui/text-output.ts';

export interface ExportOptions {
  readonly format: 'jsonl' | 'csv';
  /** A file, or `-` for standard output. */
  readonly to: string;
  readonly stage?: string;
}

export function exportCommand(out: string, options: ExportOptions, signal: AbortSignal): Promise<void> {
  return withOpened(out, { named: out, signal, stage: options.stage }, (output) => exportOf(output, options, signal));
}

async function exportOf(out: Output, { format, to }: ExportOptions, signal: AbortSignal): Promise<void> {
  await existingOutput(out);
  await assertParts(out);
  if (to === '-') {
    const terminal = process.stdout.isTTY;
    const output = textOutput(process.stdout, signal);
    const safe = { jsonl: escapeJson, csv: escapeText }[format];
    await EXPORTS[format](out, output, signal, terminal ? safe : (text) => text);
    await output.flush();
  } else {
    const rows = await toFile(to, signal, (output) => EXPORTS[format](out, output, signal, (text) => text));
    print(`${to}: ${formatNoun(rows, 'sample')}`);
  }
}

/** Refuses an output that lacks a part, before a line of it is written. */
async function assertParts({ dir, named, objects, locked }: Output): Promise<void> {
  const there = new Set<string>();
  if (!locked) for (const folder of [LAYOUT.samples, LAYOUT.strings]) for (const part of await objects.list(folder)) there.add(`${folder}/${part}`);
  let commits = 0;
  for await (const commit of readCommits(dir)) {
    commits += 1;
    samplesPart(named, commit);
    for (const { name: part } of partsOf(commit)) {
      if (!(locked ? isFile(join(dir, part)) : there.has(part))) throw new RunError(`${named}: ${part} is missing: see \`merc verify ${named}\``);
    }
  }
  if (commits === 0) throw new UsageError(`${named}: nothing is committed there yet: \`merc run\` goes on with it`);
}

/** Writes beside `to` and renames; what is there and no plain file, as a pipe, is written as it is. */
async function toFile(to: string, signal: AbortSignal, write: (output: TextOutput) => Promise<number>): Promise<number> {
  const there = await stat(to).catch(() => undefined);
  if (there?.isDirectory() === true) throw new UsageError(`--to ${to}: is a folder: name a file in it`);
  const path = there === undefined || there.isFile() ? join(dirname(resolve(to)), `.merc-export.${process.pid}.tmp`) : to;
  const stream = createWriteStream(path);
  const failed = new AbortController();
  stream.on('error', (error) => failed.abort(new UsageError(`--to ${to}: cannot be written (${codeOf(error) ?? messageOf(error)})`)));
  const ended = AbortSignal.any([signal, failed.signal]);
  try {
    const output = textOutput(stream, ended);
    const rows = await write(output);
    await output.flush();
    stream.end();
    await finished(stream);
    if (path !== to) await moveDurably(path, to);
    return rows;
  } catch (error) {
    stream.destroy();
    if (path !== to) await rm(path, { force: true });
    throw failed.signal.aborted ? failed.signal.reason : error;
  }
}

/** Writes everything and gives the number of samples; `safe` makes a text fit for where it goes. */
type Export = (out: Output, output: TextOutput, signal: AbortSignal, safe: (text: string) => string) => Promise<number>;

const EXPORTS: Readonly<Record<ExportOptions['format'], Export>> = {
  async jsonl(out, output, signal, safe) {
    // Two databases, since a connection streams one result at a time.
    const [records, strings] = await Promise.all([reader(), reader()]);
    let rows = 0;
    try {
      for await (const commit of readCommits(out.dir)) {
        const parts = partsOf(commit).map((part) => part.name);
        await out.hold(parts);
        rows += await exportShard(out, commit, { records, strings }, output, signal, safe);
        await out.release(parts);
      }
    } finally {
      records.close();
      strings.close();
    }
    return rows;
  },

  async csv(out, output, signal, safe) {
    const database = await reader();
    let rows = 0;
    try {
      const parts: string[] = [];
      for await (const commit of readCommits(out.dir)) parts.push(samplesPart(out.named, commit).name);
      await out.hold(parts);
      // Labels of another dataset may have other columns, until `merc relabel` has been through.
      const source = `read_parquet(${files(parts.map((part) => join(out.dir, part)))}, union_by_name = true)`;
      const scalars = (await database.rows(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${source})`)).filter(
        (row) => !/\[\d*\]$|^(?:STRUCT|MAP|UNION)\(/.test(String(row['column_type'])),
      );
      const columns = scalars.map((row) => String(row['column_name']));
      await output.write(csvLine(columns.map(safe)));
      for await (const { values, types } of rowsOf(database, `SELECT ${columns.map(name).join(', ')} FROM ${source}`, signal)) {
        await output.write(csvLine(values.map((value, column) => (value === null ? null : safe(plainText(value, types[column] as Type))))));
        rows += 1;
      }
    } finally {
      database.close();
    }
    return rows;
  },
};

/** Order comes from one thread that reads part after part. */
function reader(): Promise<Database> {
  return openDatabase(SMALL_SHARE);
}

async function exportShard(
  { dir, named }: Output,
  commit: CommitRecord,
  { records, strings }: { readonly records: Database; readonly strings: Database },
  output: TextOutput,
  signal: AbortSignal,
  safe: (text: string) => string,
): Promise<number> {
  const texts = stringRuns(
    strings,
    commit.strings.map((part) => join(dir, part.name)),
    signal,
  );
  let run = await texts.next();
  let rows = 0;
  const query = `SELECT ${classicColumns()}, sample_id FROM read_parquet(${files([join(dir, samplesPart(named, commit).name)])})`;
  for await (const { values, types } of rowsOf(records, query, signal)) {
    const sample = Number(values.at(-1));
    const { before, after } = classicLine(values, types);
    await output.write(safe(before));
    let separator = '';
    for (; run.done !== true && run.value.sample === sample; run = await texts.next()) {
      await output.write(`${separator}${safe(run.value.json)}`);
      separator = ',';
    }
    await output.write(`${safe(after.trimEnd())}\n`);
    rows += 1;
  }
  // Both sides ascend: a string left over has no sample, or stands out of order.
  if (run.done !== true)
    throw new RunError(`${named}: shard ${commit.id} has strings of sample ${run.value.sample}, which is not in it: see \`merc verify ${named}\``);
  return rows;
}

/** The strings of a shard as pieces of JSON lists, a piece at most a chunk of one sample. */
async function* stringRuns(database: Database, parts: readonly string[], signal: AbortSignal): AsyncGenerator<{ sample: number; json: string }> {
  if (parts.length === 0) return;
  const result = await database.connection.stream(`SELECT sample_id, value FROM read_parquet(${files(parts)})`);
  for (;;) {
    signal.throwIfAborted();
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const samples = chunk.getColumnValues(0);
    const values = chunk.getColumnValues(1);
    for (let from = 0, to = 0; from < samples.length; from = to) {
      while (to < samples.length && samples[to] === samples[from]) to += 1;
      yield {
        sample: Number(samples[from]),
        json: values
          .slice(from, to)
          .map((value) => JSON.stringify(value))
          .join(','),
      };
    }
  }
}

async function* rowsOf(database: Database, query: string, signal: AbortSignal): AsyncGenerator<{ values: Value[]; types: readonly Type[] }> {
  const result = await database.connection.stream(query);
  const types = result.columnTypes();
  for (;;) {
    signal.throwIfAborted();
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const vectors = types.map((_, column) => chunk.getColumnVector(column));
    for (let row = 0; row < chunk.rowCount; row += 1) yield { values: vectors.map((vector) => vector.getItem(row)), types };
  }
}
