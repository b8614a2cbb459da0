// A bell that wakes who sleeps: a file event rings it, and only the first ring until it is set again counts.

import { clearTimeout, setTimeout } from 'node:timers';

export interface Bell {
  readonly ring: () => void;
  /** Forgets that it has rung. */
  set(): void;
  /** When it rang first, by a clock that only goes forward. */
  rang(): number | undefined;
  /** Sleeps so long, or until it rings for the first time, or the signal is given. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** A timer takes 24 days at most, and who waits for a time of day wants to look at the clock now and then. */
const LONGEST_SLEEP = 60_000;

export function bell(elapsed: () => number = () => performance.now()): Bell {
  let rang: number | undefined;
  let wake: (() => void) | undefined;
  return {
    ring() {
      if (rang !== undefined) return;
      rang = elapsed();
      wake?.();
    },
    set() {
      rang = undefined;
    },
    rang: () => rang,
    async sleep(milliseconds, signal) {
      if (signal.aborted) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => wake?.(), Math.min(Math.ceil(milliseconds), LONGEST_SLEEP));
        const woken = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', woken);
          wake = undefined;
          resolve();
        };
        wake = woken;
        signal.addEventListener('abort', woken);
      });
    },
  };
}
