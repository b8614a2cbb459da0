import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, link, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { committedIds } from '../../src/core/commit.ts';
import type { RunProfile } from '../../src/core/profile.ts';
import { demoSet } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { ended, groupEnds, merc, startMerc } from '../support/merc.ts';
import { commitsReach, partsOf, query, samplesOf } from '../support/rows.ts';

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
      [['run', '', '--out', out], /PATH is empty/],
      [['run', join(folder, 'nope'), '--out', out], /nope: no such file or folder/],
      [['run', join(folder, 'empty'), '--out', out], /empty: holds no file/],
      [['run', samples, '--csv', join(folder, 'nope.csv'), '--out', out], /--csv .*nope\.csv: no such file/],
      [['run', samples, '--csv', join(folder, 'nokeys.csv'), '--out', out], /--csv .*nokeys\.csv: none of its columns is id, sha256, md5 or sha1/],
      [['run', samples, '--workers', '0', '--out', out], /--workers 0: a whole number/],
      [['run', samples, '--workers', 'two', '--out', out], /--workers two: a whole number/],
      [['run', samples, '--limit', '-1', '--out', out], /--limit/],
      [['run', samples, '--only', 'some', '--out', out], /--only some/],
      [['run', samples, '--isolation', 'fiber', '--out', out], /--isolation fiber: the choices are `process` and `thread`/],
      [['run', samples, '--max-file-size', 'big', '--out', out], /--max-file-size big/],
      [['run', samples, '--out', join(folder, 'foreign')], /--out .*foreign: holds letter\.txt/],
      [['run', samples, '--out', join(folder, 'file')], /--out .*file: cannot be written/],
      [['run', samples, '--out', out, '--profile-json', join(folder, 'nope/profile.json')], /--profile-json .*profile\.json: cannot be written/],
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

test('a profile has every stage, and their times are the whole', async () => {
  const { samples } = await demoSet();
  await inFolder(async (folder) => {
    const args = ['run', samples, '--out', 'out', '--limit', '5', '--profile', '--profile-json', 'profile.json'];
    const { code, stdout } = await merc(args, { cwd: folder });
    assert.equal(code, 0);
    const { total, bytes, stages } = JSON.parse(await readFile(join(folder, 'profile.json'), 'utf8')) as RunProfile;
    assert.deepEqual(Object.keys(stages), ['read', 'scan', 'parse', 'parts', 'hash', 'strings', 'records', 'dataset', 'store', 'rest']);
    const sum = Object.values(stages).reduce((a, b) => a + b, 0);
    assert.ok(total > 0 && Math.abs(sum - total) < 1e-6, `${sum} of ${total}`);
    for (const own of ['dataset', 'store', 'rest']) assert.ok((stages[own] ?? 0) > 0, own);
    const [row] = await samplesOf(join(folder, 'out'), 'sum(file_size)::INTEGER AS bytes');
    assert.equal(bytes, row?.['bytes']);
    for (const stage of [...Object.keys(stages), 'total']) assert.match(stdout, new RegExp(`^  ${stage} +[\\d.]+ +[\\d.]+ +\\d+ %$`, 'm'));
  });
});

test('a MERC_CPU that cannot be followed is one line and exit code 2, one that can gives the same parts', async () => {
  const { samples } = await demoSet();
  await inFolder(async (folder) => {
    const args = ['run', samples, '--limit', '20', '--out'];
    const { code, stderr } = await merc([...args, 'none'], { cwd: folder, env: { MERC_CPU: 'sse9' } });
    assert.deepEqual([code, stderr], [2, 'merc: MERC_CPU=sse9: not one of portable, avx2, avx512\n']);
    assert.equal((await merc([...args, 'best'], { cwd: folder })).code, 0);
    assert.equal((await merc([...args, 'portable'], { cwd: folder, env: { MERC_CPU: 'portable' } })).code, 0);
    assert.deepEqual(await partsOf(join(folder, 'portable')), await partsOf(join(folder, 'best')));
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
    const pipe = join(folder, 'list');
    if (spawnSync('mkfifo', [pipe]).status === 0) {
      const listed = taken(['--files-from', pipe]);
      await writeFile(pipe, 'b.dll\n');
      assert.deepEqual(await listed, ['b.dll']);
    }
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
      assert.match(outcome.stdout, /^Interrupted: [\d,]+ of 2,280 files committed, nothing half-done/);
      assert.match(outcome.stdout, /next +the same command again/);
      assert.doesNotMatch(outcome.stderr, /bug in merc|at .*\.(js|ts):/);
      await groupEnds(child.pid ?? 0);
      const after = (await committedIds(out)).length;
      assert.ok(after >= commits && after < 150, `${after} commits`);
      const [row] = await query(`SELECT count(*)::INTEGER AS rows FROM read_parquet('${out}/samples/*.parquet')`);
      assert.ok(Number(row?.['rows']) > 0);
      assert.match(await readFile(join(out, 'views.sql'), 'utf8'), /CREATE OR REPLACE VIEW samples/);
      assert.deepEqual((await readdir(out)).includes('_SUCCESS.json'), false);
      assert.deepEqual(await readdir(join(out, '.work')), []);
    }
  });
});

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
