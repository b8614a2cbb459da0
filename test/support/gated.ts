// A database whose reading stops at a chunk, until the test has done something to whoever is waiting for it.

import type { Database } from '../../src/duckdb.ts';

/** @param meanwhile Called once, when chunk number `at` of a result is asked for. */
export function gated(database: Database, at: number, meanwhile: () => Promise<void>): Database {
  let over = false;
  const connection = Object.create(database.connection) as Database['connection'];
  connection.stream = async (sql) => {
    const result = await database.connection.stream(sql);
    const fetch = result.fetchChunk.bind(result);
    let chunks = 0;
    result.fetchChunk = async () => {
      chunks += 1;
      if (!over && chunks === at) {
        over = true;
        await meanwhile();
      }
      return fetch();
    };
    return result;
  };
  return { ...database, connection };
}
