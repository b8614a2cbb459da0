import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { RunError, UsageError } from '../../src/core/errors.ts';
import { openDatabase, type Database } from '../../src/duckdb.ts';
import { indexesAfterLoad, openPostgresStore, type PostgresStoreOptions } from '../../src/stores/postgres.ts';
import type { LabelledShard } from '../../src/stores/store.ts';
import { asking, type Ask } from '../support/asking.ts';
import { blackHole } from '../support/black-hole.ts';
import { inFolder } from '../support/folder.ts';
import { gated } from '../support/gated.ts';
import { labelledShards, type ShardChanges } from '../support/labelled-shards.ts';
import { makeOutput } from '../support/output.ts';
import { postgresServer, type PostgresServer } from '../support/postgres-server.ts';

const server = await postgresServer();
const skip = typeof server === 'string' && server;
const fixture = await makeOutput();
after(() => fixture.remove());
after(() => typeof server === 'object' && server.remove());
let databases = 0;

interface Setting {
  readonly server: PostgresServer;
  readonly url: string;
  readonly database: Database;
  readonly shards: (changes?: ShardChanges) => Promise<LabelledShard[]>;
  /** Opens a store, gives it a shard and closes it. */
  readonly given: (shard: LabelledShard | undefined, options?: Partial<PostgresStoreOptions>) => Promise<void>;
}

const inDatabase = (use: (setting: Setting) => Promise<void>) => () =>
  inFolder(async (folder) => {
    if (typeof server === 'string') throw new Error(server);
    const url = await server.database(`store_${databases++}`);
    const database = await openDatabase({ threads: 1, memoryLimit: 400e6 });
    const given = async (shard: LabelledShard | undefined, options: Partial<PostgresStoreOptions> = {}) => {
      assert.ok(shard !== undefined);
      const store = await openPostgresStore({ url, database, strings: true, ...options });
      try {
        await store.accept(shard);
      } finally {
        await store.close();
      }
    };
    try {
      await use({ server, url, database, shards: (changes) => labelledShards(database, fixture.out, folder, changes), given });
    } finally {
      database.close();
    }
  });

/** Rows, different samples, and strings that are there. */
const COUNTS = `SELECT (SELECT count(*)::int FROM merc_files) AS rows, (SELECT count(DISTINCT sample_id)::int FROM merc_files) AS samples,
  (SELECT coalesce(sum(cardinality(texts)), 0)::int FROM merc_strings) AS strings, (SELECT count(*)::int FROM merc_shards) AS shards`;
const counts = async (url: string) => asking(url, async (ask) => Object.values((await ask(COUNTS))[0] ?? {}));

/** More rows than a chunk of DuckDB's, so that COPY is in its middle when the second is asked for. */
const MANY = { times: 1_000 };

const copying = async (ask: Ask) =>
  (await ask(`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY merc_files_load%'`)).length;

test(
  'a backend that is killed in mid-COPY costs an attempt, and the shard is there once',
  { skip },
  inDatabase(async ({ url, database, shards, given }) => {
    const [shard] = await shards(MANY);
    const kill = () =>
      asking(url, async (ask) => {
        assert.equal(await copying(ask), 1);
        assert.deepEqual((await ask(COUNTS))[0], { rows: 0, samples: 0, strings: 0, shards: 0 });
        await ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY merc_files_load%'`);
      });
    await given(shard, { database: gated(database, 2, kill) });
    const rows = shard?.shard.counts.rows;
    assert.deepEqual((await counts(url)).slice(0, 2), [rows, rows]);
  }),
);

test(
  'a server that restarts or crashes in mid-COPY costs attempts, and the shard is there once',
  { skip },
  inDatabase(async ({ url, database, shards, given, server: { stop, start } }) => {
    for (const mode of ['fast', 'immediate'] as const) {
      const [shard] = await shards(MANY);
      let started = Promise.resolve();
      const restart = async () => {
        await stop(mode);
        // Attempts are made while nobody is there.
        started = new Promise<void>((resolve) => setTimeout(resolve, 600)).then(start);
      };
      await given(shard, { database: gated(database, 2, restart), runId: mode });
      await started;
      const rows = shard?.shard.counts.rows;
      const there = await asking(url, (ask) =>
        ask('SELECT count(*)::int AS rows, count(DISTINCT sample_id)::int AS samples FROM merc_files WHERE run_id = $1', [mode]),
      );
      assert.deepEqual(there, [{ rows, samples: rows }]);
    }
  }),
);

test(
  'a server that stays away ends the run with one line after a bounded number of attempts',
  { skip },
  inDatabase(async ({ url, database, shards, given, server: { stop, start } }) => {
    const [shard] = await shards(MANY);
    try {
      await assert.rejects(given(shard, { database: gated(database, 2, () => stop('immediate')), waits: [1, 1] }), (error) => {
        assert.ok(error instanceof RunError);
        assert.match(error.message, /^shard 0001-00000: postgres:\/\/127\.0\.0\.1:\d+\/store_\d+ was lost 3 times: .*ECONNREFUSED/);
        return true;
      });
      await assert.rejects(given(shard, { waits: [1] }), /^RunError: postgres:\/\/127\.0\.0\.1:\d+\/store_\d+: cannot be reached: .*ECONNREFUSED/);
    } finally {
      await start();
    }
    assert.deepEqual(await counts(url), [0, 0, 0, 0]);
  }),
);

test(
  'a connection that a middle box forgets is given up after its silence, and what it held at the server is freed',
  { skip },
  inDatabase(async ({ url, database, shards, given, server: { port } }) => {
    const [shard] = await shards();
    const box = await blackHole(port);
    try {
      // In mid-COPY of the strings the shard's lock is held.
      let reads = 0;
      const stream: Database['stream'] = (sql) => {
        if (sql.includes('string_agg') && reads++ === 0) {
          box.swallow();
          box.forward();
        }
        return database.stream(sql);
      };
      await given(shard, { url: url.replace(`:${port}/`, `:${box.port}/`), database: { ...database, stream }, silence: 500 });
      assert.equal(reads, 2 * (shard?.shard.strings.length ?? 0));
    } finally {
      await box.close();
    }
    const [rows, , , stored] = await counts(url);
    assert.deepEqual([rows, stored], [shard?.shard.counts.rows, 1]);
  }),
);

test(
  'a connection that was lost between two shards, by its silence or at the server, costs an attempt and nothing else',
  { skip },
  inDatabase(async ({ url, database, shards }) => {
    const all = await shards();
    const store = await openPostgresStore({ url, database, strings: true, silence: 300, waits: [1] });
    try {
      const sessions = () =>
        asking(url, async (ask) => (await ask(`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'merc'`)).length);
      assert.equal(await sessions(), 1);
      while ((await sessions()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      for (const shard of all) {
        await store.accept(shard);
        await asking(url, (ask) => ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'merc'`));
      }
    } finally {
      await store.close();
    }
    assert.equal((await counts(url))[3], all.length);
  }),
);

test(
  'a row that the server rejects in mid-COPY ends with one line that names shard and row, and nothing is there',
  { skip },
  inDatabase(async ({ url, shards, given }) => {
    const [shard] = await shards({ ...MANY, samples: `CASE WHEN sample_id + 1000 * copy = 2 THEN 3000000000 ELSE positives END AS positives` });
    await assert.rejects(given(shard), (error) => {
      assert.ok(error instanceof RunError);
      assert.match(error.message, /^shard 0001-00000, row of sample 2: PostgreSQL has rejected it: .*3000000000.*integer/);
      assert.ok(!error.message.includes('\n'));
      return true;
    });
    assert.deepEqual(await counts(url), [0, 0, 0, 0]);
  }),
);

test(
  'a row that breaks a constraint of the table ends with one line that names shard and row, and nothing is there',
  { skip },
  inDatabase(async ({ url, database, shards, given }) => {
    const [first, second] = await shards();
    assert.ok(first !== undefined);
    await given(second);
    await asking(url, (ask) => ask(`ALTER TABLE merc_files ADD CONSTRAINT no_text CHECK (file_name <> '2')`));
    const before = await counts(url);
    const [{ sample_id: sample } = { sample_id: 0 }] = await database.rows(`SELECT sample_id FROM read_parquet('${first.samples}') WHERE file_name = '2'`);
    await assert.rejects(given(first), (error) => {
      assert.ok(error instanceof RunError);
      assert.match(error.message, new RegExp(`^shard 0001-00000, row of sample ${String(sample)}: PostgreSQL has rejected it: .*"no_text"`));
      assert.ok(!error.message.includes('\n'));
      return true;
    });
    assert.deepEqual(await counts(url), before);
  }),
);

test(
  'values that PostgreSQL cannot hold are counted, told and kept as near as they come',
  { skip },
  inDatabase(async ({ url, shards, given }) => {
    const [shard] = await shards({
      samples: `CASE WHEN file_name = '1' THEN 'a' || chr(0) || chr(9) || chr(10) || '\\N' ELSE file_name END AS file_name,
        CASE WHEN file_name = '1' THEN [chr(0), '"', '\\', 'NULL', '', NULL] ELSE limits_hit END AS limits_hit,
        CASE WHEN file_name = '1' THEN TIMESTAMP '5000-01-01 (BC) 00:00:00' ELSE TIMESTAMP '0044-03-15 (BC) 12:00:00' END AS submitted_at`,
    });
    const notes: string[] = [];
    await given(shard, { note: (line) => notes.push(line) });
    assert.deepEqual(notes.length, 1);
    assert.match(notes[0] ?? '', /^note: shard 0001-00000: 3 values hold what PostgreSQL cannot, /);
    await asking(url, async (ask) => {
      assert.deepEqual(await ask('SELECT changed_values::int FROM merc_shards'), [{ changed_values: 3 }]);
      assert.deepEqual(await ask(`SELECT file_name, limits_hit, submitted_at::text FROM merc_files WHERE file_name LIKE 'a%'`), [
        { file_name: 'a\u{fffd}\t\n\\N', limits_hit: ['\u{fffd}', '"', '\\', 'NULL', '', null], submitted_at: null },
      ]);
      assert.deepEqual(await ask('SELECT DISTINCT submitted_at::text FROM merc_files WHERE submitted_at IS NOT NULL'), [
        { submitted_at: '0044-03-15 12:00:00 BC' },
      ]);
    });
  }),
);

test(
  'integers of 64 bits without a sign, histograms, bytes and the own columns of the dataset keep their values and types',
  { skip },
  inDatabase(async ({ url, shards, given }) => {
    for (const shard of await shards({ samples: `'\\x00\\xFF\\x5C'::BLOB AS path_raw` })) await given(shard);
    await asking(url, async (ask) => {
      const [row] = await ask(`SELECT headers_optional ->> 'size_of_stack_reserve' AS reserve, cardinality(byte_histogram) AS bytes, file_size::int,
        (SELECT sum(n)::int FROM unnest(byte_histogram) n) AS counted, path_raw, csv, list, pg_typeof(coff_timestamp)::text AS time FROM merc_files WHERE file_name = '1'`);
      assert.deepEqual(row?.['reserve'], String(2n ** 63n + 1n));
      assert.deepEqual([row?.['bytes'], row?.['counted']], [256, row?.['file_size']]);
      assert.deepEqual(row?.['path_raw'], Buffer.from([0, 255, 0x5c]));
      assert.deepEqual([row?.['csv'], row?.['list'], row?.['time']], [{ user_id: 1 }, 'Blacklist', 'timestamp without time zone']);
      assert.deepEqual(await ask(`SELECT csv FROM merc_files WHERE file_name = '3'`), [{ csv: null }]);
    });
  }),
);

test(
  'strings can be added to a shard that was stored without, and stay when it is stored without again',
  { skip },
  inDatabase(async ({ url, shards, given }) => {
    const [shard] = await shards();
    const state = () =>
      asking(url, async (ask) => (await ask(`SELECT strings::int, (SELECT sum(cardinality(texts))::int FROM merc_strings) AS there FROM merc_shards`))[0]);
    await given(shard, { strings: false });
    assert.deepEqual(await state(), { strings: null, there: null });
    await given(shard);
    const stored = shard?.shard.counts.strings;
    assert.deepEqual(await state(), { strings: stored, there: stored });
    await given(shard, { strings: false });
    assert.deepEqual(await state(), { strings: stored, there: stored });
  }),
);

test(
  'runs are apart by their ids, which are the beginning of the hash of the plan unless one is given',
  { skip },
  inDatabase(async ({ url, shards, given }) => {
    const [shard] = await shards();
    await given(shard);
    await given(shard, { runId: 'other' });
    const rows = await asking(url, (ask) => ask('SELECT run_id, count(*)::int FROM merc_files GROUP BY 1 ORDER BY 1'));
    const number = shard?.shard.counts.rows;
    assert.deepEqual(
      rows,
      [
        { run_id: shard?.head.hash.slice(0, 12), count: number },
        { run_id: 'other', count: number },
      ].toSorted((a, b) => ((a.run_id ?? '') < (b.run_id ?? '') ? -1 : 1)),
    );
  }),
);

test(
  'the indexes after a load are made once, also by two at the same time, and serve a search in nested columns',
  { skip },
  inDatabase(async ({ url, shards, given }) => {
    for (const shard of await shards()) await given(shard);
    await Promise.all([indexesAfterLoad(url), indexesAfterLoad(url)]);
    await indexesAfterLoad(url);
    await asking(url, async (ask) => {
      const [gin] = await ask(`SELECT count(*)::int FROM pg_indexes WHERE indexdef LIKE '%USING gin%' AND tablename = 'merc_files'`);
      assert.ok(Number(gin?.['count']) >= 4);
      await ask('SET enable_seqscan = off');
      const search = `SELECT file_name FROM merc_files WHERE imports @> '[{"functions": [{"name": "CreateFileW"}]}]'`;
      assert.deepEqual(await ask(search), [{ file_name: '1' }]);
      assert.match(JSON.stringify(await ask(`EXPLAIN ${search}`)), /merc_files_imports/);
    });
  }),
);

test('a server that refuses says so in one line of usage, without a password', { skip }, () =>
  inFolder(async () => {
    if (typeof server === 'string') throw new Error(server);
    const database = await openDatabase({ threads: 1, memoryLimit: 100e6 });
    try {
      await assert.rejects(openPostgresStore({ url: `postgres://merc:hunter2@127.0.0.1:${server.port}/nowhere`, database, strings: false }), (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, /^postgres:\/\/127\.0\.0\.1:\d+\/nowhere: .*"nowhere"/);
        assert.ok(!error.message.includes('hunter2'));
        return true;
      });
      await assert.rejects(
        openPostgresStore({ url: `postgres://merc@127.0.0.1:${server.port}/postgres?sslmode=require`, database, strings: false, waits: [] }),
        (error) => error instanceof UsageError && /SSL/.test(error.message),
      );
    } finally {
      database.close();
    }
  }),
);
