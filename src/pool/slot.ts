// One worker: a tinypool of one, whose death fails the task it has and nothing else.
//
// One tinypool each, so that it is known who has which task. Promise: a task settles. tinypool lets a
// task wait for ever whose thread ends by itself, or whose process ends before it was ready; so exits
// are watched here.

import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { Tinypool } from 'tinypool';
import { RunError, messageOf } from '../core/errors.ts';
import type { Isolation } from '../core/options.ts';
import { within } from '../core/within.ts';
import type { BatchTask } from '../native.ts';
import { WorkerDeath, deathOf, readPosition, type Exit } from './death.ts';
import { parentVariable } from './parent.ts';
import type { WorkerSummary } from './worker.ts';

/** Milliseconds for a worker's exit and last words to come in, once its task has failed. */
const GRACE = 1_000;

/** Characters kept of what a worker prints. */
const LAST_WORDS = 4_096;

export interface Slot {
  /** @throws WorkerDeath where the worker ended. */
  extract(task: BatchTask): Promise<WorkerSummary>;
  /** Ends the worker; one at work in a process is killed, one at work in a thread ends with its batch. */
  close(): Promise<void>;
}

type Worker = Tinypool['threads'][number];

export function openSlot(isolation: Isolation): Slot {
  const source = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
  const pool = new Tinypool({
    filename: new URL(source, import.meta.url).href,
    runtime: isolation === 'process' ? 'child_process' : 'worker_threads',
    minThreads: 1,
    maxThreads: 1,
    // Deno hangs in Atomics.wait, and child processes have no use for it.
    useAtomics: !('Deno' in globalThis),
    env: environment(),
  });
  // A worker that dies idle is replaced; one that dies at work is told by its task.
  pool.on('error', () => {});
  const exits = new WeakMap<Worker, Promise<Exit>>();
  const exitOf = (worker: Worker): Promise<Exit> => {
    const known = exits.get(worker) ?? watchExit(worker);
    exits.set(worker, known);
    return known;
  };
  for (const worker of pool.threads) void exitOf(worker);
  return {
    async extract(task) {
      const progress = task.guard?.progressPath;
      // What is there is of an earlier try.
      if (progress !== undefined) await rm(progress, { force: true });
      const done: Promise<WorkerSummary> = pool.run(task);
      const [worker] = pool.threads;
      const exit = worker === undefined ? new Promise<Exit>(() => {}) : exitOf(worker);
      const answer = await Promise.race([done.then((summary) => ({ summary }), failed), exit]);
      if ('summary' in answer) return answer.summary;
      // A task that is still in tinypool's queue would be given to the next worker.
      pool.cancelPendingTasks();
      // What was thrown in a process comes as a plain object, and needs no look for an exit.
      const how = 'error' in answer ? await within(exit, answer.error instanceof Error ? GRACE : 0).catch(() => undefined) : answer;
      if (how === undefined) throw new RunError(messageOf((answer as Failure).error));
      throw new WorkerDeath(deathOf(how, progress === undefined ? undefined : await readPosition(progress)));
    },
    close: () => (isolation === 'process' ? destroyProcesses(pool) : pool.destroy()),
  };
}

/** What a worker finds in its environment. */
function environment(): Record<string, string> {
  // A worker speaks to nobody. Node 20 would parse what this names at each start, for 30 ms.
  const { NODE_EXTRA_CA_CERTS: _, ...inherited } = process.env as Record<string, string>;
  return { ...inherited, ...parentVariable() };
}

interface Failure {
  readonly error: unknown;
}

const failed = (error: unknown): Failure => ({ error });

function watchExit(worker: Worker): Promise<Exit> {
  const child = 'process' in worker ? (worker.process as ChildProcess) : undefined;
  let lastWords = '';
  // A crash is told in a row or in one line; what the system or the runtime prints of it stays off the terminal.
  child?.stderr?.unpipe();
  child?.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS);
  });
  // What it has printed may come after its exit. Not `close` of the process: Bun does not tell it.
  const said = new Promise<void>((resolve) => child?.stderr?.once('end', resolve).once('close', resolve) ?? resolve());
  return new Promise((resolve) => {
    worker.once('exit', (code: number | null, signal: string | null = null) => {
      void within(said, GRACE)
        .catch(() => {})
        .then(() => resolve({ code, signal, lastWords }));
    });
  });
}

async function destroyProcesses(pool: Tinypool): Promise<void> {
  // tinypool unrefs its workers: without a handle of ours the process would end here, half-way.
  const handle = setInterval(() => {}, 1_000);
  // Workers ignore SIGTERM (see worker.ts), which tinypool would try for a second first.
  const pids = pool.threads.map(({ threadId }) => threadId);
  try {
    const destroyed = pool.destroy();
    for (const pid of pids) kill(pid);
    await destroyed;
  } finally {
    clearInterval(handle);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
