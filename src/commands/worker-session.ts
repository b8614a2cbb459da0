// What both kinds of worker have: the output, the queues of its run, a log, metrics, an end in good order.
//
// Promise: a worker may be started before anything is queued, and waits for it. After a signal it
// claims no more, what is in hand may come to its end for `grace`, and what is not done then is
// handed back; nothing that it leaves is in the way of others.

import { setTimeout as sleep } from 'node:timers/promises';
import { committedIds } from '../core/commit.ts';
import { EXIT, RunError, UsageError } from '../core/errors.ts';
import { LAYOUT } from '../core/layout.ts';
import type { Output } from '../core/output.ts';
import { planTotals, readHeads, type PlanHead } from '../core/plan.ts';
import type { ExtractionPart, QueueStats, Queues } from '../core/queue.ts';
import { readRun, type Run } from '../core/run-id.ts';
import type { WorkerOptions } from '../core/worker-options.ts';
import { version } from '../native.ts';
import { openRedisQueues } from '../queues/redis.ts';
import { withOutput } from '../stores/output.ts';
import { openMetrics, type Metrics } from '../telemetry/metrics.ts';
import { metricsServer, type PageServer } from '../telemetry/server.ts';
import { openTracing, type Tracing } from '../telemetry/tracing.ts';
import type { Log } from '../ui/log.ts';

export interface Session {
  readonly output: Output;
  readonly run: string;
  readonly queues: Queues;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** Aborted, nothing more is claimed. */
  readonly reading: AbortSignal;
  /** Aborted, what is in hand ends too. */
  readonly working: AbortSignal;
  /** Plans of the output as of now. */
  heads(): Promise<PlanHead[]>;
}

export interface SessionOptions extends WorkerOptions {
  readonly redis: string;
  /** As `merc worker store`. */
  readonly command: string;
  readonly part?: ExtractionPart;
  readonly log: Log;
}

/** Milliseconds between two looks for a plan, for the end of the work, for room on the disk. */
const LOOK = 1_000;

/** @returns the exit code. */
export async function withSession(options: SessionOptions, signal: AbortSignal, use: (session: Session) => Promise<void>): Promise<number> {
  const { out, command, stage, grace, log } = options;
  const working = new AbortController();
  const endInTime = () => {
    log('info', 'worker.ending', { grace_seconds: grace / 1_000 });
    setTimeout(() => working.abort(signal.reason), grace).unref();
  };
  signal.addEventListener('abort', endInTime, { once: true });
  try {
    await withOutput({ out, command, signal: working.signal, shared: true, stage }, async (_, held, output) => {
      const reading = AbortSignal.any([signal, held]);
      const run = await queuedRun(output, reading, log);
      if (run !== undefined) await attend(options, output, run, { reading, held }, use);
    });
  } catch (error) {
    // What was in hand when the time was over has been interrupted; it is handed back.
    if (!working.signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', endInTime);
  }
  // An orchestrator's SIGTERM has been followed; that is no failure.
  return signal.aborted && signal.reason !== EXIT.terminated ? Number(signal.reason) : EXIT.ok;
}

/** The run of an output, which may not be planned or queued yet; undefined where this process ends before. */
async function queuedRun(output: Output, reading: AbortSignal, log: Log): Promise<Run | undefined> {
  for (let told = false; !reading.aborted; told = true) {
    await output.refresh(LAYOUT.queue);
    const run = await readRun(output.dir);
    if (run !== undefined) return run;
    if (!told) log('info', 'run.awaited', { out: output.named });
    await sleep(LOOK, undefined, { signal: reading }).catch(() => {});
  }
  return undefined;
}

async function attend(
  options: SessionOptions,
  output: Output,
  { run }: Run,
  { reading, held }: { reading: AbortSignal; held: AbortSignal },
  use: (session: Session) => Promise<void>,
): Promise<void> {
  const { redis, part, log, command } = options;
  await output.refresh();
  const heads = await readHeads(output.dir);
  const [first] = heads;
  if (first === undefined) throw new RunError(`${output.named}: ${LAYOUT.queue} names the run ${run}, but there is no plan`);
  assertSameVersion(output, first);
  const queues = await openRedisQueues(redis, run, {
    planHash: first.hash,
    note: (line) => log('warn', 'queue.note', { note: line }),
    leaseSeconds: options.leaseSeconds,
    ending: held,
    anyPolicy: options.anyPolicy,
    ...(part === 'all' && { extraction: 'whole' }),
    ...(part !== undefined && { part }),
  });
  const drained = new AbortController();
  let draining: Promise<void> | undefined;
  let server: PageServer | undefined;
  try {
    const metrics = await openMetrics({ queues, claims: part === undefined ? { queue: 'store' } : { queue: 'extract', part } });
    const unwell = () => silence(queues, options.leaseSeconds);
    const onError = (error: unknown) => log('error', 'metrics.failed', { error });
    if (options.metrics !== undefined) server = await metricsServer({ ...options.metrics, metrics, unwell, onError });
    if (options.drain) draining = endWhenDone(output, queues, part, drained, held);
    log('info', 'worker.started', {
      command,
      run,
      out: output.named,
      ...(part !== undefined && { part }),
      ...(server !== undefined && { metrics: server.url }),
    });
    const session = { output, run, queues, log, metrics, tracing: await openTracing(), heads: () => readHeads(output.dir) };
    await use({ ...session, reading: AbortSignal.any([reading, drained.signal]), working: held });
    log('info', 'worker.ended', { reclaimed: queues.counts.reclaimed, redelivered: queues.counts.redelivered, lost: queues.counts.lost });
  } finally {
    drained.abort();
    await server?.close();
    await queues.close();
    // It may have been asking, and has its answer by that.
    await draining;
  }
}

/** After a lease without an answer others may have what is in hand. */
function silence(queues: Queues, leaseSeconds: number): string | undefined {
  const seconds = queues.silentSeconds();
  return seconds > leaseSeconds ? `no answer from Redis for ${Math.round(seconds)} s` : undefined;
}

/** Rows of two versions in one output would not be of one kind. */
function assertSameVersion({ named }: Output, { schemaVersion, extractorVersion }: PlanHead): void {
  const own = version();
  if (schemaVersion !== own.schemaVersion || extractorVersion !== own.extractorVersion)
    throw new UsageError(
      `--out ${named}: was planned by merc ${extractorVersion} (schema ${schemaVersion}), this is ${own.extractorVersion} (schema ${own.schemaVersion}): workers must be of the plan's version`,
    );
}

/** Ends the reading once every planned shard is committed or dead, or for an extracting worker at least extracted. */
async function endWhenDone(output: Output, queues: Queues, part: ExtractionPart | undefined, drained: AbortController, held: AbortSignal): Promise<void> {
  const stop = AbortSignal.any([drained.signal, held]);
  let done = false;
  while (!stop.aborted) {
    // Where the queues do not answer, whoever claims from them says so.
    const looked = await isDone(output, queues, part).catch(() => false);
    // What is committed and not answered for yet counts twice at one look, not at the next.
    if (looked && done) drained.abort();
    done = looked;
    await sleep(LOOK, undefined, { signal: stop }).catch(() => {});
  }
}

function open({ waiting, claimed }: QueueStats): number {
  return waiting + claimed;
}

async function isDone(output: Output, { extract, store }: Queues, part: ExtractionPart | undefined): Promise<boolean> {
  const [toExtract, toStore] = [open(await extract.stats()), open(await store.stats())];
  if (toExtract > 0 || (part === undefined && toStore > 0)) return false;
  // By parts a shard may have died more than once.
  const dead = new Set([...(await extract.dead()), ...(await store.dead())].map(({ id }) => id));
  await output.refresh();
  const committed = await committedIds(output.dir);
  return committed.length + toStore + [...dead].filter((id) => !committed.includes(id)).length >= planTotals(await readHeads(output.dir)).shards;
}
