import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { claimsOn, withLock } from '../../src/core/lock.ts';
import { thisProcess, type Process } from '../../src/core/owner.ts';
import { WHOLE, overlap, type Slice } from '../../src/core/slice.ts';
import { inFolder } from '../support/folder.ts';

const signal = new AbortController().signal;
const TIMES = { refresh: 20, silent: 5_000, watch: 200 };
const hold = <T>(out: string, slice: Slice, use: (signal: AbortSignal) => Promise<T>) =>
  withLock({ out, slice, command: 'merc run', named: `--out ${out}`, signal, times: TIMES }, use);
const nothing = () => Promise.resolve('held');

/** Leaves the lock of another process, as that would have written it. */
async function leave(out: string, owner: Partial<Process>, slice = WHOLE): Promise<string> {
  await mkdir(join(out, '.work'), { recursive: true });
  const claim = { ...thisProcess(), ...owner };
  const path = join(out, '.work', `lock.${slice.index}-${slice.of}.${claim.host}.${claim.pid}.00000000`);
  await writeFile(path, JSON.stringify({ command: 'merc run', since: '2020-01-01T00:00:00.000Z', ...claim }));
  return path;
}

test('two slices overlap exactly where a shard number is in both', () => {
  const has = ({ index, of }: Slice, shard: number) => shard % of === index;
  for (let m = 1; m <= 6; m++) {
    for (let n = 1; n <= 6; n++) {
      for (const a of Array.from({ length: m }, (_, index) => ({ index, of: m }))) {
        for (const b of Array.from({ length: n }, (_, index) => ({ index, of: n }))) {
          const shared = Array.from({ length: m * n }, (_, shard) => shard).some((shard) => has(a, shard) && has(b, shard));
          assert.equal(overlap(a, b), shared, `${a.index}/${m} and ${b.index}/${n}`);
        }
      }
    }
  }
});

test('of many claimants at once exactly one holds, and the others are told who', async () => {
  await inFolder(async (out) => {
    // Processes, since within one a claim is refused by its name alone.
    const program = `
      import { withLock } from ${JSON.stringify(new URL('../../src/core/lock' + (import.meta.url.endsWith('.ts') ? '.ts' : '.js'), import.meta.url).href)};
      await withLock({ out: ${JSON.stringify(out)}, slice: { index: 0, of: 1 }, command: 'merc run', named: 'out', signal: new AbortController().signal }, async () => {
        console.log('held ' + process.pid);
        await new Promise((resolve) => process.stdin.once('data', resolve).once('end', resolve));
        process.exit(0);
      }).catch((error) => console.log(error.message));`;
    const evaluate = 'Deno' in globalThis ? ['eval', '--no-lock'] : ['--input-type=module', '-e'];
    const children = Array.from({ length: 6 }, () =>
      spawn(process.execPath, [...('Bun' in globalThis ? ['-e'] : evaluate), program], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    const ends = children.map((child) => once(child, 'exit'));
    const said = await Promise.all(children.map(async ({ stdout }) => String((await once(stdout, 'data'))[0])));
    const holders = said.filter((line) => line.startsWith('held '));
    assert.equal(holders.length, 1, said.join(''));
    const pid = holders[0]?.trim().slice('held '.length);
    // A claimant may have met another that was itself about to give way.
    assert.ok(said.some((line) => line.includes(`process ${pid},`)));
    for (const line of said)
      assert.match(line, /^held |: merc run \(host .+, process \d+, since .+\) is at work on it: wait for its end, or name another folder\n$/);
    for (const child of children) child.stdin.end();
    await Promise.all(ends);
    assert.equal(await hold(out, WHOLE, nothing), 'held', 'the lock of a process that ended without a word keeps the next one out');
    assert.deepEqual(await readdir(join(out, '.work')), []);
  });
});

test('a claim that was never written to its end keeps nobody out, and is swept', async () => {
  await inFolder(async (out) => {
    await mkdir(join(out, '.work'), { recursive: true });
    const ended = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await once(ended, 'exit');
    await writeFile(join(out, '.work', `lock.0-1.${hostname()}.${ended.pid}.00000000.${hostname()}.${ended.pid}.00000000.${randomUUID()}.tmp`), '');
    assert.equal(await hold(out, WHOLE, nothing), 'held');
    assert.deepEqual(await readdir(join(out, '.work')), []);
  });
});

test('a lock of one slice keeps out a whole run and no other slice', async () => {
  await inFolder(async (out) => {
    await leave(out, { pid: process.ppid, started: '' }, { index: 1, of: 4 });
    assert.equal(await hold(out, { index: 2, of: 4 }, nothing), 'held');
    assert.equal(await hold(out, { index: 0, of: 2 }, nothing), 'held');
    for (const slice of [WHOLE, { index: 1, of: 4 }, { index: 1, of: 2 }]) await assert.rejects(hold(out, slice, nothing), /is at work on it/);
    assert.equal((await readdir(join(out, '.work'))).length, 1, 'the refused left something');
  });
});

test('a process that has the number of a dead owner is not taken for it', { skip: process.platform === 'win32' && 'no start times there' }, async () => {
  await inFolder(async (out) => {
    await leave(out, { pid: process.ppid, started: 'another time' });
    assert.equal(await hold(out, WHOLE, nothing), 'held');
  });
});

test("another machine's lock stands while it is renewed, whatever the clock says, and falls by silence", async () => {
  await inFolder(async (out) => {
    const path = await leave(out, { host: 'far', machine: 'far', pid: 1 });
    await assert.rejects(hold(out, WHOLE, nothing), /\(host far, process 1, since 2020-01-01T00:00:00\.000Z\)/);
    // The clock has jumped forward, or back: the last sign seems old, or yet to come. But signs come.
    for (const hours of [-3, 3]) {
      const renewed = setInterval(() => void utimes(path, new Date(), Date.now() / 1000 + hours * 3600), 20);
      await assert.rejects(hold(out, WHOLE, nothing), /host far/, `${hours} hours`);
      clearInterval(renewed);
    }
    for (const hours of [-3, 3]) {
      const silent = await leave(out, { host: 'far', machine: 'far', pid: 1 });
      await utimes(silent, new Date(), Date.now() / 1000 + hours * 3600);
      assert.equal(await hold(out, WHOLE, nothing), 'held', `${hours} hours`);
    }
    assert.deepEqual(await claimsOn(out), []);
  });
});

test('a lock gives signs of life, and who has lost it is ended', async () => {
  await inFolder(async (out) => {
    const work = join(out, '.work');
    await assert.rejects(
      hold(out, WHOLE, async (held) => {
        const [name = ''] = await readdir(work);
        const before = await readFile(join(work, name), 'utf8');
        await utimes(join(work, name), 1, 1);
        while ((await stat(join(work, name))).mtimeMs < 1e6) await new Promise((resolve) => setTimeout(resolve, 5));
        assert.equal(await readFile(join(work, name), 'utf8'), before);
        await rm(join(work, name));
        const awake = setInterval(() => {}, 1_000);
        await new Promise((resolve) => held.addEventListener('abort', resolve));
        clearInterval(awake);
        throw new Error('what it ran into');
      }),
      /another process has taken it over/,
    );
  });
});
