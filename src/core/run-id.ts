// The name under which an output's shards are queued.
//
// Promise: it is made once, by whoever queues them first, and stands in the output beside the plans:
// no two outputs share it, and a worker that looks at another output cannot take their shards.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError, codeOf } from './errors.ts';
import { LAYOUT, createExclusively } from './layout.ts';
import type { PlanHead } from './plan.ts';

/** The run of an output; makes it where there is none. */
export async function makeRun(out: string, { hash }: Pick<PlanHead, 'hash'>): Promise<string> {
  const run = `${hash.slice(0, 12)}-${randomBytes(4).toString('hex')}`;
  await createExclusively(join(out, LAYOUT.queue), [`${JSON.stringify({ run })}\n`]);
  return (await readRun(out)) ?? run;
}

/** The run of an output; undefined where its shards were never queued. */
export async function readRun(out: string): Promise<string | undefined> {
  const path = join(out, LAYOUT.queue);
  try {
    const { run } = JSON.parse(await readFile(path, 'utf8')) as { run?: unknown };
    if (typeof run === 'string' && /^[\da-f]{12}-[\da-f]{8}$/.test(run)) return run;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new RunError(`${path}: is damaged: remove it, and \`merc enqueue\` makes another`);
}
