import assert from 'node:assert/strict';
import { test } from 'node:test';
import stringWidth from 'string-width';
import { table } from '../../src/ui/table.ts';

test('numbers stand right, text left, without a width nothing is cut', () => {
  assert.equal(
    table(
      ['name', 'files', 'share'],
      [
        ['kernel32.dll', 3120, 0.5],
        ['x', 7n, null],
      ],
    ),
    ['name          files  share', '------------  -----  -----', 'kernel32.dll   3120    0.5', 'x                 7   NULL', ''].join('\n'),
  );
});

test('NULL, the text NULL, the empty text and quoted NULL differ', () => {
  const lines = table(['a'], [[null], ['NULL'], [''], ['"NULL"']])
    .split('\n')
    .slice(2, 6);
  assert.deepEqual(lines, ['NULL', '"NULL"', '', '""NULL""']);
});

test('no line is wider than the terminal, by display width', () => {
  const rows = [
    ['漢字'.repeat(40), 'e\u0301'.repeat(90), 12_345_678],
    ['\u001b[2J'.repeat(30), '👨‍👩‍👧'.repeat(30), 1],
  ];
  for (const width of [30, 47, 80, 81]) {
    const text = table(['first', 'second', 'count'], rows, { width });
    for (const line of text.split('\n')) assert.ok(stringWidth(line) <= width, `${width}: ${line}`);
    assert.match(text, /…/);
    assert.match(text, /12345678$/m);
    assert.ok(!text.includes('\u001b'));
  }
});

test('the widest column gives way first', () => {
  const text = table(['sha256', 'path'], [['a'.repeat(20), 'b'.repeat(100)]], { width: 60 });
  assert.equal(text.split('\n')[2], `${'a'.repeat(20)}  ${'b'.repeat(37)}…`);
});

test('columns that cannot stand side by side are shown one to a line', () => {
  const headers = Array.from({ length: 30 }, (_, index) => `column_${index}`);
  const text = table(headers, [headers.map((_, index) => index), headers.map(() => 'x'.repeat(200))], { width: 40 });
  const lines = text.split('\n');
  assert.equal(lines[0], 'column_0   0');
  assert.equal(lines[30], '');
  assert.equal(lines[31], `column_0   ${'x'.repeat(28)}…`);
  for (const line of lines) assert.ok(line.length <= 40);
});

test('a cell of ten million characters is cut without being laid out', () => {
  const started = performance.now();
  const text = table(['strings'], [['\u0000\u0301ab'.repeat(2_500_000)]], { width: 80 });
  assert.ok(performance.now() - started < 1_000);
  for (const line of text.split('\n')) assert.ok(stringWidth(line) <= 80);
});

test('no rows leave the headers, a short row is filled with NULL', () => {
  assert.equal(table(['a', 'b'], []), 'a  b\n-  -\n');
  assert.equal(table(['a', 'b'], [['x']]), 'a  b\n-  ----\nx  NULL\n');
});

test('line breaks and carriage returns in a cell stay on its line', () => {
  assert.equal(table(['a'], [['one\r\ntwo']]).split('\n')[2], String.raw`one\x0d\x0atwo`);
});
