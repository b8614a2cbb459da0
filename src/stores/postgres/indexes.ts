// Indexes that are made when all is loaded: while rows come in they would cost more than the rows.
//
// Promise: called again, or by several at once, it makes what is missing and nothing twice.

import { connect } from './connection.ts';
import { migrate } from './migrate.ts';
import { told } from './rejected.ts';
import { describeServer } from './url.ts';

const INDEXES: Readonly<Record<string, string>> = {
  merc_files_sha256: 'merc_files (sha256)',
  merc_files_md5: 'merc_files (md5)',
  merc_files_sha1: 'merc_files (sha1)',
  merc_files_imphash: 'merc_files (imphash)',
  merc_files_shard: 'merc_files (run_id, shard)',
  // For `@>`: as imports @> '[{"functions": [{"name": "CreateRemoteThread"}]}]'.
  merc_files_imports: 'merc_files USING gin (imports jsonb_path_ops)',
  merc_files_exports: 'merc_files USING gin (exports jsonb_path_ops)',
  merc_files_sections: 'merc_files USING gin (sections jsonb_path_ops)',
  merc_files_certificates: 'merc_files USING gin (certificates jsonb_path_ops)',
  merc_files_problems: 'merc_files USING gin (problems jsonb_path_ops)',
  merc_files_csv: 'merc_files USING gin (csv jsonb_path_ops)',
};

/** Number of the advisory lock: "indx". */
const LOCK = 0x69_6e_64_78;

/** Makes the indexes that queries want, and fresh statistics for the planner; minutes on a large database. */
export async function indexesAfterLoad(url: string): Promise<void> {
  const server = describeServer(url);
  // A large index takes longer than any silence that speaks of a lost connection.
  const connection = await connect(url, 0).catch((error: unknown) => told(server, error));
  try {
    await migrate(connection);
    await connection.run('SELECT pg_advisory_lock($1)', [LOCK]);
    await connection.run('SET client_min_messages = warning');
    for (const [index, on] of Object.entries(INDEXES)) await connection.run(`CREATE INDEX IF NOT EXISTS ${index} ON ${on}`);
    for (const table of ['merc_files', 'merc_strings', 'merc_shards']) await connection.run(`ANALYZE ${table}`);
    await connection.close();
  } catch (error) {
    connection.drop();
    told(server, error);
  }
}
