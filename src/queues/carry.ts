// A queue as the two ends of the loop: claims become deliveries, what came of them completes the claims.
//
// Promise: what is in hand gives signs of life until it is answered for, and is answered for exactly
// once: completed with what the sink was given, failed, or, where this process is ending, released. A
// lease that was lost meanwhile is told with what came of the work, which nobody will ask for.

import { setInterval } from 'node:timers';
import { firstLine } from '../core/errors.ts';
import type { Claim, Message, Queue } from '../core/queue.ts';
import type { Delivery, Sink, Source } from '../core/types.ts';

/** What came of shards, from the sink that was given it until their claims are completed with it. */
export interface HandingOver<Outcome extends { readonly id: string }> {
  readonly sink: Sink<Outcome>;
  /** What the sink was given for a shard; taken, it is gone. */
  readonly take: (id: string) => Outcome;
}

/** The sink of a stage whose outcome goes to the next queue: completing the claim is what hands it on. */
export function handingOver<Outcome extends { readonly id: string }>(): HandingOver<Outcome> {
  const given = new Map<string, Outcome>();
  return {
    sink: {
      write: (outcome) => {
        given.set(outcome.id, outcome);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    },
    take: (id) => {
      const outcome = given.get(id);
      if (outcome === undefined) throw new Error(`shard ${id} is answered for, and the sink was given nothing for it`);
      given.delete(id);
      return outcome;
    },
  };
}

export interface Claiming<T extends Message, Outcome> {
  /** Aborted, no more is claimed, and what fails then is released: it failed since this process is ending. */
  readonly reading: AbortSignal;
  /** What a claim is completed with, where the queue leads to another. */
  readonly take: (id: string) => Outcome;
  /** Something the user should know, raw text. */
  readonly note?: (line: string) => void;
  /** Another claimant has the shard, or is done with it; `outcome` is undefined where the work failed. */
  readonly lost?: (body: T, outcome: Outcome | undefined) => void | Promise<void>;
}

/** A queue as a source. */
export function claims<T extends Message, Outcome>(queue: Queue<T, Outcome>, claiming: Claiming<T, Outcome>): Source<T> {
  return { [Symbol.asyncIterator]: () => deliveries(queue, claiming) };
}

/** No generator: its `return` would wait for a message. */
function deliveries<T extends Message, Outcome>(
  queue: Queue<T, Outcome>,
  { reading, take, note = () => {}, lost = () => {} }: Claiming<T, Outcome>,
): AsyncIterator<Delivery<T>> {
  const stop = new AbortController();
  const ending = AbortSignal.any([reading, stop.signal]);
  const inHand = new Map<Claim<T>, () => void>();
  const hold = (claim: Claim<T>): void => {
    // What keeps a sign of life back for now is told by whoever cannot answer for the message then.
    const signs = setInterval(() => void queue.heartbeat(claim).catch(() => {}), (queue.leaseSeconds * 1_000) / 3);
    inHand.set(claim, () => clearInterval(signs));
  };
  const answer = async <R>(claim: Claim<T>, say: () => Promise<R>): Promise<R> => {
    try {
      return await say();
    } finally {
      inHand.get(claim)?.();
      inHand.delete(claim);
    }
  };
  const tellLost = async ({ body }: Claim<T>, outcome: Outcome | undefined): Promise<void> => {
    note(`shard ${body.id}: another worker has taken it over, since this one gave no sign of life`);
    await lost(body, outcome);
  };
  const deliveryOf = (claim: Claim<T>): Delivery<T> => ({
    body: claim.body,
    attempt: claim.attempt,
    ack: async () => {
      const outcome = take(claim.body.id);
      if (!(await answer(claim, () => queue.complete(claim, outcome)))) await tellLost(claim, outcome);
    },
    fail: async (error) => {
      if (ending.aborted) return answer(claim, () => queue.release(claim));
      const why = firstLine(error);
      const outcome = await answer(claim, () => queue.fail(claim, why));
      if (outcome === 'lost') return tellLost(claim, undefined);
      const after = `shard ${claim.body.id} failed at delivery ${claim.attempt} (${why})`;
      note(outcome === 'dead' ? `${after} and is set aside: merc dead list` : `${after}: it is tried again`);
    },
  });
  let last: Promise<unknown> = Promise.resolve();
  return {
    next: () => {
      const next = queue.claim(ending).then((claim): IteratorResult<Delivery<T>> => {
        if (claim === undefined) return { done: true, value: undefined };
        hold(claim);
        return { done: false, value: deliveryOf(claim) };
      });
      last = Promise.allSettled([last, next]);
      return next;
    },
    /** The loop has ended, perhaps early: what it has in hand and what was on its way goes back. */
    return: async () => {
      stop.abort();
      await last;
      await Promise.all([...inHand.keys()].map((claim) => answer(claim, () => queue.release(claim))));
      return { done: true, value: undefined };
    },
  };
}
