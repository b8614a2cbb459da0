// `merc worker extract|store` as typed: flags checked, the worker run, its log on standard error.
//
// What stores is imported where a worker stores: one that extracts has no use for DuckDB.

import type { WorkerFlags } from '../core/worker-options.ts';
import { partOf, workerOptions } from '../core/worker-options.ts';
import { UsageError } from '../core/errors.ts';
import { wholeNumber } from '../core/flag-values.ts';
import { isolationOf } from '../core/options.ts';
import { cpuProblem } from '../native.ts';
import { defaultWorkers } from '../pool/cpus.ts';
import { redisUrl } from '../queues/url.ts';
import type { Store } from '../stores/store.ts';
import { eventLog, logFormat, type Log } from '../ui/log.ts';
import { extractWorker } from './worker-extract.ts';
import type { StoreContext } from './worker-store.ts';

export interface ExtractFlags extends WorkerFlags {
  readonly redis?: string;
  readonly workers?: string;
  readonly isolation?: string;
  readonly parts?: string;
}

export interface StoreFlags extends WorkerFlags {
  readonly redis?: string;
  readonly parquet?: boolean;
  readonly postgres?: string;
  readonly pgStrings?: boolean;
}

export async function extractWorkerCommand(flags: ExtractFlags, signal: AbortSignal): Promise<number> {
  const problem = cpuProblem();
  if (problem !== null) throw new UsageError(problem);
  const options = {
    ...workerOptions(flags),
    redis: redisUrl(flags.redis),
    part: partOf(flags.parts),
    workers: flags.workers === undefined ? defaultWorkers() : wholeNumber('--workers', flags.workers, 1024),
    isolation: isolationOf(flags.isolation),
  };
  return extractWorker({ ...options, command: 'merc worker extract', log: logTo(flags) }, signal);
}

export async function storeWorkerCommand(flags: StoreFlags, signal: AbortSignal): Promise<number> {
  const { openPostgresStore, postgresUrl } = await import('../stores/postgres.ts');
  const { storeWorker } = await import('./worker-store.ts');
  const postgres = postgresUrl(flags.postgres);
  if (flags.pgStrings === true && postgres === undefined) throw new UsageError('--pg-strings goes with --postgres');
  const others = async ({ run, database, log, working }: StoreContext): Promise<readonly Store[]> => {
    if (postgres === undefined) return [];
    const note = (line: string) => log('warn', 'postgres.note', { note: line });
    return [await openPostgresStore({ url: postgres, database, strings: flags.pgStrings ?? false, runId: run, signal: working, note })];
  };
  // Named alone, PostgreSQL is the one store; a variable that is merely set takes nothing away.
  const parquet = flags.parquet ?? flags.postgres === undefined;
  return storeWorker({ ...workerOptions(flags), redis: redisUrl(flags.redis), parquet, others, command: 'merc worker store', log: logTo(flags) }, signal);
}

function logTo(flags: WorkerFlags): Log {
  return eventLog({ format: logFormat(flags.logFormat), stream: process.stderr });
}
