// `merc query`: SQL over the views of one output, read-only and confined to it.
//
// Promise: it changes nothing, and leaves nothing behind. What may be asked is `sql/read-only`'s
// business, how an answer looks `query-answer`'s.

import { mkdir, realpath, rm, rmdir } from 'node:fs/promises';
import { hostname, totalmem } from 'node:os';
import { join } from 'node:path';
import { RunError, UsageError, codeOf, firstLine } from '../core/errors.ts';
import { LAYOUT } from '../core/layout.ts';
import { openDatabase, type Database } from '../duckdb.ts';
import { defaultWorkers } from '../pool/cpus.ts';
import { confine, queryError, readingStatements } from '../sql/read-only.ts';
import { committedParts, viewStatements } from '../sql/views.ts';
import { existingOutput } from '../stores/output.ts';
import { textOutput } from '../ui/text-output.ts';
import { answer, writeAnswer, type QueryFormat } from './query-answer.ts';

export async function queryCommand(sql: string, { out, format }: { readonly out: string; readonly format: QueryFormat }, signal: AbortSignal): Promise<void> {
  await withViews(out, signal, async (database) => {
    const output = textOutput(process.stdout, signal);
    for (const statement of await readingStatements(database, sql).catch((error: unknown) => Promise.reject(queryError(error)))) {
      await writeAnswer[format](await answer(statement, signal), output, process.stdout);
    }
    await output.flush();
  });
}

/** Opens a database that sees the views of an output and nothing else. */
async function withViews(out: string, signal: AbortSignal, use: (database: Database) => Promise<void>): Promise<void> {
  await existingOutput(out);
  const folder = await realpath(out);
  const parts = await committedParts(folder, join(folder, '/'));
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
