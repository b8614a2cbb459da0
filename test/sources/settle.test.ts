import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settling, type Settling } from '../../src/sources/settle.ts';

/** Looks at files given as `name:state`, in no time unless it is said how long. */
function look(files: Settling, now: number, names: readonly string[], listing = 0): string[] {
  const seen = (file: string) => ({ name: file.slice(0, file.indexOf(':')), state: file.slice(file.indexOf(':') + 1) });
  return files.look(names, seen, { began: now, ended: now + listing });
}

test('a file has settled when two looks the settle time apart found it the same', () => {
  const files = settling(5_000);
  assert.deepEqual(look(files, 1_000, ['a:1']), []);
  assert.equal(files.next(), 6_000);
  assert.deepEqual(look(files, 5_999, ['a:1']), []);
  assert.equal(files.next(), 6_000);
  assert.deepEqual(look(files, 6_000, ['a:1']), ['a:1']);
  assert.deepEqual([files.waiting(), files.next()], [0, undefined]);
});

test('a file that changes starts anew, and the others do not wait for it', () => {
  const files = settling(5_000);
  assert.deepEqual(look(files, 0, ['a:1', 'b:1']), []);
  assert.deepEqual(look(files, 5_000, ['a:2', 'b:1']), ['b:1']);
  assert.equal(files.next(), 10_000);
  // Back as it was before is a change too.
  assert.deepEqual(look(files, 10_000, ['a:1']), []);
  assert.deepEqual(look(files, 15_000, ['a:1']), ['a:1']);
});

test('a file that was away starts anew, and of what is away nothing is kept', () => {
  const files = settling(5_000);
  look(files, 0, ['a:1', 'b:1']);
  assert.equal(files.waiting(), 2);
  look(files, 1_000, ['b:1']);
  assert.equal(files.waiting(), 1);
  assert.deepEqual(look(files, 9_000, ['a:1', 'b:1']), ['b:1']);
  assert.deepEqual(look(files, 14_000, ['a:1']), ['a:1']);
});

test('the time between counts from the end of one look to the beginning of the other', () => {
  const files = settling(5_000);
  look(files, 0, ['a:1'], 60_000);
  // The file may have been met in the last moment of the first and in the first of this one.
  assert.deepEqual(look(files, 64_999, ['a:1'], 60_000), []);
  assert.deepEqual(look(files, 125_000, ['a:1'], 60_000), ['a:1']);
});

test('without a settle time a file is taken when it is first seen', () => {
  const files = settling(0);
  assert.deepEqual(look(files, 0, ['a:1', 'b:1']), ['a:1', 'b:1']);
  assert.equal(files.waiting(), 0);
});
