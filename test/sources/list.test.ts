import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../src/core/errors.ts';
import { type FileList, readList } from '../../src/sources/list.ts';

async function read(list: Uint8Array | string, separator: FileList['separator'], step = Infinity): Promise<string[]> {
  const whole = typeof list === 'string' ? Buffer.from(list) : list;
  const chunks = async function* () {
    for (let at = 0; at < whole.length; at += Math.min(step, whole.length)) yield whole.subarray(at, at + step);
  };
  const paths: string[] = [];
  for await (const path of readList({ bytes: chunks(), separator })) paths.push(path);
  return paths;
}

test('lines end with LF or CRLF, the last one with neither, empty ones are passed over', async () => {
  assert.deepEqual(await read('a\r\n\nb c\n\r\nd', 'newline'), ['a', 'b c', 'd']);
  assert.deepEqual(await read('', 'newline'), []);
});

test('with NUL a path may hold any other byte', async () => {
  assert.deepEqual(await read('a\nb\0c\r\0\0last', 'nul'), ['a\nb', 'c\r', 'last']);
});

test('chunk borders do not matter', async () => {
  const list = 'first/ä\r\nsecond\r\n\r\nthird';
  for (const step of [1, 2, 3, 7]) assert.deepEqual(await read(list, 'newline', step), ['first/\u00c3\u00a4', 'second', 'third']);
});

test('bytes that are not UTF-8 go through', async () => {
  assert.deepEqual(await read(Buffer.from([0x61, 0xff, 0x0a, 0xfe]), 'newline'), ['a\u00ff', '\u00fe']);
});

test('a UTF-8 mark at the start is no part of the first line', async () => {
  assert.deepEqual(await read('\ufeffa\nb', 'newline'), ['a', 'b']);
});

test('NUL bytes in a list of lines are refused with the way out', async () => {
  await assert.rejects(read('a\0b\0', 'newline'), (error) => error instanceof UsageError && error.message.includes('add -0'));
});

test('a list without ends of paths is refused in bounded memory', async () => {
  await assert.rejects(read('a\n'.repeat(100_000), 'nul', 4096), /leave out -0/);
  await assert.rejects(read('a'.repeat(70_000), 'newline', 4096), /more than 65536 bytes/);
});
