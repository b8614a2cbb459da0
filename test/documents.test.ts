import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
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
    'package.json',
    'package-lock.json',
    'test/runtimes/package-lock.json',
  ]) {
    const text = readFileSync(file, 'utf8');
    assert.doesNotMatch(text, /"resolved":|registry\.|\.\.\/shared|\/work\//, file);
  }
});
