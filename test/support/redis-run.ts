// The queues of a run of a test's own, opened for as many claimants as it needs and closed with it.

import { randomUUID } from 'node:crypto';
import type { Queues } from '../../src/core/queue.ts';
import { openRedisQueues, type RedisOptions } from '../../src/queues/redis.ts';

/** As in use, with less waiting. */
export const QUICK = { block: 200, answer: 2_000, look: 100, forget: 3_600_000 };

export const PLAN = 'f'.repeat(64);

export type OpenRun = (options?: Partial<RedisOptions>, url?: string) => Promise<Queues>;

export async function withRun(url: string, use: (open: OpenRun, run: string) => Promise<void>): Promise<void> {
  const opened: Queues[] = [];
  const run = `${PLAN.slice(0, 12)}-${randomUUID().slice(0, 8)}`;
  try {
    await use(async (options = {}, through = url) => {
      const queues = await openRedisQueues(through, run, { planHash: PLAN, begins: true, times: QUICK, patienceSeconds: 30, ...options });
      opened.push(queues);
      return queues;
    }, run);
  } finally {
    for (const queues of opened) await queues.close();
  }
}
