import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, link, mkdir, readFile, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDatabase, type Row } from '../../src/duckdb.ts';
import { demoSet } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { ended, merc, startMerc } from '../support/merc.ts';

async function query(sql: string): Promise<Row[]> {
  const database = await openDatabase({ threads: 1, memoryLimit: 1e9 });
  try {
    return await database.rows(sql);
  } finally {
    database.close();
  }
}

const samplesOf = (out: string, columns: string, rest = '') => query(`SELECT ${columns} FROM read_parquet('${out}/samples/*.parquet') ${rest}`);

/** SHA-256 of every part by name: what must not depend on workers, kills or time. */
async function partsOf(out: string): Promise<Record<string, string>> {
  const parts: Record<string, string> = {};
  for (const folder of ['samples', 'strings']) {
    for (const name of (await readdir(join(out, folder))).toSorted()) {
      parts[`${folder}/${name}`] = createHash('sha256')
        .update(await readFile(join(out, folder, name)))
        .digest('hex');
    }
  }
  return parts;
}

test('every file gives one row with the hashes, size and histogram of its bytes', async () => {
  const { samples, files } = await demoSet();
  await inFolder(async (folder) => {
    const out = join(folder, 'out');
    const { code, stdout, stderr } = await merc(['run', samples, '--out', out]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`^Done: ${files.length} files`));
    const rows = await samplesOf(out, 'file_name, path, md5, sha1, sha256, file_size, status, byte_histogram');
    assert.equal(rows.length, files.length);
    const byName = new Map(rows.map((row) => [String(row['file_name']), row]));
    for (const { name, bytes, md5, sha1, sha256 } of files) {
      const row = byName.get(name);
      assert.deepEqual([row?.['path'], row?.['md5'], row?.['sha1'], row?.['sha256'], Number(row?.['file_size'])], [name, md5, sha1, sha256, bytes.length]);
    }
    const counts = await samplesOf(out, 'status, count(*)::INTEGER AS files', 'GROUP BY 1 ORDER BY 1');
    assert.equal(counts.find((row) => row['status'] === 'not_pe')?.['files'], 3);
    const [sums] = await samplesOf(out, 'bool_and(list_sum(byte_histogram) = file_size) AS equal');
    assert.equal(sums?.['equal'], true);
  });
});

test('rows are joined with the dataset by sha256 first and only the misses by md5, sha1 and id', async () => {
  const { samples, files } = await demoSet();
  await inFolder(async (folder) => {
    const [a, b, c, d, e] = files.filter(({ bytes }) => bytes.length > 1_000) as [
      (typeof files)[0],
      (typeof files)[0],
      (typeof files)[0],
      (typeof files)[0],
      (typeof files)[0],
    ];
    const zero = '0'.repeat(64);
    const csv = join(folder, 'labels.csv');
    await writeFile(
      csv,
      [
        'SHA256,md5,sha1,id,list,positives,total,submitted,filetype,"family, name",year,score,version',
        `${a.sha256.toUpperCase()},,,999991,Blacklist,50,60,2018-06-24 01:02:03.5+02,exe,"emotet, a",2018,0.5,1.10`,
        `,${b.md5},,999992,Whitelist,0,60,junk,exe,,2019,1,007`,
        `,,${c.sha1},999993,Whitelist,x,60,,exe,"say ""hi""",,`,
        `,,,${d.name},Blacklist,1,60,,exe,,,2`,
        `${zero},,,${e.name},Blacklist,1,60,,exe,,,3`,
        `${a.sha256},,,999994,Whitelist,0,0,,exe,second row of one key,,4`,
        `${'1'.repeat(64)},,,999995,Whitelist,0,0,,exe,no file,,5`,
        ',,,,Whitelist,0,0,,exe,no key,,6',
      ].join('\r\n'),
    );
    const out = join(folder, 'out');
    const { code, stdout, stderr } = await merc(['run', samples, '--csv', csv, '--out', out]);
    assert.equal(code, 0, stderr);
    const rows = await samplesOf(
      out,
      'file_name, dataset_match, dataset_row::INTEGER AS row, label, positives, "csv_family, name" AS csv_family, csv_year, csv_score, csv_version, submitted, submitted_at::VARCHAR AS at',
      'WHERE dataset_match IS NOT NULL',
    );
    const found = Object.fromEntries(rows.map((row) => [row['file_name'], row]));
    assert.equal(rows.length, 5);
    assert.deepEqual(
      [a, b, c, d, e].map(({ name }) => found[name]?.['dataset_match']),
      ['sha256', 'md5', 'sha1', 'id', 'id_hash_differs'],
    );
    assert.deepEqual(
      { ...found[a.name] },
      {
        file_name: a.name,
        dataset_match: 'sha256',
        row: 1,
        label: true,
        positives: 50,
        csv_family: 'emotet, a',
        csv_year: 2018n,
        csv_score: 0.5,
        csv_version: '1.10',
        submitted: '2018-06-24 01:02:03.5+02',
        at: '2018-06-24 01:02:03',
      },
    );
    assert.equal(found[b.name]?.['csv_version'], '007');
    assert.deepEqual([found[b.name]?.['at'], found[c.name]?.['positives'], found[c.name]?.['csv_family']], [null, null, 'say "hi"']);
    assert.match(stdout, /1 row with a repeated key/);
    assert.match(stdout, /1 row without a file/);
    assert.match(stdout, /1 row without a key, left out/);
    assert.match(stdout, new RegExp(`${files.length - 5} files without a row`));
  });
});

test('the dataset is read quoted or not, with LF or CRLF, tabs, a byte order mark, or as Parquet', async (t) => {
  const { samples, files } = await demoSet();
  const some = files.slice(0, 10);
  const table = (mark: string, end: string, quote: string) =>
    [['id', 'sha256', 'list', 'imphash'], ...some.map(({ name, sha256 }) => [name, sha256, 'Blacklist', ''])]
      .map((row) => row.map((cell) => quote + cell + quote).join(mark))
      .join(end) + end;
  for (const [kind, text] of Object.entries({
    'plain.csv': table(',', '\n', ''),
    'quoted.csv': table(',', '\n', '"'),
    'crlf.csv': table(',', '\r\n', '"'),
    'plain-crlf.csv': table(',', '\r\n', ''),
    'tabs.tsv': table('\t', '\n', ''),
    'bom.csv': `\u{feff}${table(',', '\n', '"')}`,
    'parquet.parquet': '',
  })) {
    await t.test(kind, async () => {
      await inFolder(async (folder) => {
        const csv = join(folder, kind);
        if (text === '')
          await query(
            `COPY (SELECT * FROM (VALUES ${some.map(({ name, sha256 }) => `(${name}, '${sha256}', 'Blacklist', NULL)`).join()}) t(id, sha256, list, imphash)) TO '${csv}' (FORMAT parquet)`,
          );
        else await writeFile(csv, text);
        const out = join(folder, 'out');
        const { code, stderr } = await merc(['run', samples, '--csv', csv, '--out', out, '--quiet']);
        assert.equal(code, 0, stderr);
        const expected = some.map(({ name }) => name).toSorted();
        const rows = await samplesOf(out, 'file_name, label, typeof(id) AS type, csv_imphash', 'WHERE dataset_match IS NOT NULL');
        assert.deepEqual(rows.map((row) => String(row['file_name'])).toSorted(), expected);
        assert.ok(rows.every((row) => row['label'] === true && row['type'] === 'BIGINT' && row['csv_imphash'] === null));
      });
    });
  }
});

test('a line of the dataset that cannot be read is counted, and a short one is taken as far as it goes', async () => {
  const { samples, files } = await demoSet();
  await inFolder(async (folder) => {
    const [a, b, c] = files as [(typeof files)[0], (typeof files)[0], (typeof files)[0]];
    const csv = join(folder, 'ragged.csv');
    await writeFile(csv, `sha256,list,family\n${a.sha256},Blacklist\n${b.sha256},Whitelist,x,too,many\n${c.sha256},Blacklist,"two\nlines"\n`);
    const { code, stdout } = await merc(['run', samples, '--csv', csv, '--out', join(folder, 'out')]);
    assert.equal(code, 0);
    assert.match(stdout, /matched 2 by sha256/);
    assert.match(stdout, /1 line that could not be read/);
    const rows = await samplesOf(join(folder, 'out'), 'csv_family', 'WHERE dataset_match IS NOT NULL ORDER BY csv_family NULLS FIRST');
    assert.deepEqual(
      rows.map((row) => row['csv_family']),
      [null, 'two\nlines'],
    );
  });
});

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
    for (let commits = 0; commits < shards; commits += 2) {
      const child = startMerc(argumentsFor(out), { program: 'test/support/small-shards' });
      const end = ended(child);
      await Promise.race([commitsReach(out, commits), end]);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      child.kill('SIGKILL');
      const left = (await end).signal === 'SIGKILL' ? (await readdir(join(out, 'commits')).catch(() => [])).length : shards;
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

test('a relabel killed at any moment and called again leaves the labels of the last one called', async () => {
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

test('a worker that is killed ends the run with one line, and the next run does the rest', async () => {
  const { samples, csv } = await demoSet();
  await inFolder(async (folder) => {
    const out = join(folder, 'out');
    const child = startMerc([samples, csv, out, '1'], { program: 'test/support/small-shards' });
    const end = ended(child);
    await commitsReach(out, 1);
    const workers = spawnSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' })
      .stdout.split('\n')
      .filter(Boolean);
    for (const worker of workers) process.kill(Number(worker), 'SIGKILL');
    const { code, stderr } = await end;
    if (workers.length > 0 && code !== 0) {
      assert.equal(code, 1);
      assert.match(stderr, /^merc: shard 0001-\d+: /m);
      assert.doesNotMatch(stderr, /Unhandled|bug in merc/);
    }
    assert.equal((await merc([samples, csv, out, '1'], { program: 'test/support/small-shards' })).code, 0);
    assert.equal((await merc(['verify', out])).code, 0);
  });
});

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

test('relabel gives committed samples the labels of another dataset and leaves the rest as it was', async () => {
  const { samples, csv, files } = await demoSet();
  await inFolder(async (folder) => {
    const out = join(folder, 'out');
    assert.equal((await merc(['run', samples, '--csv', csv, '--out', out])).code, 0);
    const rest =
      'SELECT * EXCLUDE (dataset_row, id, list, label, positives, total, submitted, submitted_at, file_type, dataset_match, csv_user_id, csv_length, csv_entropy)';
    const before = await query(`SELECT md5(string_agg(t::VARCHAR, '')) AS hash FROM (${rest} FROM read_parquet('${out}/samples/*.parquet')) t`);
    const other = join(folder, 'other.csv');
    await writeFile(other, `sha256,list,tag\n${files.map(({ sha256 }) => `${sha256},Whitelist,new`).join('\n')}\n`);
    const changed = await merc(['run', samples, '--csv', other, '--out', out]);
    assert.match(changed.stderr, /is not the dataset that .* was made with.*relabel/);
    const { code, stdout } = await merc(['relabel', out, '--csv', other]);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`matched ${files.length} by sha256`));
    const rows = await samplesOf(out, 'DISTINCT list, label, csv_tag');
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      [{ list: 'Whitelist', label: false, csv_tag: 'new' }],
    );
    const after = await query(
      `SELECT md5(string_agg(t::VARCHAR, '')) AS hash FROM (SELECT * EXCLUDE (dataset_row, id, list, label, positives, total, submitted, submitted_at, file_type, dataset_match, csv_tag) FROM read_parquet('${out}/samples/*.parquet')) t`,
    );
    assert.deepEqual(after, before);
    assert.equal((await merc(['verify', out])).code, 0);
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

test('bad usage is one line that names the flag or file, and exit code 2', async (t) => {
  const { samples } = await demoSet();
  await inFolder(async (folder) => {
    await mkdir(join(folder, 'foreign'));
    await writeFile(join(folder, 'foreign/letter.txt'), 'dear');
    await writeFile(join(folder, 'nokeys.csv'), 'name,list\nx,Blacklist\n');
    await writeFile(join(folder, 'file'), '');
    await mkdir(join(folder, 'empty'));
    const out = join(folder, 'out');
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['run'], /PATH is missing/],
      [['run', join(folder, 'nope'), '--out', out], /nope: no such file or folder/],
      [['run', join(folder, 'empty'), '--out', out], /empty: holds no file/],
      [['run', samples, '--csv', join(folder, 'nope.csv'), '--out', out], /--csv .*nope\.csv: no such file/],
      [['run', samples, '--csv', join(folder, 'nokeys.csv'), '--out', out], /--csv .*nokeys\.csv: none of its columns is id, sha256, md5 or sha1/],
      [['run', samples, '--workers', '0', '--out', out], /--workers 0: a whole number/],
      [['run', samples, '--workers', 'two', '--out', out], /--workers two: a whole number/],
      [['run', samples, '--limit', '-1', '--out', out], /--limit/],
      [['run', samples, '--only', 'some', '--out', out], /--only some/],
      [['run', samples, '--max-file-size', 'big', '--out', out], /--max-file-size big/],
      [['run', samples, '--out', join(folder, 'foreign')], /--out .*foreign: holds letter\.txt/],
      [['run', samples, '--out', join(folder, 'file')], /--out .*file: cannot be written/],
      [['run', samples, '--no-such-flag'], /--no-such-flag/],
      [['run', '--files-from', join(folder, 'nope.txt'), '--out', out], /--files-from .*nope\.txt/],
      [['verify', join(folder, 'empty')], /empty: no merc output/],
      [['relabel', join(folder, 'empty'), '--csv', join(folder, 'nokeys.csv')], /empty: no merc output/],
      [['frobnicate'], /frobnicate/],
    ];
    for (const [args, message] of cases) {
      await t.test(args.join(' ').replaceAll(folder, ''), async () => {
        const { code, stdout, stderr } = await merc(args, { cwd: folder });
        assert.equal(code, 2, stderr);
        assert.match(stderr, message);
        assert.match(stderr, /^merc: .*\n(\(.*\)\n)?$/);
        assert.equal(stdout, '');
      });
    }
  });
});

test('no room for the output is said before anything starts', async (t) => {
  const { samples } = await demoSet();
  await inFolder(async (folder) => {
    const small = join(folder, 'small');
    await mkdir(small);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', small]).status !== 0) return t.skip('no right to mount a small file system');
    try {
      const { code, stderr } = await merc(['run', samples, '--out', join(small, 'out')]);
      assert.equal(code, 2);
      assert.match(stderr, /^merc: --out .*: .* of input need up to .* there, .* free: free some or name another folder\n$/);
      assert.deepEqual(await readdir(join(small, 'out/samples')).catch(() => []), []);
    } finally {
      spawnSync('umount', [small]);
    }
  });
});

test('an output made otherwise is refused with the way out', async () => {
  const { samples } = await demoSet();
  await inFolder(async (folder) => {
    const args = ['run', samples, '--out', join(folder, 'out'), '--limit', '3'];
    assert.equal((await merc(args)).code, 0);
    const { code, stderr } = await merc([...args, '--only', 'classic']);
    assert.equal(code, 2);
    assert.match(stderr, /^merc: --only: .* was made without --only classic: use another --out/);
  });
});

test('--only classic keeps the columns of the classic system', async () => {
  const { samples } = await demoSet();
  await inFolder(async (folder) => {
    const out = join(folder, 'out');
    assert.equal((await merc(['run', samples, '--out', out, '--limit', '5', '--only', 'classic'])).code, 0);
    const columns = (await query(`SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet('${out}/samples/*.parquet'))`)).map((row) => row['column_name']);
    for (const kept of ['sha256', 'magic', 'sections', 'imports', 'certificates', 'list', 'positives']) assert.ok(columns.includes(kept), kept);
    for (const left of ['byte_histogram', 'dos_header', 'data_directories']) assert.ok(!columns.includes(left), left);
  });
});

test('include, exclude, single files, lists and links decide what is taken', async () => {
  const { samples, files } = await demoSet();
  await inFolder(async (folder) => {
    const input = join(folder, 'in');
    await mkdir(join(input, 'sub'), { recursive: true });
    const names = ['a.exe', 'b.dll', 'sub/c.exe'];
    for (const [i, name] of names.entries())
      await link(join(samples, files[i]?.name ?? ''), join(input, name)).catch(() => cp(join(samples, files[i]?.name ?? ''), join(input, name)));
    await symlink(input, join(input, 'sub/loop'));
    await writeFile(join(input, 'samples.csv'), 'id,list\n1,Blacklist\n');
    await writeFile(join(input, 'samples-augmented.csv'), 'id,list\n1,Blacklist\n');
    const taken = async (args: readonly string[], text = '') => {
      const out = join(folder, `out${Math.random()}`);
      const { code, stderr } = await merc(['run', ...args, '--out', out], { input: text, cwd: input });
      assert.equal(code, 0, stderr);
      return (await samplesOf(out, 'path', 'ORDER BY path')).map((row) => row['path']);
    };
    assert.deepEqual(await taken(['.']), names);
    assert.deepEqual(await taken(['.', '--include', '*.exe']), ['a.exe', 'sub/c.exe']);
    assert.deepEqual(await taken(['.', '--exclude', 'sub/**']), ['a.exe', 'b.dll']);
    assert.deepEqual(await taken(['b.dll']), ['b.dll']);
    assert.deepEqual(await taken(['--files-from', '-'], 'a.exe\nsub/c.exe\n'), ['a.exe', 'sub/c.exe']);
    assert.deepEqual(await taken(['--files-from', '-', '-0'], 'b.dll\0'), ['b.dll']);
  });
});

test('--dry-run says what would be done and writes nothing', async () => {
  const { samples, csv, files } = await demoSet();
  await inFolder(async (folder) => {
    const { code, stdout } = await merc(['run', samples, '--out', join(folder, 'out'), '--dry-run']);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`would extract ${files.length} files, .* in 1 shard`));
    assert.ok(stdout.includes(csv));
    assert.deepEqual(await readdir(folder), []);
  });
});

test('broken files are rows and exit 0, and exit 1 with --strict', async () => {
  const { samples, files } = await demoSet();
  await inFolder(async (folder) => {
    const whole = files.find(({ bytes }) => bytes.length > 100_000);
    await mkdir(join(folder, 'in'));
    await cp(join(samples, whole?.name ?? ''), join(folder, 'in/whole'));
    assert.equal((await merc(['run', join(folder, 'in'), '--out', join(folder, 'whole'), '--strict'])).code, 0);
    await writeFile(join(folder, 'list'), 'in/whole\nin/gone\n');
    const args = ['run', '--files-from', 'list', '--out'];
    assert.equal((await merc([...args, 'lax'], { cwd: folder })).code, 0);
    assert.equal((await merc([...args, 'strict', '--strict'], { cwd: folder })).code, 1);
  });
});

test('SIGINT and SIGTERM stop a run with 130 and 143, keep what is committed, and say how to resume', async () => {
  const { samples, csv } = await demoSet();
  await inFolder(async (folder) => {
    const input = join(folder, 'in');
    // Enough work that the signal comes in the middle: 20 copies of the set, each a folder of its own.
    for (let i = 0; i < 20; i++) {
      await mkdir(join(input, `copy${i}`), { recursive: true });
      for (const name of await readdir(samples))
        await link(join(samples, name), join(input, `copy${i}`, name)).catch(() => cp(join(samples, name), join(input, `copy${i}`, name)));
    }
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const out = join(folder, signal);
      const child = startMerc([input, csv, out, '2'], { program: 'test/support/small-shards' });
      const end = ended(child);
      const commits = await commitsReach(out, 2);
      process.kill(-(child.pid ?? 0), signal);
      const outcome = await end;
      assert.equal(outcome.code, code, outcome.stderr);
      assert.match(outcome.stdout, /^Interrupted: [\d,]+ of 1,840 files committed, nothing half-done/);
      assert.match(outcome.stdout, /next +the same command again/);
      assert.doesNotMatch(outcome.stderr, /bug in merc|at .*\.(js|ts):/);
      // The group is empty: no worker outlives the run.
      assert.throws(() => process.kill(-(child.pid ?? 0), 0), /ESRCH/);
      const after = (await readdir(join(out, 'commits'))).length;
      assert.ok(after >= commits && after < 150, `${after} commits`);
      const [row] = await query(`SELECT count(*)::INTEGER AS rows FROM read_parquet('${out}/samples/*.parquet')`);
      assert.ok(Number(row?.['rows']) > 0);
      assert.match(await readFile(join(out, 'views.sql'), 'utf8'), /CREATE OR REPLACE VIEW samples/);
      assert.deepEqual((await readdir(out)).includes('_SUCCESS.json'), false);
    }
  });
});

/** Waits until an output has that many commit records, and says how many it has. */
async function commitsReach(out: string, wanted: number): Promise<number> {
  for (;;) {
    const commits = (await readdir(join(out, 'commits')).catch(() => [])).length;
    if (commits >= wanted) return commits;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('a hostile name or label reaches no terminal as it is', async () => {
  const { samples, files } = await demoSet();
  await inFolder(async (folder) => {
    const name = 'a\u001b[31m\u202e.exe';
    const hostile = /[\u001b\u202e]/u;
    const missing = await merc(['run', join(folder, name), '--out', join(folder, 'out')]);
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /\\x1b\[31m\\u\{202e\}/);
    await mkdir(join(folder, 'in'));
    await cp(join(samples, files[0]?.name ?? ''), join(folder, 'in', name));
    await symlink('nowhere', join(folder, 'in', `${name}.link`));
    await writeFile(join(folder, 'x.csv'), `sha256,list\n${files[0]?.sha256},"\u001b[31mred\u202e"\n`);
    const run = await merc(['run', join(folder, 'in'), '--csv', join(folder, 'x.csv'), '--out', join(folder, name)]);
    assert.equal(run.code, 0);
    assert.match(run.stderr, /skipped .*link/);
    const verify = await merc(['verify', join(folder, name)]);
    const show = await merc(['show', join(folder, 'in', name)]);
    for (const { stdout, stderr } of [missing, run, verify, show]) assert.ok(!hostile.test(stdout + stderr));
  });
});

test('--version --json names runtime, addon and CPU path', async () => {
  const { code, stdout } = await merc(['--version', '--json']);
  assert.equal(code, 0);
  const about = JSON.parse(stdout) as Record<string, unknown>;
  assert.match(String(about['runtime']), 'Deno' in globalThis ? /^deno/ : 'Bun' in globalThis ? /^bun/ : /^node/);
  assert.deepEqual(Object.keys(about), ['merc', 'schema', 'runtime', 'platform', 'cpu_path']);
});
