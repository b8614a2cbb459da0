import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScannedFile } from '../../src/core/plan.ts';
import { type FoundFiles, gathering } from '../../src/sources/found.ts';
import { fileName } from '../../src/sources/names.ts';

const file = (path: string, size: number, root = 0): ScannedFile => ({ root, path, size, mtime: 1_530_000_000_000 });
const pathsOf = (files: FoundFiles) => [...files].map(({ root, path }) => (root === 0 ? path : `${root}:${path}`));

function gathered(files: Iterable<ScannedFile>, limit?: number): FoundFiles {
  const all = gathering();
  for (const each of files) all.add(each);
  return all.inPlanOrder(limit);
}

test('files are ordered by size descending, then by root and path bytes and not by UTF-16 units', () => {
  // U+FF5E is EF BD 9E in UTF-8 and sorts before U+1F600 (F0 9F 98 80); as UTF-16 the emoji's D83D comes first.
  const files = gathered([file('a', 5, 1), file('b', 5), file('\u{1f600}', 5), file('\uff5e', 5), file('a', 5), file('ab', 5), file('z', 9)]);
  assert.deepEqual(pathsOf(files), ['z', 'a', 'ab', 'b', '\uff5e', '\u{1f600}', '1:a']);
  assert.deepEqual(pathsOf(files), pathsOf(files));
});

test('a file comes out as it went in, whatever its name, size and time', () => {
  const names = ['', 'new\nline', '\\xff', 'é/漢', 'n'.repeat(255), 'l'.repeat(65_536), 'a\u00ffb', '\u00fe'];
  const files = names.map((name, index) => ({ root: index, ...fileName(name), size: 2 ** 53 - 1 - index, mtime: -1.5e12 + index }));
  assert.ok(files.filter(({ pathRaw }) => pathRaw !== undefined).length >= 2);
  const found = gathered(files);
  assert.deepEqual([...found], files);
  assert.deepEqual(
    [...found.filter(({ root }) => root % 2 === 1)],
    files.filter(({ root }) => root % 2 === 1),
  );
});

test('a limit takes the first in path order, and gives them in plan order', () => {
  const files = gathered([file('c', 9), file('b', 1), file('d', 9), file('a', 0), file('a', 7, 1)], 3);
  assert.deepEqual(pathsOf(files), ['c', 'b', 'a']);
  assert.deepEqual([files.length, files.bytes], [3, 10]);
  assert.equal(gathered([file('a', 1)], 1).length, 1);
});

test('a hundred thousand files are counted, ordered and told apart across slabs', () => {
  const path = (index: number) => `folder-${index % 97}/a name of some length ${index}`;
  const files = gathered(Array.from({ length: 100_000 }, (_, index) => file(path(index), index % 1000)));
  const sorted = Array.from({ length: 100_000 }, (_, index) => ({ path: path(index), size: index % 1000 })).toSorted(
    (a, b) => b.size - a.size || (a.path < b.path ? -1 : 1),
  );
  assert.deepEqual(
    [...files].map(({ path: found, size }) => [found, size]),
    sorted.map(({ path: wanted, size }) => [wanted, size]),
  );
  assert.equal(files.bytes, 100 * 999 * 500);
});
