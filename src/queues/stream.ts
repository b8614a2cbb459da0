// One queue in Redis: a stream, read through a consumer group.
//
// Promise: the promises of `core/queue.ts`. Reading blocks on a connection of its own, bounded, so that
// signs of life never wait behind it; whatever a lost connection swallowed is in this name's pending
// list and is taken from there.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError, messageOf } from '../core/errors.ts';
import type { Claim, DeadLetter, Extraction, ExtractionPart, Message, Queue, QueueCounts, QueueStats } from '../core/queue.ts';
import type { Client, Connection, Waiting } from './connection.ts';
import { COMPLETE, ENQUEUE, FAIL, HEARTBEAT, RELEASE, REVIVE, SKIP, STATS, TAKE } from './scripts.ts';

/** What the queues of a run have in common. */
export interface Run {
  readonly id: string;
  readonly leaseSeconds: number;
  readonly deliveries: number;
  readonly times: Times;
  readonly counts: QueueCounts;
  readonly note: (line: string) => void;
  /** For everything but reading. */
  readonly redis: Connection;
  /** How it is extracted; undefined where Redis holds nothing of it. Makes its groups where they are missing. */
  begin(waiting?: Waiting): Promise<Extraction | undefined>;
  /** The name to claim by. */
  name(signal: AbortSignal): Promise<string>;
  keys(answer: string): string[];
}

/** Milliseconds. */
export interface Times {
  /** How long a read waits in Redis. */
  readonly block: number;
  /** How long any answer may take, for a read after it has waited. */
  readonly answer: number;
  /** Between looks whether a run that Redis has lost is there again. */
  readonly look: number;
  /** Silence after which a name without messages is forgotten. */
  readonly forget: number;
}

export interface StreamOptions<T extends Message, Outcome> {
  readonly name: 'extract' | 'store';
  readonly group: ExtractionPart;
  readonly groups: () => readonly ExtractionPart[];
  /** What completing gives to the next queue. */
  readonly handOver: (outcome: Outcome) => string;
  readonly reader: Connection;
  readonly bodyOf: (text: string) => T;
}

/** Messages of one script: it must not hold Redis up. */
const CHUNK = 100;

export function streamQueue<T extends Message, Outcome>(
  run: Run,
  { name, group, groups, handOver, reader, bodyOf }: StreamOptions<T, Outcome>,
): Queue<T, Outcome> & { statsByGroup(): Promise<StatsByPart> } {
  const { leaseSeconds, deliveries, times, counts, note } = run;
  const lease = String(Math.round(leaseSeconds * 1_000));
  /** Receipts of claims that are not answered for. */
  const inHand = new Set<string>();
  let [named, connected] = ['', 0];
  /** How to read what is pending for this name: all of it, what a lost connection swallowed, or not. */
  let own: 'again' | 'swallowed' | '' = '';
  let othersFrom = 0;
  let reading: Promise<unknown> = Promise.resolve();

  const evaluate = (client: Client, script: string, answer: string, args: readonly (string | number)[], consumer = named): Promise<unknown> =>
    client.eval(script, { keys: run.keys(answer), arguments: [name, group, groups().join(' '), consumer, ...args.map(String)] });
  const step = (script: string, answer: string, args: readonly (string | number)[], consumer?: string, patience?: number): Promise<unknown> =>
    run.redis.call((client) => evaluate(client, script, answer, args, consumer), patience === undefined ? {} : { patience });
  /** A step for what is in hand; none of it is where Redis has lost the group. */
  const answerFor = (script: string, verb: string, { receipt }: Claim<T>, args: readonly (string | number)[], patience?: number) => {
    const [entry = '', attempt = '', consumer = ''] = receipt.split(' ');
    return step(script, `${verb}:${name}:${group}:${receipt}`, [entry, attempt, ...args], consumer, patience);
  };
  /** The last step for it: whatever comes of that, its lease is not kept up any more. */
  const letGo = async <R>({ receipt }: Claim<T>, answer: Promise<R>, isHeld: (said: R) => boolean): Promise<R> => {
    try {
      const said = await answer;
      if (!isHeld(said)) counts.lost += 1;
      return said;
    } finally {
      inHand.delete(receipt);
    }
  };

  const look = async (client: Client, connection: number, consumer: string): Promise<Claim<T> | undefined> => {
    const isAnew = connection !== connected && connected > 0;
    // What cut the last connection off may have done so to all: those at work get time for a sign of life.
    if (isAnew) othersFrom = performance.now() + (leaseSeconds * 1_000) / 2;
    if (consumer !== named) own = 'again';
    else if (isAnew && own === '') own = 'swallowed';
    [named, connected] = [consumer, connection];
    const others = performance.now() >= othersFrom ? 1 : 0;
    const [entry, attempt, shard, body, dropped] = (await evaluate(client, TAKE, '-', [lease, deliveries, own, others, ...inHand])) as TakeReply;
    if (dropped > 0) {
      counts.dropped += dropped;
      note(`${dropped} messages of the queue ${name} had been deleted: merc enqueue puts their shards in again`);
    }
    if (entry !== null) {
      counts.reclaimed += 1;
      return claimOf(entry, attempt, body ?? '', shard);
    }
    own = '';
    const streams = await client.xReadGroup(
      group,
      consumer,
      { key: run.keys('-')[name === 'extract' ? 4 : 5] ?? '', id: '>' },
      { COUNT: 1, BLOCK: times.block },
    );
    const message = streams?.[0]?.messages[0];
    if (message === undefined) return undefined;
    const { body: text = '', shard: id = '', only = group } = message.message as Record<string, string>;
    if (only === group) return claimOf(message.id, 1, text, id);
    await evaluate(client, SKIP, '-', [message.id]);
    return undefined;
  };
  const claimOf = (entry: string, attempt: number, text: string, shard: string): Claim<T> => {
    const receipt = `${entry} ${attempt} ${named}`;
    inHand.add(receipt);
    counts.claimed += 1;
    if (attempt > 1) counts.redelivered += 1;
    return { body: { ...bodyOf(text), id: shard }, attempt, receipt };
  };
  /** Waits until the run is in Redis. */
  const found = async (signal: AbortSignal): Promise<void> => {
    for (let told = false; !signal.aborted; told = true) {
      if ((await run.begin({ patience: Infinity, signal })) !== undefined) return;
      if (!told) note(`Redis holds nothing of the run ${run.id}: merc enqueue puts in what is not committed`);
      await sleep(times.look, undefined, { signal }).catch(() => {});
    }
  };
  const nextClaim = async (signal: AbortSignal): Promise<Claim<T> | undefined> => {
    while (!signal.aborted) {
      try {
        const consumer = await run.name(signal);
        const claim = await reader.call((client, connection) => look(client, connection, consumer), {
          answer: times.block + times.answer,
          patience: Infinity,
          signal,
        });
        if (claim === undefined) continue;
        if (!signal.aborted) return claim;
        await queue.release(claim);
      } catch (error) {
        if (signal.aborted) return undefined;
        if (!/\bNOGROUP\b/.test(messageOf(error))) throw error;
        await found(signal);
      }
    }
    return undefined;
  };

  const queue: Queue<T, Outcome> & { statsByGroup(): Promise<StatsByPart> } = {
    leaseSeconds,
    async enqueue(messages) {
      let added = 0;
      for (let at = 0; at < messages.length; at += CHUNK) {
        const pairs = messages.slice(at, at + CHUNK).flatMap((message) => [message.id, JSON.stringify(message)]);
        const token = `enqueue:${randomUUID()}`;
        let put = await step(ENQUEUE, token, pairs);
        if (put === null && (await run.begin()) !== undefined) put = await step(ENQUEUE, token, pairs);
        if (put === null) throw new UsageError(`Redis holds nothing of the run ${run.id}: merc enqueue begins it`);
        added += Number(put);
      }
      return added;
    },
    claim(signal) {
      // One read at a time: a second on the same connection would only wait behind the first.
      const claimed = reading.then(() => nextClaim(signal));
      reading = claimed.catch(() => {});
      return claimed;
    },
    async heartbeat(claim) {
      return (await answerFor(HEARTBEAT, '-', claim, [], leaseSeconds / 3)) === 1;
    },
    async complete(claim, outcome) {
      const tail = claim.body.trace === undefined ? '' : `,"trace":${JSON.stringify(claim.body.trace)}`;
      const done = answerFor(COMPLETE, 'complete', claim, [claim.body.id, handOver(outcome), tail]);
      return (await letGo(claim, done, (said) => said === 1)) === 1;
    },
    async fail(claim, why) {
      const outcome = answerFor(FAIL, 'fail', claim, [claim.body.id, deliveries, why.slice(0, 2_000), lease]);
      return (await letGo(claim, outcome, (said) => said !== 'lost')) as 'waiting' | 'dead' | 'lost';
    },
    async release(claim) {
      // A courtesy: without it the lease runs out.
      await letGo(claim, answerFor(RELEASE, '-', claim, [lease], 2), () => true).catch(() => {});
    },
    async stats() {
      const byGroup = await queue.statsByGroup();
      const all = Object.values(byGroup);
      return (
        byGroup[group] ?? {
          waiting: Math.max(0, ...all.map(({ waiting }) => waiting)),
          claimed: all.reduce((sum, { claimed }) => sum + claimed, 0),
          dead: all[0]?.dead ?? 0,
          oldestSeconds: Math.max(0, ...all.map(({ oldestSeconds }) => oldestSeconds)),
          claimants: all.reduce((sum, { claimants }) => sum + claimants, 0),
        }
      );
    },
    async statsByGroup() {
      const [dead, now, ...each] = (await step(STATS, '-', [lease])) as [number, number, ...[string, number, number, string, number][]];
      const entries = each.map(([part, waiting, claimed, since, claimants]) => [
        part,
        { waiting, claimed, dead, oldestSeconds: since === '' ? 0 : Math.max(0, (now - Number(since)) / 1_000), claimants },
      ]);
      return Object.fromEntries(entries) as StatsByPart;
    },
    async dead() {
      const letters = Object.values(await run.redis.call((client) => client.hGetAll(run.keys('-')[name === 'extract' ? 6 : 7] ?? '')));
      return letters
        .map((text) => JSON.parse(text) as Letter)
        .toSorted((a, b) => a.since - b.since)
        .map(({ shard, part, attempts, why, since }) => ({
          id: shard,
          ...(part !== undefined && { part }),
          attempts,
          why,
          since: new Date(since).toISOString(),
        }));
    },
    retry: async (ids) => Number(await revive('retry', ids)),
    drop: async (ids) => Number(await revive('drop', ids)),
  };
  const revive = (how: 'retry' | 'drop', ids: readonly string[] | undefined): Promise<unknown> =>
    ids?.length === 0 ? Promise.resolve(0) : step(REVIVE, `${how}:${randomUUID()}`, [how, ...(ids ?? [])]);
  return queue;
}

type StatsByPart = Partial<Record<ExtractionPart, QueueStats>>;

type TakeReply = [entry: string | null, attempt: number, shard: string, body: string | null, dropped: number];

interface Letter {
  readonly shard: string;
  readonly part?: NonNullable<DeadLetter['part']>;
  readonly attempts: number;
  readonly why: string;
  readonly since: number;
}
