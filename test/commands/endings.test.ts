import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { sweepWork } from '../../src/core/layout.ts';
import { demoSet } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { commandLine, ended, merc, startMerc } from '../support/merc.ts';
import { commitsReach, partsOf } from '../support/rows.ts';

const SMALL = { program: 'test/support/small-shards' };

test('while a run is on an output a second one and a relabel are refused with who is at work, and change nothing', async () => {
  const { samples, csv } = await demoSet();
  await inFolder(async (folder) => {
    const out = join(folder, 'out');
    const first = startMerc([samples, csv, out, '1'], SMALL);
    const outcome = ended(first);
    await commitsReach(out, 1);
    for (const args of [
      ['run', samples, '--csv', csv, '--out', out],
      ['relabel', out, '--csv', csv],
    ]) {
      const { code, stdout, stderr } = await merc(args);
      assert.deepEqual([code, stdout], [2, ''], stderr);
      assert.match(
        stderr,
        new RegExp(
          `^merc: --out .*out: merc run \\(host .+, process ${first.pid}, since 20.+Z\\) is at work on it: wait for its end, or name another folder\\n$`,
        ),
      );
    }
    assert.match((await merc(['verify', out])).stderr, new RegExp(`^note: merc run .*process ${first.pid}, .* is at work on it`));
    const { code, stderr } = await outcome;
    assert.equal(code, 0, stderr);
    assert.equal((await merc(['verify', out])).code, 0);
  });
});

test('parts are there before the record that names them: strings, samples, commit', async () => {
  const { samples, csv } = await demoSet();
  await inFolder(async (folder) => {
    const out = join(folder, 'out');
    const args = [samples, csv, out, '2'];
    assert.equal((await merc(args, SMALL)).code, 0);
    const expected = await partsOf(out);
    const count = async (name: string) => (await readdir(join(out, name)).catch(() => [])).length > 0;
    for (const [blocked, left] of [
      ['strings', [false, false, false]],
      ['samples', [true, false, false]],
      ['commits', [true, true, false]],
    ] as const) {
      for (const name of ['strings', 'samples', 'commits']) await rm(join(out, name), { recursive: true, force: true });
      // Where such a link is no folder can be made, and none is found.
      await symlink('nowhere', join(out, blocked));
      const { code, stderr } = await merc(args, SMALL);
      assert.equal(code, 1, stderr);
      assert.match(stderr, /^merc: shard 0001-0000\d could not be stored: E/m);
      assert.deepEqual([await count('strings'), await count('samples'), await count('commits')], left, blocked);
      await rm(join(out, blocked));
    }
    assert.equal((await merc(args, SMALL)).code, 0);
    assert.deepEqual(await partsOf(out), expected);
  });
});

test('what the dead have left half done is swept, and what a process at work on another slice builds is not', async () => {
  const { samples } = await demoSet();
  await inFolder(async (folder) => {
    const out = join(folder, 'out');
    const args = ['run', samples, '--out', out, '--limit', '3'];
    assert.equal((await merc(args)).code, 0);
    const dead = spawnSync(process.execPath, ['--version']).pid;
    const uuid = '00000000-0000-4000-8000-000000000000';
    const leftovers = (owner: string) => [
      `.work/0001-00000.${owner}/`,
      `plans/0002.jsonl.${owner}.${uuid}.tmp`,
      `commits/0001-00000.json.${owner}.${uuid}.tmp`,
      `views.sql.${owner}.${uuid}.tmp`,
    ];
    const host = 'a.host.with.dots';
    const abandoned = [...leftovers(`${host}.${dead}.aaaaaaaa`), ...leftovers(`here.${dead}`)];
    const make = async (names: readonly string[]) => {
      for (const name of names) await (name.endsWith('/') ? mkdir(join(out, name), { recursive: true }) : writeFile(join(out, name), ''));
    };
    await make(abandoned);
    assert.equal((await merc(args)).code, 0);
    for (const name of abandoned) assert.ok(!existsSync(join(out, name)), name);

    const atWork = leftovers(`${host}.${dead}.bbbbbbbb`);
    await make([...abandoned, ...atWork]);
    await sweepWork(out, async () => [`${host}.${dead}.bbbbbbbb`]);
    for (const name of abandoned) assert.ok(!existsSync(join(out, name)), name);
    for (const name of atWork) assert.ok(existsSync(join(out, name)), name);
  });
});

test('a second Ctrl-C ends at once, and nothing that it leaves is in the way', async () => {
  const { samples } = await demoSet();
  await inFolder(async (folder) => {
    const out = join(folder, 'out');
    const args = ['run', samples, '--out', out];
    const child = startMerc(args);
    const outcome = ended(child);
    while (!(await readdir(join(out, '.work')).catch(() => [] as string[])).some((name) => name.startsWith('0001-')))
      await new Promise((resolve) => setTimeout(resolve, 2));
    assert.ok(child.pid !== undefined);
    process.kill(-child.pid, 'SIGINT');
    process.kill(-child.pid, 'SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (child.exitCode === null) process.kill(child.pid, 'SIGINT');
    const { code, signal, stderr } = await outcome;
    // One more that meets a process which is already exiting ends it by itself: 130 to a shell, too.
    assert.ok(code === 130 || signal === 'SIGINT', `${code} ${signal} ${stderr}`);
    assert.doesNotMatch(stderr, /bug in merc|^ +at /m);
    assert.equal((await merc(args)).code, 0);
    assert.equal((await merc(['verify', out])).code, 0);
    assert.deepEqual(await readdir(join(out, '.work')), []);
  });
});

test('readers of both streams that go away do not end a run before its work', async () => {
  const { samples } = await demoSet();
  await inFolder(async (folder) => {
    const child = startMerc(['run', samples, '--out', join(folder, 'out')]);
    child.stdout?.destroy();
    child.stderr?.destroy();
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.equal((await merc(['verify', join(folder, 'out')])).code, 0);
  });
});

test(
  'a log on a full disk ends nothing, and a summary that cannot be written is one line and exit 1',
  { skip: !existsSync('/dev/full') && 'there is no /dev/full here' },
  async () => {
    const { samples } = await demoSet();
    await inFolder(async (folder) => {
      const shell = (out: string, redirection: string) => {
        const words = commandLine(['run', samples, '--out', join(folder, out)]).map((word) => `'${word}'`);
        return spawnSync('sh', ['-c', `exec ${words.join(' ')} ${redirection}`], { encoding: 'utf8' });
      };
      const log = shell('log', '2> /dev/full');
      assert.equal(log.status, 0);
      assert.match(log.stdout, /^Done: /m);
      const summary = shell('summary', '> /dev/full');
      assert.equal(summary.status, 1);
      assert.match(summary.stderr, /^merc: standard output cannot be written: /m);
      assert.doesNotMatch(summary.stderr, /^ +at /m);
      assert.equal((await merc(['verify', join(folder, 'summary')])).code, 0);
    });
  },
);

test('a terminal that is closed ends a run with 129, and a hangup without a terminal does not', async (t) => {
  const { samples } = await demoSet();
  await inFolder(async (folder) => {
    const [out, said] = [join(folder, 'out'), join(folder, 'said')];
    const detached = startMerc(['run', samples, '--out', join(folder, 'detached')]);
    const outcome = ended(detached);
    while (!existsSync(join(folder, 'detached/plans/0001.jsonl'))) await new Promise((resolve) => setTimeout(resolve, 2));
    process.kill(detached.pid ?? 0, 'SIGHUP');
    assert.equal((await outcome).code, 0);

    if (!(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '').includes('util-linux'))
      return t.skip('no terminal to be had: script of util-linux is not installed');
    const words = commandLine(['run', samples, '--out', out]).map((word) => `'${word}'`);
    // A shell hands the hangup on to its jobs; this one outlives it, to say how the run ended.
    const session = `${words.join(' ')} & trap "kill -HUP $!" HUP; while kill -0 $!; do wait $!; code=$?; done; echo $code > '${said}'`;
    const terminal = spawn('script', ['-qec', session, '/dev/null'], { env: { ...process.env, SHELL: '/bin/sh' }, stdio: ['pipe', 'ignore', 'ignore'] });
    while (!existsSync(join(out, 'plans/0001.jsonl'))) await new Promise((resolve) => setTimeout(resolve, 2));
    terminal.kill('SIGKILL');
    while (!existsSync(said) || (await readFile(said, 'utf8')) === '') await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(await readFile(said, 'utf8'), '129\n');
    assert.deepEqual(await readdir(join(out, '.work')), []);
    assert.equal((await merc(['run', samples, '--out', out])).code, 0);
  });
});
