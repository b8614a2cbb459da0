import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outage } from '../../src/core/errors.ts';
import { run } from '../../src/core/run.ts';
import type { Delivery, Sink, Source } from '../../src/core/types.ts';

interface Log {
  readonly events: string[];
  pulled: number;
}

/** A source of numbers that writes down what becomes of them. */
function numbers(count: number, log: Log): Source<number> {
  return (async function* source(): AsyncGenerator<Delivery<number>> {
    for (let body = 0; body < count; body++) {
      log.pulled += 1;
      yield {
        body,
        attempt: 1,
        ack: async () => void log.events.push(`ack ${body}`),
        fail: async (error) => void log.events.push(`fail ${body} ${(error as Error).message}`),
      };
    }
  })();
}

function sinkInto(log: Log, refuse: (item: number) => boolean = () => false): Sink<number> {
  return {
    write: async (item) => {
      await pause();
      if (refuse(item)) throw new Error('store is gone');
      log.events.push(`write ${item}`);
    },
    close: async () => void log.events.push('close'),
  };
}

const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
const signal = new AbortController().signal;

test('a delivery is acknowledged only after the sink has accepted what came of it', async () => {
  const log: Log = { events: [], pulled: 0 };
  await run(numbers(20, log), async ({ body }) => body, sinkInto(log), { concurrency: 3, signal });
  for (let i = 0; i < 20; i++) assert.ok(log.events.indexOf(`write ${i}`) < log.events.indexOf(`ack ${i}`), `${i}`);
  assert.equal(log.events.at(-1), 'close');
});

test('never more than `concurrency` are in flight, and the source is pulled no further', async () => {
  const log: Log = { events: [], pulled: 0 };
  let inFlight = 0;
  let most = 0;
  const stage = async ({ body }: { body: number }) => {
    most = Math.max(most, ++inFlight);
    const finished = log.events.filter((event) => event.startsWith('ack')).length;
    assert.ok(log.pulled <= finished + 4, `pulled ${log.pulled} with ${finished} finished`);
    await pause();
    inFlight -= 1;
    return body;
  };
  await run(numbers(40, log), stage, sinkInto(log), { concurrency: 4, signal });
  assert.equal(most, 4);
});

test('a delivery that fails in the stage is handed back and the rest goes on', async () => {
  const log: Log = { events: [], pulled: 0 };
  const stage = async ({ body }: { body: number }) => {
    if (body === 2) throw new Error('worker died');
    return body;
  };
  await run(numbers(5, log), stage, sinkInto(log), { concurrency: 2, signal });
  assert.ok(log.events.includes('fail 2 worker died'));
  assert.equal(log.events.filter((event) => event.startsWith('ack')).length, 4);
  assert.ok(!log.events.includes('ack 2'));
});

test('a sink that fails ends the run with that delivery unacknowledged', async () => {
  const log: Log = { events: [], pulled: 0 };
  const done = run(
    numbers(50, log),
    async ({ body }) => body,
    sinkInto(log, (item) => item === 3),
    { concurrency: 1, signal },
  );
  await assert.rejects(done, /store is gone/);
  assert.ok(!log.events.includes('ack 3'));
  assert.ok(log.pulled < 10, `pulled ${log.pulled}`);
  assert.equal(log.events.at(-1), 'close');
});

test('an aborted run rejects with the reason, and what was in flight is not lost silently', async () => {
  const log: Log = { events: [], pulled: 0 };
  const stop = new AbortController();
  const stage = async ({ body }: { body: number }) => {
    if (body === 5) stop.abort(new Error('interrupted'));
    return body;
  };
  await assert.rejects(run(numbers(1_000, log), stage, sinkInto(log), { concurrency: 2, signal: stop.signal }), /interrupted/);
  assert.ok(log.pulled < 20);
  assert.equal(log.events.at(-1), 'close');
});

test('a sink that fails ends the run while the source has nothing more to give', async () => {
  const log: Log = { events: [], pulled: 0 };
  const numbered = numbers(1, log)[Symbol.asyncIterator]();
  let returned = (): void => {};
  const waiting = new Promise<IteratorResult<Delivery<number>>>((resolve) => (returned = () => resolve({ done: true, value: undefined })));
  const source: Source<number> = {
    [Symbol.asyncIterator]: () => ({
      next: () => (log.pulled === 0 ? numbered.next() : waiting),
      return: () => (returned(), waiting),
    }),
  };
  const done = run(
    source,
    async ({ body }) => body,
    sinkInto(log, () => true),
    { concurrency: 2, signal },
  );
  await assert.rejects(done, /store is gone/);
  assert.equal(log.events.at(-1), 'close');
});

test('an outage ends a run, and what was in hand is not its failure', async () => {
  const log: Log = { events: [], pulled: 0 };
  const stage = async ({ body }: { readonly body: number }) => {
    if (body === 3) throw new Outage('the disk is gone');
    return body;
  };
  await assert.rejects(run(numbers(20, log), stage, sinkInto(log), { concurrency: 1, signal }), /the disk is gone/);
  assert.deepEqual(
    log.events.filter((event) => event.startsWith('fail')),
    [],
  );
  assert.deepEqual([log.pulled, log.events.includes('ack 2'), log.events.includes('ack 3')], [4, true, false]);
});
