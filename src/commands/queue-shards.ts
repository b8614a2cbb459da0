// Planned shards into the queue: those that have no commit record and that the run has in no queue.
//
// Promise: it can be repeated at any time and puts nothing in twice; what a queue has lost comes back.

import { setTimeout as sleep } from 'node:timers/promises';
import { committedIds } from '../core/commit.ts';
import { shardIds, type PlanHead } from '../core/plan.ts';
import type { Queues } from '../core/queue.ts';

/** Messages put in by one call. */
const AT_ONCE = 500;

/** Messages that may wait: a queue that nobody empties must not fill its server. */
const MOST_WAITING = 10_000;

/** Numbers of shards. */
export interface Queued {
  readonly shards: number;
  readonly committed: number;
  /** Put in by this call; the rest was queued before. */
  readonly queued: number;
}

/**
 * @param waits Called once for each time that the queue is so full that it is waited for.
 * @param trace `traceparent` of the span that queues.
 */
export async function queueShards(
  out: string,
  heads: readonly PlanHead[],
  { extract }: Pick<Queues, 'extract'>,
  signal: AbortSignal,
  { waits, trace }: { readonly waits: () => void; readonly trace?: string | undefined },
): Promise<Queued> {
  const ids = heads.flatMap(shardIds);
  const committed = new Set(await committedIds(out));
  const missing = ids.filter((id) => !committed.has(id));
  let queued = 0;
  for (let start = 0; start < missing.length; start += AT_ONCE) {
    for (let told = false; (await extract.stats()).waiting >= MOST_WAITING; told = true) {
      if (!told) waits();
      await sleep(1_000, undefined, { signal });
    }
    signal.throwIfAborted();
    queued += await extract.enqueue(missing.slice(start, start + AT_ONCE).map((id) => (trace === undefined ? { id } : { id, trace })));
  }
  return { shards: ids.length, committed: committed.size, queued };
}
