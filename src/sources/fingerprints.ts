// A set of texts by their fingerprints.
//
// Promise: a text takes at most 43 bytes, however long it is. Names are hostile, hence half of a
// SHA-256: a file whose name collides with another's would be taken for that one and never extracted.

import { createHash } from 'node:crypto';

export interface Fingerprints {
  /** Texts in it. */
  readonly size: number;
  has(text: string): boolean;
  /** Adds a text; whether it was not there. */
  add(text: string): boolean;
}

/** Bytes of a fingerprint. */
const WIDTH = 16;
/** A slot without one. */
const FREE = Buffer.alloc(WIDTH);

export function fingerprints(): Fingerprints {
  let slots = Buffer.alloc(1024 * WIDTH);
  let size = 0;
  const store = (print: Buffer): boolean => {
    const at = slotOf(slots, print);
    if (!holds(slots, at, FREE)) return false;
    print.copy(slots, at, 0, WIDTH);
    return true;
  };
  return {
    get size() {
      return size;
    },
    has: (text) => size > 0 && !holds(slots, slotOf(slots, printOf(text)), FREE),
    add(text) {
      if (!store(printOf(text))) return false;
      size += 1;
      if (size * WIDTH > slots.length * 0.75) {
        const full = slots;
        slots = Buffer.alloc(full.length * 2);
        for (let at = 0; at < full.length; at += WIDTH) if (!holds(full, at, FREE)) store(full.subarray(at, at + WIDTH));
      }
      return true;
    },
  };
}

/** The 16 bytes that stand for a text. */
export function printOf(text: string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, WIDTH);
}

/** Where a fingerprint is, or the free slot where it would be. */
function slotOf(slots: Buffer, print: Buffer): number {
  let at = (print.readUInt32LE() * WIDTH) % slots.length;
  while (!holds(slots, at, print) && !holds(slots, at, FREE)) at = (at + WIDTH) % slots.length;
  return at;
}

function holds(slots: Buffer, at: number, print: Buffer): boolean {
  return slots.compare(print, 0, WIDTH, at, at + WIDTH) === 0;
}
