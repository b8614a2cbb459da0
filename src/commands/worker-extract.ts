// `merc worker extract`: the queue `extract` through the pool into the queue `store`. The wiring.

import { readdir } from 'node:fs/promises';
import { Outage } from '../core/errors.ts';
import type { Isolation } from '../core/options.ts';
import { planIndex, type PlanIndex } from '../core/plan-index.ts';
import { partMetadata, type PlanHead } from '../core/plan.ts';
import type { ExtractionPart, ShardRef } from '../core/queue.ts';
import { run } from '../core/run.ts';
import type { ShardFiles, ShardPlan, Stage } from '../core/types.ts';
import { extraction } from '../pool/extraction.ts';
import { withPool, type Pool } from '../pool/pool.ts';
import { claims, handingOver } from '../queues/carry.ts';
import { removeWork, publishWork } from '../stores/work.ts';
import { gated } from './gate.ts';
import { withSession, type Session, type SessionOptions } from './worker-session.ts';

export interface ExtractWorkerOptions extends SessionOptions {
  readonly part: ExtractionPart;
  readonly workers: number;
  readonly isolation: Isolation;
}

/** Shards in hand: the second keeps the pool busy while the first is handed over. */
const IN_HAND = 2;

/** @returns the exit code. */
export function extractWorker(options: ExtractWorkerOptions, signal: AbortSignal): Promise<number> {
  const { part, workers, isolation } = options;
  return withSession(options, signal, (session) => withPool({ workers, isolation }, session.working, (pool) => work(part, pool, session)));
}

async function work(part: ExtractionPart, pool: Pool, session: Session): Promise<void> {
  const { output, queues, log, reading, working } = session;
  const handing = handingOver<ShardFiles>();
  const queue = gated(queues.extract, { dir: output.dir, storeStats: () => queues.store.stats(), waits: (why) => log('warn', 'worker.waiting', { why }) });
  const source = claims(queue, {
    reading,
    take: handing.take,
    note: (note) => log('warn', 'queue.note', { note }),
    lost: async (_, files) => {
      if (files !== undefined) await removeWork(output, files);
    },
  });
  await run(source, stageOf(part, pool, planIndex(output.dir), session), handing.sink, { concurrency: IN_HAND, signal: working });
}

function stageOf(part: ExtractionPart, pool: Pool, plans: PlanIndex, { output, log, metrics, tracing }: Session): Stage<ShardRef, ShardFiles> {
  return ({ body, attempt }, signal) =>
    tracing.span('extract', body, async (span) => {
      const started = performance.now();
      await output.refresh();
      const { head, shard } = await plans.find(body.id);
      await assertMounted(head, shard);
      const extract = extraction(pool, {
        out: output.dir,
        options: head.options,
        part,
        rootsOf: () => head.roots,
        metadataOf: () => partMetadata(head),
        onWait: ({ path }, { seconds }) => log('warn', 'file.waiting', { path, seconds }),
      });
      const files = await extract({ body: shard, attempt }, signal);
      const published = await publishWork(output, files);
      const seconds = (performance.now() - started) / 1_000;
      metrics.extracted(seconds, files.counts);
      const { rows, bytes, strings } = files.counts;
      log('info', 'shard.extracted', { shard: body.id, part, attempt, files: rows, bytes, strings, seconds });
      return span.trace === undefined ? published : { ...published, trace: span.trace };
    });
}

/** A folder that is not mounted here would make a failed row of every file, and commit them. */
async function assertMounted({ roots }: PlanHead, { batches }: ShardPlan): Promise<void> {
  for (const number of new Set(batches.flat().map((file) => file.root))) {
    const root = roots[number] ?? '';
    const names = await readdir(root).catch(() => []);
    if (names.length === 0) throw new Outage(`${root}: holds nothing here: workers need the samples under the name that they were planned by`);
  }
}
