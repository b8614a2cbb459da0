import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, cp, mkdir, readdir, rename, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { committedIds } from '../../src/core/commit.ts';
import { withOutput } from '../../src/stores/output.ts';
import { demoSet } from '../support/demo-set.ts';
import { fill, inFolder } from '../support/folder.ts';
import { merc } from '../support/merc.ts';
import { commitsReach, partsOf, samplesOf } from '../support/rows.ts';
import { watching } from '../support/watching.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('an empty folder is waited at; each round adds a plan, the numbers go on, and no worker is kept in between', async () => {
  await inFolder(async (folder) => {
    const [input, out] = [join(folder, 'in'), join(folder, 'out')];
    await mkdir(input);
    await watching([input, '--out', out, '--every', '1s', '--settle', '0.1s'], async ({ child, said, stop }) => {
      await said(/next look at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n/);
      assert.deepEqual(await readdir(join(out, 'plans')), ['0001.jsonl']);
      // Both at once: a look must not come between them.
      await fill(folder, { 'new/a': 'first', 'new/b': 'second, longer' });
      await rename(join(folder, 'new'), join(input, 'new'));
      await said(/2 files, 2 rows, 19 B, \d+ problems?, [\d.]+ s; .*out has 2\n/);
      await said(/next look at/);
      assert.equal(spawnSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' }).stdout ?? '', '');
      await fill(input, { 'sub/c': 'third' });
      await said(/1 file, 1 row, 5 B, .*out has 3\n/);
      const { code, stderr } = await stop();
      assert.equal(code, 130);
      assert.match(stderr, /^stopped: what is committed stays in .*out, and the same command again goes on\n$/m);
    });
    const rows = await samplesOf(out, 'sample_id, path', 'ORDER BY sample_id');
    assert.deepEqual(
      rows.map((row) => [row['sample_id'], row['path']]),
      [
        [1, 'new/b'],
        [2, 'new/a'],
        [3, 'sub/c'],
      ],
    );
    assert.deepEqual(await readdir(join(out, 'plans')), ['0001.jsonl', '0002.jsonl', '0003.jsonl']);
    assert.equal((await merc(['verify', out])).code, 0);
  });
});

test('a file event brings a look forward, also below a folder that has just come', async () => {
  await inFolder(async (folder) => {
    const [input, out] = [join(folder, 'in'), join(folder, 'out')];
    await fill(input, { 'deep/er/a': 'a' });
    await watching([input, '--out', out, '--every', '1d', '--settle', '0.1s'], async ({ said, stop }) => {
      await said(/1 file, 1 row/);
      await said(/next look at/);
      await fill(input, { 'deep/er/b': 'b' });
      await said(/1 file, 1 row/);
      await mkdir(join(input, 'new/folder'), { recursive: true });
      await new Promise((resolve) => setTimeout(resolve, 200));
      await fill(input, { 'new/folder/c': 'c' });
      await said(/1 file, 1 row/);
      await stop();
    });
  });
});

test('what no event tells of is found at the next look', async () => {
  await inFolder(async (folder) => {
    const [input, elsewhere, out] = [join(folder, 'in'), join(folder, 'elsewhere'), join(folder, 'out')];
    await mkdir(input);
    await mkdir(elsewhere);
    // Links are followed by a look and not by events, and times of day have no events at all.
    await symlink(elsewhere, join(input, 'link'));
    for (const [i, times] of [
      ['--every', '1s'],
      ['--cron', '* * * * * *'],
    ].entries())
      await watching([input, '--out', out, ...times, '--settle', '0.1s'], async ({ said, stop }) => {
        await said(/next look at/);
        await writeFile(join(elsewhere, `${i}`), 'x');
        await said(/1 file, 1 row/);
        await stop();
      });
  });
});

test('where file events cannot be had that is said once, and looks do without', async (t) => {
  if (process.platform !== 'linux' || 'Deno' in globalThis) return t.skip('one watch of the system is enough for all folders here');
  await inFolder(async (folder) => {
    const [input, out] = [join(folder, 'in'), join(folder, 'out')];
    for (let i = 0; i < 4_200; i++) await mkdir(join(input, `${i}`), { recursive: true });
    await watching([input, '--out', out, '--every', '1s', '--settle', '0.1s'], async ({ said, stop }) => {
      await said(/^note: no file events \(more than 4096 folders\): /m);
      await fill(input, { '4100/a': 'a' });
      await said(/1 file, 1 row/);
      await said(/next look at/);
      const { stderr } = await stop();
      assert.equal(stderr.match(/no file events/g)?.length, 1);
    });
  });
});

test('a growing file is not taken before it is still, and then whole', async () => {
  await inFolder(async (folder) => {
    const [input, out] = [join(folder, 'in'), join(folder, 'out')];
    await mkdir(input);
    await watching([input, '--out', out, '--every', '1s', '--settle', '2s'], async ({ said, stop }) => {
      await said(/next look at/);
      let text = '';
      for (let i = 0; i < 40; i++) {
        text += `line ${i}\n`;
        await appendFile(join(input, 'growing'), `line ${i}\n`);
        await new Promise((resolve) => setTimeout(resolve, 75));
      }
      assert.deepEqual(await committedIds(out), []);
      await said(/1 file, 1 row/);
      await stop();
      assert.deepEqual(
        (await samplesOf(out, 'sha256')).map((row) => row['sha256']),
        [sha256(text)],
      );
    });
  });
});

test('labels follow the dataset: one that comes later, one that changes, and none from one that is broken', async () => {
  await inFolder(async (folder) => {
    const [input, out, csv] = [join(folder, 'in'), join(folder, 'out'), join(folder, 'samples.csv')];
    await fill(input, { a: 'a', b: 'b' });
    const lists = async () => (await samplesOf(out, "file_name || ' ' || coalesce(list, '-') AS list", 'ORDER BY 1')).map((row) => row['list']);
    await watching([input, '--out', out, '--every', '1s', '--settle', '0.2s'], async ({ said, stop }) => {
      await said(/2 files, 2 rows/);
      assert.deepEqual(await lists(), ['a -', 'b -']);
      await writeFile(csv, `sha256,list\n${sha256('a')},Blacklist\n`);
      await said(/new labels from .*samples\.csv: matched 1 by sha256\n/);
      assert.deepEqual(await lists(), ['a Blacklist', 'b -']);
      await writeFile(csv, 'name,colour\na,red\n');
      await said(/^merc: labels stay as they are, .*none of its columns is id, sha256, md5 or sha1/m);
      await fill(input, { c: 'c' });
      await said(/1 file, 1 row/);
      await said(/next look at/);
      assert.deepEqual(await lists(), ['a Blacklist', 'b -', 'c -']);
      await writeFile(csv, `sha256,list\n${sha256('b')},Whitelist\n${sha256('c')},Blacklist\n`);
      await said(/new labels from .*matched 2 by sha256\n/);
      assert.deepEqual(await lists(), ['a -', 'b Whitelist', 'c Blacklist']);
      await fill(input, { d: 'd' });
      await said(/1 file, 1 row/);
      const { stderr, stdout } = await stop();
      assert.equal(stderr.match(/labels stay/g)?.length, 1, stderr);
      assert.equal(stdout.match(/new labels/g)?.length, 2, stdout);
    });
    assert.equal((await merc(['verify', out])).code, 0);
  });
});

test('a dataset that is broken from the start does not keep files from being taken', async () => {
  await inFolder(async (folder) => {
    const [input, out, csv] = [join(folder, 'in'), join(folder, 'out'), join(folder, 'labels.csv')];
    await fill(input, { a: 'a' });
    await writeFile(csv, 'name,colour\na,red\n');
    await watching([input, '--csv', csv, '--out', out, '--every', '1s', '--settle', '0.2s'], async ({ said, stop }) => {
      await said(/labels stay as they are/);
      await said(/1 file, 1 row/);
      await writeFile(csv, `sha256,list\n${sha256('a')},Blacklist\n`);
      await said(/new labels from .*matched 1 by sha256\n/);
      await stop();
    });
  });
});

test('a watch killed in a round and started again ends with the parts of one run, byte for byte', async () => {
  const { samples, csv } = await demoSet();
  await inFolder(async (folder) => {
    const [undisturbed, out] = [join(folder, 'undisturbed'), join(folder, 'out')];
    assert.equal((await merc([samples, csv, undisturbed, '2'], { program: 'test/support/small-shards' })).code, 0);
    const shards = (await committedIds(undisturbed)).length;
    for (const commits of [1, Math.floor(shards / 2)]) {
      await watching(
        [samples, csv, out],
        async ({ stop }) => {
          await commitsReach(out, commits);
          await stop('SIGKILL');
        },
        'test/support/small-watch',
      );
    }
    assert.ok((await committedIds(out)).length < shards, 'no kill came in the middle');
    await watching(
      [samples, csv, out],
      async ({ said, stop }) => {
        await said(/\d+ files, \d+ rows, .*out has \d+\n/);
        await stop();
      },
      'test/support/small-watch',
    );
    assert.deepEqual(await partsOf(out), await partsOf(undisturbed));
    assert.equal((await merc(['verify', out])).code, 0);
  });
});

test('a folder that is gone for a while is one line, and the watch goes on when it is back', async () => {
  await inFolder(async (folder) => {
    const [input, out] = [join(folder, 'in'), join(folder, 'out')];
    await fill(input, { a: 'a' });
    await watching([input, '--out', out, '--every', '1s', '--settle', '0.1s'], async ({ said, stop }) => {
      await said(/1 file, 1 row/);
      await rename(input, join(folder, 'away'));
      await said(/^merc: round failed, .*in: no such file or folder\n/m);
      await said(/next look at/);
      await said(/next look at/);
      await rename(join(folder, 'away'), input);
      await fill(input, { b: 'b' });
      await said(/1 file, 1 row/);
      const { stderr } = await stop();
      assert.equal(stderr.match(/round failed/g)?.length, 1, stderr);
    });
  });
});

test('planned files whose folder is empty are waited for, and make no rows without content', async () => {
  await inFolder(async (folder) => {
    const [input, away, out] = [join(folder, 'in'), join(folder, 'away'), join(folder, 'out')];
    await fill(input, { a: 'a', b: 'b' });
    assert.equal((await merc(['run', input, '--out', out])).code, 0);
    const expected = await partsOf(out);
    for (const name of ['commits', 'samples', 'strings']) await rm(join(out, name), { recursive: true });
    // What a folder looks like whose file system is not mounted.
    await rename(input, away);
    await mkdir(input);
    await watching([input, '--out', out, '--every', '1s', '--settle', '0.1s'], async ({ said, stop }) => {
      await said(/round failed, .*holds no file, but some are planned and not done yet/);
      assert.deepEqual(await committedIds(out), []);
      await rmdir(input);
      await rename(away, input);
      await said(/2 files, 2 rows/);
      await stop();
    });
    assert.deepEqual(await partsOf(out), expected);
  });
});

test('a round while another process is at work on the output is a failed one, and the next does its work', async () => {
  await inFolder(async (folder) => {
    const [input, out] = [join(folder, 'in'), join(folder, 'out')];
    await fill(input, { a: 'a' });
    await watching([input, '--out', out, '--every', '1s', '--settle', '0.1s'], async ({ said, stop }) => {
      await said(/1 file, 1 row/);
      await said(/next look at/);
      await withOutput({ out, command: 'merc run', signal: new AbortController().signal }, async () => {
        await fill(input, { b: 'b' });
        await said(/^merc: round failed, .*merc run \(host /m);
        const { code, stderr } = await merc(['watch', input, '--out', out]);
        assert.equal(code, 2, stderr);
        assert.match(stderr, /^merc: --out .*merc run \(host .*\n$/);
      });
      await said(/1 file, 1 row, .*out has 2\n/);
      await stop();
    });
    assert.equal((await merc(['verify', out])).code, 0);
  });
});

test('a full disk is a failed round, and the files are taken when there is room again', async (t) => {
  await inFolder(async (folder) => {
    const [input, small] = [join(folder, 'in'), join(folder, 'small')];
    await fill(folder, { 'in/a': 'a', 'small/x': '' });
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', small]).status !== 0) return t.skip('no right to mount a small file system');
    const filler = join(small, 'filler');
    try {
      await watching([input, '--out', join(small, 'out'), '--every', '1s', '--settle', '0.1s'], async ({ said, stop }) => {
        await said(/1 file, 1 row/);
        spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k']);
        await fill(input, { b: 'b' });
        await said(/^merc: round failed, the next look tries again: .*\n/m);
        await rm(filler);
        await said(/1 file, 1 row, .*out has 2\n/);
        await stop();
      });
      assert.equal((await merc(['verify', join(small, 'out')])).code, 0);
    } finally {
      spawnSync('umount', [small]);
    }
  });
});

test('--quiet says what failed and nothing else', async () => {
  await inFolder(async (folder) => {
    const [input, out] = [join(folder, 'in'), join(folder, 'out')];
    await fill(input, { a: 'a' });
    await symlink('nowhere', join(input, 'broken'));
    await watching([input, '--out', out, '--every', '1s', '--settle', '0.1s', '--quiet'], async ({ said, stop }) => {
      await commitsReach(out, 1);
      await rename(input, join(folder, 'away'));
      await said(/no such file or folder\n/);
      const { stdout, stderr } = await stop('SIGTERM');
      assert.equal(stdout, '');
      assert.match(stderr, /^merc: round failed, .*\n$/);
    });
  });
});

test('bad usage is one line that names the flag or file, and exit code 2', async (t) => {
  await inFolder(async (folder) => {
    const input = join(folder, 'in');
    await fill(folder, { 'in/a': 'a', 'foreign/letter.txt': 'dear' });
    assert.equal((await merc(['run', input, '--out', join(folder, 'made')])).code, 0);
    const out = ['--out', join(folder, 'out')];
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [[], /PATH is missing/],
      [[join(folder, 'nope'), ...out], /nope: no such file or folder/],
      [[input, '--every', '10', ...out], /--every 10: a time as 30s, 10m, 2h or 1d is needed, from 1s to 366d/],
      [[input, '--every', '0.5s', ...out], /--every 0\.5s: /],
      [[input, '--settle', 'soon', ...out], /--settle soon: /],
      [[input, '--every', '1h', '--cron', '0 3 * * *', ...out], /--every and --cron: one of them/],
      [[input, '--cron', '61 * * * *', ...out], /--cron 61 \* \* \* \*: /],
      [[input, '--cron', 'at night', ...out], /--cron at night: .*five fields/],
      [[input, '--cron', '0 0 30 2 *', ...out], /--cron 0 0 30 2 \*: never comes again/],
      [[input, '--csv', join(folder, 'nope.csv'), ...out], /--csv .*nope\.csv: no such file/],
      [[input, '--include', '', ...out], /--include: the pattern is empty/],
      [[input, '--out', join(folder, 'foreign')], /--out .*foreign: holds letter\.txt/],
      [[input, '--out', join(folder, 'made'), '--only', 'classic'], /--only: .*made was made without --only classic/],
    ];
    for (const [args, message] of cases) {
      await t.test(args.join(' ').replaceAll(folder, ''), async () => {
        const { code, stdout, stderr } = await merc(['watch', ...args]);
        assert.equal(code, 2, stderr);
        assert.match(stderr, message);
        assert.match(stderr, /^merc: .*\n$/);
        assert.equal(stdout, '');
      });
    }
  });
});

test('a file that was taken is not taken again when its content changes', async () => {
  await inFolder(async (folder) => {
    const [input, out] = [join(folder, 'in'), join(folder, 'out')];
    await fill(input, { a: 'a' });
    await watching([input, '--out', out, '--every', '1s', '--settle', '0.1s'], async ({ said, stop }) => {
      await said(/1 file, 1 row/);
      await cp(join(input, 'a'), join(input, 'b'));
      await writeFile(join(input, 'a'), 'changed');
      await said(/1 file, 1 row/);
      await stop();
    });
    const rows = await samplesOf(out, 'file_name, sha256', 'ORDER BY file_name');
    assert.deepEqual(
      rows.map((row) => [row['file_name'], row['sha256']]),
      [
        ['a', sha256('a')],
        ['b', sha256('a')],
      ],
    );
  });
});
