// `merc watch`: looks at the paths again and again, and takes into the output what is new and still.
//
// Promise: plans and commits are the only state, so that it can be ended at any moment and started
// again. A round that fails is told and tried again. File events and what is still changing only
// decide when the next look comes; what a look does is the business of watch-look.

import { UsageError } from '../core/errors.ts';
import type { WatchOptions } from '../core/watch-options.ts';
import { bell } from '../sources/bell.ts';
import { folderEvents, type FolderEvents } from '../sources/folder-events.ts';
import { cronSchedule, everySchedule, untilNextLook, type LastLook, type Moment, type Schedule } from '../sources/schedule.ts';
import { looker, type Look, type LookObserver } from './watch-look.ts';

/** Who is told. */
export interface WatchObserver extends LookObserver {
  looked(look: Look): void;
  /** It waits for the next look, until then at most. `due` is whether the last one was the schedule's. */
  waits(until: Date, due: boolean): void;
}

/** Watches until the signal, which it throws; what ends it before is a mistake in its arguments. */
export async function watch(options: WatchOptions, signal: AbortSignal, observer: WatchObserver): Promise<never> {
  const { settle, every, cron } = options;
  const schedule = every === null ? cronSchedule(cron ?? '', new Date()) : everySchedule(every);
  const look = looker(options, signal, observer);
  const rung = bell();
  const events = listening(options, rung.ring, observer);
  try {
    for (let [first, due] = [true, true]; ; first = false) {
      events.open();
      rung.set();
      const started = momentNow();
      let looked: Pick<Look, 'listing' | 'settled'> = { listing: 0, settled: undefined };
      try {
        const found = await look(due);
        observer.looked(found);
        looked = found;
      } catch (error) {
        if (signal.aborted || isBug(error) || (first && error instanceof UsageError)) throw error;
        observer.failed('round', error);
        // What was watched may be another folder when it is back.
        events.close();
      }
      const last = { started, ...looked, ended: momentNow().elapsed };
      signal.throwIfAborted();
      observer.waits(new Date(Date.now() + untilNextLook(last, schedule, settle, rung.rang(), momentNow())), due);
      due = await waited(last, schedule);
    }
  } finally {
    events.close();
  }

  /** Waits for the next look; whether it is the schedule's. */
  async function waited(last: LastLook, times: Schedule): Promise<boolean> {
    for (;;) {
      signal.throwIfAborted();
      const now = momentNow();
      const wait = untilNextLook(last, times, settle, rung.rang(), now);
      if (wait === 0) return times(last.started, now) <= 0;
      await rung.sleep(wait, signal);
    }
  }
}

function momentNow(): Moment {
  return { wall: Date.now(), elapsed: performance.now() };
}

/** File events, opened and closed as often as one likes, until they turn out not to be had. */
function listening({ run, csvPlaces, cron }: WatchOptions, onEvent: () => void, observer: WatchObserver): { open(): void; close(): void } {
  let events: FolderEvents | undefined;
  // Who names times of day wants the work done then, and not when a file comes.
  let wanted = cron === null;
  return {
    open() {
      if (!wanted || events !== undefined) return;
      const onOff = (why: string) => {
        wanted = false;
        observer.note(`note: no file events (${why}): each look still finds what is new`);
      };
      events = folderEvents({ paths: run.paths, beside: csvPlaces, out: run.out, onEvent, onOff });
    },
    close() {
      events?.close();
      events = undefined;
    },
  };
}

/** What another try does not mend, and whose stack is wanted. */
function isBug(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError || error instanceof SyntaxError;
}
