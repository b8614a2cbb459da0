import assert from 'node:assert/strict';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
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
