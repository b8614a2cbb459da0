// `merc dead list|retry|drop`: the shards that were set aside after too many deliveries.

import { UsageError } from '../core/errors.ts';
import { readRun } from '../core/run-id.ts';
import type { DeadLetter, Queues } from '../core/queue.ts';
import { openRedisQueues } from '../queues/redis.ts';
import { withOpened } from '../stores/opened.ts';
import { existingOutput } from '../stores/output.ts';

export interface DeadOptions {
  readonly out: string;
  readonly stage?: string | undefined;
  readonly redis: string;
  readonly anyPolicy: boolean;
}

/** A dead shard and the queue that set it aside. */
export interface DeadShard extends DeadLetter {
  readonly queue: 'extract' | 'store';
}

export function listDead(options: DeadOptions, signal: AbortSignal): Promise<DeadShard[]> {
  return withQueues(options, signal, async ({ extract, store }) => [
    ...(await extract.dead()).map((letter) => ({ ...letter, queue: 'extract' as const })),
    ...(await store.dead()).map((letter) => ({ ...letter, queue: 'store' as const })),
  ]);
}

/** Puts dead shards back, or forgets them until they are enqueued again; those named, or all. Gives how many. */
export function answerDead(options: DeadOptions, answer: 'retry' | 'drop', ids: readonly string[], signal: AbortSignal): Promise<number> {
  const wanted = ids.length === 0 ? undefined : ids;
  return withQueues(options, signal, async ({ extract, store }) => (await extract[answer](wanted)) + (await store[answer](wanted)));
}

async function withQueues<T>({ out, stage, redis, anyPolicy }: DeadOptions, signal: AbortSignal, use: (queues: Queues) => Promise<T>): Promise<T> {
  return withOpened(out, { named: out, signal, stage }, async (output) => {
    const [first] = await existingOutput(output);
    const run = await readRun(output.dir);
    if (run === undefined) throw new UsageError(`${out}: was never enqueued: \`merc enqueue PATH --out ${out}\` does`);
    const queues = await openRedisQueues(redis, run.run, { planHash: first.hash, patienceSeconds: 5, anyPolicy });
    try {
      return await use(queues);
    } finally {
      await queues.close();
    }
  });
}
