// The only importer of `pg` and `pg-copy-streams`: a connection, and what its errors mean.
//
// Promise: a connection that says nothing for ten minutes, as behind a middle box that has stopped
// forwarding, is ended like one that was closed. Whoever meets an error drops the connection: the
// server rolls back what was not committed.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client, QueryResultRow } from 'pg';
import { UsageError, codeOf, firstLine } from '../../core/errors.ts';
import { describeServer, serverAddress } from './url.ts';

export interface Connection {
  /** Rows of a statement. */
  rows<Row extends QueryResultRow = QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Runs statements for their effect. */
  run(sql: string, values?: readonly unknown[]): Promise<void>;
  /** Copies lines of PostgreSQL's text format into what `COPY ... FROM STDIN` names; memory holds a chunk. */
  copy(sql: string, lines: AsyncIterable<string>): Promise<void>;
  /** What the server knows it by. */
  readonly session: Session;
  /** Ends it in good order, where it still stands. */
  close(): Promise<void>;
  /** Ends it at once. */
  drop(): void;
}

export interface Session {
  readonly pid: number;
  /** When it began: process numbers come again. */
  readonly began: string;
}

/** Milliseconds without a byte in either direction after which a connection counts as lost. */
export const SILENCE = 600_000;

const CONNECTING = 10_000;

export async function connect(url: string, silence = SILENCE): Promise<Connection> {
  const { Client: PgClient } = await import('pg');
  const { from } = await import('pg-copy-streams');
  const client = new PgClient({ ...serverAddress(url), connectionTimeoutMillis: CONNECTING, keepAlive: true, keepAliveInitialDelayMillis: 30_000 });
  let gone = false;
  // Without a listener the end of an idle connection would end the process.
  client.on('error', () => (gone = true));
  await client.connect().catch((error: unknown) => {
    throw refusal(url, error);
  });
  const { stream } = socketOf(client);
  stream.setTimeout(silence, () => stream.destroy(new ConnectionSilent(`no answer for ${silence / 1_000} s`)));
  const session = await begin(client).catch((error: unknown) => {
    stream.destroy();
    throw error;
  });
  return {
    session,
    rows: async <Row extends QueryResultRow>(sql: string, values: readonly unknown[] = []) => (await client.query<Row>(sql, [...values])).rows,
    run: async (sql, values) => {
      await (values === undefined ? client.query(sql) : client.query(sql, [...values]));
    },
    copy: async (sql, lines) => pipeline(Readable.from(messages(lines), { objectMode: true, highWaterMark: 1 }), client.query(from(sql))),
    close: async () => {
      if (!gone) await client.end().catch(() => {});
    },
    drop: () => {
      gone = true;
      stream.destroy();
    },
  };
}

/** Characters of a message of COPY: large enough that its frame and its packets cost nothing. */
const MESSAGE = 1 << 17;

async function* messages(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let waiting = '';
  for await (const line of lines) {
    waiting += line;
    if (waiting.length < MESSAGE) continue;
    yield Buffer.from(waiting);
    waiting = '';
  }
  if (waiting !== '') yield Buffer.from(waiting);
}

/** Has the server notice within a minute that a client is gone with its machine: until then that client's locks stand. */
const BEGIN = `SELECT pid, backend_start::text AS began, set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false),
  set_config('tcp_keepalives_count', '3', false) FROM pg_stat_activity WHERE pid = pg_backend_pid()`;

async function begin(client: Client): Promise<Session> {
  const { rows } = await client.query<Session>(BEGIN);
  return { pid: rows[0]?.pid ?? 0, began: rows[0]?.began ?? '' };
}

/** Ends what a lost connection may have left at the server: behind a middle box that stopped forwarding it holds its locks. */
export async function endSession(connection: Connection, { pid, began }: Session): Promise<void> {
  await connection.run('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start::text = $2', [pid, began]);
}

/** A connection that has said nothing for too long. */
class ConnectionSilent extends Error {
  readonly code = 'ETIMEDOUT';
}

interface Socket {
  setTimeout(milliseconds: number, onTimeout: () => void): unknown;
  destroy(error?: Error): unknown;
}

function socketOf(client: Client): { readonly stream: Socket } {
  return (client as unknown as { readonly connection: { readonly stream: Socket } }).connection;
}

/** What the user can mend about a server that takes no connection; anything else as it is. */
function refusal(url: string, error: unknown): unknown {
  const code = codeOf(error) ?? '';
  // Authentication, a database that is not there, no permission to connect.
  if (/^(28|3D|42501)/.test(code)) return new UsageError(`${describeServer(url)}: ${firstLine(error)}: see --postgres`);
  if (/SSL|TLS|CERT|self.signed/i.test(`${code} ${firstLine(error)}`))
    return new UsageError(`${describeServer(url)}: ${firstLine(error)}: see sslmode in --postgres`);
  return error;
}

/** SQLSTATEs after which the same may succeed: lost or refused connections, a server that stops or starts, a deadlock. */
const PASSING = /^(08|57P0[1-5]|53300|40001|40P01|25P03)/;

/** Whether an error says that the connection is at fault and not what was sent over it. */
export function isPassing(error: unknown): boolean {
  if (error instanceof UsageError) return false;
  const code = codeOf(error);
  if (code !== undefined) return PASSING.test(code) || /^E[A-Z]{3,}$/.test(code);
  return /connection (terminated|timeout|ended)|timeout expired|not queryable|socket/i.test(firstLine(error));
}

/** Whether it was the server that said so: its errors have a severity besides their code. */
export function isServerError(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && 'code' in error;
}
