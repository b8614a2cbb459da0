// A client of a test's own for a PostgreSQL server: what a reader sees there.

import { Client, type QueryResultRow } from 'pg';

export type Ask = <Row extends QueryResultRow = QueryResultRow>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

export async function asking<T>(url: string, use: (ask: Ask) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    return await use(async <Row extends QueryResultRow>(sql: string, values: readonly unknown[] = []) => (await client.query<Row>(sql, [...values])).rows);
  } finally {
    await client.end();
  }
}
