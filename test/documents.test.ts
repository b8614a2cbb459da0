import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT } from '../src/core/errors.ts';
import { VIEWS } from '../src/sql/views.ts';

const readme = readFileSync('README.md', 'utf8');

test('the README has every exit code and no other', () => {
  const codes = [...readme.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  assert.deepEqual(
    codes,
    Object.values(EXIT).toSorted((a, b) => a - b),
  );
});

test('the README names every view', () => {
  const table = /\| view \|[\s\S]*?\n\n/.exec(readme)?.[0] ?? '';
  for (const view of Object.keys(VIEWS)) assert.ok(table.includes(`\`${view}\``), view);
});

test('no document or lock file names a download address, and none points outside the repository', () => {
  for (const file of [
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'docs/FEATURES.md',
    'docs/POSTGRES.md',
    'docs/RELIABILITY.md',
    'deploy/README.md',
    'package.json',
    'package-lock.json',
    'test/runtimes/package-lock.json',
  ]) {
    const text = readFileSync(file, 'utf8');
    assert.doesNotMatch(text, /"resolved":|registry\.|\.\.\/shared|\/work\//, file);
  }
});

test('every fault in docs/RELIABILITY.md names a test that there is', () => {
  const sources = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'));
  const tests = new Set(
    sources.flatMap((name) => [...readFileSync(join('test', name), 'utf8').matchAll(/^test\(\s*(['"])(.*?)\1,/gm)].map(([, , title]) => title)),
  );
  const rows = [...readFileSync('docs/RELIABILITY.md', 'utf8').matchAll(/^\| .* \| (.*) \|$/gm)]
    .map(([, title = '']) => title)
    .filter((title) => title !== 'test');
  assert.ok(rows.length > 30);
  for (const title of rows) assert.ok(tests.has(title), title);
});
