import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Faults } from '../../src/core/options.ts';
import { inFolder } from '../support/folder.ts';
import { merc, type Outcome } from '../support/merc.ts';
import { partsOf, samplesOf } from '../support/rows.ts';
import { tinySet } from '../support/tiny-set.ts';

/** Four batches, so that three are not concerned by what happens in the second. */
const BOUNDS = { batchBytes: 1e9, batchFiles: 64, shardBytes: 1e9, shardFiles: 256 };
const CULPRIT = '100';

/** A fault, and what the row says of it: a runtime may have a handler of its own for what the system sends. */
const FAULTS: Readonly<Record<string, { readonly kind: string; readonly stage: string; readonly detail: RegExp; readonly hashed: boolean }>> = {
  abort: { kind: 'killed', stage: 'header', detail: /^killed by SIG(ABRT|ILL|TRAP)$|^ended with exit code \d+$/, hashed: true },
  stack_overflow: { kind: 'killed', stage: 'header', detail: /^killed by SIG(SEGV|ABRT|BUS|ILL|TRAP)$|^ended with exit code \d+$/, hashed: true },
  endless_loop: { kind: 'cpu_time', stage: 'header', detail: /^over its CPU time$/, hashed: true },
  allocate: { kind: 'memory', stage: 'header', detail: /^over its memory$/, hashed: true },
  read_abort: { kind: 'killed', stage: 'read', detail: /^killed by SIG(ABRT|ILL|TRAP)$|^ended with exit code \d+$/, hashed: false },
};

function run(samples: string, out: string, byPath: Record<string, string>, more: object = {}): Promise<Outcome> {
  const faults: Faults = { byPath, bounds: { cpuSeconds: 0.3, memory: 256e6, waitSeconds: 1 } };
  return merc([samples, out, JSON.stringify({ workers: 2, bounds: BOUNDS, faults, ...more })], { program: 'test/support/faulty-run' });
}

interface ProblemRow {
  readonly stage: string;
  readonly kind: string;
  readonly detail: string;
}

/** Asserts that a row is that of a file that met the fault. */
function assertCrashed(row: Record<string, unknown>, fault: string, bytes: Buffer): void {
  const expected = FAULTS[fault];
  const [problem, ...rest] = JSON.parse(String(row['problems'])) as ProblemRow[];
  const name = `${String(row['path'])}, ${fault}`;
  assert.ok(expected !== undefined && problem !== undefined, name);
  assert.deepEqual(rest, [], name);
  assert.deepEqual([row['status'], problem.stage, problem.kind], ['crashed', expected.stage, expected.kind], name);
  assert.match(problem.detail, expected.detail, name);
  const hashes = ['md5', 'sha1', 'sha256'].map((algorithm) => createHash(algorithm).update(bytes).digest('hex'));
  assert.deepEqual([row['md5'], row['sha1'], row['sha256']], expected.hashed ? hashes : [null, null, null], name);
  assert.equal(Number(row['file_size']), bytes.length, name);
  assert.equal(row['sections'], null, name);
}

const CRASHED = 'path, status, to_json(problems)::VARCHAR AS problems, md5, sha1, sha256, file_size, sections';

test('a file that ends its worker is a row that says how, and nothing else of the output differs', async () => {
  await inFolder(async (folder) => {
    const samples = join(folder, 'in');
    const files = await tinySet(samples);
    const undisturbed = join(folder, 'undisturbed');
    assert.equal((await run(samples, undisturbed, {})).code, 0);
    const { 'samples/0001-00000.parquet': _, ...strings } = await partsOf(undisturbed);
    const others = `WHERE path <> '${CULPRIT}' ORDER BY sample_id`;
    const rows = (out: string) => samplesOf(out, 'to_json(COLUMNS(*)::VARCHAR)', others);
    const expected = JSON.stringify(await rows(undisturbed));
    for (const fault of Object.keys(FAULTS)) {
      const out = join(folder, fault);
      const { code, stderr } = await run(samples, out, { [CULPRIT]: fault });
      assert.equal(code, 0, stderr);
      assert.match(stderr, /^256 files, [\d.]+ kB, in 1 shard\s*$/, `${fault}: nothing of a crash goes to the terminal`);
      const [row] = await samplesOf(out, CRASHED, `WHERE status = 'crashed'`);
      assertCrashed(row ?? {}, fault, files.get(CULPRIT) ?? Buffer.alloc(0));
      assert.equal(JSON.stringify(await rows(out)), expected, fault);
      const { 'samples/0001-00000.parquet': _samples, ...ownStrings } = await partsOf(out);
      assert.deepEqual({ ...ownStrings, 'strings/0001-00000-1.parquet': '' }, { ...strings, 'strings/0001-00000-1.parquet': '' }, fault);
    }
  });
});

test('a run over files that all end their workers ends with a row for each', async () => {
  await inFolder(async (folder) => {
    const samples = join(folder, 'in');
    const files = await tinySet(samples);
    // The quick ones mostly: a loop takes its CPU time each time.
    const faultOf = (index: number) =>
      ['endless_loop', 'abort', 'stack_overflow', 'allocate', 'read_abort'][index % 16] ?? (index % 2 === 0 ? 'abort' : 'stack_overflow');
    const byPath = Object.fromEntries([...files.keys()].map((name, index) => [name, faultOf(index)]));
    const out = join(folder, 'out');
    const { code, stdout, stderr } = await run(samples, out, byPath);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /256 crashed/);
    const rows = await samplesOf(out, CRASHED);
    assert.equal(rows.length, 256);
    for (const row of rows) assertCrashed(row, byPath[String(row['path'])] ?? '', files.get(String(row['path'])) ?? Buffer.alloc(0));
    assert.equal((await merc(['verify', out])).code, 0);
  });
});

test('a file that its worker waits for is told of once, and its row is that of any other', async () => {
  await inFolder(async (folder) => {
    const samples = join(folder, 'in');
    await tinySet(samples);
    const [out, undisturbed] = [join(folder, 'out'), join(folder, 'undisturbed')];
    const { code, stderr } = await run(samples, out, { [CULPRIT]: 'slow' });
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      stderr.match(/^note: .*$/gm)?.map((line) => line.replace(/\d+ s/, 'N s')),
      ['note: 100: its worker waits for the disk since N s'],
    );
    assert.equal((await run(samples, undisturbed, {})).code, 0);
    assert.deepEqual(await partsOf(out), await partsOf(undisturbed));
  });
});

test('threads give the same parts, and a panic in one is a row', async () => {
  await inFolder(async (folder) => {
    const samples = join(folder, 'in');
    await tinySet(samples);
    const [threads, processes] = [join(folder, 'threads'), join(folder, 'processes')];
    const { code, stderr } = await run(samples, threads, { [CULPRIT]: 'panic' }, { isolation: 'thread' });
    assert.equal(code, 0, stderr);
    assert.equal((await run(samples, processes, { [CULPRIT]: 'panic' })).code, 0);
    assert.deepEqual(await partsOf(threads), await partsOf(processes));
    const [row] = await samplesOf(threads, 'sha256, to_json(problems)::VARCHAR AS problems', `WHERE path = '${CULPRIT}'`);
    assert.match(String(row?.['problems']), /"stage":"header","kind":"panic".*a fault that a test asked for/);
    assert.match(String(row?.['sha256']), /^[\da-f]{64}$/);
  });
});

test('workers that die before they have a file in hand end the run with one line', async () => {
  await inFolder(async (folder) => {
    const samples = join(folder, 'in');
    await tinySet(samples);
    const { code, stderr } = await run(samples, join(folder, 'out'), {}, { workers: 1, faults: { byPath: {}, bounds: { memory: 0 } } });
    assert.equal(code, 1, stderr);
    const [line, ...rest] = stderr.match(/^merc: .*$/gm) ?? [];
    // Without any memory more a worker ends at once, or where what its allocator had left over ends: at any file.
    const lost = /two workers in a row were lost with no file in hand \(.+\): .*--workers|workers are lost at the sample \d+ though it is not read \(.+\)/;
    assert.match(line ?? '', new RegExp(`^merc: shard 0001-00000: (${lost.source})`));
    assert.deepEqual(rest, []);
  });
});
