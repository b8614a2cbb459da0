import assert from 'node:assert/strict';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { SMALL_SHARE, openDatabase, text } from '../../src/duckdb.ts';
import { inFolder } from '../support/folder.ts';

test('a database keeps nothing of the files that it has written and read', async () => {
  await inFolder(async (folder) => {
    const database = await openDatabase(SMALL_SHARE);
    try {
      for (let part = 0; part < 5; part += 1) {
        const file = join(folder, `${part}.parquet`);
        const path = text(file);
        await database.run(`COPY (SELECT md5(range::VARCHAR) AS value FROM range(100000)) TO ${path} (FORMAT parquet)`);
        // DuckDB trusts no file that has changed in the last seconds.
        await utimes(file, 1e9, 1e9);
        const [row] = await database.rows(`SELECT count(*)::INTEGER AS rows, max(length(value))::INTEGER AS longest FROM read_parquet(${path})`);
        assert.deepEqual({ ...row }, { rows: 100_000, longest: 32 });
      }
      assert.deepEqual(await database.rows('SELECT tag FROM duckdb_memory() WHERE memory_usage_bytes > 0'), []);
    } finally {
      database.close();
    }
  });
});
