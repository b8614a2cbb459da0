// How often what fails in passing is tried again, and what that is.
//
// Promise: bounded in number and time, and no more once the user wants an end.

import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, messageOf } from '../core/errors.ts';

export interface Tries {
  /** How often at most, the first time included. */
  readonly most: number;
  /** Milliseconds before the second; each further pause is twice as long. */
  readonly pause: number;
}

/** Half a minute in all: a server that is restarted or asks to slow down, no more. */
export const TRIES: Tries = { most: 8, pause: 250 };

/** Calls `once` until it succeeds, fails for good or has been tried often enough. */
export async function persist<T>(once: (attempt: number) => Promise<T>, signal: AbortSignal, { most, pause }: Tries = TRIES): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(attempt);
    } catch (error) {
      if (attempt >= most || signal.aborted || !isPassing(error)) throw error;
      // Apart by chance, so that many machines that were refused together do not come back together.
      await sleep(pause * 2 ** (attempt - 1) * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
    }
  }
}

const PASSING_CODES: ReadonlySet<string> = new Set([
  ...['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'ERR_STREAM_PREMATURE_CLOSE'],
]);

/** Whether the same request may well succeed in a moment. */
function isPassing(error: unknown): boolean {
  const status = statusOf(error);
  // 409 is S3's word for two conditional writes at the same time: one of them may be tried again.
  if (status !== undefined && status >= 300) return status >= 500 || status === 429 || status === 409 || status === 408 || nameOf(error) === 'RequestTimeout';
  return (
    PASSING_CODES.has(codeOf(error) ?? '') ||
    nameOf(error) === 'TimeoutError' ||
    /socket hang up|socket connection was closed|connection .*(?:closed|reset)/i.test(messageOf(error))
  );
}

/** The HTTP status that an error of the client speaks of. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  return (error.$metadata as { readonly httpStatusCode?: number }).httpStatusCode;
}

export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
