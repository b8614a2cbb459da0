import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BOUNDS, type ScannedFile } from '../../src/core/plan.ts';
import type { ShardPlan } from '../../src/core/types.ts';
import { type FoundFiles, gathering } from '../../src/sources/found.ts';
import { file, gathered, many } from '../support/found.ts';

const pathsOf = (files: FoundFiles) => [...files].map(({ root, path }) => (root === 0 ? path : `${root}:${path}`));

function shardsOf(files: readonly ScannedFile[], plan = 1, firstSampleId = 1): ShardPlan[] {
  return [...gathered(files).shards(plan, firstSampleId, BOUNDS)].map(({ line }) => JSON.parse(line) as ShardPlan);
}

test('files are ordered by size descending, then by root and path bytes and not by UTF-16 units', () => {
  // U+FF5E is EF BD 9E in UTF-8 and sorts before U+1F600 (F0 9F 98 80); as UTF-16 the emoji's D83D comes first.
  const files = gathered([file('a', 5, 1), file('b', 5), file('\u{1f600}', 5), file('\uff5e', 5), file('a', 5), file('ab', 5), file('z', 9)]);
  assert.deepEqual(pathsOf(files), ['z', 'a', 'ab', 'b', '\uff5e', '\u{1f600}', '1:a']);
  assert.deepEqual(pathsOf(files), pathsOf(files));
});

/** Files with odd names, and one that is not UTF-8, in the order of a plan. */
function oddFiles(): ScannedFile[] {
  const texts = ['', 'new\nline', '\0', '\\xff', '"\u2028\u007f', 'é/漢', 'n'.repeat(255), 'l'.repeat(65_536)].map((path) => ({ path }));
  const raw = { path: 'a\\xffb', pathRaw: Buffer.from([0x61, 0xff, 0x62]).toString('base64') };
  return [...texts, raw].map((name, root) => ({ root, ...name, size: 2 ** 53 - 1 - root, mtime: -1.5e12 + root }));
}

test('a file comes out as it went in, whatever its name, size and time', () => {
  const files = oddFiles();
  const found = gathered(files);
  assert.deepEqual([...found], files);
  assert.deepEqual(
    [...found.filter(({ root }) => root % 2 === 1)],
    files.filter(({ root }) => root % 2 === 1),
  );
});

test('the line of a shard is the JSON of its files, whatever their names', () => {
  const files = oddFiles();
  const batches = files.map((each, at) => [{ sampleId: 7 + at, ...each }]);
  const lines = [...gathered(files).shards(12, 7, BOUNDS)].map(({ line }) => line);
  assert.deepEqual(
    lines,
    batches.map((batch, at) => JSON.stringify({ id: `0012-0000${at}`, batches: [batch] })),
  );
});

test('found files that nobody holds any more are let go, though they lie beside the heap', async (t) => {
  if ('Deno' in globalThis) {
    t.skip('Deno takes no notice of memory that it is told of');
    return;
  }
  const names = Buffer.from(Array.from({ length: 1_000 }, (_, i) => `a file whose name has an ordinary length ${i}`).join('\0'));
  const stats = new Float64Array(2_000).fill(1);
  const before = process.memoryUsage.rss();
  let most = 0;
  // Each 16 MB.
  for (let look = 0; look < 30; look += 1) {
    const all = gathering();
    for (let folder = 0; folder < 200; folder += 1) all.addNames(folder, '', { names, stats });
    assert.equal(all.inPlanOrder().length, 200_000);
    most = Math.max(most, process.memoryUsage.rss() - before);
    await new Promise(setImmediate);
  }
  assert.ok(most < 250e6, `${most} bytes`);
});

test('a limit takes the first in path order, and gives them in plan order', () => {
  const files = gathered([file('c', 9), file('b', 1), file('d', 9), file('a', 0), file('a', 7, 1)], 3);
  assert.deepEqual(pathsOf(files), ['c', 'b', 'a']);
  assert.deepEqual([files.length, files.bytes], [3, 10]);
  assert.equal(gathered([file('a', 1)], 1).length, 1);
});

test('names of a folder are taken with what is known of them, and without it left out', () => {
  const all = gathering();
  all.addNames(3, 'a/b', { names: Buffer.from('x\0not a file\0y'), stats: Float64Array.of(1, 2, NaN, NaN, 3, 4) });
  all.addNames(0, '', { names: Buffer.from('top'), stats: Float64Array.of(5, 6) });
  assert.equal(all.length, 3);
  assert.deepEqual(
    [...all.inPlanOrder()],
    [
      { root: 0, path: 'top', size: 5, mtime: 6 },
      { root: 3, path: 'a/b/y', size: 3, mtime: 4 },
      { root: 3, path: 'a/b/x', size: 1, mtime: 2 },
    ],
  );
});

test('a hundred thousand files are counted, ordered and told apart', () => {
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

test('a batch holds at most 96 MB and 512 files, a shard at most 1 GB and 4,096 files', () => {
  for (const files of [many(10_000, 10), many(300, 7_000_000), many(50, 90_000_000)]) {
    for (const shard of shardsOf(files)) {
      const sizes = shard.batches.map((batch) => batch.reduce((sum, { size }) => sum + size, 0));
      assert.ok(sizes.every((size) => size <= BOUNDS.batchBytes));
      assert.ok(shard.batches.every((batch) => batch.length > 0 && batch.length <= BOUNDS.batchFiles));
      assert.ok(sizes.reduce((a, b) => a + b) <= BOUNDS.shardBytes);
      assert.ok(shard.batches.flat().length <= BOUNDS.shardFiles);
    }
  }
  assert.equal(shardsOf(many(10_000, 10)).length, 3);
});

test('a file larger than a bound is a batch, and a shard, by itself', () => {
  const shards = shardsOf([file('huge', 3e9), file('large', 2e8), file('small', 10)]);
  assert.deepEqual(
    shards.map(({ id, batches }) => [id, batches.map((batch) => batch.map(({ path }) => path))]),
    [
      ['0001-00000', [['huge']]],
      ['0001-00001', [['large'], ['small']]],
    ],
  );
});

test('every file is planned once, with ids that ascend without a gap', () => {
  const refs = shardsOf(many(9_999, 300_000), 2, 101).flatMap((shard) => shard.batches.flat());
  assert.deepEqual(
    refs.map(({ sampleId }) => sampleId),
    Array.from({ length: 9_999 }, (_, i) => 101 + i),
  );
  assert.equal(new Set(refs.map(({ path }) => path)).size, 9_999);
});

test('a shard says what is in it', () => {
  for (const { line, batches, files, bytes } of gathered(many(9_999, 300_000)).shards(1, 1, BOUNDS)) {
    const shard = JSON.parse(line) as ShardPlan;
    assert.equal(JSON.stringify(shard), line);
    const sizes = shard.batches.flat().map(({ size }) => size);
    assert.deepEqual([batches, files, bytes], [shard.batches.length, sizes.length, sizes.reduce((a, b) => a + b)]);
  }
});
