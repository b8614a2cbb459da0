import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { folderOutput } from '../../src/core/output.ts';
import { BOUNDS, assertSamePlan, planFile, readHeads, readShards, writePlan, type PlanBasis, type PlanHead, type ScannedFile } from '../../src/core/plan.ts';
import type { ShardPlan } from '../../src/core/types.ts';
import { inFolder } from '../support/folder.ts';
import { file, gathered, many } from '../support/found.ts';

const basis: PlanBasis = {
  schemaVersion: 1,
  extractorVersion: '0.1.0',
  options: { classic: false, maxFileSize: 1e9, tlsh: false },
  roots: ['/data'],
  dataset: null,
};
const shardsOf = (files: readonly ScannedFile[], plan = 1, firstSampleId = 1) => [...gathered(files).shards(plan, firstSampleId, BOUNDS)];

function write(out: string, files: readonly ScannedFile[], change: Partial<PlanBasis> = {}, plan = 1, firstSampleId = 1): Promise<PlanHead> {
  return writePlan(folderOutput(out), plan, firstSampleId, { ...basis, ...change }, () => shardsOf(files, plan, firstSampleId));
}

async function collect(out: string): Promise<ShardPlan[]> {
  const shards: ShardPlan[] = [];
  for (const head of await readHeads(out)) for await (const shard of readShards(out, head)) shards.push(shard);
  return shards;
}

test('a plan that is written is read back as it was, and its hash names files and options but not roots', async () => {
  await inFolder(async (out) => {
    const files = many(2_000, 1_000_000);
    const head = await write(out, files);
    assert.deepEqual([head.files, head.bytes, head.shards], [2_000, 2e9, 2]);
    assert.deepEqual(
      await collect(out),
      shardsOf(files).map(({ line }) => JSON.parse(line) as ShardPlan),
    );
    const hashWith = async (change: Partial<PlanBasis>, other = files) => {
      let hash = '';
      await inFolder(async (folder) => void (hash = (await write(folder, other, change)).hash));
      return hash;
    };
    assert.equal(await hashWith({ roots: ['/elsewhere'] }), head.hash);
    assert.notEqual(await hashWith({ options: { classic: true, maxFileSize: 1e9, tlsh: false } }), head.hash);
    assert.notEqual(await hashWith({ schemaVersion: 2 }), head.hash);
    assert.notEqual(await hashWith({}, [...files.slice(1), file('other', 1_000_000)]), head.hash);
  });
});

test('the hash of a plan is of schema, extractor, options and lines, as it always was', async () => {
  await inFolder(async (out) => {
    const files = [file('one', 2), file('two', 1)];
    const { hash } = await write(out, files, {}, 1, 5);
    const batch = files.map((each, at) => ({ sampleId: 5 + at, ...each }));
    const lines = [[basis.schemaVersion, basis.extractorVersion, basis.options], { id: '0001-00000', batches: [batch] }];
    assert.equal(
      hash,
      createHash('sha256')
        .update(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
        .digest('hex'),
    );
  });
});

test('the first of two writers makes the plan and the second takes it', async () => {
  await inFolder(async (out) => {
    const heads = await Promise.all([write(out, many(10, 1)), write(out, many(11, 1))]);
    assert.equal(heads[0]?.hash, heads[1]?.hash);
    assert.equal((await readHeads(out)).length, 1);
  });
});

test('a plan that was altered is refused when its shards are read', async () => {
  await inFolder(async (out) => {
    await write(out, many(10, 1));
    const path = planFile(out, 1);
    const whole = await readFile(path, 'utf8');
    await writeFile(path, whole.replace('f000003', 'f000004'));
    await assert.rejects(collect(out), /altered/);
    await writeFile(path, whole);
    await appendFile(path, `${JSON.stringify({ id: '0001-00009', batches: [] })}\n`);
    await assert.rejects(collect(out), /altered/);
  });
});

test('another schema, extractor or option on the same output is refused with the flag that is meant', async () => {
  await inFolder(async (out) => {
    const head = await write(out, many(3, 1));
    assert.doesNotThrow(() => assertSamePlan(out, head, { ...basis, roots: ['/moved'] }));
    assert.throws(() => assertSamePlan(out, head, { ...basis, schemaVersion: 2 }), /schema version 1.*--out/);
    assert.throws(() => assertSamePlan(out, head, { ...basis, extractorVersion: '0.2.0' }), /merc 0\.1\.0/);
    assert.throws(() => assertSamePlan(out, head, { ...basis, options: { classic: true, maxFileSize: 1e9, tlsh: false } }), /--only.*without/);
    assert.throws(() => assertSamePlan(out, head, { ...basis, options: { classic: false, maxFileSize: 5, tlsh: false } }), /--max-file-size.*1000000000/);
  });
});

test('plans are in the order of their numbers, and the tenth thousand does not come before the ninth', async () => {
  await inFolder(async (out) => {
    for (const plan of [10_000, 9_999, 2]) await write(out, many(1, 1), {}, plan, plan * 10);
    assert.deepEqual(
      (await readHeads(out)).map(({ plan }) => plan),
      [2, 9_999, 10_000],
    );
  });
});
