import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { demoSet } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { merc } from '../support/merc.ts';
import { query, samplesOf } from '../support/rows.ts';

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
