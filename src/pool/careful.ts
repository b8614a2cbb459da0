// What is done about a worker that dies at a batch: the one rule for retries.
//
// The batch is done again carefully, file by file, by a fresh worker. A file that ends a worker then is
// set aside: read and hashed, not parsed. If that ends one too, it is not even read. Promise: every
// batch comes to an end with a row for each file, or with one error when workers die with no file in hand.

import { RunError } from '../core/errors.ts';
import type { AsideFile, BatchTask } from '../native.ts';
import { WorkerDeath, type Death } from './death.ts';
import type { Pool, Watched } from './pool.ts';
import type { WorkerSummary } from './worker.ts';

/**
 * Extracts a batch, whatever its files do to workers.
 * @param attempt times that the shard was tried, this one included: a second begins carefully.
 * @throws RunError where two workers in a row died with no file in hand, or a file's name alone ended one.
 */
export async function extractSurely(pool: Pool, task: BatchTask, watched: Watched, attempt: number): Promise<WorkerSummary> {
  let aside: readonly AsideFile[] | undefined = attempt > 1 ? [] : undefined;
  let before: Death | undefined;
  for (;;) {
    try {
      return await pool.extract(aside === undefined ? task : { ...task, careful: [...aside] }, watched);
    } catch (error) {
      if (!(error instanceof WorkerDeath)) throw error;
      const { death } = error;
      if (death.sampleId === undefined && before !== undefined && before.sampleId === undefined)
        throw new RunError(`two workers in a row were lost with no file in hand (${death.detail}): is there memory enough? --workers takes fewer of them`);
      // The first one is not blamed on its file: a worker can be killed for what others have done to the machine.
      aside = aside === undefined ? [] : setAside(aside, death);
      before = death;
    }
  }
}

function setAside(aside: readonly AsideFile[], { sampleId, stage, kind, detail }: Death): readonly AsideFile[] {
  if (sampleId === undefined) return aside;
  const known = aside.find((file) => file.sampleId === sampleId);
  if (known === undefined) return [...aside, { sampleId, stage: stage === '' ? 'batch' : stage, kind, detail, readable: true }];
  if (!known.readable) throw new RunError(`workers are lost at the sample ${sampleId} though it is not read (${detail})`);
  return aside.map((file) => (file === known ? { ...known, readable: false } : file));
}
