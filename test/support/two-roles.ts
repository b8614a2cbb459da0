// Both roles at work on a run, as `merc worker` wires them, over shards that are only named.

import { isDeepStrictEqual } from 'node:util';
import type { Queues } from '../../src/core/queue.ts';
import { run } from '../../src/core/run.ts';
import type { ShardFiles } from '../../src/core/types.ts';
import { claims, handingOver } from '../../src/queues/carry.ts';
import { filesOf } from './shards.ts';

export interface Roles {
  /** Ids as they were stored, in that order. */
  readonly stored: readonly string[];
  /** Waits until so many different shards are stored. */
  reach(count: number): Promise<void>;
  /** Stops reading, and ends when what is in hand is done. */
  end(): Promise<void>;
}

/**
 * @param milliseconds What a shard takes to be extracted.
 * @param storing What it takes to be stored.
 */
export function atWork(claimants: readonly Queues[], milliseconds: number, storing = milliseconds): Roles {
  const stop = new AbortController();
  const never = new AbortController().signal;
  const stored: string[] = [];
  const pause = (length: number) => new Promise((resolve) => setTimeout(resolve, length));
  const loops = claimants.flatMap(({ extract, store }) => {
    const { sink, take } = handingOver<ShardFiles>();
    const extracting = run(
      claims(extract, { reading: stop.signal, take }),
      async ({ body }) => {
        await pause(milliseconds);
        return filesOf(body.id);
      },
      sink,
      { concurrency: 2, signal: never },
    );
    const storingLoop = run(
      claims(store, { reading: stop.signal, take: () => {} }),
      async ({ body }) => {
        await pause(storing);
        if (!isDeepStrictEqual(body.parts[0]?.files, filesOf(body.id))) throw new Error(`${body.id} has come altered`);
        return body.id;
      },
      { write: async (id) => void stored.push(id), close: () => Promise.resolve() },
      { concurrency: 2, signal: never },
    );
    return [extracting, storingLoop];
  });
  const broken = Promise.all(loops);
  broken.catch(() => {});
  return {
    stored,
    reach: async (count) => {
      while (new Set(stored).size < count) await Promise.race([new Promise((resolve) => setTimeout(resolve, 10)), broken]);
    },
    end: async () => {
      stop.abort();
      await broken;
    },
  };
}
