// The columns of whatever DuckDB can read.

import type { Database } from '../duckdb.ts';

/** DuckDB's types by the name of the column, in their order. */
export type ColumnTypes = ReadonlyMap<string, string>;

/** @param relation A table, or a query. */
export async function columnsOf(database: Database, relation: string): Promise<ColumnTypes> {
  const rows = await database.rows(`SELECT column_name, column_type FROM (DESCRIBE ${relation})`);
  return new Map(rows.map((row) => [String(row['column_name']), String(row['column_type'])]));
}
