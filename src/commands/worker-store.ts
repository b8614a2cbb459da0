// `merc worker store`: the queue `store` into stores. The wiring.
//
// Promise: a shard's message is answered for when its commit record stands. One whose files are gone,
// as after a sweep, is put back to be extracted; whoever commits the last shard ends the output.

import { committedIds, isCommitted } from '../core/commit.ts';
import { Outage, RunError, UsageError, firstLine, isRefusal, messageOf } from '../core/errors.ts';
import type { Output } from '../core/output.ts';
import { headOf, planTotals } from '../core/plan.ts';
import type { ExtractionPart, ShardParts } from '../core/queue.ts';
import { run } from '../core/run.ts';
import type { Delivery, ShardFiles, Sink, Source, Stage } from '../core/types.ts';
import type { Database } from '../duckdb.ts';
import { claims } from '../queues/carry.ts';
import { finishOutput, isMarked } from '../stores/finish.ts';
import { joinParts } from '../stores/join-parts.ts';
import { loadLabels, type LabelSource } from '../stores/labels.ts';
import { withDatabase } from '../stores/output.ts';
import { parquetStore } from '../stores/parquet.ts';
import { RejectedShard, type Store } from '../stores/store.ts';
import { storing } from '../stores/storing.ts';
import { FilesGone, fetchWork, sweepShard } from '../stores/work.ts';
import { withSession, type Session, type SessionOptions } from './worker-session.ts';

export interface StoreWorkerOptions extends SessionOptions {
  readonly parquet: boolean;
  /** Opens other stores, which accept a shard before the Parquet store does. */
  readonly others: (context: StoreContext) => Promise<readonly Store[]>;
}

export interface StoreContext extends Session {
  readonly database: Database;
}

/** @returns the exit code. */
export function storeWorker(options: StoreWorkerOptions, signal: AbortSignal): Promise<number> {
  return withSession(options, signal, (session) => withDatabase(session.output.dir, session.working, async (database) => work(options, session, database)));
}

async function work({ parquet, others }: StoreWorkerOptions, session: Session, database: Database): Promise<void> {
  const { output, queues, log, metrics, reading, working } = session;
  const labels = await loadLabels(database, output.dir);
  let heads = await session.heads();
  const stores = [...(await others({ ...session, database })), ...(parquet ? [parquetStore(output)] : [])];
  const storage = storing({ output, database, dataset: labels.sha256, headOf: (shard) => headOf(heads, shard) }, stores);
  const source = claims(queues.store, {
    reading,
    take: () => {},
    note: (note) => log('warn', 'queue.note', { note }),
  });
  const store = async (shard: ShardFiles): Promise<void> => {
    const started = performance.now();
    heads = await session.heads();
    await storage.write(shard);
    await sweepShard(output, shard.id);
    const seconds = (performance.now() - started) / 1_000;
    metrics.stored(seconds, Object.fromEntries(stores.map(({ name }) => [name, shard.counts.rows])));
    log('info', 'shard.stored', { shard: shard.id, files: shard.counts.rows, seconds });
    await finishIfLast(session, database, labels);
  };
  // Stored in the stage, whose failures are told apart: a shard that no store can have is set aside in time.
  const stored: Sink<void> = { write: () => Promise.resolve(), close: () => storage.close() };
  // Who committed the last shard may have been killed before it ended the output.
  await finishIfLast(session, database, labels);
  await run(extractedAgain(source, session), stageOf(session, database, store), stored, { concurrency: 1, signal: working });
  await finishIfLast(session, database, labels);
}

/** A shard in parts has several senders; the last one handed it on. */
function lastTrace({ parts }: ShardParts): { trace?: string } {
  const trace = parts.at(-1)?.files.trace;
  return trace === undefined ? {} : { trace };
}

function stageOf({ output, tracing }: Session, database: Database, store: (shard: ShardFiles) => Promise<void>): Stage<ShardParts, void> {
  return ({ body }) =>
    tracing.span('store', { id: body.id, ...lastTrace(body) }, async () => {
      try {
        await output.refresh();
        // Who stored it before may have ended before it answered for it; its files are gone then.
        if (!isCommitted(output.dir, body.id)) await store(await fetched(output, body, database));
      } catch (error) {
        throw blamed(body.id, error);
      }
    });
}

async function fetched(output: Output, { id, parts: sent }: ShardParts, database: Database): Promise<ShardFiles> {
  const parts = new Map<ExtractionPart, ShardFiles>();
  for (const { part, files } of sent) parts.set(part, await fetchWork(output, id, files));
  const [all, pe, hashes, strings] = [parts.get('all'), parts.get('pe'), parts.get('hashes'), parts.get('strings')];
  if (all !== undefined) return all;
  if (pe === undefined || hashes === undefined || strings === undefined)
    throw new RejectedShard(`shard ${id}: a message names ${[...parts.keys()].join(', ') || 'no part'}`);
  return joinParts(database, output.dir, { pe, hashes, strings });
}

/** The shard's own fault, which counts as a failed delivery, or an outage, which ends this worker and counts for nothing. */
function blamed(shard: string, error: unknown): unknown {
  if (error instanceof FilesGone || error instanceof RejectedShard) return error;
  if (error instanceof RunError || error instanceof UsageError || isRefusal(error)) return new Outage(messageOf(error), { cause: error });
  return new RejectedShard(`shard ${shard} cannot be stored: ${firstLine(error)}`, { cause: error });
}

/** A shard whose files are gone is no failure of the store's: it goes back to the queue before. */
function extractedAgain(source: Source<ShardParts>, { output, queues, log }: Session): Source<ShardParts> {
  const again = (delivery: Delivery<ShardParts>): Delivery<ShardParts> => ({
    body: delivery.body,
    attempt: delivery.attempt,
    ack: () => delivery.ack(),
    async fail(error) {
      if (!(error instanceof FilesGone)) return delivery.fail(error);
      await delivery.ack();
      if (isCommitted(output.dir, delivery.body.id)) return;
      await queues.extract.enqueue([{ id: delivery.body.id }]);
      log('warn', 'shard.requeued', { shard: delivery.body.id, why: error });
    },
  });
  return {
    // No generator: its `return` would wait for a message.
    [Symbol.asyncIterator]() {
      const deliveries = source[Symbol.asyncIterator]();
      return {
        async next() {
          const next = await deliveries.next();
          return next.done === true ? next : { done: false, value: again(next.value) };
        },
        return: async () => (await deliveries.return?.()) ?? { done: true, value: undefined },
      };
    },
  };
}

async function finishIfLast({ output, log, queues, ...session }: Session, database: Database, labels: LabelSource): Promise<void> {
  // Looked at after the commit: of two that commit the last shards at once, one at least sees both.
  await output.refresh();
  const heads = await session.heads();
  if ((await committedIds(output.dir)).length < planTotals(heads).shards || (await isMarked(output, heads))) return;
  const { complete, totals } = await finishOutput(database, output, labels);
  log('info', 'run.complete', { complete, files: totals.counts.rows, shards: totals.shards, redelivered: queues.counts.redelivered });
}
