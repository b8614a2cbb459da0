// What a pool worker does: one synchronous call into the addon for a batch.
//
// The terminal sends Ctrl-C to the whole process group. Only the parent ends workers; else an
// interrupt would look like a crash.

import { extractBatch, type BatchSummary, type BatchTask } from '../native.ts';

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

export default function worker(task: BatchTask): BatchSummary {
  return extractBatch(task);
}
