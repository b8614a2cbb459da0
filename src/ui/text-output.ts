// Text written to a stream no faster than it is taken.
//
// Promise: at most CHUNK characters and what the stream itself holds are in memory. A reader that
// has gone away ends the command through the signal, which `cli` gives.

import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Characters gathered before a write: a system call for each row would cost more than the query. */
const CHUNK = 65_536;

export interface TextOutput {
  /** Takes text; a promise is to be awaited before more is given. */
  write(text: string): Promise<void> | undefined;
  /** Hands over what is left. */
  flush(): Promise<void>;
}

export function textOutput(stream: Writable, signal: AbortSignal): TextOutput {
  let held = '';
  const flush = async (): Promise<void> => {
    signal.throwIfAborted();
    const chunk = held;
    held = '';
    if (chunk !== '' && !stream.write(chunk)) await once(stream, 'drain', { signal });
  };
  return {
    write(text) {
      held += text;
      return held.length < CHUNK ? undefined : flush();
    },
    flush,
  };
}
