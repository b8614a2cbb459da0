import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameOf, textOf, under } from '../../src/sources/names.ts';

test('a UTF-8 name is its text', () => {
  for (const text of ['a', 'ä/漢字', 'line\nbreak', '\\xff', '\u{1f600}']) assert.equal(textOf(nameOf(text)), text);
});

test('bytes that are not UTF-8 are shown in hex', () => {
  const cases = [
    [[0x61, 0xff, 0x62], 'a\\xffb'],
    [[0xc3, 0xa9, 0xc3], 'é\\xc3'],
    [[0xed, 0xa0, 0x80], '\\xed\\xa0\\x80'],
    [[0xf0, 0x9f, 0x98, 0x80, 0xf0, 0x9f], '\u{1f600}\\xf0\\x9f'],
    [[0xc0, 0xaf], '\\xc0\\xaf'],
  ] as const;
  for (const [bytes, path] of cases) {
    assert.equal(textOf(Buffer.from(bytes).toString('latin1')), path);
  }
});

test('a name below the top of a file system has one slash', () => {
  assert.equal(under('/', 'a'), '/a');
  assert.equal(under('/a', 'b'), '/a/b');
  assert.equal(under('', 'a'), 'a');
});
