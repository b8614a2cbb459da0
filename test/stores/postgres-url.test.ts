import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { UsageError } from '../../src/core/errors.ts';
import { describeServer, postgresUrl, serverAddress } from '../../src/stores/postgres/url.ts';
import { inFolder } from '../support/folder.ts';

const URL_WITH_PASSWORD = 'postgres://merc:hunter2@db.example:5433/samples';

test('the URL comes from the flag, a file that it names, or the environment, in that order', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'url');
    await writeFile(file, `${URL_WITH_PASSWORD}\n`);
    const environment = { MERC_POSTGRES_URL: 'postgres://from-environment/' };
    assert.equal(postgresUrl('postgresql://db/samples', environment), 'postgresql://db/samples');
    assert.equal(postgresUrl(`@${file}`, environment), URL_WITH_PASSWORD);
    assert.equal(postgresUrl(undefined, environment), 'postgres://from-environment/');
    assert.equal(postgresUrl(undefined, { MERC_POSTGRES_URL: URL_WITH_PASSWORD }), URL_WITH_PASSWORD);
    assert.equal(postgresUrl(undefined, {}), undefined);
    assert.throws(() => postgresUrl(`@${folder}/none`, {}), /--postgres .*none: cannot be read \(ENOENT\)/);
  }));

test('a password on the command line is refused, and no message shows one', () => {
  const refused = (flag: string | undefined, environment = {}) => {
    try {
      postgresUrl(flag, environment);
    } catch (error) {
      assert.ok(error instanceof UsageError);
      assert.ok(!error.message.includes('hunter2'), error.message);
      return error.message;
    }
    return assert.fail(`${flag} was taken`);
  };
  assert.match(refused(URL_WITH_PASSWORD), /^--postgres: a password .* MERC_POSTGRES_URL or as --postgres @FILE$/);
  assert.match(refused('mysql://merc:hunter2@db/'), /^--postgres: a URL as postgres:/);
  assert.match(refused('merc:hunter2@db'), /^--postgres: a URL as postgres:/);
  assert.match(refused(undefined, { MERC_POSTGRES_URL: 'hunter2' }), /^MERC_POSTGRES_URL: a URL as postgres:/);
  assert.match(refused(undefined, { MERC_POSTGRES_URL: `${URL_WITH_PASSWORD}?sslmod=require` }), /parameter sslmod is not known/);
  assert.match(
    refused(undefined, { MERC_POSTGRES_URL: `${URL_WITH_PASSWORD}?sslmode=prefer` }),
    /sslmode=prefer: the choices are disable, require, verify-ca, verify-full/,
  );
  assert.match(refused(undefined, { MERC_POSTGRES_URL: 'postgres://merc:hunter2%zz@db/' }), /two hexadecimal digits/);
  assert.equal(describeServer(`${URL_WITH_PASSWORD}?sslmode=require`), 'postgres://db.example:5433/samples');
});

test('what a URL says is what a client connects with', () => {
  assert.deepEqual(serverAddress('postgres://us%40er:p%2Fw@[::1]:5433/na%20me?application_name=x'), {
    host: '::1',
    port: 5433,
    user: 'us@er',
    password: 'p/w',
    database: 'na me',
    application_name: 'x',
  });
  assert.deepEqual(serverAddress('postgres:///samples?host=/run/postgresql&port=6000'), {
    host: '/run/postgresql',
    port: 6000,
    database: 'samples',
    application_name: 'merc',
  });
});

test('a mode of TLS that verifies refuses what it cannot, and a root certificate that is named is one to be held to', () =>
  inFolder(async (folder) => {
    const root = join(folder, 'root.crt');
    await writeFile(root, 'PEM');
    const ssl = (query: string) => serverAddress(`postgres://db/samples?${query}`).ssl;
    assert.equal(ssl(''), undefined);
    assert.equal(ssl('sslmode=disable'), undefined);
    assert.deepEqual([ssl('sslmode=require')?.rejectUnauthorized, ssl(`sslmode=require&sslrootcert=${root}`)?.rejectUnauthorized], [false, true]);
    assert.deepEqual([ssl('sslmode=verify-ca')?.rejectUnauthorized, ssl('sslmode=verify-full')?.rejectUnauthorized], [true, true]);
    assert.deepEqual([ssl(`sslrootcert=${root}`)?.rejectUnauthorized, ssl(`sslrootcert=${root}`)?.ca], [true, 'PEM']);
    assert.throws(() => ssl('sslmode=verify-full&sslrootcert=/nowhere/root.crt'), /certificate \/nowhere\/root\.crt: cannot be read/);
  }));
