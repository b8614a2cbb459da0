// What an export reads, wherever it is kept: rows and strings of one shard after the other, in plan order.

import type { Database, Type, Value } from '../duckdb.ts';

/** Values of a row with DuckDB's types for them. */
export interface TypedRow {
  readonly values: readonly Value[];
  readonly types: readonly Type[];
}

/** Consecutive strings of one sample, as the inner text of a JSON list. */
export interface StringRun {
  readonly sample: number;
  readonly json: string;
}

export interface ShardToExport {
  readonly id: string;
  /** `classicColumns()` and `sample_id`, in that order of columns. */
  readonly rows: AsyncIterable<TypedRow>;
  /** Ascending by sample as the rows. */
  readonly strings: AsyncGenerator<StringRun>;
  /** Where they were not, none are known: another thing than having none. */
  readonly stringsStored: boolean;
}

export interface ExportSource {
  /** Where it is, for messages. */
  readonly place: string;
  shards(): AsyncIterable<ShardToExport>;
  /** The scalar columns of all shards. */
  scalarColumns(): Promise<readonly string[]>;
  scalars(columns: readonly string[]): AsyncIterable<TypedRow>;
  close(): Promise<void>;
}

/** Rows of a query; memory holds one chunk. */
export async function* typedRows(database: Database, query: string, signal: AbortSignal): AsyncGenerator<TypedRow> {
  const result = await database.connection.stream(query);
  const types = result.columnTypes();
  for (;;) {
    signal.throwIfAborted();
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const vectors = types.map((_, column) => chunk.getColumnVector(column));
    for (let row = 0; row < chunk.rowCount; row += 1) yield { values: vectors.map((vector) => vector.getItem(row)), types };
  }
}
