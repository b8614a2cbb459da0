import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, link, readFile, stat, symlink, utimes } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { UsageError } from '../../src/core/errors.ts';
import { type ScanOptions, scan } from '../../src/sources/files.ts';
import type { FileList } from '../../src/sources/list.ts';
import type { ScannedFile } from '../../src/core/plan.ts';
import { fill, inFolder } from '../support/folder.ts';

interface Found {
  readonly roots: readonly string[];
  readonly files: readonly ScannedFile[];
  /** `root:path`, in the order of a plan. */
  readonly paths: readonly string[];
  readonly skipped: readonly string[];
}

async function find(paths: readonly string[], options: Partial<ScanOptions> = {}): Promise<Found> {
  const skipped: string[] = [];
  const { roots, found } = await scan(paths, {
    signal: new AbortController().signal,
    skip: () => false,
    onSkip: (path, why) => skipped.push(`${path}: ${why}`),
    ...options,
  });
  const files = [...found.inPlanOrder()];
  return { roots, files, paths: files.map((file) => `${file.root}:${file.path}`), skipped };
}

function listOf(list: string | Uint8Array, separator: FileList['separator'] = 'newline'): FileList {
  const bytes = async function* () {
    yield typeof list === 'string' ? Buffer.from(list) : list;
  };
  return { separator, bytes: bytes() };
}

test('a folder gives its files by relative path, size and whole milliseconds', async () => {
  await inFolder(async (folder) => {
    await fill(folder, { b: '12345', 'a/deep/er/x': '', '.hidden/.y': '1' });
    await utimes(join(folder, 'b'), 1_500_000_000, 1_500_000_000.999);
    const { roots, files, skipped } = await find([folder]);
    assert.deepEqual(roots, [folder]);
    assert.deepEqual(files[0], { root: 0, path: 'b', size: 5, mtime: Math.trunc(Number((await stat(join(folder, 'b'), { bigint: true })).mtimeMs)) });
    assert.deepEqual(
      files.map(({ path, size }) => [path, size]),
      [
        ['b', 5],
        ['.hidden/.y', 1],
        ['a/deep/er/x', 0],
      ],
    );
    assert.deepEqual(skipped, []);
  });
});

test('a single file has its folder as root, shared by files of the same folder', async () => {
  await inFolder(async (folder) => {
    await fill(folder, { 'a/x': '1', 'a/y': '2', 'b/z': '3' });
    const { roots, paths } = await find([join(folder, 'a/x'), join(folder, 'a/y'), join(folder, 'b/z')]);
    assert.deepEqual(roots, [join(folder, 'a'), join(folder, 'b')]);
    assert.deepEqual(paths, ['0:x', '0:y', '1:z']);
  });
});

test('a scan ends with the signal, in a walk and in a list', async () => {
  await inFolder(async (folder) => {
    await fill(folder, { 'a/x': '', 'b/y': '' });
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    const lists = [undefined, listOf(`${join(folder, 'fifo')}\n`.repeat(200))];
    for (const filesFrom of lists) {
      const stop = new AbortController();
      const onSkip = () => stop.abort(new Error('enough'));
      const paths = filesFrom === undefined ? [folder] : [];
      await assert.rejects(find(paths, { signal: stop.signal, onSkip, ...(filesFrom !== undefined && { filesFrom }) }), /enough/);
    }
  });
});

test('a path that is not there is named before anything is read', async () => {
  await assert.rejects(find(['./nope']), new UsageError('./nope: no such file or folder'));
  await inFolder(async (folder) => {
    await fill(folder, { file: '' });
    await assert.rejects(find([folder, join(folder, 'file/x')]), new UsageError(`${join(folder, 'file/x')}: no such file or folder`));
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    await assert.rejects(find([join(folder, 'fifo')]), new UsageError(`${join(folder, 'fifo')}: a FIFO, not a file or folder`));
  });
});

test('a file that two roots lead to is taken once, in any order of the roots', async () => {
  await inFolder(async (folder) => {
    await fill(folder, { 'samples/a/x': '', 'samples/y': '' });
    await symlink(join(folder, 'samples'), join(folder, 'alias'));
    const [samples, inner, file, alias] = [join(folder, 'samples'), join(folder, 'samples/a'), join(folder, 'samples/y'), join(folder, 'alias')];
    assert.deepEqual((await find([samples, inner, samples])).paths, ['0:a/x', '0:y']);
    assert.deepEqual((await find([inner, samples])).paths, ['0:x', '1:y']);
    assert.deepEqual((await find([samples, file])).paths, ['0:a/x', '0:y']);
    assert.deepEqual((await find([inner, file, join(alias, 'y'), alias])).paths, ['0:x', '1:y']);
  });
});

test('links to folders are followed once, loops end, the real path wins', async () => {
  await inFolder(async (folder) => {
    await fill(folder, { 'real/x': '', 'other/y': '' });
    await symlink('.', join(folder, 'a-loop'));
    await symlink('..', join(folder, 'real/up'));
    await symlink('real', join(folder, 'b-link'));
    await symlink('c-two', join(folder, 'c-one'));
    await symlink('c-one', join(folder, 'c-two'));
    const { paths, skipped } = await find([folder]);
    assert.deepEqual(paths, ['0:other/y', '0:real/x']);
    assert.deepEqual(skipped, [`${folder}/c-one: a link that leads to itself`, `${folder}/c-two: a link that leads to itself`]);
  });
});

test('a link out of the root is followed with its subfolders', async () => {
  await inFolder(async (folder) => {
    await fill(folder, { 'in/x': '', 'out/deep/y': '' });
    await symlink('../out', join(folder, 'in/link'));
    await symlink('../../in', join(folder, 'out/deep/back'));
    assert.deepEqual((await find([join(folder, 'in')])).paths, ['0:link/deep/y', '0:x']);
  });
});

test('links to files and hard links are samples by their own names, a dangling link is reported', async () => {
  await inFolder(async (folder) => {
    await fill(folder, { x: '123' });
    await symlink('x', join(folder, 'soft'));
    await link(join(folder, 'x'), join(folder, 'hard'));
    await symlink('gone', join(folder, 'dangling'));
    const { files, skipped } = await find([folder]);
    assert.deepEqual(
      files.map(({ path, size }) => [path, size]),
      [
        ['hard', 3],
        ['soft', 3],
        ['x', 3],
      ],
    );
    assert.deepEqual(skipped, [`${folder}/dangling: no such file or folder`]);
  });
});

test('FIFOs, sockets and devices are reported and never opened', async () => {
  await inFolder(async (folder) => {
    await fill(folder, { x: '' });
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    await symlink('/dev/null', join(folder, 'null'));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder, 'socket'), resolve));
    try {
      const { paths, skipped } = await find([folder]);
      assert.deepEqual(paths, ['0:x']);
      assert.deepEqual(skipped, [`${folder}/fifo: a FIFO`, `${folder}/null: a device`, `${folder}/socket: a socket`]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

test('names that are not UTF-8 are found by their bytes, folders too', async (t) => {
  if ('Deno' in globalThis) {
    t.skip('Deno replaces such bytes in every name');
    return;
  }
  await inFolder(async (folder) => {
    execFileSync('sh', ['-c', `cd "$1" && mkdir "$(printf 'd\\376')" && echo 1 > "$(printf 'd\\376/a\\377b')"`, 'sh', folder]);
    const { files } = await find([folder]);
    const raw = Buffer.from([0x64, 0xfe, 0x2f, 0x61, 0xff, 0x62]);
    assert.deepEqual(
      files.map(({ path, pathRaw, size }) => ({ path, pathRaw, size })),
      [{ path: 'd\\xfe/a\\xffb', pathRaw: raw.toString('base64'), size: 2 }],
    );
    assert.equal(await readFile(Buffer.concat([Buffer.from(`${folder}/`), raw]), 'utf8'), '1\n');
    const listed = Buffer.concat([Buffer.from(`${folder}/`), raw]);
    const fromList = await find([], { filesFrom: listOf(listed, 'nul') });
    assert.deepEqual(
      fromList.files.map(({ size }) => size),
      [2],
    );
    assert.equal(Buffer.from(fromList.files[0]?.pathRaw ?? '', 'base64').toString('latin1'), listed.toString('latin1').slice(1));
  });
});

test('names with newlines, blanks and backslashes are names', async () => {
  await inFolder(async (folder) => {
    await fill(folder, { 'a\nb': '', ' ': '', 'c\\d': '', 'é/漢': '' });
    assert.deepEqual((await find([folder])).paths, ['0: ', '0:a\nb', '0:c\\d', '0:é/漢']);
  });
});

test('a folder too deep for a path is reported and the rest is found', async () => {
  await inFolder(async (folder) => {
    await fill(folder, { 'z/x': '' });
    const name = 'n'.repeat(200);
    execFileSync('sh', ['-c', `cd -P "$1" && for i in $(seq 30); do mkdir ${name} && cd -P ${name} || exit 1; done; : > bottom`, 'sh', folder]);
    const { paths, skipped } = await find([folder]);
    assert.deepEqual(paths, ['0:z/x']);
    assert.equal(skipped.length, 1);
    assert.match(skipped[0] ?? '', /the path is too long$/);
    execFileSync('rm', ['-rf', join(folder, name)]);
  });
});

test('a folder that may not be read is reported; as a root it is a mistake', async (t) => {
  if (process.getuid?.() === 0) {
    t.skip('root reads everything');
    return;
  }
  await inFolder(async (folder) => {
    await fill(folder, { 'closed/x': '', 'open/y': '' });
    await chmod(join(folder, 'closed'), 0);
    const { paths, skipped } = await find([folder]);
    assert.deepEqual(paths, ['0:open/y']);
    assert.deepEqual(skipped, [`${folder}/closed: permission denied`]);
    await assert.rejects(find([join(folder, 'closed')]), new UsageError(`${folder}/closed: permission denied`));
    await chmod(join(folder, 'closed'), 0o700);
  });
});

test('what the caller skips is passed over, through links too, and reported where it was named', async () => {
  await inFolder(async (folder) => {
    await fill(folder, { 'out/samples/p': '', 'samples.csv': '', x: '' });
    await symlink('out', join(folder, 'link'));
    const skip = (path: string) => path === join(folder, 'out') || path === join(folder, 'samples.csv');
    const walked = await find([folder], { skip });
    assert.deepEqual(walked.paths, ['0:x']);
    assert.deepEqual(walked.skipped, []);
    const named = await find([join(folder, 'out'), join(folder, 'samples.csv'), join(folder, 'x')], { skip });
    assert.deepEqual(
      named.files.map(({ path }) => path),
      ['x'],
    );
    assert.equal(named.skipped.length, 2);
  });
});

test('globs choose files, and an excluded folder is not entered', async () => {
  await inFolder(async (folder) => {
    await fill(folder, { 'a/x.exe': '', 'a/x.txt': '', 'old/x.exe': '', 'old/deep/y.exe': '', 'x.dll': '' });
    execFileSync('mkfifo', [join(folder, 'old/fifo')]);
    const { paths, skipped } = await find([folder], { include: ['*.exe', '*.dll'], exclude: ['old'] });
    assert.deepEqual(paths, ['0:a/x.exe', '0:x.dll']);
    assert.deepEqual(skipped, []);
  });
});

test('listed files are relative to the working folder or to the top, each once, missing ones kept', async () => {
  await inFolder(async (folder) => {
    await fill(folder, { x: '12', 'sub/y': '3' });
    await symlink('sub', join(folder, 'link'));
    const near = relative(process.cwd(), join(folder, 'x'));
    const list = [
      `${folder}/x`,
      near,
      `${folder}//./x`,
      `${folder}/sub/y`,
      `${folder}/link/y`,
      `${folder}/link/../x`,
      `${folder}/gone`,
      `${folder}/no/such`,
      folder,
    ].join('\r\n');
    const { roots, files, skipped } = await find([], { filesFrom: listOf(list) });
    assert.deepEqual(roots, ['/']);
    const top = folder.slice(1);
    assert.deepEqual(
      files.map(({ path, size }) => [path, size]),
      [
        [`${top}/x`, 2],
        [`${top}/sub/y`, 1],
        [`${top}/gone`, 0],
        [`${top}/no/such`, 0],
      ],
    );
    assert.deepEqual(
      files.slice(2).map(({ mtime }) => mtime),
      [0, 0],
    );
    assert.deepEqual(skipped, [`${folder}: a folder in a list of files: give it as PATH to take what is in it`]);
  });
});

test('a listed file below the working folder is relative to it', async () => {
  const { roots, paths, files } = await find([], { filesFrom: listOf(`./package.json\0${process.cwd()}/tsconfig.json\0`, 'nul') });
  assert.deepEqual(roots, [process.cwd()]);
  assert.deepEqual(paths, ['0:package.json', '0:tsconfig.json']);
  assert.equal(files[0]?.size, (await stat('package.json')).size);
});

test('a listed file is not taken again by a walk', async () => {
  await inFolder(async (folder) => {
    const names = Array.from({ length: 300 }, (_, index) => `f${String(index).padStart(3, '0')}`);
    await fill(folder, Object.fromEntries(names.map((name) => [name, name])));
    const listed = names.filter((_, index) => index % 2 === 0);
    const { files } = await find([folder], { filesFrom: listOf(listed.map((name) => join(folder, name)).join('\n')) });
    const found = files.map(({ path }) => path.slice(-4));
    assert.deepEqual(found, [...names.filter((_, index) => index % 2 === 1), ...listed]);
  });
});

test('what is no file stands among many files in its place, and is told in the order of names', async () => {
  await inFolder(async (folder) => {
    const names = Array.from({ length: 1_100 }, (_, index) => `f${String(index).padStart(4, '0')}`);
    const odd = names.filter((_, index) => index % 256 === 255 || index === 512);
    await fill(folder, Object.fromEntries(names.filter((name) => !odd.includes(name)).map((name) => [name, name])));
    for (const name of odd) {
      execFileSync('mkfifo', [join(folder, `${name}.fifo`)]);
      await symlink(join(folder, 'f0000'), join(folder, name));
    }
    const { files, skipped } = await find([folder]);
    assert.deepEqual(
      files.map(({ path, size }) => [path, size]),
      names.map((name) => [name, 5]),
    );
    assert.deepEqual(
      skipped,
      odd.map((name) => `${join(folder, name)}.fifo: a FIFO`),
    );
  });
});

test('a folder of twenty thousand files is found whole and in order', async () => {
  await inFolder(async (folder) => {
    execFileSync('sh', ['-c', 'cd "$1" && seq -w 20000 | xargs touch', 'sh', folder]);
    const { files } = await find([folder]);
    assert.equal(files.length, 20_000);
    assert.deepEqual(
      files.map(({ path }) => path),
      files.map(({ path }) => path).toSorted(),
    );
  });
});
