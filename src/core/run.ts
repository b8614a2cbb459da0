// The one loop. Every command that does work is a wiring of it.
//
// Three promises: never more than `concurrency` in flight, and the source is pulled no further;
// a delivery is acknowledged only after the sink has accepted what came of it; a delivery that
// fails in the stage is handed back, while a sink that fails, or an outage, ends the run.

import { Outage } from './errors.ts';
import type { Delivery, Sink, Source, Stage } from './types.ts';

export async function run<I, O>(
  source: Source<I>,
  stage: Stage<I, O>,
  sink: Sink<O>,
  { concurrency, signal }: { readonly concurrency: number; readonly signal: AbortSignal },
): Promise<void> {
  const deliveries = source[Symbol.asyncIterator]();
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  // A source may have nothing to give for as long as it likes; `return` takes back what it gives then.
  const over = new Promise<{ readonly done: true }>((resolve) => {
    ended.addEventListener('abort', () => resolve({ done: true }), { once: true });
  });

  // One lane takes a delivery all the way: pulling is what a free lane does, which is back-pressure.
  const lane = async (): Promise<void> => {
    while (!ended.aborted) {
      const next = await Promise.race([deliveries.next(), over]);
      if (next.done === true) return;
      await carry(next.value, stage, sink, ended);
    }
  };
  const lanes = Array.from({ length: concurrency }, () =>
    lane().catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  try {
    const outcomes = await Promise.allSettled(lanes);
    const broken = outcomes.find((outcome) => outcome.status === 'rejected');
    if (broken !== undefined) throw broken.reason;
    signal.throwIfAborted();
  } finally {
    await deliveries.return?.();
    await sink.close();
  }
}

async function carry<I, O>(delivery: Delivery<I>, stage: Stage<I, O>, sink: Sink<O>, signal: AbortSignal): Promise<void> {
  let outcome: O;
  try {
    outcome = await stage({ body: delivery.body, attempt: delivery.attempt }, signal);
  } catch (error) {
    if (error instanceof Outage) throw error;
    await delivery.fail(error);
    return;
  }
  await sink.write(outcome);
  await delivery.ack();
}
