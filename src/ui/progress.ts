// How far a run is, on stderr: one rewritten line on a terminal, a plain line each few seconds elsewhere.
//
// Promise: it never ends a run (a reader that went away silences it), never wraps a terminal line,
// and leaves none of its own behind. Notes are escaped here, so callers pass raw text.

import { clearInterval, setInterval } from 'node:timers';
import { escapeText } from './escape.ts';
import { formatBytes, formatCount, formatDuration, formatNoun, formatPercent, formatRate } from './format.ts';
import { pace } from './rate.ts';

/** At most ten lines a second: a terminal over a slow link keeps up. */
const REPAINT_MS = 100;
/** Lines in a log: often enough to see life, seldom enough to read. */
const LOG_MS = 5_000;
const CLEAR = '\r\u001b[K';

/** Where progress goes; `process.stderr` is one. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export interface ProgressOptions {
  readonly stream: ProgressStream;
  /** Files of the whole run, those done before included. */
  readonly totalFiles: number;
  readonly totalBytes: number;
  /** What an earlier run has done: counted as done, not as speed. */
  readonly doneFiles?: number;
  readonly doneBytes?: number;
  /** Neither progress nor notes. */
  readonly quiet: boolean;
  /** A clock in milliseconds. */
  readonly now?: () => number;
}

export interface Progress {
  /** Counts work just done. */
  add(work: { readonly files: number; readonly bytes: number; readonly problems: number }): void;
  /** Prints a line of raw text without garbling the progress line. */
  note(line: string): void;
  /** Clears the line; nothing is printed afterwards. */
  end(): void;
}

/** Starts to show progress. */
export function progress(options: ProgressOptions): Progress {
  if (options.quiet) return { add: () => undefined, note: () => undefined, end: () => undefined };
  const { stream, totalFiles, totalBytes, doneFiles = 0, doneBytes = 0, now = () => performance.now() } = options;
  const terminal = stream.isTTY === true && process.env['TERM'] !== 'dumb';
  const started = now();
  const speed = pace(started);
  const done = { files: doneFiles, bytes: doneBytes, problems: 0 };
  let painted = terminal ? -Infinity : started;
  let open = true;
  let shown = false;

  const write = (text: string) => {
    if (!gone.has(stream)) stream.write(text);
  };
  const line = (columns: number) => {
    const left = { files: totalFiles - done.files, bytes: totalBytes - done.bytes };
    const { bytesPerSecond, millisecondsLeft } = speed.now(left, now());
    const parts = [
      totalBytes > 0 ? formatPercent(done.bytes, totalBytes) : formatPercent(done.files, totalFiles),
      `${formatCount(done.files)}/${formatCount(totalFiles)} files`,
      `ETA ${estimate(millisecondsLeft)}`,
      bytesPerSecond === undefined ? undefined : formatRate(bytesPerSecond),
      formatNoun(done.problems, 'problem'),
      `${formatBytes(done.bytes)} of ${formatBytes(totalBytes)}`,
    ].filter((part) => part !== undefined);
    let text = parts.join('  ');
    while (text.length > columns && parts.length > 1) {
      parts.pop();
      text = parts.join('  ');
    }
    return text.slice(0, Math.max(0, columns));
  };
  const paint = () => {
    const at = now();
    if (!open || at - painted < (terminal ? REPAINT_MS : LOG_MS)) return;
    painted = at;
    shown = true;
    // One column stays free, since a full line wraps on some terminals; some say that they have 0.
    write(terminal ? CLEAR + line((stream.columns || 80) - 1) : `${line(Infinity)}\n`);
  };

  watch(stream);
  const timer = setInterval(paint, terminal ? 1_000 : LOG_MS);
  timer.unref();
  if (terminal) paint();
  return {
    add({ files, bytes, problems }) {
      done.files += files;
      done.bytes += bytes;
      done.problems += problems;
      speed.add({ files, bytes }, now());
      paint();
    },
    note(text) {
      const cleared = terminal && shown && open;
      write(`${cleared ? CLEAR : ''}${escapeText(text)}\n`);
      if (!cleared) return;
      painted = -Infinity;
      paint();
    },
    end() {
      if (!open) return;
      open = false;
      clearInterval(timer);
      if (terminal && shown) write(CLEAR);
    },
  };
}

/** Whole seconds: a tenth of a guess only flickers. */
function estimate(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return '...';
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return seconds < 10 ? `${seconds} s` : formatDuration(seconds * 1000);
}

const watched = new WeakSet<ProgressStream>();
const gone = new WeakSet<ProgressStream>();

/** The listener stays: an EPIPE arrives a tick after the write that met it, which may be the last. */
function watch(stream: ProgressStream): void {
  if (watched.has(stream)) return;
  watched.add(stream);
  stream.on('error', () => gone.add(stream));
}
