import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { finish } from '../../src/commands/finish.ts';
import { committedIds } from '../../src/core/commit.ts';
import { UsageError } from '../../src/core/errors.ts';
import { WHOLE, isOf, sliceOptions } from '../../src/core/slice.ts';
import { demoSet } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { merc } from '../support/merc.ts';
import { partsOf } from '../support/rows.ts';

const signal = new AbortController().signal;

test('slices give the same parts as one run, byte for byte, for any number of them and at the same time', async () => {
  const { samples, csv } = await demoSet();
  await inFolder(async (folder) => {
    const small = (out: string, ...more: string[]) => merc([samples, csv, out, '1', ...more], { program: 'test/support/small-shards' });
    const one = join(folder, 'one');
    assert.equal((await small(one)).code, 0);
    const expected = await partsOf(one);
    const out = join(folder, 'sliced');
    for (const of of [3, 8]) {
      // The first three begin together on an empty folder: one makes the plan, the others take it.
      const slices = Array.from({ length: of }, (_, index) => `${index}/${of}`);
      const together = await Promise.all(slices.slice(0, 3).map((slice) => small(out, slice)));
      for (const { code, stderr } of together) assert.equal(code, 0, stderr);
      for (const slice of slices.slice(3)) assert.equal((await small(out, slice)).code, 0);
      assert.deepEqual(await partsOf(out), expected, `${of} slices`);
      const { finished, missing } = await finish(out, {}, signal);
      assert.deepEqual([finished.complete, missing], [true, []]);
      assert.ok((await readdir(out)).includes('_SUCCESS.json'));
      assert.deepEqual(await readdir(join(out, '.work')), []);
      await rm(out, { recursive: true });
    }
  });
});

test('a slice does its own shards and no others, and `merc finish` names those that are missing', async () => {
  const { samples, csv } = await demoSet();
  await inFolder(async (folder) => {
    const out = join(folder, 'out');
    const { code, stdout, stderr } = await merc([samples, csv, out, '1', '1/3'], { program: 'test/support/small-shards' });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Done: slice 1\/3, \d+ files\./);
    assert.match(stdout, /merc finish .*when the other slices are done/);
    const ids = await committedIds(out);
    assert.ok(ids.length > 3);
    assert.ok(ids.every((id) => isOf({ index: 1, of: 3 }, id)));
    assert.equal((await merc(['finish', join(folder, 'none')])).code, 2);
    assert.ok(!(await readdir(folder)).includes('none'), 'asking makes nothing');
    const ended = await merc(['finish', out]);
    assert.equal(ended.code, 1);
    assert.match(ended.stdout, /shards of \d+ are not committed: 0001-00000, 0001-00002, 0001-00003/);
    assert.doesNotMatch(ended.stdout, /0001-00001/);
    assert.ok(!(await readdir(out)).includes('_SUCCESS.json'));
  });
});

test('a slice is read from its flag, or from what Kubernetes, Slurm and AWS Batch say', () => {
  const slice = (flags: Parameters<typeof sliceOptions>[0], environment: Record<string, string> = {}) => sliceOptions(flags, environment);
  assert.deepEqual(slice({}, { SLURM_ARRAY_TASK_ID: '4', SLURM_ARRAY_TASK_COUNT: '8' }), WHOLE, 'a task of an array that did not ask for a slice does all');
  assert.deepEqual(slice({ slice: '2/5' }), { index: 2, of: 5 });
  assert.deepEqual(slice({ of: '4' }, { JOB_COMPLETION_INDEX: '3' }), { index: 3, of: 4 });
  const slurm = { SLURM_ARRAY_TASK_ID: '12', SLURM_ARRAY_TASK_MIN: '10', SLURM_ARRAY_TASK_COUNT: '5' };
  assert.deepEqual(slice({ slice: 'auto' }, slurm), { index: 2, of: 5 });
  assert.deepEqual(slice({ slice: 'auto' }, { AWS_BATCH_JOB_ARRAY_INDEX: '0', AWS_BATCH_JOB_ARRAY_SIZE: '2' }), { index: 0, of: 2 });
  for (const [flags, environment, named] of [
    [{ slice: '5/5' }, {}, /--slice 5\/5/],
    [{ slice: '1-5' }, {}, /--slice 1-5/],
    [{ slice: '0/0' }, {}, /--slice 0\/0/],
    [{ slice: '1/5', of: '5' }, {}, /--of 5/],
    [{ slice: 'auto' }, {}, /none of JOB_COMPLETION_INDEX/],
    [{ slice: 'auto' }, { JOB_COMPLETION_INDEX: '1' }, /--of N/],
    [{ of: '2' }, { JOB_COMPLETION_INDEX: '2' }, /JOB_COMPLETION_INDEX/],
    [{ slice: 'auto' }, { ...slurm, SLURM_ARRAY_TASK_COUNT: '2' }, /SLURM_ARRAY_TASK_ID/],
  ] as const)
    assert.throws(
      () => slice(flags, environment),
      (error) => error instanceof UsageError && named.test(error.message),
      JSON.stringify(flags),
    );
});
