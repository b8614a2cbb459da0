import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatCount, formatDuration, formatNoun, formatPercent, formatRate } from '../../src/ui/format.ts';

function each<T>(format: (value: T) => string, cases: readonly (readonly [T, string])[]): void {
  for (const [value, text] of cases) assert.equal(format(value), text);
}

test('bytes have three digits and a decimal unit', () => {
  each(formatBytes, [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [1_774_000_000, '1.77 GB'],
    [17_740_000, '17.7 MB'],
    [126_259_387_431, '126 GB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [9_995, '10.0 kB'],
    [99_950, '100 kB'],
    [3e21, '3000 EB'],
    [Number.NaN, '?'],
  ]);
});

test('counts have thousands separators', () => {
  each<number | bigint>(formatCount, [
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [201_549, '201,549'],
    [-1_234_567, '-1,234,567'],
    [18_446_744_073_709_551_615n, '18,446,744,073,709,551,615'],
    [Number.POSITIVE_INFINITY, '?'],
  ]);
  assert.equal(formatNoun(1, 'file'), '1 file');
  assert.equal(formatNoun(3430, 'file'), '3,430 files');
  assert.equal(formatNoun(2, 'entry', 'entries'), '2 entries');
});

test('durations show two units and carry over', () => {
  each(formatDuration, [
    [0, '0.0 s'],
    [3_240, '3.2 s'],
    [9_949, '9.9 s'],
    [9_960, '10 s'],
    [59_600, '1 min 00 s'],
    [192_000, '3 min 12 s'],
    [3_599_700, '1 h 00 min'],
    [7_500_000, '2 h 05 min'],
    [86_399_000, '1 d 00 h'],
    [266_400_000, '3 d 02 h'],
    [-5, '0.0 s'],
    [Number.POSITIVE_INFINITY, '?'],
  ]);
});

test('rates are bytes a second', () => {
  each(formatRate, [
    [118_400_000, '118 MB/s'],
    [Number.NaN, '?'],
  ]);
});

test('a percentage is whole only where it is', () => {
  const cases = [
    [0, 10, '0 %'],
    [10, 10, '100 %'],
    [351, 1000, '35.1 %'],
    [1, 1_000_000, '<0.1 %'],
    [999_999, 1_000_000, '>99.9 %'],
    [0, 0, '?'],
  ] as const;
  for (const [part, whole, text] of cases) assert.equal(formatPercent(part, whole), text);
});
