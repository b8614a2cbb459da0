// Brings a database to what this merc needs, under a lock: of many that come at once one does it.
//
// Promise: each step is whole or not there, and is recorded; a database that a newer merc has been at
// is refused. Columns that the schema has gained are added; none is ever changed or taken away.

import { RunError, UsageError } from '../../core/errors.ts';
import { name } from '../../duckdb.ts';
import { fileColumns } from './columns.ts';
import type { Connection } from './connection.ts';
import { MIGRATIONS } from './migrations.ts';

/** Number of the advisory lock: "merc". */
const LOCK = 0x6d_65_72_63;

export async function migrate(connection: Connection): Promise<void> {
  const [{ server_encoding: encoding } = { server_encoding: '' }] = await connection.rows<{ server_encoding: string }>('SHOW server_encoding');
  if (encoding !== 'UTF8')
    throw new UsageError(`--postgres: the database has the encoding ${encoding}: make one with UTF8, as by \`createdb -E UTF8 -T template0\``);
  await connection.run('BEGIN');
  await connection.run('SELECT pg_advisory_xact_lock($1)', [LOCK]);
  await connection.run(`SET LOCAL client_min_messages = warning;
    CREATE TABLE IF NOT EXISTS merc_migrations (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
  const applied = (await connection.rows<{ version: number }>('SELECT version FROM merc_migrations')).map((row) => row.version);
  const newest = Math.max(...MIGRATIONS.map(({ version }) => version));
  const newer = applied.find((version) => version > newest);
  if (newer !== undefined)
    throw new UsageError(`--postgres: the database has migration ${newer} and this merc knows ${newest}: use the newer merc that made it, or another database`);
  for (const migration of MIGRATIONS.filter(({ version }) => !applied.includes(version))) {
    for (const statement of migration.statements()) await connection.run(statement);
    await connection.run('INSERT INTO merc_migrations (version, name) VALUES ($1, $2)', [migration.version, migration.name]);
  }
  await addColumns(connection);
  await connection.run('COMMIT');
}

async function addColumns(connection: Connection): Promise<void> {
  const rows = await connection.rows<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'merc_files'::regclass AND attnum > 0 AND NOT attisdropped`,
  );
  const there = new Map(rows.map(({ name: column, type }) => [column, type]));
  for (const column of fileColumns()) {
    const type = there.get(column.name);
    if (type === undefined) await connection.run(`ALTER TABLE merc_files ADD COLUMN ${name(column.name)} ${column.type}`);
    else if (type.replace(' without time zone', '') !== column.type)
      throw new RunError(`--postgres: merc_files.${column.name} is ${type}, and this merc writes ${column.type}: use another database`);
  }
}
