// The only importer of DuckDB: a database in memory, bounded, and three ways to ask it.
//
// DuckDB runs on the main thread's side only and never loads an extension. What is asked is the
// business of `sql/`.

import { createRequire } from 'node:module';
import type * as api from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBPreparedStatement, DuckDBResult, DuckDBType, DuckDBValue } from '@duckdb/node-api';

// Loaded with the first database or the first look at a type, since it takes 65 ms; by `require`, since for
// an import a CommonJS package is parsed for its names first, file by file: 45 ms more.
const duckdb = () => createRequire(import.meta.url)('@duckdb/node-api') as typeof api;

export const typeIds = (): typeof api.DuckDBTypeId => duckdb().DuckDBTypeId;
export const statementTypes = (): typeof api.StatementType => duckdb().StatementType;
export type Type = DuckDBType;
export type Result = DuckDBResult;
export type Prepared = DuckDBPreparedStatement;
export type Value = DuckDBValue;
export type Row = Record<string, DuckDBValue>;

export interface Database {
  /** Runs statements for their effect. */
  run(sql: string): Promise<void>;
  /** All rows of a query. */
  rows(sql: string): Promise<Row[]>;
  /** Rows of a query as they come, in chunks of at most 2,048; memory holds one chunk. */
  stream(sql: string): AsyncIterable<Row[]>;
  /** Ends what is running; it fails with an interrupt error. */
  interrupt(): void;
  close(): void;
  /** For what these do not cover. */
  readonly connection: DuckDBConnection;
}

export interface DatabaseOptions {
  /** Threads; 1 keeps the order of rows by construction and leaves the cores to the pool. */
  readonly threads: number;
  /** Bytes. */
  readonly memoryLimit: number;
  /** Where it may spill; nowhere if not given. */
  readonly tempDirectory?: string;
}

/** A share that leaves the machine to others: what runs beside a pool, or only looks things up. */
export const SMALL_SHARE = { threads: 1, memoryLimit: 600e6 } as const;

export async function openDatabase({ threads, memoryLimit, tempDirectory }: DatabaseOptions): Promise<Database> {
  const instance = await duckdb().DuckDBInstance.create(':memory:', {
    threads: String(threads),
    memory_limit: `${memoryLimit}B`,
    temp_directory: tempDirectory ?? '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    // It keeps every part that is read until the memory limit: the system's own cache does that.
    enable_external_file_cache: 'false',
  });
  const connection = await instance.connect();
  return {
    connection,
    run: async (sql) => {
      await connection.run(sql);
    },
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRowObjects(),
    stream: async function* stream(sql) {
      yield* (await connection.stream(sql)).yieldRowObjects();
    },
    interrupt: () => connection.interrupt(),
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** A text literal. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** An identifier. */
export function name(value: string): string {
  return `"${value.replaceAll('"', '""')}"`;
}

/** A file name where DuckDB would read a glob: its wildcards stand for themselves. */
export function file(path: string): string {
  return text(path.replaceAll(/[*?[]/g, '[$&]'));
}

/** A list of file names. */
export function files(paths: readonly string[]): string {
  return `[${paths.map(file).join(', ')}]`;
}
