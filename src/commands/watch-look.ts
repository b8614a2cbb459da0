// One look of `merc watch`: list, compare with the plans, take new labels, extract what is new and still.
//
// Promise: a look without anything to do writes nothing. The first one runs in any case: it makes the
// output, so that bad arguments end the watch at once, and ends what an earlier process left undone; so
// does the one after a failure, which may have left views and success mark behind the commits.
// Nothing is held from one look to the next but what still changes: no listing, pool or database.

import { committedIds } from '../core/commit.ts';
import { NO_COUNTS } from '../core/counts.ts';
import { RunError } from '../core/errors.ts';
import { isFile, type RunOptions } from '../core/options.ts';
import { planTotals, readHeads, type ScannedFile } from '../core/plan.ts';
import type { Counts } from '../core/types.ts';
import type { WatchOptions } from '../core/watch-options.ts';
import { survey, type Choice, type Survey } from '../sources/planning.ts';
import { settling } from '../sources/settle.ts';
import type { Finished } from '../stores/finish.ts';
import { DatasetError } from '../stores/labels.ts';
import { runExtraction, type RunObserver, type RunReport } from './run.ts';
import { labelWatch } from './watch-labels.ts';

/** What a look has found and what came of it. */
export interface Look {
  /** Whether it was the schedule's; else an event or what settled has brought it forward. */
  readonly due: boolean;
  /** How long a listing takes, milliseconds: the shorter of the last two, since one may have met a cold cache. */
  readonly listing: number;
  /** When the first of what is still changing may have settled, by a clock that only goes forward. */
  readonly settled: number | undefined;
  /** Files that are still changing. */
  readonly changing: number;
  readonly skipped: Survey['skipped'];
  readonly relabelled: { readonly csv: string; readonly finished: Finished } | undefined;
  readonly round: Round | undefined;
}

/** A run that a look has led to. */
export interface Round {
  readonly report: RunReport;
  /** What the output held before. */
  readonly before: Counts;
}

/** Who is told while it looks. */
export interface LookObserver {
  readonly run: RunObserver;
  /** Something the user should know, raw text. */
  note(line: string): void;
  /** What failed and will be tried again. */
  failed(what: 'round' | 'labels', error: unknown): void;
}

const elapsed = () => performance.now();

/** @returns what looks; `due` is whether the schedule says so, or an event or what settled. */
export function looker(options: WatchOptions, signal: AbortSignal, observer: LookObserver): (due: boolean) => Promise<Look> {
  const { run, settle, csvPlaces } = options;
  const files = settling(settle);
  const labels = labelWatch(run.out, settle, elapsed);
  // Whether nothing is left undone that the commits do not tell of.
  let whole = false;
  let listingBefore = 0;

  const relabelled = async (csv: string | null, due: boolean): Promise<Look['relabelled']> => {
    if (csv === null) return undefined;
    try {
      const finished = await labels.look(csv, due, signal);
      return finished === undefined ? undefined : { csv, finished };
    } catch (error) {
      // Files are taken with the labels that there are: what is missing is made up for later.
      if (signal.aborted) throw error;
      observer.failed('labels', error);
      whole = false;
      return undefined;
    }
  };

  return async (due) => {
    const csv = csvPlaces.find(isFile) ?? null;
    const began = elapsed();
    let listing = 0;
    const choose: Choice = (unplanned, roots) => {
      listing = elapsed() - began;
      return files.look(unplanned, (file) => ({ name: `${roots[file.root]}/${file.pathRaw ?? file.path}`, state: stateOf(file) }), { began, ended: elapsed() });
    };
    const heads = await readHeads(run.out);
    const committed = new Set(await committedIds(run.out));
    const surveyed = await survey({ ...run, csv }, heads, committed, signal, choose);
    const isUndone = committed.size < planTotals(heads).shards;
    // A folder that is not mounted is empty: its planned files would become rows without content.
    if (isUndone && surveyed.found.files.length === 0) throw new RunError(`${run.paths.join(', ')}: holds no file, but some are planned and not done yet`);
    const newLabels = heads.length === 0 ? undefined : await relabelled(csv, due);
    let round: Round | undefined;
    if (!whole || isUndone || surveyed.unplanned.length > 0) {
      whole = false;
      round = await extracted({ ...run, csv: heads.length === 0 ? csv : null }, surveyed, signal, observer);
      whole = true;
    }
    const usual = Math.min(listing, listingBefore);
    listingBefore = listing;
    const settled = Math.min(files.next() ?? Infinity, labels.next() ?? Infinity);
    return {
      due,
      listing: usual,
      settled: settled === Infinity ? undefined : settled,
      changing: files.waiting(),
      skipped: surveyed.skipped,
      relabelled: newLabels,
      round,
    };
  };
}

/** What changes when a file's content does. */
function stateOf({ size, mtime }: ScannedFile): string {
  return `${size}:${mtime}`;
}

/** Runs what is new; where the first dataset cannot be read, without labels until it can. */
async function extracted(options: RunOptions, surveyed: Survey, signal: AbortSignal, observer: LookObserver): Promise<Round> {
  // Of its own: what listens to the signal for one round goes with it.
  const round = new AbortController();
  const stop = () => round.abort(signal.reason);
  signal.addEventListener('abort', stop);
  let before = NO_COUNTS;
  const watched = {
    ...observer.run,
    planned: (...[plan, done]: Parameters<NonNullable<typeof observer.run.planned>>) => {
      before = done;
      observer.run.planned?.(plan, done);
    },
  };
  const run = (csv: string | null) => runExtraction({ ...options, csv }, round.signal, watched, surveyed);
  try {
    if (signal.aborted) stop();
    const report = await run(options.csv).catch((error: unknown) => {
      if (!(error instanceof DatasetError)) throw error;
      observer.failed('labels', error);
      return run(null);
    });
    return { report, before };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
