// The pool: workers that each take one batch at a time.
//
// Workers are child processes, since a hostile file that ends a thread ends the whole process with it.
// Promise: a batch given to it is answered by a summary, a `WorkerDeath` or another error, and when
// `close` has returned no worker is left.

import { RunError } from '../core/errors.ts';
import type { Isolation, WorkerBounds } from '../core/options.ts';
import type { BatchTask } from '../native.ts';
import { VERDICT, readPosition } from './death.ts';
import { openSlot, type Slot } from './slot.ts';
import type { WorkerSummary } from './worker.ts';

/** Milliseconds between two looks at what workers are waiting for. */
const LOOK = 1_000;

/** A file that its worker waits for, without using CPU. */
export interface Wait {
  readonly sampleId: number;
  readonly seconds: number;
}

/** When a batch's turn is, and how its worker is watched. */
export interface Watched {
  /** Of those that wait for a worker the lowest goes first, and of equal ones the first. */
  readonly turn: number;
  /** File that the worker writes to how far it is. */
  readonly progressPath: string;
  /** Called once for a file, where a process is told to wait. */
  readonly onWait?: (wait: Wait) => void;
}

export interface Pool {
  readonly workers: number;
  /** @throws WorkerDeath where the worker ended before it answered. */
  extract(task: BatchTask, watched: Watched): Promise<WorkerSummary>;
  /** Ends the workers; those at work are killed. */
  close(): Promise<void>;
}

/** What a pool is made of. */
export interface PoolOptions {
  readonly workers: number;
  readonly isolation?: Isolation;
  readonly bounds?: WorkerBounds | undefined;
  /** Workers start with the first batch, not at once. */
  readonly late?: boolean;
}

/** Gives `use` a pool, which ends with it or with the signal. */
export async function withPool<T>(options: PoolOptions, signal: AbortSignal, use: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = openPool(options);
  const stop = () => void pool.close();
  signal.addEventListener('abort', stop);
  try {
    return await use(pool);
  } finally {
    signal.removeEventListener('abort', stop);
    await pool.close();
  }
}

export function openPool({ workers, isolation = 'process', bounds, late = false }: PoolOptions): Pool {
  const slots: Slot[] = [];
  const free: Slot[] = [];
  const start = (): void => {
    while (slots.length < workers) slots.push(openSlot(isolation));
    free.push(...slots);
  };
  if (!late) start();
  // In the order of their turns.
  const waiting: { readonly turn: number; readonly take: (slot: Slot) => void }[] = [];
  const release = (slot: Slot): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(slot);
    else next.take(slot);
  };
  const wait = (turn: number): Promise<Slot> =>
    new Promise((take) => waiting.splice(waiting.findLastIndex((before) => before.turn <= turn) + 1, 0, { turn, take }));
  const guardOf = (progressPath: string) => ({ progressPath, parent: process.pid, ...(bounds !== undefined && { bounds: { ...bounds } }) });
  let closing: Promise<unknown> | undefined;
  return {
    workers,
    async extract(task, { turn, progressPath, onWait }) {
      assertOpen(closing);
      if (slots.length === 0) start();
      const slot = free.shift() ?? (await wait(turn));
      const stopLooking = isolation === 'process' && onWait !== undefined ? lookForWaits(progressPath, onWait) : undefined;
      try {
        assertOpen(closing);
        return await slot.extract(isolation === 'process' ? { ...task, guard: guardOf(progressPath) } : task);
      } catch (error) {
        // Workers that were ended on purpose have not died.
        assertOpen(closing);
        throw error;
      } finally {
        stopLooking?.();
        release(slot);
      }
    },
    close: async () => void (await (closing ??= Promise.all(slots.map((slot) => slot.close())))),
  };
}

function assertOpen(closing: Promise<unknown> | undefined): void {
  if (closing !== undefined) throw new RunError('the workers were ended');
}

/** Tells each file once that the worker waits for. */
function lookForWaits(progressPath: string, onWait: (wait: Wait) => void): () => void {
  const told = new Set<number>();
  const look = async (): Promise<void> => {
    const { verdict, sampleId, waiting } = (await readPosition(progressPath)) ?? {};
    if (verdict !== VERDICT.waiting || sampleId === undefined || told.has(sampleId)) return;
    told.add(sampleId);
    onWait({ sampleId, seconds: waiting ?? 0 });
  };
  const timer = setInterval(() => void look(), LOOK);
  return () => clearInterval(timer);
}
