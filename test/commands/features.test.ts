import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { featuresPage } from '../../src/commands/features.ts';
import { openDatabase } from '../../src/duckdb.ts';
import { committedParts } from '../../src/sql/views.ts';
import { featuresText, type FeatureGroup } from '../../src/ui/feature-pages.ts';
import { makeOutput, type Fixture } from '../support/output.ts';

let fixture: Fixture;
before(async () => {
  fixture = await makeOutput();
});
after(() => fixture.remove());

const groups = () => JSON.parse(featuresPage('json')) as FeatureGroup[];

test('docs/FEATURES.md is what `merc features --markdown` prints', () => {
  assert.equal(readFileSync('docs/FEATURES.md', 'utf8'), featuresPage('markdown'), 'run `node dist/cli.js features --markdown > docs/FEATURES.md`');
});

test('the list and the Parquet have the same columns, in the same order', async () => {
  const database = await openDatabase({ threads: 1, memoryLimit: 200e6 });
  const parts = await committedParts(fixture.out, `${fixture.out}/`);
  for (const table of ['samples', 'strings'] as const) {
    const rows = await database.rows(`SELECT column_name FROM (DESCRIBE SELECT * FROM '${parts[table][0]}')`);
    const written = rows.map((row) => String(row['column_name'])).filter((column) => !column.startsWith('csv_'));
    const listed = groups()
      .filter((group) => group.table === table)
      .flatMap((group) => group.columns.map((column) => column.name));
    assert.deepEqual(listed, written);
  }
  database.close();
});

test('every column and member has a row on the page, every column a line in the text', () => {
  const page = featuresPage('markdown');
  for (const row of ['| `sections.name_raw` | BLOB |', '| `imports.functions.ordinal` | INTEGER |', '| `headers_optional.image_base` | UBIGINT |'])
    assert.ok(page.includes(row), row);
  const text = featuresText(groups(), 100);
  for (const group of groups()) for (const column of group.columns) assert.match(text, new RegExp(`^  [ *] ${column.name} `, 'm'));
  for (const line of text.split('\n')) assert.ok(line.length <= 100, line);
});
