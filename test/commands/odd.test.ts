import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, open, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { digest } from '../support/output.ts';
import { fill, inFolder } from '../support/folder.ts';
import { merc } from '../support/merc.ts';
import { query, samplesOf } from '../support/rows.ts';

test('twenty thousand tiny files in one folder are twenty thousand rows, each of its own bytes', async () => {
  await inFolder(async (folder) => {
    const [input, out] = [join(folder, 'in'), join(folder, 'out')];
    await mkdir(input);
    execFileSync('sh', ['-c', 'cd "$1" && seq 20000 | awk \'{ name = "tiny-" $0; print > name; close(name) }\'', 'sh', input]);
    const { code, stderr } = await merc(['run', input, '--no-csv', '--out', out, '--quiet']);
    assert.equal(code, 0, stderr);
    const [counts] = await samplesOf(out, 'count(*)::INTEGER AS files, count(DISTINCT sha256)::INTEGER AS hashes, sum(file_size)::INTEGER AS bytes');
    // The lines `1` to `20000` with their ends.
    assert.deepEqual({ ...counts }, { files: 20_000, hashes: 20_000, bytes: 9 * 2 + 90 * 3 + 900 * 4 + 9_000 * 5 + 10_001 * 6 });
    const [last] = await samplesOf(out, 'sha256, md5', "WHERE path = 'tiny-10000'");
    assert.deepEqual([last?.['sha256'], last?.['md5']], [digest('sha256', Buffer.from('10000\n')), digest('md5', Buffer.from('10000\n'))]);
  });
});

test('a sparse file that is larger than what is held of one has the hashes of all its bytes', async () => {
  await inFolder(async (folder) => {
    const [input, out] = [join(folder, 'in'), join(folder, 'out')];
    const size = 300 * 1024 ** 2 + 1;
    await fill(input, { sparse: 'first text' });
    await truncate(join(input, 'sparse'), size);
    const sparse = await open(join(input, 'sparse'), 'r+');
    await sparse.write(Buffer.from('last text'), 0, 9, size - 9);
    await sparse.close();
    const { code, stderr } = await merc(['run', input, '--no-csv', '--out', out, '--quiet']);
    assert.equal(code, 0, stderr);
    const zeros = Buffer.alloc(1024 ** 2);
    const expected = createHash('sha256').update('first text');
    for (let left = size - 19; left > 0; left -= zeros.length) expected.update(zeros.subarray(0, left));
    const [row] = await samplesOf(out, 'sha256, file_size::BIGINT AS size, status, byte_histogram[1]::BIGINT AS zeros');
    assert.deepEqual({ ...row }, { sha256: expected.update('last text').digest('hex'), size: BigInt(size), status: 'not_pe', zeros: BigInt(size - 19) });
    const strings = await query(`SELECT file_offset, value FROM read_parquet('${out}/strings/*.parquet') ORDER BY file_offset`);
    assert.deepEqual(
      strings.map((each) => [Number(each['file_offset']), each['value']]),
      [
        [0, 'first text'],
        [size - 9, 'last text'],
      ],
    );
  });
});

test('names of any bytes, and the same content under two of them, are rows of their own', async (t) => {
  if ('Deno' in globalThis) {
    t.skip('Deno replaces bytes that are not UTF-8 in every name');
    return;
  }
  await inFolder(async (folder) => {
    const [input, out] = [join(folder, 'in'), join(folder, 'out')];
    await mkdir(join(input, 'two\nlines'), { recursive: true });
    await symlink('..', join(input, 'two\nlines', 'up'));
    const names = ['two\nlines/a\nb', `"q'u\`o$te"`, '-dash', '*?[a]', '%41', '\\xff', ' ', 'n'.repeat(255), '漢'.repeat(85), 'copy', 'copy again'];
    const raw = Buffer.from([0x69, 0xff, 0xfe, 0x0a]);
    const bytesOf = (name: string) => (name.startsWith('copy') ? 'the same content' : `content of ${name}`);
    for (const name of names) await writeFile(join(input, name), bytesOf(name));
    await writeFile(Buffer.concat([Buffer.from(`${input}/`), raw]), 'content of raw');
    const { code, stderr } = await merc(['run', input, '--no-csv', '--out', out, '--quiet']);
    assert.equal(code, 0, stderr);
    const rows = await samplesOf(out, 'path, hex(path_raw) AS raw, sha256, status');
    const expected = names.map((name) => ({ path: name, raw: null, sha256: digest('sha256', Buffer.from(bytesOf(name))), status: 'not_pe' }));
    expected.push({
      path: 'i\\xff\\xfe\n',
      raw: raw.toString('hex').toUpperCase() as never,
      sha256: digest('sha256', Buffer.from('content of raw')),
      status: 'not_pe',
    });
    const byPath = (a: { path?: unknown }, b: { path?: unknown }) => (String(a.path) < String(b.path) ? -1 : 1);
    assert.deepEqual(rows.map((row) => ({ ...row })).toSorted(byPath), expected.toSorted(byPath));
  });
});

test('FIFOs, sockets and devices are skipped and said in a folder and in a list, and refused as PATH', async () => {
  await inFolder(async (folder) => {
    const [input, out] = [join(folder, 'in'), join(folder, 'out')];
    await fill(input, { x: 'x' });
    execFileSync('mkfifo', [join(input, 'fifo')]);
    await symlink('/dev/zero', join(input, 'zero'));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(input, 'socket'), resolve));
    try {
      const kinds = { fifo: 'a FIFO', socket: 'a socket', zero: 'a device' };
      const walked = await merc(['run', input, '--no-csv', '--out', out]);
      const list = ['x', ...Object.keys(kinds)].map((name) => join(input, name)).join('\n');
      const listed = await merc(['run', '--files-from', '-', '--no-csv', '--out', join(folder, 'listed')], { input: list });
      for (const { code, stderr } of [walked, listed]) {
        assert.equal(code, 0, stderr);
        for (const [name, kind] of Object.entries(kinds)) assert.ok(stderr.includes(`skipped ${join(input, name)}: ${kind}\n`), stderr);
      }
      for (const made of [out, join(folder, 'listed')]) assert.equal((await samplesOf(made, 'path')).length, 1);
      for (const [name, kind] of Object.entries(kinds)) {
        const named = await merc(['run', join(input, name), '--no-csv', '--out', join(folder, 'named')]);
        assert.deepEqual([named.code, named.stderr], [2, `merc: ${join(input, name)}: ${kind}, not a file or folder\n`]);
        const shown = await merc(['show', join(input, name)]);
        assert.deepEqual([shown.code, shown.stderr.trim().split('\n').length], [2, 1], shown.stderr);
      }
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

test('a file that became a FIFO, a device or a folder after it was planned is a row, and holds nobody up', async () => {
  await inFolder(async (folder) => {
    const [input, out] = [join(folder, 'in'), join(folder, 'out')];
    await fill(input, { device: 'x', fifo: 'x', folder: 'x', stays: 'x' });
    assert.equal((await merc(['run', input, '--no-csv', '--out', out])).code, 0);
    // What a run leaves that planned and was killed before its first commit.
    for (const name of ['commits', 'samples', 'strings', '_SUCCESS.json']) await rm(join(out, name), { recursive: true, force: true });
    for (const name of ['device', 'fifo', 'folder']) await rm(join(input, name));
    execFileSync('mkfifo', [join(input, 'fifo')]);
    await symlink('/dev/zero', join(input, 'device'));
    await mkdir(join(input, 'folder'));
    const { code, stderr } = await merc(['run', input, '--no-csv', '--out', out]);
    assert.equal(code, 0, stderr);
    const rows = await samplesOf(
      out,
      "path, status, sha256 IS NULL AS unread, list_transform(problems, lambda p: p.stage || '.' || p.kind) AS kinds",
      'ORDER BY path',
    );
    assert.deepEqual(
      rows.map((row) => [row['path'], row['status'], row['unread'], JSON.stringify(row['kinds']).includes('read.unreadable')]),
      [
        ['device', 'failed', true, true],
        ['fifo', 'failed', true, true],
        ['folder', 'failed', true, true],
        ['stays', 'not_pe', false, false],
      ],
    );
  });
});

test('an output folder where the system makes none is refused at once', async (t) => {
  if (process.platform !== 'linux') {
    t.skip('/proc is of Linux');
    return;
  }
  await inFolder(async (folder) => {
    await fill(folder, { x: 'x' });
    const { code, stderr } = await merc(['run', folder, '--no-csv', '--out', '/proc/nope/out']);
    assert.deepEqual([code, stderr], [2, 'merc: --out /proc/nope/out: cannot be written (ENOENT): name a folder that can\n']);
  });
});
