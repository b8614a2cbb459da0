// What is waited for, and no longer than so long.
//
// Promise: it keeps no timer once it has ended, and who answers after all is not listened to.

/**
 * What is promised, where it comes within so many milliseconds and before `signal` is aborted.
 * @throws what the promise throws, the signal's reason, or that there was no answer.
 */
export async function within<T>(promised: Promise<T>, milliseconds: number, signal?: AbortSignal): Promise<T> {
  promised.catch(() => {});
  signal?.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let end: (() => void) | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds / 1_000} s`)), milliseconds);
    end = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', end);
  });
  try {
    return await Promise.race([promised, over]);
  } finally {
    clearTimeout(timer);
    if (end !== undefined) signal?.removeEventListener('abort', end);
  }
}
