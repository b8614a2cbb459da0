import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { openDatabase, type Database } from '../../src/duckdb.ts';
import { itemsOf } from '../../src/sql/json.ts';
import { VIEWS, committedParts, viewStatements } from '../../src/sql/views.ts';
import { PE, digest, makeOutput, staticStrings, type Fixture } from '../support/output.ts';

let fixture: Fixture;
let database: Database;
before(async () => {
  fixture = await makeOutput();
  database = await openDatabase({ threads: 2, memoryLimit: 400e6 });
  await database.run(viewStatements(await committedParts(fixture.out, `${fixture.out}/`)).join('\n'));
});
after(async () => {
  database.close();
  await fixture.remove();
});

const values = async (sql: string) =>
  (await database.rows(sql)).map((row) => Object.values(row).map((value) => (typeof value === 'bigint' ? Number(value) : value)));

test('each view has the rows that the files were made of', async () => {
  assert.deepEqual(await values("SELECT name, virtual_size FROM sections WHERE file_name = '4'"), [
    ['.data', 0x300],
    ['.idata', 0x3a],
  ]);
  assert.deepEqual(await values("SELECT dll, delayed, name, ordinal FROM imports WHERE file_name IN ('1', '4') AND dll <> 'KERNEL32.dll' ORDER BY dll, name"), [
    ['WS2_32.dll', false, 'WSAStartup', 115],
    ['WS2_32.dll', false, 'send', null],
    ['other.dll', false, null, 7],
  ]);
  assert.deepEqual(await values('SELECT file_name, name FROM exports ORDER BY ordinal'), [
    ['1', 'Alpha'],
    ['1', 'Beta'],
  ]);
  assert.deepEqual((await values("SELECT value FROM strings WHERE file_name = '1' ORDER BY encoding, file_offset")).flat(), staticStrings(PE));
  assert.deepEqual(await values("SELECT file_name, stage FROM problems WHERE detail = 'empty.dll'"), [['4', 'import']]);
  assert.deepEqual((await values('SELECT missing, coalesce(id, file_name) FROM dataset_unmatched ORDER BY ALL')).map(String), ['file,999', 'row,3', 'row,4']);
  assert.deepEqual(await values('SELECT count(*), count(DISTINCT sample_id) FROM samples'), [[4, 4]]);
});

test('no two columns of a view have one name, and each row names its sample', async () => {
  for (const view of Object.keys(VIEWS)) {
    const columns = (await values(`SELECT column_name FROM (DESCRIBE ${view})`)).flat().map(String);
    assert.equal(new Set(columns).size, columns.length, view);
    assert.ok(!columns.some((column) => /(_1|:1)$/.test(column)), `${view}: ${columns.join()}`);
    for (const column of ['sample_id', 'file_name', 'sha256']) assert.ok(columns.includes(column), `${view}.${column}`);
  }
});

test('a filter on one sample reaches the scan through every view', async () => {
  const [[id] = []] = await values("SELECT sample_id FROM samples WHERE file_name = '1'");
  const strings = staticStrings(PE).length;
  for (const filter of [`sample_id = ${String(id)}`, "file_name = '1'", `sha256 = '${digest('sha256', PE)}'`]) {
    for (const view of Object.keys(VIEWS).filter((name) => name !== 'dataset_unmatched')) {
      for (const scanned of await scans(`SELECT * FROM ${view} WHERE ${filter}`))
        assert.ok([0, 1, strings].includes(scanned), `${view}, ${filter}: the scan gave ${scanned} rows`);
    }
  }
});

/** Rows that each Parquet scan of a query hands on. */
async function scans(sql: string): Promise<number[]> {
  interface Node {
    readonly operator_name?: string;
    readonly operator_cardinality?: number;
    readonly children?: readonly Node[];
  }
  const [row] = await database.rows(`EXPLAIN (ANALYZE, FORMAT json) ${sql}`);
  const found: number[] = [];
  const open: Node[] = [JSON.parse(String(row?.['explain_value'])) as Node];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.operator_name?.includes('PARQUET') === true) found.push(node.operator_cardinality ?? Number.NaN);
    open.push(...(node.children ?? []));
  }
  assert.ok(found.length > 0, sql);
  return found;
}

test('views.sql makes the same views in the output folder', async () => {
  const folder = process.cwd();
  process.chdir(fixture.out);
  const other = await openDatabase({ threads: 1, memoryLimit: 200e6 });
  try {
    await other.run(readFileSync('views.sql', 'utf8'));
    for (const view of Object.keys(VIEWS)) {
      const count = `SELECT count(*)::INTEGER AS rows FROM (SELECT * FROM ${view})`;
      assert.deepEqual(await other.rows(count), await database.rows(count), view);
    }
  } finally {
    other.close();
    process.chdir(folder);
  }
});

test('classic has the fields of a JSON line', async () => {
  const [row] = await database.rows("SELECT imports, sections, headers, static_strings FROM classic WHERE file_name = '1'");
  assert.match(String(row?.['imports']), /CreateFileW.*send/);
  assert.match(String(row?.['headers']), /number_of_sections.*7/);
  assert.equal(itemsOf(row?.['static_strings'] ?? null).join(), staticStrings(PE).join());
});
