import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openDatabase, text } from '../../src/duckdb.ts';
import { pythonFloat } from '../../src/sql/classic-line.ts';
import { merc } from '../support/merc.ts';
import { FILES, PE, digest, makeOutput, staticStrings, type Fixture } from '../support/output.ts';

let fixture: Fixture;
before(async () => {
  fixture = await makeOutput();
});
after(() => fixture.remove());

const KEYS =
  'file_name md5 sha1 sha256 imports exports file_size file_type headers headers_optional list magic entropy certificates positives sections static_strings submitted total'.split(
    ' ',
  );

async function exported(): Promise<string[]> {
  const { code, stdout, stderr } = await merc(['export', fixture.out]);
  assert.equal(code, 0, stderr);
  assert.ok(stdout.endsWith('\n'));
  return stdout.trimEnd().split('\n');
}

const lineOf = async (name: string) => (await exported()).find((line) => line.startsWith(`{"file_name":"${name}"`)) ?? assert.fail(name);

test('every sample is one line of 19 fields in their order, in plan order', async () => {
  const lines = await exported();
  const bySize = Object.entries(FILES).toSorted(([, a], [, b]) => b.length - a.length);
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { file_name: string }).file_name),
    bySize.map(([name]) => name),
  );
  for (const line of lines) assert.deepEqual(Object.keys(JSON.parse(line) as object), KEYS);
});

test('the fields of a PE are what it was made of', async () => {
  const fields = JSON.parse(await lineOf('1')) as Record<string, unknown>;
  assert.equal(fields['md5'], digest('md5', PE));
  assert.equal(fields['sha1'], digest('sha1', PE));
  assert.equal(fields['sha256'], digest('sha256', PE));
  assert.deepEqual(fields['imports'], ['CreateFileW', 'ReadFile', 'ReadFile', 'WSAStartup', 'send']);
  assert.deepEqual(fields['exports'], ['Alpha', 'Beta']);
  assert.equal(fields['file_size'], PE.length);
  assert.deepEqual(fields['headers'], { number_of_sections: 7 });
  assert.deepEqual(fields['static_strings'], staticStrings(PE));
  assert.deepEqual(
    [fields['list'], fields['positives'], fields['total'], fields['submitted'], fields['file_type']],
    ['Blacklist', 40, 70, '2018-06-24 00:00:00', 'exe'],
  );
  assert.deepEqual(fields['certificates'], []);
  assert.match(String(fields['magic']), /^PE32\+ executable \(console\) x86-64, for MS Windows/);
});

function section(name: string, raw: number, size: number, code: boolean, executable: boolean, writable: boolean): string {
  return `${JSON.stringify(name)}:{"size_of_raw_data":${raw},"misc_virtual_size":${size},"contains_code":${code},"executable":${executable},"writable":${writable}}`;
}

test('sections keep the order of their names, integers among them; the later of two of a name wins at the place of the first', async () => {
  const line = await lineOf('1');
  const expected = [
    section('.text', 512, 34, false, false, true),
    section('10', 512, 72, false, false, true),
    section('9', 0, 0, false, false, true),
    section('\u202ex\u001b[1', 0, 0, false, false, true),
  ];
  assert.ok(line.includes(`"sections":{${expected.join(',')},".edata":`), line.slice(line.indexOf('"sections"'), line.indexOf('"static_strings"')));
});

test('an integer that no double holds is written in all its digits', async () => {
  assert.match(await lineOf('1'), /"size_of_stack_reserve":9223372036854775809,/);
});

test('what is no PE has null headers and empty lists; without a row the labels are null', async () => {
  const line = await lineOf('3');
  assert.match(
    line,
    /"imports":\[\],"exports":\[\],"file_size":0,"file_type":null,"headers":null,"headers_optional":null,"list":null,"magic":"empty","entropy":0\.0,"certificates":\[\],"positives":null,"sections":\{\},"static_strings":\[\],"submitted":null,"total":null\}$/,
  );
  assert.deepEqual((JSON.parse(await lineOf('2')) as Record<string, unknown>)['static_strings'], ['just some text, "quoted"', 'and a second line']);
});

test('a file by --to holds the same bytes, appears whole, and an export that fails leaves nothing', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'merc-export-'));
  try {
    const to = join(dir, 'all.jsonl');
    assert.equal((await merc(['export', fixture.out, '--to', to])).code, 0);
    assert.deepEqual((await readFile(to, 'utf8')).trimEnd().split('\n'), await exported());
    assert.deepEqual(await readdir(dir), ['all.jsonl']);
    for (const bad of [dir, join(dir, 'nowhere', 'x.jsonl')]) {
      const { code, stderr } = await merc(['export', fixture.out, '--to', bad]);
      assert.deepEqual([code, stderr.split('\n').length], [2, 2], stderr);
    }
    assert.deepEqual(await readdir(dir), ['all.jsonl']);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test('CSV has the scalar columns and no nested one', async () => {
  const { stdout } = await merc(['export', fixture.out, '--format', 'csv']);
  const [head = '', ...rows] = stdout.trimEnd().split('\n');
  const columns = head.split(',');
  for (const column of ['sample_id', 'file_name', 'sha256', 'entropy', 'list', 'csv_user_id', 'coff_timestamp']) assert.ok(columns.includes(column), column);
  for (const column of ['sections', 'imports', 'headers', 'byte_histogram', 'problems']) assert.ok(!columns.includes(column), column);
  assert.equal(rows.length, Object.keys(FILES).length);
  assert.ok(rows.some((row) => row.includes(',2017-07-14T02:40:00,')));
});

test('a certificate has a serial of any size as digits, a repeated attribute as a list, ISO times', async () => {
  const out = await mkdtemp(join(tmpdir(), 'merc-export-'));
  const serial = '1461501637330902918203684832716283019655932542975';
  try {
    await fabricate(
      out,
      `[{subject_parts: [{name: 'C', value: 'US'}, {name: 'OU', value: 'a'}, {name: '1', value: 'x'}, {name: 'OU', value: 'b'}], issuer_parts: [{name: 'CN', value: 'Root "1"'}],
      not_before: TIMESTAMP '2021-09-02 18:32:59', not_after: NULL::TIMESTAMP, public_key: 'PUB', certificate: 'PEM', fingerprint: 'ff', serial: '${serial}', source: 'signature'}]`,
    );
    const { stdout, stderr } = await merc(['export', out]);
    assert.ok(
      stdout.includes(
        `"certificates":[{"subject":{"C":"US","OU":["a","b"],"1":"x"},"issuer":{"CN":"Root \\"1\\""},"not_before":"2021-09-02T18:32:59","not_after":null,"pub_key":"PUB","cert":"PEM","fingerprint":"ff","serial":${serial}}]`,
      ),
      stdout + stderr,
    );
    assert.match(stdout, /"entropy":8\.0,.*"static_strings":\["s0",.*"s2999"\],/);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
});

/** An output as the fixture's, of one sample with the certificates given as SQL and more strings than a chunk. */
async function fabricate(out: string, certificates: string): Promise<void> {
  for (const folder of ['plans', 'commits', 'samples', 'strings']) await mkdir(join(out, folder));
  const [plan = ''] = await readdir(join(fixture.out, 'plans'));
  await writeFile(join(out, 'plans', plan), await readFile(join(fixture.out, 'plans', plan)));
  const database = await openDatabase({ threads: 1, memoryLimit: 200e6 });
  const [sample = ''] = await readdir(join(fixture.out, 'samples'));
  await database.run(`COPY (SELECT * REPLACE (1::INTEGER AS sample_id, 8::DOUBLE AS entropy, ${certificates} AS certificates) FROM read_parquet(${text(join(fixture.out, 'samples', sample))}) LIMIT 1)
    TO ${text(join(out, 'samples', 'a.parquet'))} (FORMAT parquet)`);
  await database.run(
    `COPY (SELECT 1::INTEGER AS sample_id, i AS file_offset, 'ascii' AS encoding, 's' || i AS value FROM range(3000) r(i)) TO ${text(join(out, 'strings', 'a.parquet'))} (FORMAT parquet)`,
  );
  database.close();
  await writeFile(
    join(out, 'commits', '0001-00000.json'),
    JSON.stringify({ id: '0001-00000', samples: { name: 'samples/a.parquet' }, strings: [{ name: 'strings/a.parquet' }] }),
  );
}

test('floats are written as Python writes them', () => {
  // Each from `repr(x)` of CPython 3.11.
  for (const [value, repr] of [
    [0, '0.0'],
    [8, '8.0'],
    [0.1, '0.1'],
    [6.344361883886737, '6.344361883886737'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.5e-7, '1.5e-07'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [1.25e22, '1.25e+22'],
    [123456789.125, '123456789.125'],
    [-0, '-0.0'],
    [5e-324, '5e-324'],
  ] as const)
    assert.equal(pythonFloat(value), repr);
});
