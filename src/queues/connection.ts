// A connection to Redis that comes back, whatever happened to the last one.
//
// Promise: every call ends. One that is not answered in its time takes the connection with it, since
// a middle box that stops forwarding closes nothing; the client's own ways of reconnecting were seen
// to wait for ever then, so a client lives for one connection and is thrown away with it.

import { setTimeout as sleep } from 'node:timers/promises';
import type { ErrorReply, RedisClientType } from 'redis';
import { RunError, UsageError, codeOf, firstLine, messageOf } from '../core/errors.ts';
import type { QueueCounts } from '../core/queue.ts';
import { within } from '../core/within.ts';
import { shownUrl } from './url.ts';

export type Client = RedisClientType;

export interface Waiting {
  /** Milliseconds that an answer may take. */
  readonly answer?: number;
  /** Seconds of trying again while Redis cannot be reached or takes nothing. */
  readonly patience?: number;
  readonly signal?: AbortSignal;
}

export interface Connection {
  /**
   * Does something on a connection, again on a new one where that was lost: what it does must bear repeating.
   * @param use Gets the number of the connection, which is another one for each.
   * @throws RunError once patience is over, the signal's reason once it is aborted.
   */
  call<T>(use: (client: Client, number: number) => Promise<T>, waiting?: Waiting): Promise<T>;
  close(): void;
}

export interface ConnectionOptions {
  readonly answer: number;
  readonly patience: number;
  readonly counts: QueueCounts;
  /** Shared by the connections to one Redis, so that what all of them meet is told once. */
  readonly outage: Outage;
  readonly note: (line: string) => void;
  /** Aborted, no call lasts much longer, whatever patience it was given: this process is ending. */
  readonly ending?: AbortSignal | undefined;
}

export interface Outage {
  /** When it began; undefined while there is none that was told of. */
  since?: number | undefined;
  /** When that was asked which nothing has answered yet, nor anything asked later. */
  unanswered?: number | undefined;
}

/** Milliseconds between tries: the first at once, since one lost connection is no news, and told from the last on. */
const PAUSES = { first: 25, told: 400, most: 1_000 };

/** Milliseconds that a call has once this process is ending, from then or from its own beginning: a last word. */
const LAST_WORD = 2_000;

/** What Redis says while it is not ready; OOM and MISCONF end when somebody makes room. */
const PASSING = /\b(LOADING|BUSY|MASTERDOWN|READONLY|CLUSTERDOWN|TRYAGAIN|OOM|MISCONF|NOREPLICAS|UNBLOCKED)\b/;

export function connection(url: string, { answer: usual, patience: most, counts, outage, note, ending }: ConnectionOptions): Connection {
  let opening: Promise<Client> | undefined;
  let [number, closed] = [0, false];
  let Reply: typeof ErrorReply | undefined;
  const passes = (error: unknown) => isPassing(error, Reply !== undefined && error instanceof Reply);

  const open = async (): Promise<Client> => {
    const redis = await import('redis');
    Reply = redis.ErrorReply;
    const client: Client = redis.createClient({
      url,
      RESP: 3,
      disableOfflineQueue: true,
      maintNotifications: 'disabled',
      socket: { connectTimeout: usual, reconnectStrategy: false },
    });
    // Whoever waits for an answer is told by it; a connection lost between two calls is found by the next.
    client.on('error', () => {});
    try {
      await within(client.connect(), usual);
    } catch (error) {
      client.destroy();
      throw error;
    }
    if (number++ > 0) counts.reconnected += 1;
    return client;
  };
  const discard = (used: Promise<Client>): void => {
    if (opening === used) opening = undefined;
    used.then((client) => client.destroy()).catch(() => {});
  };
  const once = async <T>(use: (client: Client, number: number) => Promise<T>, answer: number, over: AbortSignal): Promise<T> => {
    if (closed) throw new RunError(`${shownUrl(url)}: the connection is closed`);
    const used = (opening ??= open());
    outage.unanswered ??= performance.now();
    try {
      const client = await within(used, 2 * usual, over);
      const result = await within(use(client, number), answer, over);
      outage.unanswered = undefined;
      return result;
    } catch (error) {
      if (passes(error)) discard(used);
      else if (!over.aborted) outage.unanswered = undefined;
      throw error;
    }
  };
  /** Tries until `over` at the latest. */
  const tries = async <T>(use: (client: Client, number: number) => Promise<T>, waiting: Waiting, over: AbortSignal): Promise<T> => {
    const { answer = usual, patience = most, signal } = waiting;
    const began = performance.now();
    for (let pause = PAUSES.first; ; pause = Math.min(pause * 2, PAUSES.most)) {
      signal?.throwIfAborted();
      over.throwIfAborted();
      try {
        const result = await once(use, answer, over);
        if (outage.since !== undefined && pause > PAUSES.first) {
          note(`${shownUrl(url)} can be used again, after ${Math.round((performance.now() - outage.since) / 1_000)} s`);
          outage.since = undefined;
        }
        return result;
      } catch (error) {
        const why = codeOf(error) ?? firstLine(error);
        if (/^(WRONGPASS|NOAUTH|NOPERM)/.test(why)) throw new UsageError(`--redis: ${shownUrl(url)} refuses this user or password (${why.split(' ', 1)[0]})`);
        if (!passes(error)) throw error;
        if (closed || performance.now() - began >= patience * 1_000) throw new RunError(`${shownUrl(url)}: Redis cannot be used (${why})`, { cause: error });
        if (pause >= PAUSES.told && outage.since === undefined) {
          outage.since = began;
          note(`${shownUrl(url)}: Redis cannot be used (${why}): trying again`);
        }
        await sleep(pause * (0.5 + Math.random() / 2), undefined, signal === undefined ? {} : { signal }).catch(() => {});
      }
    }
  };
  return {
    async call(use, waiting = {}) {
      const over = new AbortController();
      let timer: NodeJS.Timeout | undefined;
      const last = () => {
        timer = setTimeout(() => over.abort(new RunError(`${shownUrl(url)}: no answer from Redis while this process was ending`)), LAST_WORD);
      };
      if (ending?.aborted === true) last();
      else ending?.addEventListener('abort', last, { once: true });
      try {
        return await tries(use, waiting, over.signal);
      } finally {
        clearTimeout(timer);
        ending?.removeEventListener('abort', last);
      }
    },
    close: () => {
      closed = true;
      if (opening !== undefined) discard(opening);
    },
  };
}

/** Whether trying again may help: it is the connection that failed, or Redis that takes nothing for now. */
function isPassing(error: unknown, isReply: boolean): boolean {
  if (isReply) return PASSING.test(messageOf(error));
  return !(error instanceof TypeError || error instanceof SyntaxError || error instanceof URIError || error instanceof UsageError || error instanceof RunError);
}
