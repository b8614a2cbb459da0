// What a pool worker does: one synchronous call into the addon for a batch.
//
// The terminal sends Ctrl-C to the whole process group. Only the parent ends workers; else an
// interrupt would look like a crash. A thread leaves the signals to its process.

import { isMainThread } from 'node:worker_threads';
import { ownCpu, type ProcessCpu } from '../core/profile.ts';
import { endWithParent } from './parent.ts';
import { extractBatch, type BatchSummary, type BatchTask } from '../native.ts';

/** What came of a batch, and what the worker has used so far. */
export type WorkerSummary = BatchSummary & { readonly worker: ProcessCpu };

if (isMainThread) {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  endWithParent();
}

export default function worker(task: BatchTask): WorkerSummary {
  return { ...extractBatch(task), worker: ownCpu() };
}
