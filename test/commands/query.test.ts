import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rename, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { answer, writeAnswer, type QueryFormat } from '../../src/commands/query-answer.ts';
import { queryCommand } from '../../src/commands/query.ts';
import { UsageError } from '../../src/core/errors.ts';
import { openDatabase } from '../../src/duckdb.ts';
import { ended, merc, startMerc } from '../support/merc.ts';
import { makeOutput, type Fixture } from '../support/output.ts';

let fixture: Fixture;
before(async () => {
  fixture = await makeOutput();
});
after(() => fixture.remove());

const query = (sql: string, ...flags: string[]) => merc(['query', sql, '--out', fixture.out, ...flags]);
const never = new AbortController().signal;

/** The answer of a database without an output, as a target would get it. */
async function written(format: QueryFormat, sql: string, target: { isTTY?: boolean; columns?: number } = {}): Promise<string> {
  const database = await openDatabase({ threads: 1, memoryLimit: 200e6 });
  let text = '';
  const output = { write: (piece: string) => ((text += piece), undefined), flush: () => Promise.resolve() };
  try {
    await writeAnswer[format](await answer(await database.connection.prepare(sql), never), output, target);
  } finally {
    database.close();
  }
  return text;
}

test('a query answers over the views as table, JSON lines and CSV', async () => {
  const sql = 'SELECT file_name, list, positives FROM samples WHERE id <= 2 ORDER BY id';
  assert.equal(
    (await query(sql)).stdout,
    'file_name  list       positives\n---------  ---------  ---------\n1          Blacklist         40\n2          Whitelist          0\n',
  );
  assert.equal(
    (await query(sql, '--json')).stdout,
    '{"file_name":"1","list":"Blacklist","positives":40}\n{"file_name":"2","list":"Whitelist","positives":0}\n',
  );
  assert.equal((await query(sql, '--csv')).stdout, 'file_name,list,positives\n1,Blacklist,40\n2,Whitelist,0\n');
});

test('what reads is allowed: DESCRIBE, SUMMARIZE, SHOW, EXPLAIN, several statements, files of the output', async () => {
  for (const sql of [
    ...['DESCRIBE samples', 'SUMMARIZE SELECT file_size FROM samples', 'SHOW TABLES', 'FROM samples', 'VALUES (1)', 'TABLE problems'],
    ...['EXPLAIN SELECT 1', 'EXPLAIN ANALYZE SELECT 1', 'explain (format json) SELECT 1', '\n-- a comment\nEXPLAIN SELECT 1', 'SELECT 1; SELECT 2;'],
    `SELECT count(*) FROM read_json('${join(fixture.out, 'commits', '*.json')}')`,
  ]) {
    const { code, stderr } = await query(sql);
    assert.equal(code, 0, `${sql}: ${stderr}`);
    assert.equal(stderr, '');
  }
});

test('nothing outside the output is read, nothing anywhere is written or changed, and nothing is loaded', async () => {
  const beside = join(dirname(fixture.out), 'evil');
  const inside = join(fixture.out, 'evil');
  await symlink(dirname(fixture.out), `${fixture.out}-link`).catch(() => undefined);
  const listed = () => readdirSync(fixture.out, { recursive: true }).map(String).toSorted();
  const untouched = listed();
  for (const sql of [
    ...[
      `SELECT * FROM read_text('/etc/passwd')`,
      `SELECT * FROM read_csv('/etc/passwd')`,
      `SELECT * FROM read_blob('${fixture.csv}')`,
      `SELECT * FROM '${fixture.csv}'`,
    ],
    ...[`SELECT * FROM glob('/etc/*')`, `SELECT * FROM glob('${fixture.out}/../*')`, `SELECT * FROM read_text('${fixture.out}/../samples.csv')`],
    ...[
      `SELECT * FROM sniff_csv('${fixture.csv}')`,
      `SELECT (SELECT content FROM read_text('${fixture.csv}'))`,
      `DESCRIBE SELECT * FROM read_text('${fixture.csv}')`,
    ],
    ...[`SELECT * FROM read_text('${fixture.out}-link/samples.csv')`],
    ...[beside, inside].flatMap((target) => [
      ...[`COPY (SELECT 1) TO '${target}'`, `EXPLAIN ANALYZE COPY (SELECT 1) TO '${target}'`, `EXPLAIN (ANALYZE, FORMAT json) COPY (SELECT 1) TO '${target}'`],
      ...[
        `EXPLAIN /* */ ANALYZE COPY (SELECT 1) TO '${target}'`,
        `/* */ EXPLAIN ANALYZE COPY (SELECT 1) TO '${target}'`,
        `EXPLAIN SELECT 1; COPY (SELECT 1) TO '${target}'`,
      ],
      ...[
        `SELECT 1; COPY (SELECT 1) TO '${target}'`,
        `SELECT 1; EXPLAIN ANALYZE COPY (SELECT 1) TO '${target}'`,
        `EXPORT DATABASE '${target}'`,
        `ATTACH '${target}'`,
      ],
      ...[`SELECT * FROM enable_profiling(save_location = '${target}', format = 'json')`, `SELECT * FROM "ENABLE_Profiling"(save_location = '${target}')`],
      ...[
        `SELECT * FROM enable_logging('QueryLog', storage = 'file', storage_path = '${target}')`,
        `SELECT (SELECT 1 FROM system.main.enable_logging(storage_path = '${target}'))`,
      ],
      `SELECT * FROM query('SELECT * FROM enable_' || 'profiling(save_location = ''${target}'')')`,
      `EXPLAIN ANALYZE SELECT * FROM enable_profiling(save_location = '${target}')`,
    ]),
    ...[
      `ATTACH ':memory:' AS m`,
      `IMPORT DATABASE '/etc'`,
      `PRAGMA import_database('/etc')`,
      'INSTALL httpfs',
      'LOAD httpfs',
      `LOAD '/tmp/x.duckdb_extension'`,
    ],
    ...[
      'SET threads = 1',
      'SET lock_configuration = false',
      'SET enable_external_access = true',
      'RESET threads',
      'PRAGMA threads = 1',
      `PRAGMA table_info('samples')`,
      'SET VARIABLE x = 1',
    ],
    ...[
      'CREATE TABLE t (a INT)',
      'CREATE VIEW samples AS SELECT 1',
      'DROP VIEW samples',
      'INSERT INTO samples VALUES (1)',
      'UPDATE samples SET id = 1',
      'DELETE FROM samples',
    ],
    ...['CALL range(3)', 'PREPARE p AS SELECT 1', 'EXECUTE p', 'BEGIN', 'CHECKPOINT', 'VACUUM', 'USE memory', 'WITH x AS (INSERT INTO t VALUES (1)) SELECT 1'],
  ]) {
    await assert.rejects(queryCommand(sql, { out: fixture.out, format: 'csv' }, never), (error) => {
      assert.ok(error instanceof UsageError, `${sql}: ${String(error)}`);
      assert.ok(error.message.length > 10 && !error.message.includes('\n'), sql);
      return true;
    });
  }
  assert.deepEqual(listed(), untouched);
  assert.ok(!existsSync(beside));
});

test('a mistake in the SQL is one line and exit 2', async () => {
  for (const [sql, line] of [
    ['SELEC 1', /^merc: syntax error at or near "SELEC"\n$/],
    ['SELECT nope FROM samples', /^merc: Binder Error: Referenced column "nope" not found[^\n]*\n$/],
    ['', /^merc: the query is empty[^\n]*\n$/],
    ['SELECT error(chr(27) || $$a\n\nb\nc$$)', /^merc: Invalid Input Error: \\x1ba b\n$/],
    ['DROP TABLE x', /^merc: DROP is refused: [^\n]*\n$/],
  ] as const) {
    const { code, stdout, stderr } = await query(sql);
    assert.match(stderr, line);
    assert.deepEqual([code, stdout], [2, '']);
  }
});

test('an output without a commit, and a folder that is none, are said in one line', async () => {
  const hidden = join(fixture.out, '..', 'commits-elsewhere');
  await rename(join(fixture.out, 'commits'), hidden);
  try {
    assert.match((await query('SELECT 1')).stderr, /^merc: .*nothing is committed there yet[^\n]*\n$/);
  } finally {
    await rename(hidden, join(fixture.out, 'commits'));
  }
  await mkdir(join(fixture.out, '..', 'empty'));
  const { code, stderr } = await merc(['query', 'SELECT 1', '--out', join(fixture.out, '..', 'empty')]);
  assert.equal(code, 2);
  assert.match(stderr, /^merc: .*no merc output there[^\n]*\n$/);
});

test('an output whose name holds wildcards is read, and by a symlink too', async () => {
  const odd = join(dirname(fixture.out), "o[u]t*'s");
  await rename(fixture.out, odd);
  try {
    assert.equal((await merc(['query', 'SELECT count(*) AS n FROM strings', '--out', odd, '--json'])).code, 0);
    await symlink(odd, join(dirname(odd), 'link'));
    const { stdout, stderr } = await merc(['query', 'SELECT count(*) AS n FROM samples', '--out', join(dirname(odd), 'link'), '--json']);
    assert.equal(stdout, '{"n":4}\n', stderr);
  } finally {
    await rename(odd, fixture.out);
  }
});

test('a reader that goes away is no error, and nothing is left in the output', async () => {
  const child = startMerc(['query', 'SELECT * FROM range(100000000)', '--out', fixture.out, '--csv']);
  child.stdout?.once('data', () => child.stdout?.destroy());
  const { code, stderr } = await ended(child);
  assert.deepEqual([code, stderr], [0, '']);
  assert.deepEqual(existsSync(join(fixture.out, '.work')) ? readdirSync(join(fixture.out, '.work')) : [], []);
});

test('values keep their digits, order and kind in JSON', async () => {
  const sql = `SELECT 18446744073709551615::UBIGINT AS u, 170141183460469231731687303715884105727::HUGEINT AS h, 1.10::DECIMAL(9,2) AS d, 0.1::DOUBLE AS f, 'nan'::DOUBLE AS n,
    TIMESTAMP '2021-09-02 18:32:59' AS t, TIMESTAMP '2021-09-02 18:32:59.5' AS t5, TIMESTAMPTZ '2021-09-02 18:32:59+02' AS z, DATE '2021-09-02' AS day, '\\x00\\xFF'::BLOB AS b,
    MAP {'10': 1, '9': 2} AS m, {'2': [NULL, 'x'], '1': true} AS s, NULL AS nothing, 1 AS u`;
  assert.equal(
    await written('json', sql),
    '{"u":18446744073709551615,"h":170141183460469231731687303715884105727,"d":1.10,"f":0.1,"n":null,"t":"2021-09-02T18:32:59","t5":"2021-09-02T18:32:59.5","z":"2021-09-02T16:32:59.000Z","day":"2021-09-02","b":"00ff","m":{"10":1,"9":2},"s":{"2":[null,"x"],"1":true},"nothing":null,"u:1":1}\n',
  );
});

test('CSV tells NULL from the empty text and quotes what needs it', async () => {
  assert.equal(await written('csv', `SELECT NULL AS a, '' AS b, 'x,"y' AS c, [1, 2] AS d, chr(10) AS "e,f"`), 'a,b,c,d,"e,f"\n,"","x,""y","[1,2]","\n"\n');
});

test('no format prints a control or bidi character on a terminal, and JSON stays the same data', async () => {
  const sql = `SELECT chr(27) || chr(8238) || chr(155) || chr(917505) || 'x' AS "a${String.fromCodePoint(0x202e)}"`;
  for (const format of ['table', 'json', 'csv'] as const) {
    const text = await written(format, sql, { isTTY: true, columns: 200 });
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u, format);
    if (format === 'json') assert.deepEqual(JSON.parse(text), { 'a\u202e': '\u001b\u202e\u009b\u{e0001}x' });
  }
});

test('a table has at most 1,000 rows and says how many more there are; the others have all', async () => {
  const sql = 'SELECT * FROM range(5000)';
  const lines = (await written('table', sql)).trimEnd().split('\n');
  assert.deepEqual([lines.length, lines.at(-1)], [1003, '(4,000 more rows, not shown: --csv or --json has all)']);
  assert.equal((await written('csv', sql)).split('\n').length, 5002);
  assert.match(await written('table', 'SELECT * FROM range(100000000)'), /\(more than 1,000,000 more rows/);
});
