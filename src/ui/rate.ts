// How fast a run goes and when it will end.
//
// Promise: what was done before this process began counts as done but not as speed. The rate is
// that of the last WINDOW_MS, so that a slow minute an hour ago is forgotten; there is no rate
// and no estimate until there is enough to tell from.

/** Batches of 96 MB arrive seconds apart: a shorter window would show their rhythm, not the speed. */
const WINDOW_MS = 30_000;
/** Points nearer than this are merged, which bounds the window to some 120 points. */
const POINT_MS = 250;
/** Nothing is said before this much time: the first batch says mostly how long start-up took. */
const WARM_UP_MS = 2_000;
/** What a file costs besides its bytes, so that a tail of small or empty files still takes time. */
const FILE_COST_BYTES = 4_096;

/** An amount of work. */
export interface Work {
  readonly files: number;
  readonly bytes: number;
}

/** Speed now, and what it means for the rest. */
export interface Pace {
  readonly bytesPerSecond: number | undefined;
  readonly millisecondsLeft: number | undefined;
}

interface Point extends Work {
  readonly at: number;
}

/** Watches work being done. Times are milliseconds of any steady clock. */
export function pace(start: number): { add(work: Work, at: number): void; now(left: Work, at: number): Pace } {
  const points: Point[] = [{ at: start, files: 0, bytes: 0 }];
  let total: Point = { at: start, files: 0, bytes: 0 };
  return {
    add({ files, bytes }, at) {
      total = { at, files: total.files + files, bytes: total.bytes + bytes };
      const last = points.at(-1);
      if (points.length > 1 && last !== undefined && at - (points.at(-2)?.at ?? 0) < POINT_MS) points[points.length - 1] = total;
      else points.push(total);
      while (points.length > 2 && (points[1]?.at ?? at) <= at - WINDOW_MS) points.shift();
    },
    now(left, at) {
      const first = points[0] ?? total;
      const span = at - first.at;
      const [bytes, files] = [total.bytes - first.bytes, total.files - first.files];
      if (at - start < WARM_UP_MS || files === 0) return { bytesPerSecond: undefined, millisecondsLeft: undefined };
      return { bytesPerSecond: (bytes / span) * 1000, millisecondsLeft: (cost(left) / cost({ files, bytes })) * span };
    },
  };
}

function cost({ files, bytes }: Work): number {
  return bytes + files * FILE_COST_BYTES;
}
