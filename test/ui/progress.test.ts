import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { type ProgressStream, progress } from '../../src/ui/progress.ts';
import { pace } from '../../src/ui/rate.ts';

const CLEAR = '\r\u001b[K';

/** Keeps what is written, in pieces. */
function keeper(terminal: boolean, columns = 100): ProgressStream & { readonly written: string[]; readonly events: EventEmitter } {
  const written: string[] = [];
  const events = new EventEmitter();
  return { isTTY: terminal, columns, written, events, write: (text) => written.push(text), on: (event, listener) => events.on(event, listener) };
}

function onTerminal<T>(use: () => T): T {
  const before = process.env['TERM'];
  process.env['TERM'] = 'xterm';
  try {
    return use();
  } finally {
    if (before === undefined) delete process.env['TERM'];
    else process.env['TERM'] = before;
  }
}

test('a terminal has one line, rewritten at most ten times a second and cleared at the end', () => {
  let clock = 0;
  const stream = keeper(true);
  const shown = onTerminal(() => progress({ stream, totalFiles: 10_000, totalBytes: 1e9, quiet: false, now: () => clock }));
  for (clock = 0; clock < 10_000; clock += 1) shown.add({ files: 1, bytes: 1e5, problems: 0 });
  assert.ok(stream.written.length >= 90 && stream.written.length <= 101, String(stream.written.length));
  for (const piece of stream.written) assert.ok(piece.startsWith(CLEAR) && !piece.includes('\n'));
  assert.equal(stream.written[0], `${CLEAR}0 %  0/10,000 files  ETA ...  0 problems  0 B of 1.00 GB`);
  assert.equal(stream.written.at(-1), `${CLEAR}99.0 %  9,901/10,000 files  ETA 1 s  100 MB/s  0 problems  990 MB of 1.00 GB`);
  shown.end();
  shown.end();
  assert.equal(stream.written.at(-1), CLEAR);
  const pieces = stream.written.length;
  shown.add({ files: 1, bytes: 1, problems: 1 });
  assert.equal(stream.written.length, pieces);
});

test('a narrow terminal is never filled', () => {
  for (const columns of [1, 12, 30, 50]) {
    let clock = 0;
    const stream = keeper(true, columns);
    const shown = onTerminal(() => progress({ stream, totalFiles: 201_549, totalBytes: 126e9, quiet: false, now: () => clock }));
    for (clock = 0; clock < 10_000; clock += 500) shown.add({ files: 9_000, bytes: 5e9, problems: 400 });
    shown.end();
    for (const piece of stream.written) assert.ok(piece.length - CLEAR.length < columns, piece);
  }
});

test('elsewhere a plain line comes each five seconds', () => {
  let clock = 0;
  const stream = keeper(false);
  const shown = progress({ stream, totalFiles: 100, totalBytes: 1e9, quiet: false, now: () => clock });
  for (clock = 0; clock < 20_000; clock += 200) shown.add({ files: 1, bytes: 1e7, problems: 1 });
  shown.end();
  assert.equal(stream.written.length, 3);
  assert.equal(stream.written[0], '26.0 %  26/100 files  ETA 15 s  52.0 MB/s  26 problems  260 MB of 1.00 GB\n');
});

test('a note stands on its own line, escaped, and the progress line comes back', () => {
  const stream = keeper(true);
  const shown = onTerminal(() => progress({ stream, totalFiles: 1, totalBytes: 1, quiet: false, now: () => 0 }));
  onTerminal(() => shown.note('left out: \u001b[2Jx\n'));
  assert.equal(stream.written[1], `${CLEAR}left out: ${String.raw`\x1b[2Jx\x0a`}\n`);
  assert.equal(stream.written[2], stream.written[0]);
  shown.end();
  shown.note('later');
  assert.equal(stream.written.at(-1), 'later\n');
});

test('quiet writes nothing', () => {
  const stream = keeper(true);
  const shown = progress({ stream, totalFiles: 1, totalBytes: 1, quiet: true });
  shown.add({ files: 1, bytes: 1, problems: 1 });
  shown.note('note');
  shown.end();
  assert.deepEqual(stream.written, []);
});

test('after an error of the stream nothing is written to it', () => {
  let clock = 0;
  const stream = keeper(false);
  const shown = progress({ stream, totalFiles: 1, totalBytes: 1, quiet: false, now: () => clock });
  stream.events.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  clock = 60_000;
  shown.add({ files: 1, bytes: 1, problems: 0 });
  shown.note('note');
  shown.end();
  assert.deepEqual(stream.written, []);
});

test('a reader of a real pipe that goes away ends nothing', async () => {
  const child = spawn('true', { stdio: ['pipe', 'ignore', 'ignore'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let clock = 0;
  const shown = progress({ stream: child.stdin, totalFiles: 1, totalBytes: 1, quiet: false, now: () => clock });
  await exited;
  for (clock = 10_000; clock < 100_000; clock += 10_000) {
    shown.add({ files: 0, bytes: 0, problems: 0 });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  shown.end();
});

test('what an earlier run has done is not speed', () => {
  let clock = 0;
  const stream = keeper(false);
  const shown = progress({ stream, totalFiles: 1000, totalBytes: 10e9, doneFiles: 900, doneBytes: 9e9, quiet: false, now: () => clock });
  clock = 5_000;
  shown.add({ files: 10, bytes: 1e8, problems: 0 });
  shown.end();
  assert.deepEqual(stream.written, ['91.0 %  910/1,000 files  ETA 45 s  20.0 MB/s  0 problems  9.10 GB of 10.0 GB\n']);
});

test('the rate forgets what is older than half a minute', () => {
  const speed = pace(0);
  for (let at = 1_000; at <= 60_000; at += 1_000) speed.add({ files: 1, bytes: 100e6 }, at);
  for (let at = 61_000; at <= 100_000; at += 1_000) speed.add({ files: 1, bytes: 10e6 }, at);
  assert.equal(speed.now({ files: 1, bytes: 1 }, 100_000).bytesPerSecond, 10e6);
});

test('a stall lowers the rate although nothing arrives', () => {
  const speed = pace(0);
  for (let at = 100; at <= 10_000; at += 100) speed.add({ files: 1, bytes: 10e6 }, at);
  const before = speed.now({ files: 1, bytes: 1e9 }, 10_000);
  const after = speed.now({ files: 1, bytes: 1e9 }, 20_000);
  assert.equal(before.bytesPerSecond, 100e6);
  assert.equal(after.bytesPerSecond, 50e6);
});

test('there is an estimate for empty files and none before there is work', () => {
  const speed = pace(0);
  assert.equal(speed.now({ files: 10, bytes: 0 }, 10_000).millisecondsLeft, undefined);
  speed.add({ files: 10, bytes: 0 }, 1_000);
  assert.equal(speed.now({ files: 10, bytes: 0 }, 1_500).millisecondsLeft, undefined);
  assert.equal(speed.now({ files: 10, bytes: 0 }, 10_000).millisecondsLeft, 10_000);
});

test('standard error is a stream for progress', () => {
  progress({ stream: process.stderr, totalFiles: 0, totalBytes: 0, quiet: true }).end();
});
