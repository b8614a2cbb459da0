// `merc query`: SQL over the views of one output, read-only and confined to it.
//
// Promise: it changes nothing, and leaves nothing behind. What may be asked is `sql/read-only`'s
// business, how an answer looks `query-answer`'s.

import { mkdir, realpath, rm, rmdir, statfs } from 'node:fs/promises';
import { hostname, totalmem } from 'node:os';
import { join } from 'node:path';
import { readCommits } from '../core/commit.ts';
import { RunError, UsageError, codeOf, firstLine } from '../core/errors.ts';
import { LAYOUT } from '../core/layout.ts';
import { byteSize } from '../core/flag-values.ts';
import type { Output } from '../core/output.ts';
import { openDatabase, type Database } from '../duckdb.ts';
import { defaultWorkers } from '../pool/cpus.ts';
import { confine, queryError, readingStatements } from '../sql/read-only.ts';
import { committedParts, viewStatements } from '../sql/views.ts';
import { withOpened } from '../stores/opened.ts';
import { existingOutput } from '../stores/output.ts';
import { formatBytes } from '../ui/format.ts';
import { textOutput } from '../ui/text-output.ts';
import { answer, writeAnswer, type QueryFormat } from './query-answer.ts';

export interface QueryOptions {
  readonly out: string;
  readonly format: QueryFormat;
  /** What the parts may have that are fetched, where the output is on S3, as typed. */
  readonly maxFetch?: string;
  readonly stage?: string;
}

/** What a machine fetches in a minute or two, and has room for. */
export const MAX_FETCH = '10GB';

export async function queryCommand(sql: string, { out, format, maxFetch = MAX_FETCH, stage }: QueryOptions, signal: AbortSignal): Promise<void> {
  const most = byteSize('--max-fetch', maxFetch);
  const used = async (database: Database): Promise<void> => {
    const output = textOutput(process.stdout, signal);
    for (const statement of await readingStatements(database, sql).catch((error: unknown) => Promise.reject(queryError(error)))) {
      await writeAnswer[format](await answer(statement, signal), output, process.stdout);
    }
    await output.flush();
  };
  await withOpened(out, { named: `--out ${out}`, signal, stage }, async (output) => {
    await existingOutput(output);
    const fetched = output.locked ? undefined : await fetchFor(sql, output, most);
    await withViews(output, fetched, signal, used);
    if (fetched !== undefined) await output.release(fetched);
  });
}

/** Views that read strings, which are most of an output: they are fetched for a query that names one, and else have no view. */
const STRINGS = /\b(?:strings|classic)\b/i;

/** Brings what a query reads to this machine. @returns the parts. */
async function fetchFor(sql: string, output: Output, most: number): Promise<string[]> {
  const bytes = { samples: 0, strings: 0 };
  const names: string[] = [];
  for await (const { samples, strings } of readCommits(output.dir)) {
    for (const part of samples === null ? [] : [samples]) {
      bytes.samples += part.bytes;
      names.push(part.name);
    }
    for (const part of STRINGS.test(sql) ? strings : []) {
      bytes.strings += part.bytes;
      names.push(part.name);
    }
  }
  const all = bytes.samples + bytes.strings;
  const what = `${formatBytes(all)} (samples ${formatBytes(bytes.samples)}, strings ${formatBytes(bytes.strings)})`;
  if (all > most) throw new UsageError(`--max-fetch ${formatBytes(most)}: the query reads ${what}, which would be fetched first: name a larger size to go on`);
  const { bavail, bsize } = await statfs(output.dir);
  if (all > bavail * bsize) throw new UsageError(`--stage: the query reads ${what}, and there is room for ${formatBytes(bavail * bsize)}: name another folder`);
  await output.hold(names);
  return names;
}

/** Opens a database that sees the views of an output and nothing else. */
async function withViews(
  { dir, named: out }: Output,
  fetched: readonly string[] | undefined,
  signal: AbortSignal,
  use: (database: Database) => Promise<void>,
): Promise<void> {
  const folder = await realpath(dir);
  const committed = await committedParts(folder, join(folder, '/'));
  const parts = fetched === undefined || fetched.length > committed.samples.length ? committed : { ...committed, strings: [] };
  if (parts.samples.length === 0) throw new UsageError(`${out}: nothing is committed there yet: \`merc run\` goes on with it`);
  const spill = await spillFolder(folder);
  const database = await openDatabase({ threads: defaultWorkers(), memoryLimit: memoryLimit(), ...(spill === undefined ? {} : { tempDirectory: spill.path }) });
  const interrupt = () => database.interrupt();
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    await database.run(viewStatements(parts).join('\n')).catch((error: unknown) => {
      throw new RunError(`${out}: a committed part cannot be read (${firstLine(error)}): see \`merc verify ${out}\``);
    });
    await confine(database, folder);
    await use(database);
  } finally {
    signal.removeEventListener('abort', interrupt);
    database.close();
    if (spill !== undefined) await spill.remove();
  }
}

/** A folder to spill into, named so that a later run sweeps what a killed query left; none in an output that cannot be written. */
async function spillFolder(folder: string): Promise<{ path: string; remove(): Promise<void> } | undefined> {
  const path = join(folder, LAYOUT.work, `query.${hostname()}.${process.pid}`);
  try {
    // The work folder goes only if it came with this query: a run may be about to use the one that is there.
    const created = await mkdir(path, { recursive: true });
    return {
      path,
      async remove() {
        await rm(path, { recursive: true, force: true });
        if (created !== path) await rmdir(join(folder, LAYOUT.work)).catch(() => undefined);
      },
    };
  } catch (error) {
    if (['EACCES', 'EROFS', 'EPERM', 'ENOSPC'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** Half of what this process may have: the rest is the results', the page cache's and the neighbours'. */
function memoryLimit(): number {
  const constrained = process.constrainedMemory?.() ?? 0;
  return Math.floor((constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()) / 2);
}
