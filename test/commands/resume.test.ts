import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { committedIds } from '../../src/core/commit.ts';
import { demoSet } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { ended, merc, startMerc } from '../support/merc.ts';
import { commitsReach, partsOf, query, samplesOf } from '../support/rows.ts';

test('one worker and two write the same bytes, in sample_id order', async () => {
  const { samples } = await demoSet();
  await inFolder(async (folder) => {
    const outs = await Promise.all(
      ['1', '2'].map(async (workers) => {
        const out = join(folder, workers);
        const { code, stderr } = await merc([samples, join(samples, '../samples.csv'), out, workers], { program: 'test/support/small-shards' });
        assert.equal(code, 0, stderr);
        return out;
      }),
    );
    const [one, two] = await Promise.all(outs.map(partsOf));
    assert.deepEqual(one, two);
    assert.ok(Object.keys(one ?? {}).length > 20);
    for (const part of await readdir(join(outs[0] ?? '', 'samples'))) {
      const ids = (await query(`SELECT sample_id FROM read_parquet('${outs[0]}/samples/${part}')`)).map((row) => Number(row['sample_id']));
      assert.deepEqual(
        ids,
        ids.toSorted((a, b) => a - b),
      );
    }
  });
});

test('a run killed at any moment and started again ends with the same parts, byte for byte', async () => {
  const { samples, csv } = await demoSet();
  await inFolder(async (folder) => {
    const argumentsFor = (out: string) => [samples, csv, out, '2'];
    const undisturbed = join(folder, 'undisturbed');
    assert.equal((await merc(argumentsFor(undisturbed), { program: 'test/support/small-shards' })).code, 0);
    const expected = await partsOf(undisturbed);
    const shards = (await readdir(join(undisturbed, 'commits'))).length;
    const out = join(folder, 'killed');
    let between = 0;
    // Fifty moments where the machine is fast enough for them: within a second of the start, or of a commit.
    const deadline = performance.now() + 45_000;
    for (let kill = 0; kill < 50 && (performance.now() < deadline || between === 0); kill++) {
      const commits = (await committedIds(out)).length;
      if (commits === shards) await rm(out, { recursive: true });
      const child = startMerc(argumentsFor(out), { program: 'test/support/small-shards' });
      const end = ended(child);
      if (kill % 2 === 0) await Promise.race([commitsReach(out, commits === shards ? 1 : commits + 1), end]);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * (kill % 2 === 0 ? 100 : 1_000)));
      child.kill('SIGKILL');
      await end;
      const left = (await committedIds(out)).length;
      if (left > 0 && left < shards) between += 1;
    }
    assert.ok(between > 0, 'no kill came between the first commit and the last');
    assert.equal((await merc(argumentsFor(out), { program: 'test/support/small-shards' })).code, 0);
    assert.deepEqual(await partsOf(out), expected);
    assert.equal((await merc(['verify', out])).code, 0);
    assert.deepEqual(await readdir(join(out, '.work')), []);
    assert.ok((await readdir(join(out, 'plans'))).every((name) => name === '0001.jsonl'));
  });
});

test('a relabel killed at any moment and called again leaves the labels of the last one called, and takes no damaged part over', async () => {
  const { samples, csv, files } = await demoSet();
  await inFolder(async (folder) => {
    const out = join(folder, 'out');
    assert.equal((await merc([samples, csv, out, '2'], { program: 'test/support/small-shards' })).code, 0);
    const before = await partsOf(out);
    const other = join(folder, 'other.csv');
    await writeFile(other, `sha256,list,tag\n${files.map(({ sha256 }) => `${sha256},Whitelist,new`).join('\n')}\n`);
    for (const delay of [350, 420, 500]) {
      const child = startMerc(['relabel', out, '--csv', other]);
      const end = ended(child);
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill('SIGKILL');
      await end;
    }
    // What a kill between a part and its record leaves: the record of one dataset, the part of another.
    assert.equal((await merc(['relabel', out, '--csv', other])).code, 0);
    const swapped = await readFile(join(out, 'samples/0001-00000.parquet'));
    assert.equal((await merc(['relabel', out, '--csv', csv])).code, 0);
    await writeFile(join(out, 'samples/0001-00000.parquet'), swapped);
    assert.equal((await merc(['verify', out])).code, 1);
    assert.equal((await merc(['relabel', out, '--csv', csv])).code, 0);
    assert.deepEqual(await partsOf(out), before);
    assert.equal((await merc(['verify', out])).code, 0);
    // Damage is no such part: it is not taken over with a record that vouches for it.
    const damaged = Buffer.from(swapped);
    damaged.fill(0xff, 4, damaged.length / 2);
    await writeFile(join(out, 'samples/0001-00000.parquet'), damaged);
    const refused = await merc(['relabel', out, '--csv', other]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^merc: \S+0001-00000\.parquet: is damaged \(.*\): remove its commit record, and a run does the shard again\n$/m);
    assert.deepEqual(await readFile(join(out, 'samples/0001-00000.parquet')), damaged);
    await rm(join(out, 'commits/0001-00000.json'));
    assert.equal((await merc([samples, csv, out, '2'], { program: 'test/support/small-shards' })).code, 0);
    assert.equal((await merc(['relabel', out, '--csv', csv])).code, 0);
    assert.deepEqual(await partsOf(out), before);
  });
});

test('running again does nothing more; new files wait for --append, which goes on with the numbers', async () => {
  const { samples, files } = await demoSet();
  await inFolder(async (folder) => {
    const [first, rest] = [files.slice(0, 6), files.slice(6, 9)];
    const copy = async (some: typeof files) => {
      for (const { name } of some) await cp(join(samples, name), join(folder, 'in', name), { preserveTimestamps: true });
    };
    await copy(first);
    const out = join(folder, 'out');
    const args = ['run', join(folder, 'in'), '--out', out];
    assert.equal((await merc(args)).code, 0);
    const before = await partsOf(out);
    assert.match((await merc(args)).stderr, /6 files committed before, 0 files to do/);
    assert.deepEqual(await partsOf(out), before);
    await copy(rest);
    assert.match((await merc(args)).stderr, /3 new files, not in this output's plan: --append/);
    assert.deepEqual(await partsOf(out), before);
    assert.equal((await merc([...args, '--append'])).code, 0);
    const rows = await samplesOf(out, 'sample_id, file_name', 'ORDER BY sample_id');
    assert.deepEqual(
      rows.map((row) => row['sample_id']),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.deepEqual(new Set(rows.slice(6).map((row) => row['file_name'])), new Set(rest.map(({ name }) => name)));
  });
});

test('a folder that has moved is found again, and another in its place is refused', async () => {
  const { samples, files } = await demoSet();
  await inFolder(async (folder) => {
    const put = async (into: string, some: typeof files) => {
      await mkdir(join(folder, into));
      for (const [i, { name }] of some.entries()) await cp(join(samples, name), join(folder, into, `${i}`));
    };
    await put('here', files.slice(0, 4));
    await put('other', files.slice(4, 8));
    const out = join(folder, 'out');
    assert.equal((await merc(['run', join(folder, 'here'), '--out', out])).code, 0);
    const expected = await partsOf(out);
    for (const name of ['commits', 'samples', 'strings']) await rm(join(out, name), { recursive: true });
    await rename(join(folder, 'here'), join(folder, 'moved'));
    const wrong = await merc(['run', join(folder, 'other'), '--out', out]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /here: the folder that .* was planned over is not here/);
    const right = await merc(['run', join(folder, 'moved'), '--out', out]);
    assert.equal(right.code, 0, right.stderr);
    // Copying kept no times, but moving did.
    assert.deepEqual(await partsOf(out), expected);
  });
});

test('a folder under another name is the same folder to --append', async () => {
  const { samples, files } = await demoSet();
  await inFolder(async (folder) => {
    await mkdir(join(folder, 'real'));
    for (const { name } of files.slice(0, 3)) await cp(join(samples, name), join(folder, 'real', name));
    await symlink('real', join(folder, 'link'));
    const out = join(folder, 'out');
    assert.equal((await merc(['run', join(folder, 'real'), '--out', out])).code, 0);
    assert.equal((await merc(['run', join(folder, 'link'), '--out', out, '--append'])).code, 0);
    assert.equal((await samplesOf(out, 'sample_id')).length, 3);
  });
});

test('a file that changed after it was planned is read as it is, and its row says so', async () => {
  const { samples, csv, files } = await demoSet();
  await inFolder(async (folder) => {
    const input = join(folder, 'in');
    await mkdir(input);
    const [grown, touched, gone] = files.filter(({ bytes }) => bytes.length > 1_000) as [(typeof files)[0], (typeof files)[0], (typeof files)[0]];
    for (const { name } of [grown, touched, gone]) await cp(join(samples, name), join(input, name), { preserveTimestamps: true });
    const out = join(folder, 'out');
    // What a run leaves that planned and was killed before its first commit.
    assert.equal((await merc(['run', input, '--csv', csv, '--out', out])).code, 0);
    for (const name of ['commits', 'samples', 'strings', '_SUCCESS.json']) await rm(join(out, name), { recursive: true, force: true });
    await writeFile(join(input, grown.name), 'x', { flag: 'a' });
    await utimes(join(input, touched.name), 1, 1);
    await rm(join(input, gone.name));
    assert.equal((await merc(['run', input, '--csv', csv, '--out', out])).code, 0);
    const rows = await samplesOf(out, "file_name, sha256, status, list_transform(problems, lambda p: p.stage || '.' || p.kind) AS kinds");
    const row = Object.fromEntries(rows.map((each) => [each['file_name'], each]));
    const kinds = (name: string) => JSON.stringify(row[name]?.['kinds']);
    assert.match(kinds(grown.name), /read\.changed/);
    assert.equal(row[grown.name]?.['sha256'], createHash('sha256').update(grown.bytes).update('x').digest('hex'));
    assert.match(kinds(touched.name), /read\.changed/);
    assert.match(kinds(gone.name), /read\.unreadable/);
    assert.deepEqual([row[gone.name]?.['status'], row[gone.name]?.['sha256']], ['failed', null]);
  });
});
