// How a watch looks to the one who finds it running: a line a round on stdout, the rest on stderr.
//
// Promise: quiet prints what failed and nothing else. What failed is said once and not at each try; a
// wait is one line, on a terminal rewritten. Raw text comes in, escaped text goes out.

import type { WatchObserver } from '../commands/watch.ts';
import type { Look, Round } from '../commands/watch-look.ts';
import { firstLine } from '../core/errors.ts';
import { escapeText } from './escape.ts';
import { formatBytes, formatCount, formatDuration, formatNoun, formatTime } from './format.ts';
import { print } from './print.ts';
import { progress, type Progress } from './progress.ts';
import { SKIPS_NAMED, datasetSummary, problemsOf } from './run-view.ts';
import { datasetLines } from './summary.ts';

export interface WatchView {
  readonly observer: WatchObserver;
  /** Leaves no line half written. */
  end(): void;
}

const FAILED = { round: 'round failed, the next look tries again', labels: 'labels stay as they are, the next look tries again' } as const;

/** @param out The output folder as the user named it. */
export function watchView(quiet: boolean, out: string): WatchView {
  const terminal = process.stderr.isTTY && process.env['TERM'] !== 'dumb';
  let waiting = false;
  let shown: Progress | undefined;
  let skippedBefore = new Set<string>();
  /** Of the last look, none where it failed. */
  let last: { readonly changing: number; readonly worked: boolean } | undefined;
  const told: Partial<Record<keyof typeof FAILED, string>> = {};

  const clear = () => {
    shown?.end();
    shown = undefined;
    if (waiting) process.stderr.write('\r\u001b[K');
    waiting = false;
  };
  const tell = (line: string) => {
    if (shown === undefined) clear();
    if (shown !== undefined) shown.note(line);
    else if (!quiet) process.stderr.write(`${escapeText(line)}\n`);
  };
  const say = (line: string) => {
    clear();
    if (!quiet) print(line);
  };
  const tellSkipped = (skipped: Look['skipped']) => {
    const lines = skipped.map(({ path, why }) => `skipped ${path}: ${why}`);
    const fresh = lines.filter((line) => !skippedBefore.has(line));
    for (const line of fresh.slice(0, SKIPS_NAMED)) tell(line);
    if (fresh.length > SKIPS_NAMED) tell(`skipped ${fresh.length - SKIPS_NAMED} more`);
    skippedBefore = new Set(lines);
  };
  return {
    observer: {
      note: tell,
      run: {
        note: tell,
        planned({ files, bytes }, done) {
          if (files === done.rows) return;
          clear();
          shown = progress({ stream: process.stderr, totalFiles: files - done.rows, totalBytes: bytes - done.bytes, quiet });
        },
        batch(counts) {
          shown?.add({ files: counts.rows, bytes: counts.bytes, problems: problemsOf(counts) });
        },
      },
      failed(what, error) {
        clear();
        const line = `merc: ${FAILED[what]}: ${firstLine(error)}`;
        if (told[what] !== line) process.stderr.write(`${escapeText(line)}\n`);
        told[what] = line;
        if (what === 'round') last = undefined;
      },
      looked(look) {
        clear();
        delete told.round;
        tellSkipped(look.skipped);
        const { relabelled, round } = look;
        if (relabelled !== undefined) {
          delete told.labels;
          say(`${formatTime(new Date())}  new labels from ${datasetLines(datasetSummary(relabelled.finished, relabelled.csv))[0]}`);
        }
        if (round !== undefined) for (const line of roundLines(round, out)) say(line);
        last = { changing: look.changing, worked: round !== undefined || relabelled !== undefined };
      },
      waits(until, due) {
        if (quiet || (!due && last?.worked !== true)) return;
        const changing = last === undefined || last.changing === 0 ? '' : `${formatNoun(last.changing, 'file')} still changing, `;
        // The last year of a cron expression may be over.
        const line = changing + (Number.isNaN(until.getTime()) ? 'no further look' : `next look at ${formatTime(until)}`);
        clear();
        process.stderr.write(terminal ? line : `${line}\n`);
        waiting = terminal;
      },
    },
    end: clear,
  };
}

/** What a round has brought; nothing for one that only looked after the output. */
function roundLines({ report, before }: Round, out: string): string[] {
  const { counts } = report.totals;
  const [planned, rows] = [report.planned.files - before.rows, counts.rows - before.rows];
  if (planned === 0) return [];
  const work = [
    formatNoun(planned, 'file'),
    formatNoun(rows, 'row'),
    formatBytes(report.bytesRead),
    formatNoun(problemsOf(counts) - problemsOf(before), 'problem'),
    formatDuration(report.milliseconds),
  ];
  return [`${formatTime(new Date())}  ${work.join(', ')}; ${out} has ${formatCount(counts.rows)}${report.interrupted ? ', interrupted' : ''}`];
}
