// From the raw flags of `merc watch` to checked options. What a cron expression says is for the schedule.

import { resolve } from 'node:path';
import { UsageError } from './errors.ts';
import { duration } from './flag-values.ts';
import { csvPlaces, runOptions, type RunFlags, type RunOptions } from './options.ts';
import { assertFolder } from './output.ts';

/** Flags of `merc watch`, as typed. */
export interface WatchFlags extends Pick<
  RunFlags,
  'csv' | 'out' | 'workers' | 'include' | 'exclude' | 'only' | 'with' | 'maxFileSize' | 'isolation' | 'bounds'
> {
  readonly every?: string;
  readonly cron?: string;
  readonly settle?: string;
}

/** Checked options of a watch. */
export interface WatchOptions {
  /** What each round does; its `csv` is the one that was there at the start. */
  readonly run: RunOptions;
  /** Absolute names of what may be the dataset, the first that is there; one may appear later. */
  readonly csvPlaces: readonly string[];
  /** Milliseconds from one look to the next, or the times of a cron expression. */
  readonly every: number | null;
  readonly cron: string | null;
  /** Milliseconds for which a file must not have changed. */
  readonly settle: number;
}

/** Ten minutes: new samples are there before anyone asks, and a listing of a million files costs little. */
const EVERY = 600e3;
/** What a copy over a slow network may pause for. */
const SETTLE = 5e3;

export function watchOptions(paths: readonly string[], flags: WatchFlags, defaultWorkers: number): WatchOptions {
  const { every, cron, settle, ...rest } = flags;
  if (paths.length === 0) throw new UsageError('PATH is missing: name a folder, as in `merc watch ./samples`');
  if (every !== undefined && cron !== undefined) throw new UsageError('--every and --cron: one of them says when to look, not both');
  assertFolder(`--out ${rest.out}`, rest.out ?? '', 'merc watch');
  const named = rest.csv;
  return {
    run: runOptions(paths, { ...rest, append: true }, defaultWorkers),
    csvPlaces: named === false ? [] : named === undefined ? csvPlaces(paths) : [resolve(named)],
    every: cron !== undefined ? null : every === undefined ? EVERY : duration('--every', every, 1e3),
    cron: cron ?? null,
    settle: settle === undefined ? SETTLE : duration('--settle', settle, 0),
  };
}
