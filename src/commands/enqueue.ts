// `merc enqueue`: the plan of an output into its queue.
//
// Promise: it can be repeated at any time: files that are in no plan wait for `--append`, and shards
// that are committed or queued are not queued again.

import type { RunOptions } from '../core/options.ts';
import type { Counts } from '../core/types.ts';
import type { Extraction } from '../core/queue.ts';
import { makeRun } from '../core/run-id.ts';
import { openRedisQueues } from '../queues/redis.ts';
import { existingOutput, totalsOf, unmarkSuccess, withDatabase, withOutput } from '../stores/output.ts';
import type { Planned } from '../sources/planning.ts';
import { openTracing } from '../telemetry/tracing.ts';
import { labelsFor, planOutput, type PlanObserver } from './plan-output.ts';
import { queueShards, type Queued } from './queue-shards.ts';

export interface EnqueueOptions {
  readonly run: RunOptions;
  readonly redis: string;
  /** Takes a Redis that may evict messages. */
  readonly anyPolicy: boolean;
  /** As it is, or whole, if undefined. */
  readonly extraction: Extraction | undefined;
}

export interface EnqueueReport extends Queued {
  readonly run: string;
  readonly planned: Planned;
  readonly done: Counts;
}

export async function enqueue(
  { run: options, redis, anyPolicy, extraction }: EnqueueOptions,
  signal: AbortSignal,
  observer: PlanObserver = {},
): Promise<EnqueueReport> {
  const { out, stage } = options;
  const note = (line: string) => observer.note?.(line);
  return withOutput({ out, command: 'merc enqueue', signal, shared: true, stage }, (existing, held, output) =>
    withDatabase(output.dir, held, async (database) => {
      const here = { ...options, out: output.dir };
      const readLabels = () => labelsFor(database, here, output, existing, held, observer);
      const { planned, labels } = await planOutput(here, output, existing, held, readLabels);
      const [first] = await existingOutput(output);
      const { counts: done, shards } = await totalsOf(output.dir, labels.sha256);
      if (shards < planned.shards) await unmarkSuccess(output);
      const standing = await makeRun(output, first, extraction);
      const queues = await openRedisQueues(redis, standing.run, { planHash: first.hash, begins: true, anyPolicy, extraction: standing.extraction, note });
      try {
        const waits = () => note('note: the queue is full: waiting for workers');
        const tracing = await openTracing();
        const queued = await tracing.span('enqueue', { id: standing.run }, ({ trace }) =>
          queueShards(output.dir, planned.heads, queues, held, { waits, trace }),
        );
        return { ...queued, run: standing.run, planned, done };
      } finally {
        await queues.close();
      }
    }),
  );
}
