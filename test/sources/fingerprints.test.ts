import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprints } from '../../src/sources/fingerprints.ts';

test('a text is new once, however many there are, and no other is taken for it', () => {
  const seen = fingerprints();
  assert.equal(seen.has('0'), false);
  for (let index = 0; index < 20_000; index += 1) assert.equal(seen.add(`text ${index}`), true);
  for (let index = 0; index < 20_000; index += 1) {
    assert.equal(seen.has(`text ${index}`), true);
    assert.equal(seen.add(`text ${index}`), false);
    assert.equal(seen.has(`other ${index}`), false);
  }
});

test('texts that differ in one byte, or hold any byte, are different', () => {
  const seen = fingerprints();
  for (const text of ['', 'a', 'a\0', '\u00ff', '\u00fe', '\u{1f600}', 'a'.repeat(100_000)])
    assert.equal(seen.add(text), true, JSON.stringify(text.slice(0, 9)));
});
