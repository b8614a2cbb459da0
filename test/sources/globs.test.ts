import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../src/core/errors.ts';
import { wanted } from '../../src/sources/globs.ts';

test('a pattern without a slash is compared with the name, one with a slash with the path', () => {
  const { includes } = wanted({ include: ['*.exe', 'a/*.dll'] });
  for (const path of ['x.exe', 'deep/er/x.exe', 'a/x.dll', '.hidden.exe', 'two\nlines.exe']) assert.ok(includes?.(path), path);
  for (const path of ['x.dll', 'b/a/x.dll', 'a/b/x.dll', 'x.exe/y', 'X.EXE']) assert.equal(includes?.(path), false, path);
});

test('without patterns there is nothing to ask', () => {
  const { includes, excludes } = wanted({});
  assert.deepEqual({ includes, excludes }, { includes: undefined, excludes: undefined });
});

test('two stars cross folders, hidden names and newlines', () => {
  const { excludes } = wanted({ exclude: ['old/**/x', 'tmp/'] });
  for (const path of ['old/x', 'old/a/.b/x', 'old/a\nb/x', 'tmp', 'tmp/a/b']) assert.ok(excludes?.(path), path);
  for (const path of ['a/old/x', 'a/tmp/x', 'tmpx']) assert.equal(excludes?.(path), false, path);
});

test('a pattern that cannot be read is a mistake of the flag', () => {
  assert.throws(() => wanted({ include: [''] }), new UsageError('--include: the pattern is empty'));
  assert.throws(() => wanted({ exclude: ['a'.repeat(70_000)] }), UsageError);
});
