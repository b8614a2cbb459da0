import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

/** What each folder of src may import besides itself; `core` is at the bottom. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  sql: ['core', 'duckdb', 'native'],
  sources: ['core', 'native'],
  pool: ['core', 'native'],
  stores: ['core', 'sql', 'duckdb', 'native'],
  queues: ['core'],
  telemetry: ['core'],
  ui: ['core', 'commands'],
  commands: ['core', 'sources', 'pool', 'queues', 'stores', 'telemetry', 'sql', 'ui', 'duckdb', 'native'],
  duckdb: [],
  native: [],
  index: ['core', 'commands'],
  cli: ['core', 'commands', 'ui'],
};

/** Heavy packages, each with its one importer. */
const IMPORTERS: Readonly<Record<string, string>> = {
  '@duckdb/node-api': 'src/duckdb.ts',
  '#binding': 'src/native.ts',
  tinypool: 'src/pool/slot.ts',
  commander: 'src/cli.ts',
  picomatch: 'src/sources/globs.ts',
  croner: 'src/sources/schedule.ts',
  'prom-client': 'src/telemetry/metrics.ts',
  '@opentelemetry/api': 'src/telemetry/tracing.ts',
  redis: 'src/queues/connection.ts',
  pg: 'src/stores/postgres/connection.ts',
  'pg-copy-streams': 'src/stores/postgres/connection.ts',
  '@aws-sdk/client-s3': 'src/stores/s3.ts',
};

const listed = (folder: string, end: string) =>
  readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((name) => name.endsWith(end));

interface Import {
  readonly from: string;
  readonly of: string;
  readonly typeOnly: boolean;
}

const imports: readonly Import[] = listed('src', '.ts').flatMap((from) =>
  [
    ...readFileSync(from, 'utf8').matchAll(
      /(?:^|\s)(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'|(?:import|createRequire\(import\.meta\.url\))\('([^']+)'\)/g,
    ),
  ].map(([, type, named, dynamic]) => ({
    from,
    of: named ?? dynamic ?? '',
    typeOnly: type !== undefined,
  })),
);

const areaOf = (path: string) => path.split(/[/\\]/)[1]?.replace(/\.ts$/, '') ?? '';

test('imports follow cli -> commands -> {sources, pool, queues, stores, ui} -> core', () => {
  assert.ok(imports.length > 100);
  for (const { from, of, typeOnly } of imports) {
    if (!of.startsWith('.')) continue;
    const [own, other] = [areaOf(from), areaOf(normalize(join(dirname(from), of)))];
    if (own === other) continue;
    assert.ok(ALLOWED[own]?.includes(other), `${from} imports ${of}`);
    // What a view shows is typed by the command that makes it; it never calls back.
    if (own === 'ui' && other === 'commands') assert.ok(typeOnly, `${from} imports ${of} for more than its types`);
  }
});

test('each heavy package has one importer', () => {
  for (const [name, importer] of Object.entries(IMPORTERS)) {
    // Types are not there when it runs.
    const importers = new Set(
      imports.filter(({ of, from, typeOnly }) => of === name && (!typeOnly || from === importer)).map(({ from }) => from.replaceAll('\\', '/')),
    );
    assert.deepEqual([...importers], [importer], name);
  }
});

test('only ui, commands and the command line print', () => {
  for (const file of listed('src', '.ts')) {
    if (['ui', 'commands', 'cli'].includes(areaOf(file))) continue;
    assert.doesNotMatch(readFileSync(file, 'utf8'), /console\.|process\.std(out|err)/, file);
  }
});

test('no file of TypeScript has more than 300 lines and none of Rust more than 500, and half of them are short', () => {
  const median = (lengths: readonly number[]) => lengths.toSorted((a, b) => a - b)[Math.floor(lengths.length / 2)] ?? 0;
  const lengths = (files: readonly string[]) => files.map((file) => [file, readFileSync(file, 'utf8').split('\n').length] as const);
  for (const [files, most, middle] of [
    [lengths(listed('src', '.ts')), 300, 90],
    [lengths([...listed('native/core/src', '.rs'), ...listed('native/binding/src', '.rs')]), 500, 180],
  ] as const) {
    for (const [file, length] of files) assert.ok(length <= most, `${file} has ${length} lines`);
    assert.ok(median(files.map(([, length]) => length)) <= middle);
  }
});

test('the parser knows nothing of features and output, and core nothing of napi', () => {
  for (const file of listed('native/core/src', '.rs')) {
    const source = readFileSync(file, 'utf8');
    assert.doesNotMatch(source, /\bnapi\b/, file);
    if (/[/\\](pe|text|hash|asn1)[/\\]/.test(file)) assert.doesNotMatch(source, /crate::(output|features|batch|extract)/, file);
  }
});
