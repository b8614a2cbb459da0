// What an extracting worker waits for before it takes another shard: room, and stores that keep up.
//
// Promise: a work folder does not fill because nobody stores, and a disk does not fill unnoticed. What
// is in hand goes on.

import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message, Queue, QueueStats } from '../core/queue.ts';
import { within } from '../core/within.ts';

/** Shards that may wait to be stored; each is up to some 70 MB of strings and records. */
const MOST_WAITING = 64;

/** Bytes that must be free where shards are built: two shards in hand of a worker, and as much for others. */
const LEAST_FREE = 1e9;

/** Milliseconds between two looks. */
const LOOK = 2_000;

/** Milliseconds that the stores have to say what waits for them. */
const ANSWER = 10_000;

export interface Gate {
  /** Folder where shards are built. */
  readonly dir: string;
  readonly storeStats: () => Promise<QueueStats>;
  /** Told once for each wait, raw text. */
  readonly waits: (why: string) => void;
}

/** A queue that gives nothing while there is something to wait for. */
export function gated<T extends Message, Outcome>(queue: Queue<T, Outcome>, gate: Gate): Queue<T, Outcome> {
  return {
    ...queue,
    async claim(signal) {
      for (let told = false; !signal.aborted; told = true) {
        const why = await obstacle(gate, signal);
        if (why === undefined) break;
        if (!told) gate.waits(why);
        await sleep(LOOK, undefined, { signal }).catch(() => {});
      }
      return queue.claim(signal);
    },
  };
}

async function obstacle({ dir, storeStats }: Gate, signal: AbortSignal): Promise<string | undefined> {
  const { bavail, bsize } = await statfs(dir);
  if (bavail * bsize < LEAST_FREE) return `${Math.floor((bavail * bsize) / 1e6)} MB are free in ${dir}`;
  // Stores that cannot be asked about are waited for by the claim itself.
  const { waiting } = await within(storeStats(), ANSWER, signal).catch(() => ({ waiting: 0 }));
  return waiting >= MOST_WAITING ? `${waiting} shards wait to be stored` : undefined;
}
