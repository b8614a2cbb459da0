// The committed parts of an output, as an export reads them.

import { join } from 'node:path';
import { partsOf, readCommits, samplesPart, type CommitRecord } from '../core/commit.ts';
import { RunError, UsageError } from '../core/errors.ts';
import { LAYOUT } from '../core/layout.ts';
import { isFile } from '../core/options.ts';
import type { Output } from '../core/output.ts';
import { SMALL_SHARE, files, name, openDatabase, type Database } from '../duckdb.ts';
import { classicColumns } from '../sql/classic.ts';
import { columnsOf } from '../sql/columns.ts';
import { existingOutput } from '../stores/output.ts';
import { typedRows, type ExportSource, type StringRun } from './export-source.ts';

export async function parquetSource(output: Output, signal: AbortSignal): Promise<ExportSource> {
  await existingOutput(output);
  const { dir, named } = output;
  const parts = await assertParts(output);
  // Labels of another dataset may have other columns, until `merc relabel` has been through.
  const all = `read_parquet(${files(parts.map((part) => join(dir, part)))}, union_by_name = true)`;
  // Two databases, since a connection streams one result at a time. Order comes from one thread that reads part after part.
  const [records, strings] = await Promise.all([openDatabase(SMALL_SHARE), openDatabase(SMALL_SHARE)]);
  return {
    place: named,
    async *shards() {
      for await (const commit of readCommits(dir)) {
        const held = partsOf(commit).map((part) => part.name);
        await output.hold(held);
        const query = `SELECT ${classicColumns()}, sample_id FROM read_parquet(${files([join(dir, samplesPart(named, commit).name)])})`;
        yield { id: commit.id, rows: typedRows(records, query, signal), strings: stringRuns(strings, dir, commit, signal), stringsStored: true };
        await output.release(held);
      }
    },
    async scalarColumns() {
      await output.hold(parts);
      return [...(await columnsOf(records, `SELECT * FROM ${all}`))]
        .filter(([, type]) => !/\[\d*\]$|^(?:STRUCT|MAP|UNION)\(/.test(type))
        .map(([column]) => column);
    },
    scalars: (columns) => typedRows(records, `SELECT ${columns.map(name).join(', ')} FROM ${all}`, signal),
    close: async () => {
      records.close();
      strings.close();
    },
  };
}

/** The samples parts; refuses an output that lacks a part, before a line of it is written. */
async function assertParts({ dir, named, objects, locked }: Output): Promise<string[]> {
  const there = new Set<string>();
  if (!locked) for (const folder of [LAYOUT.samples, LAYOUT.strings]) for (const part of await objects.list(folder)) there.add(`${folder}/${part}`);
  const samples: string[] = [];
  for await (const commit of readCommits(dir)) {
    samples.push(samplesPart(named, commit).name);
    for (const { name: part } of partsOf(commit)) {
      if (!(locked ? isFile(join(dir, part)) : there.has(part))) throw new RunError(`${named}: ${part} is missing: see \`merc verify ${named}\``);
    }
  }
  if (samples.length === 0) throw new UsageError(`${named}: nothing is committed there yet: \`merc run\` goes on with it`);
  return samples;
}

/** The strings of a shard, a run at most a chunk of one sample. */
async function* stringRuns(database: Database, dir: string, commit: CommitRecord, signal: AbortSignal): AsyncGenerator<StringRun> {
  const parts = commit.strings.map((part) => join(dir, part.name));
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
