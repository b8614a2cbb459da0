// Which files have stopped changing: those whose size and time were the same in two looks, long enough apart.
//
// Both looks are our own. A file's time is never compared with a clock here: copies keep old times,
// and the clock of a file server may be wrong. Remembered is only what still waits.

import { printOf } from './fingerprints.ts';

/** What is looked at: a name, and what changes when the content does. */
export interface Seen {
  readonly name: string;
  /** As `size:time`. */
  readonly state: string;
}

/** Items of which some can be taken. */
export interface Some<T, All> {
  filter(keep: (item: T) => boolean): All;
}

export interface Settling {
  /**
   * Compares a look with the ones before.
   * @param began When the look began, `ended` when it had ended, by a clock that only goes forward.
   * @returns those that have settled.
   */
  look<T, All>(all: Some<T, All>, seen: (item: T) => Seen, times: { readonly began: number; readonly ended: number }): All;
  /** Items that still wait. */
  waiting(): number;
  /** When the first of them may have settled. */
  next(): number | undefined;
}

/** @param settle Milliseconds for which nothing may change. */
export function settling(settle: number): Settling {
  // When each was first seen as it is now.
  let since = new Map<string, number>();
  return {
    look(all, seen, { began, ended }) {
      const still = new Map<string, number>();
      const settled = all.filter((item) => {
        const { name, state } = seen(item);
        // A name may be long, and there may be a million that wait.
        const key = printOf(`${state}:${name}`).toString('latin1');
        const first = since.get(key);
        // Seen first at the end of a look and again at the beginning of one: it was at least that long.
        if (settle === 0 || (first !== undefined && began - first >= settle)) return true;
        still.set(key, first ?? ended);
        return false;
      });
      since = still;
      return settled;
    },
    waiting: () => since.size,
    next: () => {
      let first = Infinity;
      for (const time of since.values()) first = Math.min(first, time);
      return first === Infinity ? undefined : first + settle;
    },
  };
}
