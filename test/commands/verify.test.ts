import assert from 'node:assert/strict';
import { cp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CommitRecord } from '../../src/core/commit.ts';
import { demoSet } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { merc } from '../support/merc.ts';

test('what a user can break in an output is one line that names it', async () => {
  const { samples } = await demoSet();
  await inFolder(async (folder) => {
    const out = join(folder, 'out');
    const args = ['run', samples, '--out', out];
    assert.equal((await merc(args)).code, 0);
    const record = join(out, 'commits/0001-00000.json');
    const whole = await readFile(record);
    await writeFile(record, whole.subarray(0, 100));
    for (const command of [args, ['verify', out]]) {
      const { code, stdout, stderr } = await merc(command);
      assert.equal(code, 1);
      assert.match(stdout + stderr, /0001-00000\.json: the commit record is damaged/);
    }
    await writeFile(record, whole);
    await writeFile(join(out, 'plans/0001.jsonl'), '{"plan":1,');
    const { code, stderr } = await merc(args);
    assert.deepEqual([code, /^merc: .*0001\.jsonl: the plan is damaged\n$/.test(stderr)], [1, true]);
  });
});

test('verify names a part that is altered, missing or without a commit, and a shard that is not done', async () => {
  const { samples, csv } = await demoSet();
  await inFolder(async (folder) => {
    const out = join(folder, 'out');
    assert.equal((await merc([samples, csv, out, '2'], { program: 'test/support/small-shards' })).code, 0);
    const clean = await merc(['verify', out]);
    assert.deepEqual([clean.code, /all as committed/.test(clean.stdout)], [0, true]);
    const altered = join(out, 'samples/0001-00000.parquet');
    const bytes = await readFile(altered);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await writeFile(altered, bytes);
    await rm(join(out, 'strings/0001-00001-0.parquet'));
    await cp(join(out, 'samples/0001-00002.parquet'), join(out, 'samples/0001-90000.parquet'));
    await rm(join(out, 'commits/0001-00003.json'));
    const { code, stdout } = await merc(['verify', out]);
    assert.equal(code, 1);
    assert.match(stdout, /samples\/0001-00000\.parquet: holds other bytes/);
    assert.match(stdout, /strings\/0001-00001-0\.parquet: is missing/);
    assert.match(stdout, /samples\/0001-90000\.parquet: has no commit record/);
    assert.match(stdout, /0001-00003: planned, not committed/);
  });
});

test('verify names a part cut short, labels of another dataset, a record of no plan, rows that were not planned, and a false mark', async () => {
  const { samples, csv } = await demoSet();
  await inFolder(async (folder) => {
    const out = join(folder, 'out');
    assert.equal((await merc([samples, csv, out, '2'], { program: 'test/support/small-shards' })).code, 0);
    await rm(join(out, '_SUCCESS.json'));
    assert.match((await merc(['verify', out])).stdout, /^_SUCCESS\.json: is missing: run again to finish it$/m);
    await writeFile(join(out, '_SUCCESS.json'), '{}');
    const change = async (id: string, edit: (record: CommitRecord) => unknown, as = id) => {
      const record = JSON.parse(await readFile(join(out, `commits/${id}.json`), 'utf8')) as CommitRecord;
      await writeFile(join(out, `commits/${as}.json`), JSON.stringify(edit(record)));
    };
    await change('0001-00000', (record) => ({ ...record, samples: { ...record.samples, rows: 4_000 } }));
    await change('0001-00001', (record) => ({ ...record, labels: { ...record.labels, dataset: 'other' } }));
    await change('0001-00002', (record) => ({ ...record, planHash: 'other' }));
    await change('0001-00003', (record) => record, '0001-90000');
    const cut = join(out, 'strings/0001-00004-0.parquet');
    await truncate(cut, (await readFile(cut)).length - 1);
    const { code, stdout } = await merc(['verify', out]);
    assert.equal(code, 1);
    for (const finding of [
      /^samples\/0001-00000\.parquet: has \d+ rows, committed were 4000$/m,
      /^samples\/0001-00000\.parquet: was committed with 4000 rows, planned were \d+ files$/m,
      /^samples\/0001-00001\.parquet: has the labels of another dataset: merc relabel ends what it began$/m,
      /^commits\/0001-00002\.json: is of another plan$/m,
      /^commits\/0001-90000\.json: is of a shard that no plan has$/m,
      /^strings\/0001-00004-0\.parquet: has \d+ bytes, committed were \d+$/m,
      /^_SUCCESS\.json: says that all is done, which it is not$/m,
      /: \d+ parts, 7 findings$/m,
    ])
      assert.match(stdout, finding);
  });
});
