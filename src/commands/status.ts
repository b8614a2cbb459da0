// `merc status`: how far a run over many machines is; with `--heal` it puts back what the queues have lost.
//
// Promise: plans and commit records are the truth. Where the queues do not answer the rest is still
// told, and why they did not.

import { readCommits } from '../core/commit.ts';
import { messageOf } from '../core/errors.ts';
import { planTotals } from '../core/plan.ts';
import type { Queues } from '../core/queue.ts';
import { readRun } from '../core/run-id.ts';
import { committedOf, runStatus, type RunStatus, type StatusFacts } from '../core/status.ts';
import type { Output } from '../core/output.ts';
import { openRedisQueues } from '../queues/redis.ts';
import { withOpened } from '../stores/opened.ts';
import { existingOutput } from '../stores/output.ts';
import { queueShards } from './queue-shards.ts';

export interface StatusOptions {
  readonly out: string;
  readonly stage?: string | undefined;
  readonly redis: string;
  readonly anyPolicy: boolean;
  /** Puts planned shards back that are neither committed nor in a queue. */
  readonly heal: boolean;
}

/** Asks again and again, over one connection. */
export interface StatusReader {
  read(): Promise<RunStatus>;
  /** Gives how many shards it has put back. */
  heal(): Promise<number>;
}

/** Seconds that the queues have for an answer. */
const PATIENCE = 5;

export async function withStatus<T>(
  { out, stage, redis, anyPolicy, heal }: StatusOptions,
  signal: AbortSignal,
  use: (reader: StatusReader) => Promise<T>,
): Promise<T> {
  return withOpened(out, { named: out, signal, stage }, async (output) => {
    const opened = await openQueues(output, redis, anyPolicy, heal);
    try {
      return await use({
        read: () => readStatus(output, opened),
        heal: async () => {
          if (opened.queues === undefined) return 0;
          await output.refresh();
          return (await queueShards(output.dir, await existingOutput(output), opened.queues, signal, { waits: () => {} })).queued;
        },
      });
    } finally {
      await opened.queues?.close();
    }
  });
}

interface Opened {
  readonly queues?: Queues;
  readonly trouble?: string;
}

async function openQueues(output: Output, redis: string, anyPolicy: boolean, heal: boolean): Promise<Opened> {
  const [first] = await existingOutput(output);
  const run = await readRun(output.dir);
  if (run === undefined) return { trouble: `${output.named} was never enqueued` };
  try {
    const begins = heal ? { begins: true, extraction: run.extraction } : {};
    return { queues: await openRedisQueues(redis, run.run, { planHash: first.hash, patienceSeconds: PATIENCE, anyPolicy, ...begins }) };
  } catch (error) {
    // Asked to heal, it has nothing else to do.
    if (heal) throw error;
    return { trouble: messageOf(error) };
  }
}

async function readStatus(output: Output, { queues, trouble }: Opened): Promise<RunStatus> {
  const at = new Date();
  const asked = queues === undefined ? { queues: null, queued: null, trouble } : await ask(queues);
  await output.refresh();
  const heads = await existingOutput(output);
  const { files, bytes, shards } = planTotals(heads);
  const run = (await readRun(output.dir))?.run ?? null;
  return runStatus({
    at,
    out: output.named,
    run,
    planned: { files, bytes, shards },
    committed: await committedOf(readCommits(output.dir), at),
    queues: asked.queues,
    queued: asked.queued,
    ...(asked.trouble !== undefined && { trouble: asked.trouble }),
  });
}

async function ask(queues: Queues): Promise<Pick<StatusFacts, 'queues' | 'queued' | 'trouble'>> {
  try {
    const extract = Object.entries(await queues.extractStats());
    const store = await queues.store.stats();
    return {
      queues: [
        ...extract.map(([part, stats]) => ({ name: part === 'all' ? 'extract' : `extract ${part}`, stage: 'extract' as const, stats })),
        { name: 'store', stage: 'store', stats: store },
      ],
      queued: await queues.shards(),
    };
  } catch (error) {
    return { queues: null, queued: null, trouble: messageOf(error) };
  }
}
