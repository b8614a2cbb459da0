import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runExtraction } from '../../src/commands/run.ts';
import { runOptions } from '../../src/core/options.ts';
import { openDatabase } from '../../src/duckdb.ts';
import { openPostgresStore, type PostgresStoreOptions } from '../../src/stores/postgres.ts';
import { openStored } from '../../src/stores/postgres/stored.ts';
import { asking } from '../support/asking.ts';
import { demoSet } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { labelledShards } from '../support/labelled-shards.ts';
import { merc } from '../support/merc.ts';
import { makeOutput, type Fixture } from '../support/output.ts';
import { postgresServer } from '../support/postgres-server.ts';

const server = await postgresServer();
const skip = typeof server === 'string' && server;
let fixture: Fixture;
before(async () => {
  fixture = await makeOutput();
});
after(() => fixture.remove());
after(() => typeof server === 'object' && server.remove());

const made = async (name: string) => (typeof server === 'string' ? assert.fail(server) : server.database(name));

/** Stores the committed shards of an output. */
async function store(out: string, url: string, options: Partial<PostgresStoreOptions> = {}, shards = Infinity): Promise<void> {
  await inFolder(async (folder) => {
    const database = await openDatabase({ threads: 1, memoryLimit: 600e6 });
    try {
      const to = await openPostgresStore({ url, database, strings: true, ...options });
      for (const shard of (await labelledShards(database, out, folder)).slice(0, shards)) await to.accept(shard);
      await to.close();
    } finally {
      database.close();
    }
  });
}

async function exported(out: string, url: string, ...flags: readonly string[]): Promise<{ text: string; stderr: string }> {
  const { code, stdout, stderr } = await merc(['export', out, '--from', 'postgres', ...flags], { env: { MERC_POSTGRES_URL: url } });
  assert.equal(code, 0, stderr);
  return { text: stdout, stderr };
}

const fromParquet = async (out: string, ...flags: readonly string[]) => (await merc(['export', out, ...flags])).stdout;

test('the export from PostgreSQL is that from Parquet, byte for byte, as JSON lines and as CSV, over the demo set in several shards', { skip }, () =>
  inFolder(async (folder) => {
    const { samples, csv } = await demoSet();
    const out = join(folder, 'out');
    const bounds = { batchBytes: 20e6, batchFiles: 40, shardBytes: 60e6, shardFiles: 60 };
    await runExtraction(runOptions([samples], { csv, out, workers: 2, bounds }, 2), new AbortController().signal);
    const url = await made('demo');
    await store(out, url);
    for (const format of ['jsonl', 'csv']) {
      const files = { postgres: join(folder, `postgres.${format}`), parquet: join(folder, `parquet.${format}`) };
      const { text: said } = await exported(out, url, '--format', format, '--to', files.postgres);
      assert.match(said, /: \d{3} samples\n$/);
      assert.equal((await merc(['export', out, '--format', format, '--to', files.parquet])).code, 0);
      const [postgres, parquet] = await Promise.all([readFile(files.postgres, 'utf8'), readFile(files.parquet, 'utf8')]);
      // Not as two texts at once: what differs would be printed, tens of megabytes of it.
      const [got, wanted] = [postgres.split('\n'), parquet.split('\n')];
      assert.equal(got.length, wanted.length);
      for (const [line, row] of wanted.entries()) assert.ok(got[line] === row, `line ${line} of ${format}: ${differing(got[line] ?? '', row)}`);
      if (format === 'jsonl') await assertClassicView(url, wanted.slice(0, -1));
    }
  }),
);

/** Where two lines part. */
function differing(a: string, b: string): string {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return `${a.slice(Math.max(0, at - 60), at + 60)} <> ${b.slice(Math.max(0, at - 60), at + 60)}`;
}

/** Each line is the view's row, compared by PostgreSQL: it knows integers of any size, and no order of keys. */
async function assertClassicView(url: string, lines: readonly string[]): Promise<void> {
  await asking(url, async (ask) => {
    const ids = (await ask<{ sample_id: number }>('SELECT sample_id FROM merc_classic ORDER BY 1')).map((row) => row.sample_id);
    assert.equal(ids.length, lines.length);
    for (const [index, id] of ids.entries()) {
      const [row] = await ask(
        `SELECT array(SELECT key FROM jsonb_each(to_jsonb(c) - 'run_id' - 'sample_id') v WHERE v.value IS DISTINCT FROM $2::jsonb -> v.key) AS differ,
          array(SELECT jsonb_object_keys($2::jsonb) EXCEPT SELECT jsonb_object_keys(to_jsonb(c))) AS missing FROM merc_classic c WHERE sample_id = $1`,
        [id, lines[index]],
      );
      assert.deepEqual(row, { differ: [], missing: [] }, `sample ${id}`);
    }
  });
}

test('the classic view has the 19 fields in their order', { skip }, async () => {
  const url = await made('fields');
  await store(fixture.out, url);
  const [line = ''] = (await fromParquet(fixture.out)).split('\n');
  await asking(url, async (ask) => {
    const columns = await ask<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'merc_classic'::regclass AND attnum > 0 ORDER BY attnum`,
    );
    assert.deepEqual(
      columns.map(({ name }) => name),
      ['run_id', 'sample_id', ...Object.keys(JSON.parse(line) as object)],
    );
  });
});

test('where no strings were stored they are null, not empty, in the export and in the view, and it is said', { skip }, async () => {
  const url = await made('without');
  await store(fixture.out, url, { strings: false });
  const { text, stderr } = await exported(fixture.out, url);
  assert.match(stderr, /^note: 2 of 2 shards were stored without --pg-strings: their static_strings are null/);
  const withStrings = await fromParquet(fixture.out);
  assert.deepEqual(
    text.split('\n').filter(Boolean),
    withStrings
      .split('\n')
      .filter(Boolean)
      .map((line) => line.replace(/"static_strings":\[.*?\],"submitted"/, '"static_strings":null,"submitted"')),
  );
  assert.deepEqual(await asking(url, (ask) => ask('SELECT DISTINCT static_strings FROM merc_classic')), [{ static_strings: null }]);
  assert.equal((await exported(fixture.out, url, '--format', 'csv')).text, await fromParquet(fixture.out, '--format', 'csv'));
});

test('only what is stored is exported, one run of several is named, and what is not there is said', { skip }, async () => {
  const url = await made('runs');
  const refused = async (...flags: readonly string[]) => {
    const { code, stderr } = await merc(['export', fixture.out, '--from', 'postgres', ...flags], { env: { MERC_POSTGRES_URL: url } });
    assert.deepEqual([code, stderr.trimEnd().split('\n').length], [2, 1], stderr);
    return stderr;
  };
  assert.match(await refused(), /nothing of it is in postgres:/);
  await store(fixture.out, url, { runId: 'a' }, 1);
  const all = (await fromParquet(fixture.out)).trimEnd().split('\n');
  const some = (await exported(fixture.out, url)).text.trimEnd().split('\n');
  assert.ok(some.length > 0 && some.length < all.length);
  assert.deepEqual(some, all.slice(0, some.length));
  await store(fixture.out, url, { runId: 'b' });
  assert.match(await refused(), /as of the runs a, b: name one with --run-id/);
  assert.match(await refused('--run-id', 'c'), /nothing of it is in .* as of the run c/);
  assert.equal((await exported(fixture.out, url, '--run-id', 'b')).text.trimEnd().split('\n').length, all.length);
});

test('an output of several plans with the classic columns only comes back in the order of its plans', { skip }, () =>
  inFolder(async (folder) => {
    const out = join(folder, 'out');
    for (const include of ['[13]', '*']) {
      const flags = { csv: fixture.csv, out, workers: 1, only: 'classic', append: true, include: [include] };
      await runExtraction(runOptions([fixture.samples], flags, 1), new AbortController().signal);
    }
    const url = await made('plans');
    await store(out, url);
    assert.deepEqual(await asking(url, (ask) => ask('SELECT count(DISTINCT run_id)::int FROM merc_files')), [{ count: 2 }]);
    for (const format of ['jsonl', 'csv']) {
      const { text } = await exported(out, url, '--format', format);
      assert.equal(text, await fromParquet(out, '--format', format));
      assert.equal(text.trimEnd().split('\n').length, format === 'csv' ? 5 : 4);
    }
  }),
);

test('a connection that is lost in the middle of an export, and a server that is not there, are one line and exit 1', { skip }, async () => {
  const url = await made('lost');
  await store(fixture.out, url);
  const stored = await openStored({ out: fixture.out, url });
  const [shard] = stored.shards;
  assert.ok(shard !== undefined);
  const rows = stored.rows(shard, ['file_name']);
  assert.deepEqual((await rows.next()).value, ['1']);
  await asking(url, (ask) => ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`));
  const line = /^RunError: postgres:\/\/127\.0\.0\.1:\d+\/lost: ./;
  await assert.rejects(async () => {
    for await (const _ of stored.strings(shard));
  }, line);
  await stored.close();
  const nobody = url.replace(/:\d+\//, ':1/');
  const { code, stderr } = await merc(['export', fixture.out, '--from', 'postgres'], { env: { MERC_POSTGRES_URL: nobody } });
  assert.deepEqual([code, stderr.trimEnd().split('\n').length], [1, 1], stderr);
  assert.match(stderr, /^merc: postgres:\/\/127\.0\.0\.1:1\/lost: .*ECONNREFUSED/);
});

test('an export from PostgreSQL without a URL, and a URL without PostgreSQL, are refused with the flag', async () => {
  for (const [flags, says] of [
    [['--from', 'postgres'], /--from postgres: which database\? give its URL by --postgres or MERC_POSTGRES_URL/],
    [['--from', 'postgres', '--postgres', 'postgres://a:hunter2@b/c'], /--postgres: a password on the command line/],
    [['--postgres', 'postgres://b/c'], /--postgres and --run-id go with --from postgres/],
  ] as const) {
    const { code, stderr } = await merc(['export', fixture.out, ...flags], { env: { MERC_POSTGRES_URL: '' } });
    assert.equal(code, 2);
    assert.match(stderr, says);
    assert.ok(!stderr.includes('hunter2'));
  }
});
