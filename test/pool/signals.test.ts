import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPool } from '../../src/pool/pool.ts';
import { emptyBatch } from '../support/empty-batch.ts';
import { fill, inFolder } from '../support/folder.ts';
import { ended, merc, startMerc } from '../support/merc.ts';
import { partsOf, samplesOf } from '../support/rows.ts';
import { tinySet } from '../support/tiny-set.ts';

const BOUNDS = { batchBytes: 1e9, batchFiles: 64, shardBytes: 1e9, shardFiles: 256 };

/** Gives `use` a run over a set of files, and a mark that it and its workers have in their environment; none outlives it. */
async function inRun(flags: object, use: (run: Run) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const [samples, out] = [join(folder, 'in'), join(folder, 'out')];
    await tinySet(samples);
    const mark = newMark();
    const child = startRun(samples, out, flags, mark);
    try {
      await use({ samples, out, child, end: ended(child), mark });
    } finally {
      for (const pid of marked(mark)) process.kill(pid, 'SIGKILL');
    }
  });
}

function startRun(samples: string, out: string, flags: object, mark: string) {
  return startMerc([samples, out, JSON.stringify({ bounds: BOUNDS, ...flags })], { program: 'test/support/faulty-run', env: { MERC_TEST_MARK: mark } });
}

interface Run {
  readonly samples: string;
  readonly out: string;
  readonly child: ReturnType<typeof startMerc>;
  readonly end: ReturnType<typeof ended>;
  readonly mark: string;
}

/** A value that no other process has in its environment. */
const newMark = () => `merc-test-${process.pid}-${Math.random()}`;

/** Processes that live and have the mark. */
function marked(mark: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && text(`/proc/${pid}/environ`).includes(mark) && !/^State:\s+Z/m.test(text(`/proc/${pid}/status`)));
}

function text(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** Waits for what is asked for every few milliseconds; fails after so many seconds. */
async function eventually(seconds: number, what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  for (const started = performance.now(); !(await is());) {
    assert.ok(performance.now() - started < seconds * 1_000, what);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until a worker has a file in hand. */
async function atFile(out: string, sampleId: number): Promise<void> {
  await eventually(30, `no worker has come to sample ${sampleId}`, async () => {
    for (const name of await readdir(join(out, '.work'), { recursive: true }).catch(() => []))
      if (
        /progress-\d+$/.test(name) &&
        Buffer.from(text(join(out, '.work', name)), 'latin1')
          .subarray(8, 12)
          .equals(int32(sampleId))
      )
        return true;
    return false;
  });
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

const onLinux = { skip: process.platform === 'linux' ? false : 'processes are found in /proc' };

test('no worker outlives a parent that was killed, even in an endless native loop', onLinux, async () => {
  const faults = { byPath: { '001': 'endless_loop' }, bounds: { cpuSeconds: 60, stallSeconds: 60 } };
  await inRun({ workers: 2, faults }, async ({ out, child, end, mark }) => {
    await atFile(out, 2);
    await eventually(30, 'two workers and their parent are not there', () => marked(mark).length === 3);
    child.kill('SIGKILL');
    await end;
    await eventually(20, 'a worker lives on', () => marked(mark).length === 0);
  });
});

test('no idle worker outlives a parent that was killed', onLinux, async () => {
  const mark = newMark();
  const child = startMerc([], { program: 'test/support/idle-pool', env: { MERC_TEST_MARK: mark } });
  const end = ended(child);
  try {
    await eventually(30, 'two workers and their parent are not there', () => marked(mark).length === 3);
    // Loaded, which they are some time after they have begun.
    await eventually(
      30,
      'the workers have not loaded the addon',
      () => marked(mark).filter((pid) => text(`/proc/${pid}/maps`).includes('.node\n')).length >= 2,
    );
    child.kill('SIGKILL');
    await end;
    await eventually(20, 'an idle worker lives on', () => marked(mark).length === 0);
  } finally {
    for (const pid of marked(mark)) process.kill(pid, 'SIGKILL');
  }
});

test('workers that may come late start with the first batch, the others at once', onLinux, async () => {
  const mark = newMark();
  process.env['MERC_TEST_MARK'] = mark;
  const [early, late] = [openPool({ workers: 1 }), openPool({ workers: 2, late: true })];
  try {
    await eventually(30, 'the early worker is not there', () => marked(mark).length === 1);
    await inFolder(async (folder) => void (await late.extract(...emptyBatch(folder, 'only', 1))));
    await eventually(30, 'not all late workers have started', () => marked(mark).length === 3);
  } finally {
    delete process.env['MERC_TEST_MARK'];
    await Promise.all([early.close(), late.close()]);
  }
  assert.deepEqual(marked(mark), []);
});

test('a run that comes to nothing before it has begun leaves no worker', onLinux, async () => {
  await inFolder(async (folder) => {
    const mark = newMark();
    await fill(folder, { 'none/.keep.csv': '', 'some/x': 'MZ', 'bad.csv': 'x,y' });
    const runs = [['none'], ['gone'], ['some', '--csv', join(folder, 'bad.csv')]];
    for (const [path = '', ...flags] of runs) {
      const given = ['run', join(folder, path), '--out', join(folder, `out-${path}`), '--exclude', '*.csv', ...flags];
      const { code, stderr } = await merc(given, { env: { MERC_TEST_MARK: mark } });
      assert.equal(code, 2, stderr);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
      assert.deepEqual(marked(mark), []);
    }
  });
});

test('Ctrl-C, which reaches workers too, is no crash', onLinux, async () => {
  await inRun({ workers: 2, faults: { byPath: { '001': 'slow', '250': 'endless_loop' } } }, async ({ out, child, end, mark }) => {
    await atFile(out, 2);
    assert.ok(child.pid !== undefined);
    process.kill(-child.pid, 'SIGINT');
    const { code, stderr } = await end;
    assert.equal(code, 130, stderr);
    assert.doesNotMatch(stderr, /lost|killed|crash|Error/i);
    await eventually(20, 'a worker lives on', () => marked(mark).length === 0);
    assert.deepEqual(await readdir(join(out, 'commits')).catch(() => []), []);
  });
});

test('a worker that is killed from outside costs nothing: its batch is done again, with the same bytes', onLinux, async () => {
  await inRun({ workers: 1, faults: { byPath: { '100': 'slow' } } }, async ({ samples, out, child, end, mark }) => {
    await atFile(out, 101);
    const [worker] = marked(mark).filter((pid) => pid !== child.pid);
    assert.ok(worker !== undefined);
    process.kill(worker, 'SIGKILL');
    const { code, stderr } = await end;
    assert.equal(code, 0, stderr);
    const undisturbed = join(out, '../undisturbed');
    assert.equal((await ended(startRun(samples, undisturbed, { workers: 1 }, mark))).code, 0);
    assert.deepEqual(await partsOf(out), await partsOf(undisturbed));
    assert.deepEqual(await samplesOf(out, 'count(*)::INTEGER AS rows', `WHERE status = 'ok'`), [{ rows: 256 }]);
  });
});
