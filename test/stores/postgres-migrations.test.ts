import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { UsageError } from '../../src/core/errors.ts';
import { openDatabase } from '../../src/duckdb.ts';
import { openPostgresStore } from '../../src/stores/postgres.ts';
import { fileColumns } from '../../src/stores/postgres/columns.ts';
import { MIGRATIONS } from '../../src/stores/postgres/migrations.ts';
import { asking } from '../support/asking.ts';
import { postgresServer } from '../support/postgres-server.ts';

const server = await postgresServer();
const skip = typeof server === 'string' && server;
after(() => typeof server === 'object' && server.remove());

const inDatabase =
  (name: string, use: (url: string) => Promise<void>, options = '') =>
  async () => {
    if (typeof server === 'string') throw new Error(server);
    await use(await server.database(name, options));
  };

async function open(url: string): Promise<void> {
  const database = await openDatabase({ threads: 1, memoryLimit: 100e6 });
  try {
    const store = await openPostgresStore({ url, database, strings: false, waits: [] });
    await store.close();
  } finally {
    database.close();
  }
}

const applied = (url: string) =>
  asking(url, async (ask) => (await ask<{ version: number }>('SELECT version FROM merc_migrations ORDER BY 1')).map((row) => row.version));

test(
  'of many that come to an empty database at once one makes the tables, and the others find them',
  { skip },
  inDatabase('many', async (url) => {
    await Promise.all(Array.from({ length: 8 }, () => open(url)));
    await open(url);
    assert.deepEqual(
      await applied(url),
      MIGRATIONS.map(({ version }) => version),
    );
  }),
);

test('migrations are numbered from 1 without a gap', () => {
  assert.deepEqual(
    MIGRATIONS.map(({ version }) => version),
    MIGRATIONS.map((_, index) => index + 1),
  );
});

test(
  'a database that a newer merc has been at is refused and left as it is',
  { skip },
  inDatabase('newer', async (url) => {
    await open(url);
    await asking(url, (ask) => ask(`INSERT INTO merc_migrations (version, name) VALUES (99, 'from the future')`));
    await assert.rejects(open(url), (error) => error instanceof UsageError && /migration 99 .* knows \d+: use the newer merc/.test(error.message));
    assert.equal((await applied(url)).at(-1), 99);
  }),
);

test(
  'a migration that was interrupted left nothing, and the next one goes on from there',
  { skip },
  inDatabase('half', async (url) => {
    // What stands in the way of the last step.
    await asking(url, (ask) => ask('CREATE TABLE merc_classic (i integer)'));
    await assert.rejects(open(url), /^RunError: .*its tables cannot be made: .*merc_classic/);
    await asking(url, async (ask) => {
      assert.deepEqual(await ask(`SELECT to_regclass('merc_files') AS files, to_regclass('merc_migrations') AS migrations`), [
        { files: null, migrations: null },
      ]);
      await ask('DROP TABLE merc_classic');
    });
    await open(url);
    assert.equal((await applied(url)).length, MIGRATIONS.length);
  }),
);

test(
  'the columns are those of the schema: one that is missing is added, one of another type is refused',
  { skip },
  inDatabase('columns', async (url) => {
    await open(url);
    const columns = () =>
      asking(url, async (ask) =>
        (
          await ask<{ name: string; type: string }>(
            `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'merc_files'::regclass AND attnum > 0 AND NOT attisdropped`,
          )
        )
          .map(({ name, type }) => `${name} ${type.replace(' without time zone', '')}`)
          .toSorted(),
      );
    const wanted = ['run_id text', 'shard text', ...fileColumns().map(({ name, type }) => `${name} ${type}`)].toSorted();
    assert.deepEqual(await columns(), wanted);
    for (const column of [
      'sections jsonb',
      'byte_histogram bigint[]',
      'entropy double precision',
      'coff_timestamp timestamp',
      'csv jsonb',
      'limits_hit text[]',
    ])
      assert.ok(wanted.includes(column), column);
    await asking(url, (ask) => ask('ALTER TABLE merc_files DROP COLUMN tlsh'));
    await open(url);
    assert.deepEqual(await columns(), wanted);
    await asking(url, (ask) => ask('ALTER TABLE merc_files ALTER COLUMN tlsh TYPE bytea USING NULL'));
    await assert.rejects(open(url), /merc_files\.tlsh is bytea, and this merc writes text: use another database/);
  }),
);

test(
  'a database of another encoding is refused with how to make one',
  { skip },
  inDatabase(
    'latin',
    async (url) => {
      await assert.rejects(open(url), (error) => error instanceof UsageError && /encoding LATIN1: make one with UTF8/.test(error.message));
    },
    `ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`,
  ),
);
