// The PostgreSQL store: the rows of a shard, and its strings where they are asked for.
//
// Promise: a shard is one transaction, and its place in the plan is the key, so that giving it again
// changes nothing. A connection that is lost, as by a restart of the server, costs an attempt and a
// wait; a row that the server rejects ends the run with one line that names it.

import { RunError } from '../core/errors.ts';
import type { Database } from '../duckdb.ts';
import { isServerError } from './postgres/connection.ts';
import { loadShard } from './postgres/load.ts';
import { lost, reasonOf, rejected } from './postgres/rejected.ts';
import { standingConnection, type StandingOptions } from './postgres/standing.ts';
import { describeServer } from './postgres/url.ts';
import type { Store } from './store.ts';

export { indexesAfterLoad } from './postgres/indexes.ts';
export { describeServer, postgresUrl } from './postgres/url.ts';

/** The `url` is as `postgresUrl` gives it; `waits` and `silence` are for tests. */
export interface PostgresStoreOptions extends StandingOptions {
  /** Reads the parts. */
  readonly database: Database;
  /** The strings too. */
  readonly strings: boolean;
  /** Names the run in the tables; without it, the beginning of the plan's hash does. */
  readonly runId?: string;
  /** Something the user should know, raw text. */
  readonly note?: (line: string) => void;
}

/** Hexadecimal digits of a plan's hash that name its run. */
const RUN_DIGITS = 12;

/** The run that a plan's rows are of, where no other is named. */
export function runIdOf(planHash: string): string {
  return planHash.slice(0, RUN_DIGITS);
}

/** Connects, and makes the tables; @throws UsageError where the server will not have it. */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { url, database, strings, note } = options;
  const server = describeServer(url);
  const connection = standingConnection(options);
  await connection.use(
    () => Promise.resolve(),
    (error) => new RunError(`${server}: cannot be reached: ${reasonOf(error)}`, { cause: error }),
  );
  return {
    name: 'postgres',
    async accept(labelled) {
      const { id } = labelled.shard;
      const runId = options.runId ?? runIdOf(labelled.head.hash);
      const loading = connection.use(
        (to) => loadShard(to, labelled, { database, runId, strings }),
        (error, attempts) => lost(id, server, attempts, error),
      );
      const { changed } = await loading.catch((error: unknown) => {
        // What DuckDB or the file system could not read is not the server's doing.
        if (!isServerError(error)) throw error;
        return rejected(labelled, runId, database, error);
      });
      if (changed > 0) note?.(`note: shard ${id}: ${changed} values hold what PostgreSQL cannot, as U+0000: they are stored with U+FFFD in its place`);
      return undefined;
    },
    close: () => connection.close(),
  };
}
