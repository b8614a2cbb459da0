import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { demoSet } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { merc } from '../support/merc.ts';
import { query, samplesOf } from '../support/rows.ts';

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

test('columns of the dataset may have any names, those of merc and empty ones too', async (t) => {
  const { samples, files } = await demoSet();
  const [{ sha256 } = { sha256: '' }] = files;
  for (const kind of ['any.csv', 'any.parquet']) {
    await t.test(kind, async () => {
      await inFolder(async (folder) => {
        const csv = join(folder, kind);
        if (kind.endsWith('.csv')) await writeFile(csv, `"sha256","dataset_row","raw_1","","say ""hi""",column_4,Raw_1\n${sha256},9,b,c,d,e,f\n`);
        else
          await query(
            `COPY (SELECT '${sha256}' AS sha256, 9 AS dataset_row, 'b' AS raw_1, 'c' AS column_5, 'd' AS "say ""hi""", 'e' AS column_4, 'f' AS " raw_1 ") TO '${csv}' (FORMAT parquet)`,
          );
        const out = join(folder, 'out');
        const { code, stderr } = await merc(['run', samples, '--csv', csv, '--out', out, '--quiet']);
        assert.equal(code, 0, stderr);
        const [labels] = await samplesOf(out, "dataset_row, COLUMNS('csv_.*')", 'WHERE dataset_match IS NOT NULL');
        const own = { csv_dataset_row: 9n, csv_raw_1: 'b', csv_column_5: 'c', 'csv_say "hi"': 'd', csv_column_4: 'e', csv_column_7: 'f' };
        assert.deepEqual({ ...labels }, { dataset_row: 1n, ...own });
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

test('a line is broken wherever it is: in a column that merc knows, in one that it does not, in the key', async () => {
  const { samples, files } = await demoSet();
  await inFolder(async (folder) => {
    const csv = join(folder, 'broken.csv');
    const keys = files.slice(0, 4).map(({ sha256 }) => sha256);
    const cells = keys.map((key, at) => [key, 'Blacklist', 'exe', `note ${at}`].map((cell, column) => (column === [2, 3, 0][at] ? `\u00ff${cell}` : cell)));
    // One byte a character: what is no ASCII is no UTF-8 either.
    await writeFile(csv, `sha256,list,filetype,note\n${cells.map((row) => row.join()).join('\n')}\n`, 'latin1');
    const { code, stdout } = await merc(['run', samples, '--csv', csv, '--out', join(folder, 'out')]);
    assert.equal(code, 0);
    assert.match(stdout, /3 lines that could not be read/);
    const rows = await samplesOf(join(folder, 'out'), 'sha256, csv_note, dataset_row::INTEGER AS line', 'WHERE dataset_match IS NOT NULL');
    assert.deepEqual(rows, [{ sha256: keys[3], csv_note: 'note 3', line: 1 }]);
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
