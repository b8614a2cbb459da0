import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, test } from 'node:test';
import { UsageError } from '../../src/core/errors.ts';
import { connect } from '../../src/stores/postgres/connection.ts';
import { postgresServer } from '../support/postgres-server.ts';

const server = spawnSync('openssl', ['version']).status === 0 ? await postgresServer({ tls: true }) : 'no openssl, for a certificate';
const skip = typeof server === 'string' && server;
after(() => typeof server === 'object' && server.remove());

/** Whether a connection is encrypted. */
async function isEncrypted(host: string, query: string): Promise<unknown> {
  if (typeof server === 'string') throw new Error(server);
  const connection = await connect(`postgres://merc@${host}:${server.port}/postgres?${query.replace('ROOT', `${server.folder}/server.crt`)}`);
  try {
    return (await connection.rows('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'))[0]?.['ssl'];
  } finally {
    await connection.close();
  }
}

test('TLS is used where it is asked for, and only there', { skip }, async () => {
  assert.equal(await isEncrypted('127.0.0.1', ''), false);
  assert.equal(await isEncrypted('127.0.0.1', 'sslmode=disable'), false);
  assert.equal(await isEncrypted('127.0.0.1', 'sslmode=require'), true);
});

test('verify-ca takes a certificate that the named root has made, whatever its name; verify-full only for the host that was named', { skip }, async () => {
  assert.equal(await isEncrypted('127.0.0.1', 'sslmode=verify-ca&sslrootcert=ROOT'), true);
  assert.equal(await isEncrypted('localhost', 'sslmode=verify-full&sslrootcert=ROOT'), true);
  for (const [host, query] of [
    // The certificate is for `localhost`, which an address is not, though it may lead there.
    ['127.0.0.1', 'sslmode=verify-full&sslrootcert=ROOT'],
    ['localhost', 'sslmode=verify-full'],
    ['localhost', 'sslmode=verify-ca'],
  ] as const)
    await assert.rejects(isEncrypted(host, query), (error) => {
      assert.ok(error instanceof UsageError, String(error));
      assert.match(error.message, /^postgres:\/\/[^:]+:\d+\/postgres: .*: see sslmode in --postgres$/);
      return true;
    });
});
