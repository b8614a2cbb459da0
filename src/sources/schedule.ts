// When to look next: the schedule, and what may bring a look forward.
//
// Pure: everything is reckoned from times that are handed in. `--every` is reckoned by a clock that
// no one sets, `--cron` by the wall's. A round that outlasts its interval is followed by the next at
// once, and by one only: what it missed is not made up for.

import { Cron } from 'croner';
import { UsageError, messageOf } from '../core/errors.ts';

/** A moment by both clocks. */
export interface Moment {
  /** Milliseconds since 1970, as the system's clock has it. */
  readonly wall: number;
  /** Milliseconds by a clock that only goes forward. */
  readonly elapsed: number;
}

/** Milliseconds from `now` to the look that is due after the one that began at `started`; 0 or less if it is overdue. */
export type Schedule = (started: Moment, now: Moment) => number;

/** A look each `interval` milliseconds, counted from one's beginning to the next one's. */
export function everySchedule(interval: number): Schedule {
  return (started, now) => started.elapsed + interval - now.elapsed;
}

/** Looks at the times of a cron expression, in the time zone of this machine. */
export function cronSchedule(expression: string, now: Date): Schedule {
  const cron = parsed(expression);
  // Croner takes dates as well, which come once.
  if (cron.nextRuns(2, now).length < 2) throw new UsageError(`--cron ${expression}: never comes again`);
  // After a clock that was set back the last look lies ahead.
  return (started, { wall }) => (cron.nextRun(new Date(Math.min(started.wall, wall)))?.getTime() ?? Infinity) - wall;
}

function parsed(expression: string): Cron {
  try {
    return new Cron(expression, { paused: true });
  } catch (error) {
    throw new UsageError(`--cron ${expression}: ${messageOf(error).replace(/^CronPattern: /, '')}; five fields as "0 3 * * *" are needed`);
  }
}

/** What the last look left. */
export interface LastLook {
  readonly started: Moment;
  /** How long a listing takes, milliseconds. */
  readonly listing: number;
  /** When its round ended, by the clock that only goes forward. */
  readonly ended: number;
  /** When the first of what is still changing may have settled. */
  readonly settled?: number | undefined;
}

/** Events come in heaps: a look a moment after the first sees most of the files. */
const HEAP_MS = 300;
/** An early look may cost a tenth of the time, however large the folder. */
const PAUSE_PER_LISTING = 9;

/**
 * Milliseconds to wait before the next look, 0 if it is due.
 * @param event When the first file event since the last look came.
 */
export function untilNextLook(last: LastLook, schedule: Schedule, settle: number, event: number | undefined, now: Moment): number {
  const pause = last.ended + last.listing * PAUSE_PER_LISTING;
  let early = Infinity;
  // An event does not bring forward what waits to settle: a file that grows makes events all the time.
  if (last.settled !== undefined) early = Math.max(last.settled, pause);
  else if (event !== undefined) early = Math.max(event + HEAP_MS, last.ended + settle, pause);
  return Math.max(0, Math.min(schedule(last.started, now), early - now.elapsed));
}
