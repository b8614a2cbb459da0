// Requests that make no progress, ended from outside.
//
// Promise: what is watched settles within a bound of its last progress, on every runtime; the time-outs of
// sockets do not fire on all of them.

export interface Watched {
  /** Aborted when it has been silent for too long. */
  readonly signal: AbortSignal;
  /** A number that changes while something comes or goes; set by what is watched. */
  moved: () => number;
}

/** Runs `use`, and ends it with a TimeoutError once nothing has moved for so long. */
export async function unlessSilent<T>(milliseconds: number, use: (watched: Watched) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const watched: Watched = { signal: stop.signal, moved: () => 0 };
  let [last, since] = [0, performance.now()];
  const timer = setInterval(() => {
    const [moved, now] = [watched.moved(), performance.now()];
    if (moved !== last) [last, since] = [moved, now];
    else if (now - since > milliseconds) stop.abort(Object.assign(new Error(`nothing came for ${milliseconds / 1e3} s`), { name: 'TimeoutError' }));
  }, milliseconds / 10);
  // A client that does not heed the signal keeps nobody waiting.
  const silent = new Promise<never>((_, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason as Error), { once: true });
  });
  try {
    return await Promise.race([use(watched), silent]);
  } finally {
    clearInterval(timer);
  }
}
