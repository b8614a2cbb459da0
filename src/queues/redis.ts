// The queues of a run in Redis 7 or newer, or Valkey 8.
//
// Promise: Redis may be lost at any time, and costs an `enqueue` then: nothing stands there that plans
// and commit records do not give again. What would lose messages silently is refused at the start.

import { setInterval } from 'node:timers';
import { RunError, UsageError } from '../core/errors.ts';
import {
  DELIVERIES,
  EXTRACTION_PARTS,
  LEASE_SECONDS,
  noCounts,
  type Extraction,
  type QueueOptions,
  type Queues,
  type ShardParts,
  type ShardRef,
} from '../core/queue.ts';
import type { ShardFiles } from '../core/types.ts';
import { connection, type Client, type Connection, type Outage } from './connection.ts';
import { BEGIN, REAP } from './scripts.ts';
import { takeSlot, type Slot } from './slot.ts';
import { streamQueue, type Run, type Times } from './stream.ts';
import { shownUrl } from './url.ts';

export interface RedisOptions extends QueueOptions {
  /** Hash of the first plan: a worker of another version is refused by it. */
  readonly planHash: string;
  /** Whether this process may begin the run in Redis, as `enqueue` does. */
  readonly begins?: boolean;
  /** Takes a Redis that may evict messages. */
  readonly anyPolicy?: boolean;
  /** Seconds of trying again while Redis cannot be reached, but for claiming, which waits until its signal; 600 if not given. */
  readonly patienceSeconds?: number;
  readonly times?: Times;
  /** Aborted, what is asked has two seconds more to be answered. */
  readonly ending?: AbortSignal;
}

export const TIMES: Times = { block: 1_000, answer: 5_000, look: 2_000, forget: 3_600_000 };

/**
 * @param run Id of the run.
 * @throws UsageError where Redis refuses this user, is too old or may lose messages, or holds the run otherwise.
 */
export async function openRedisQueues(url: string, run: string, options: RedisOptions): Promise<Queues> {
  const { leaseSeconds = LEASE_SECONDS, deliveries = DELIVERIES, part = 'all', extraction, begins = false, planHash } = options;
  const { anyPolicy = false, patienceSeconds = 600, times = TIMES, note = () => {}, ending } = options;
  const counts = noCounts();
  const outage: Outage = {};
  const connect = (): Connection => connection(url, { answer: times.answer, patience: patienceSeconds, counts, outage, note, ending });
  const [redis, extractReader, storeReader] = [connect(), connect(), connect()];
  const keys = (answer: string): string[] =>
    ['config', 'where', 'parts', `answer:${answer}`, 'extract', 'store', 'extract:dead', 'store:dead'].map((key) => `{merc:${run}}:${key}`);
  const wanted: Extraction | undefined = extraction ?? (part === 'all' ? undefined : 'parts');

  let standing: Extraction | undefined;
  const begin: Run['begin'] = async (waiting) => {
    const known = (await redis.call(
      (client) =>
        client.eval(BEGIN, { keys: keys('-'), arguments: ['extract', '', '', '', begins ? (wanted ?? 'whole') : '', planHash, EXTRACTION_PARTS.join(' ')] }),
      waiting,
    )) as [Extraction, string, number] | [];
    if (known.length === 0) return undefined;
    const [how, plan, made] = known;
    if (plan !== planHash) throw new UsageError(`${shownUrl(url)}: the run ${run} is of another plan than this output has: was its folder made anew?`);
    if (wanted !== undefined && how !== wanted) throw new UsageError(WRONG_EXTRACTION[how]);
    if (made > 0 && standing !== undefined)
      note(`${shownUrl(url)} had lost groups of the run ${run}, which are there again: merc enqueue puts in what is missing`);
    standing = how;
    return how;
  };

  let slot: Promise<Slot> | undefined;
  const name = async (signal: AbortSignal): Promise<string> => {
    slot ??= takeSlot(redis, `{merc:${run}}:slots`, leaseSeconds, signal);
    slot.catch(() => (slot = undefined));
    return (await slot).name;
  };
  const renew = async (): Promise<void> => {
    const held = await slot;
    if (held !== undefined && !(await held.renew())) slot = undefined;
  };
  const renewing = setInterval(() => void renew().catch(() => {}), (leaseSeconds * 1_000) / 3).unref();

  const shared: Run = { id: run, leaseSeconds, deliveries, times, counts, note, redis, begin, name, keys };
  const groups = () => ((standing ?? wanted) === 'parts' ? EXTRACTION_PARTS : (['all'] as const));
  const extract = streamQueue<ShardRef, ShardFiles>(shared, {
    name: 'extract',
    group: part,
    groups,
    handOver: (files) => JSON.stringify({ part, files }),
    reader: extractReader,
    bodyOf: (text) => JSON.parse(text) as ShardRef,
  });
  const store = streamQueue<ShardParts, void>(shared, {
    name: 'store',
    group: 'all',
    groups: () => ['all'],
    handOver: () => '',
    reader: storeReader,
    bodyOf: (text) => JSON.parse(text) as ShardParts,
  });
  const close = async (): Promise<void> => {
    clearInterval(renewing);
    await slot?.then((held) => held.free()).catch(() => {});
    for (const each of [redis, extractReader, storeReader]) each.close();
  };
  try {
    await redis.call((client) => check(client, url, anyPolicy, note), { patience: Math.min(patienceSeconds, 10) });
    if ((await begin()) !== undefined)
      for (const each of ['extract', 'store'] as const) await reap(redis, keys('-'), each, each === 'extract' ? part : 'all', times);
    const silentSeconds = (): number => (outage.unanswered === undefined ? 0 : (performance.now() - outage.unanswered) / 1_000);
    return { extract, store, extractStats: () => extract.statsByGroup(), counts, silentSeconds, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const WRONG_EXTRACTION: Readonly<Record<Extraction, string>> = {
  whole: '--parts: this run is extracted whole: leave --parts out, or enqueue into a new output with it',
  parts: '--parts: this run is extracted by parts: give --parts pe, hashes or strings',
};

async function reap(redis: Connection, keys: string[], queue: 'extract' | 'store', group: string, { forget }: Times): Promise<void> {
  await redis.call((client) => client.eval(REAP, { keys, arguments: [queue, group, '', '', String(forget)] }));
}

/** What would lose messages without a word. */
async function check(client: Client, url: string, anyPolicy: boolean, note: (line: string) => void): Promise<void> {
  const info = await client.info();
  const told = (field: string): string => new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const [version, valkey] = [told('redis_version'), told('valkey_version')];
  if (Number.parseInt(version, 10) < 7) throw new RunError(`${shownUrl(url)}: Redis ${version} is too old: 7.0 or newer, or Valkey 8, is needed`);
  const policy = told('maxmemory_policy');
  if (policy !== 'noeviction' && !anyPolicy)
    throw new UsageError(
      `${shownUrl(url)}: its maxmemory-policy is ${policy}, which throws messages away when memory is short: set noeviction, or take the risk with --redis-any-policy`,
    );
  // Some hosted ones refuse CONFIG, and keep data by other ways.
  const save = await client.configGet('save').catch(() => undefined);
  if (told('aof_enabled') === '0' && save !== undefined && (save['save'] ?? '') === '')
    note(
      `${shownUrl(url)}: ${valkey === '' ? 'Redis' : 'Valkey'} keeps nothing over a restart (neither appendonly nor save is on): merc enqueue would have to put everything in again`,
    );
}
