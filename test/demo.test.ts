// The demo set is made whole, once, and never over anything that is not the demo set. Every other test
// that reads samples relies on it.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDemo } from '../demo/make.ts';
import { dosProgram, tinyPe } from '../demo/odd.ts';

async function scratch(t: { after: (fn: () => Promise<void>) => void }): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'merc-demo-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

test('two calls at once make one whole set and leave nothing else', async (t) => {
  const dir = await scratch(t);
  const [one, two] = await Promise.all([makeDemo(dir), makeDemo(dir)]);
  assert.deepEqual(one, two);
  assert.equal(one.files, 114);
  assert.equal((await readdir(one.samples)).length, 114);
  assert.deepEqual((await readdir(dir)).toSorted(), ['samples', 'samples.csv']);
});

test('a second call writes nothing', async (t) => {
  const dir = await scratch(t);
  const { samples, csv } = await makeDemo(dir);
  const before = await Promise.all([samples, csv].map(async (path) => (await stat(path)).mtimeMs));
  await makeDemo(dir);
  assert.deepEqual(await Promise.all([samples, csv].map(async (path) => (await stat(path)).mtimeMs)), before);
});

test('a samples folder that holds anything else is refused and kept', async (t) => {
  const dir = await scratch(t);
  const { samples } = await makeDemo(dir);
  await writeFile(join(samples, '4711'), 'mine');
  await assert.rejects(makeDemo(dir), /is not this version's demo set/u);
  assert.equal(await readFile(join(samples, '4711'), 'utf8'), 'mine');
});

test('the CSV has four files without a row, three rows without a file, one wrong hash and one repeated key', async (t) => {
  const { samples, csv } = await makeDemo(await scratch(t));
  const ids = new Set(await readdir(samples));
  const [header, ...lines] = (await readFile(csv, 'utf8')).trimEnd().split('\n');
  assert.equal(header, '"id","md5","sha1","sha256","total","positives","list","filetype","submitted","user_id","length","entropy"');
  const rows = lines.map((line) => line.slice(1, -1).split('","'));
  const keys = rows.map(([id = '']) => id);
  assert.deepEqual(
    keys.filter((id) => !ids.has(id)),
    ['900001', '900002', '900003'],
  );
  assert.equal([...ids].filter((id) => !keys.includes(id)).length, 4);
  assert.equal(keys.length - new Set(keys).size, 1);
  const wrong: string[] = [];
  for (const [id = '', , , sha256] of rows.filter(([key = '']) => ids.has(key))) {
    const bytes = await readFile(join(samples, id));
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) wrong.push(id);
  }
  assert.equal(wrong.length, 1);
});

test('the tiny PE has 97 bytes and its PE header at 4, the DOS program has none', () => {
  assert.equal(tinyPe().length, 97);
  assert.equal(tinyPe().readUInt32LE(60), 4);
  assert.equal(tinyPe().toString('latin1', 4, 8), 'PE\0\0');
  assert.equal(dosProgram().toString('hex', dosProgram().readUInt16LE(8) * 16), 'b44ccd21');
});
