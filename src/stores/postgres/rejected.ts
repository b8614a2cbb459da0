// What PostgreSQL rejected, as one line that names the shard and the row.
//
// The server's own messages may be in any language and may quote a sample: what is taken from them
// is the first line, which names the fault, and the places that numbers stand in.

import { RunError, codeOf, firstLine } from '../../core/errors.ts';
import { file, type Database } from '../../duckdb.ts';
import { RejectedShard, type LabelledShard } from '../store.ts';
import { isPassing, isServerError } from './connection.ts';

interface ServerError {
  readonly where?: string;
  readonly detail?: string;
  readonly column?: string;
}

/** @throws RejectedShard */
export async function rejected({ shard, samples }: LabelledShard, runId: string, database: Database, error: unknown): Promise<never> {
  const { where, detail, column } = error as ServerError;
  const sampleId = await sampleOf(database, samples, where ?? '', detail ?? '', runId);
  const row = sampleId === undefined ? '' : `, row of sample ${sampleId}`;
  const named = column === undefined ? '' : ` (column ${column})`;
  throw new RejectedShard(`shard ${shard.id}${row}: PostgreSQL has rejected it: ${firstLine(error)}${named}`, { cause: error });
}

/** `COPY merc_files_load, line 17, ...` counts the part's rows; a constraint shows the row or the key, which begin with run and sample. */
async function sampleOf(database: Database, samples: string, where: string, detail: string, runId: string): Promise<number | undefined> {
  const strings = /merc_strings\D+\d+[^"]*"[^\t"]*\t(\d+)\t/.exec(where)?.[1];
  if (strings !== undefined) return Number(strings);
  const line = /merc_files_load\D+(\d+)/.exec(where)?.[1];
  if (line !== undefined) {
    const rows = await database.rows(`SELECT sample_id FROM read_parquet(${file(samples)}) LIMIT 1 OFFSET ${Number(line) - 1}`);
    return rows[0] === undefined ? undefined : Number(rows[0]['sample_id']);
  }
  const [, key] = detail.split(`(${runId}, `, 2);
  const sample = Number.parseInt(key ?? '', 10);
  return Number.isNaN(sample) ? undefined : sample;
}

/** One line of what has gone wrong with a connection. */
export function lost(shard: string, server: string, attempts: number, error: unknown): RunError {
  return new RunError(`shard ${shard}: ${server} was lost ${attempts} times: ${reasonOf(error)}`, { cause: error });
}

/** What a server or the way to it has refused, as one line; anything else as it is. */
export function told(server: string, error: unknown): never {
  if (!isServerError(error) && !isPassing(error)) throw error;
  throw new RunError(`${server}: ${reasonOf(error)}`, { cause: error });
}

/** Where several addresses refused, as those of `localhost`, there is a code and no message. */
export function reasonOf(error: unknown): string {
  return firstLine(error) || (codeOf(error) ?? 'no reason was given');
}
