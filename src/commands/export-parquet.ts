// The committed parts of an output, as an export reads them.

import { join } from 'node:path';
import { partsOf, readCommits, samplesPart, type CommitRecord } from '../core/commit.ts';
import { RunError, UsageError } from '../core/errors.ts';
import { isFile } from '../core/options.ts';
import { SMALL_SHARE, files, name, openDatabase, type Database } from '../duckdb.ts';
import { classicColumns } from '../sql/classic.ts';
import { existingOutput } from '../stores/output.ts';
import { typedRows, type ExportSource, type StringRun } from './export-source.ts';

export async function parquetSource(out: string, signal: AbortSignal): Promise<ExportSource> {
  await existingOutput(out);
  const parts = await assertParts(out);
  // Labels of another dataset may have other columns, until `merc relabel` has been through.
  const all = `read_parquet(${files(parts)}, union_by_name = true)`;
  // Two databases, since a connection streams one result at a time. Order comes from one thread that reads part after part.
  const [records, strings] = await Promise.all([openDatabase(SMALL_SHARE), openDatabase(SMALL_SHARE)]);
  return {
    place: out,
    async *shards() {
      for await (const commit of readCommits(out)) {
        const query = `SELECT ${classicColumns()}, sample_id FROM read_parquet(${files([join(out, samplesPart(out, commit).name)])})`;
        yield { id: commit.id, rows: typedRows(records, query, signal), strings: stringRuns(strings, out, commit, signal), stringsStored: true };
      }
    },
    scalarColumns: async () =>
      (await records.rows(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${all})`))
        .filter((row) => !/\[\d*\]$|^(?:STRUCT|MAP|UNION)\(/.test(String(row['column_type'])))
        .map((row) => String(row['column_name'])),
    scalars: (columns) => typedRows(records, `SELECT ${columns.map(name).join(', ')} FROM ${all}`, signal),
    close: async () => {
      records.close();
      strings.close();
    },
  };
}

/** The samples parts; refuses an output that lacks a part, before a line of it is written. */
async function assertParts(out: string): Promise<string[]> {
  const samples: string[] = [];
  for await (const commit of readCommits(out)) {
    samples.push(join(out, samplesPart(out, commit).name));
    for (const part of partsOf(commit)) {
      if (!isFile(join(out, part.name))) throw new RunError(`${out}: ${part.name} is missing: see \`merc verify ${out}\``);
    }
  }
  if (samples.length === 0) throw new UsageError(`${out}: nothing is committed there yet: \`merc run\` goes on with it`);
  return samples;
}

/** The strings of a shard, a run at most a chunk of one sample. */
async function* stringRuns(database: Database, out: string, commit: CommitRecord, signal: AbortSignal): AsyncGenerator<StringRun> {
  const parts = commit.strings.map((part) => join(out, part.name));
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
