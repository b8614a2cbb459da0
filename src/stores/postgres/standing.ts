// One connection for as long as it holds, and the next one after it was lost.
//
// Promise: what fails because a connection did is tried again on a new one, a bounded number of times
// and later each time; what a lost one has half done is ended at the server before that.

import { setTimeout as sleep } from 'node:timers/promises';
import { RunError, firstLine } from '../../core/errors.ts';
import { connect, endSession, isPassing, isServerError, type Connection, type Session } from './connection.ts';
import { migrate } from './migrate.ts';
import { describeServer } from './url.ts';

export interface StandingOptions {
  readonly url: string;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds before each further attempt. */
  readonly waits?: readonly number[] | undefined;
  /** Milliseconds without a byte after which a connection is lost. */
  readonly silence?: number | undefined;
}

/** A server that recovers from a crash takes half a minute; after that somebody should know. */
const WAITS = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000];

export interface Standing {
  /** @param given What is thrown when it has been tried often enough. */
  use<T>(work: (connection: Connection) => Promise<T>, given: (error: unknown, attempts: number) => RunError): Promise<T>;
  close(): Promise<void>;
}

export function standingConnection({ url, signal, waits = WAITS, silence }: StandingOptions): Standing {
  let standing: Connection | undefined;
  let left: Session | undefined;
  const connected = async (): Promise<Connection> => {
    standing ??= await prepared(url, left, silence);
    return standing;
  };
  return {
    async use(work, given) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await work(await connected());
        } catch (error) {
          left = standing?.session ?? left;
          standing?.drop();
          standing = undefined;
          if (!isPassing(error)) throw error;
          const wait = waits[attempt - 1];
          if (wait === undefined) throw given(error, attempt);
          await sleep(wait, undefined, { signal });
        }
      }
    },
    async close() {
      await standing?.close();
      standing = undefined;
    },
  };
}

async function prepared(url: string, left: Session | undefined, silence: number | undefined): Promise<Connection> {
  const connection = await connect(url, silence);
  try {
    if (left !== undefined) await endSession(connection, left);
    await migrate(connection);
    return connection;
  } catch (error) {
    connection.drop();
    if (isPassing(error) || !isServerError(error)) throw error;
    throw new RunError(`${describeServer(url)}: its tables cannot be made: ${firstLine(error)}`, { cause: error });
  }
}
