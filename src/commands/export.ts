// `merc export`: the classic fields as JSON lines, or the scalar columns as CSV, in plan order.
//
// Promise: memory holds one chunk of records and one chunk of strings, however many a file has; a
// file named by --to appears whole or not at all.

import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { RunError, UsageError, codeOf, messageOf } from '../core/errors.ts';
import { moveDurably } from '../core/layout.ts';
import type { Output } from '../core/output.ts';
import type { Type } from '../duckdb.ts';
import { classicLine } from '../sql/classic-line.ts';
import { plainText } from '../sql/json.ts';
import { withOpened } from '../stores/opened.ts';
import { existingOutput } from '../stores/output.ts';
import { postgresUrl } from '../stores/postgres/url.ts';
import { csvLine } from '../ui/csv.ts';
import { escapeJson, escapeText } from '../ui/escape.ts';
import { formatNoun } from '../ui/format.ts';
import { print } from '../ui/print.ts';
import { textOutput, type TextOutput } from '../ui/text-output.ts';
import { parquetSource } from './export-parquet.ts';
import type { ExportSource, ShardToExport } from './export-source.ts';

export interface ExportOptions {
  readonly format: 'jsonl' | 'csv';
  /** A file, or `-` for standard output. */
  readonly to: string;
  /** The parts, or what a database holds of the output. */
  readonly from?: 'parquet' | 'postgres';
  /** As `--postgres` has it. */
  readonly postgres?: string;
  readonly runId?: string;
  readonly stage?: string;
}

export function exportCommand(out: string, options: ExportOptions, signal: AbortSignal): Promise<void> {
  return withOpened(out, { named: out, signal, stage: options.stage }, (output) => exportOf(output, options, signal));
}

async function exportOf(from: Output, options: ExportOptions, signal: AbortSignal): Promise<void> {
  const { format, to } = options;
  const source = await sourceOf(from, options, signal);
  try {
    if (to === '-') {
      const terminal = process.stdout.isTTY;
      const output = textOutput(process.stdout, signal);
      const safe = { jsonl: escapeJson, csv: escapeText }[format];
      await EXPORTS[format](source, output, terminal ? safe : (text) => text);
      await output.flush();
    } else {
      const rows = await toFile(to, signal, (output) => EXPORTS[format](source, output, (text) => text));
      print(`${to}: ${formatNoun(rows, 'sample')}`);
    }
  } finally {
    await source.close();
  }
}

async function sourceOf(output: Output, { from, postgres, runId }: ExportOptions, signal: AbortSignal): Promise<ExportSource> {
  if (from !== 'postgres') {
    if (postgres !== undefined || runId !== undefined) throw new UsageError('--postgres and --run-id go with --from postgres');
    return parquetSource(output, signal);
  }
  const url = postgresUrl(postgres);
  if (url === undefined) throw new UsageError('--from postgres: which database? give its URL by --postgres or MERC_POSTGRES_URL');
  await existingOutput(output);
  const { postgresSource } = await import('./export-postgres.ts');
  return postgresSource({ out: output.dir, url, ...(runId !== undefined && { runId }) }, signal, (line) => process.stderr.write(`${escapeText(line)}\n`));
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
type Export = (source: ExportSource, output: TextOutput, safe: (text: string) => string) => Promise<number>;

const EXPORTS: Readonly<Record<ExportOptions['format'], Export>> = {
  async jsonl(source, output, safe) {
    let rows = 0;
    for await (const shard of source.shards()) rows += await exportShard(source.place, shard, output, safe);
    return rows;
  },

  async csv(source, output, safe) {
    let rows = 0;
    const columns = await source.scalarColumns();
    await output.write(csvLine(columns.map(safe)));
    for await (const { values, types } of source.scalars(columns)) {
      await output.write(csvLine(values.map((value, column) => (value === null ? null : safe(plainText(value, types[column] as Type))))));
      rows += 1;
    }
    return rows;
  },
};

async function exportShard(place: string, shard: ShardToExport, output: TextOutput, safe: (text: string) => string): Promise<number> {
  const texts = shard.strings;
  const [open, close] = shard.stringsStored ? ['[', ']'] : ['null', ''];
  let run = await texts.next();
  let rows = 0;
  for await (const { values, types } of shard.rows) {
    const sample = Number(values.at(-1));
    const { before, after } = classicLine(values, types);
    await output.write(`${safe(before)}${open}`);
    let separator = '';
    for (; run.done !== true && run.value.sample === sample; run = await texts.next()) {
      await output.write(`${separator}${safe(run.value.json)}`);
      separator = ',';
    }
    await output.write(`${close}${safe(after.trimEnd())}\n`);
    rows += 1;
  }
  // Both sides ascend: a string left over has no sample, or stands out of order.
  if (run.done !== true)
    throw new RunError(`${place}: shard ${shard.id} has strings of sample ${run.value.sample}, which is not in it: see \`merc verify ${place}\``);
  return rows;
}
