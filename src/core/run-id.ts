// The name under which an output's shards are queued, and how they are extracted.
//
// Promise: it is made once, by whoever queues them first, and stands in the output beside the plans:
// no two outputs share it, and a worker that looks at another output cannot take their shards.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError, UsageError, codeOf } from './errors.ts';
import { LAYOUT } from './layout.ts';
import type { Output } from './output.ts';
import type { PlanHead } from './plan.ts';
import type { Extraction } from './queue.ts';

/** A run as its output names it. */
export interface Run {
  /** `<12 hex of the first plan's hash>-<8 random hex>`. */
  readonly run: string;
  readonly extraction: Extraction;
}

/**
 * The run of an output; makes it where there is none.
 * @param wanted How it is to be extracted; as it is, or whole, if not given.
 */
export async function makeRun(output: Output, { hash }: Pick<PlanHead, 'hash'>, wanted: Extraction | undefined): Promise<Run> {
  const made: Run = { run: `${hash.slice(0, 12)}-${randomBytes(4).toString('hex')}`, extraction: wanted ?? 'whole' };
  await output.objects.create(LAYOUT.queue, { text: [`${JSON.stringify(made)}\n`] });
  const standing = (await readRun(output.dir)) ?? made;
  if (wanted !== undefined && standing.extraction !== wanted)
    throw new UsageError(
      `--parts: ${output.named} is extracted ${standing.extraction === 'whole' ? 'whole' : 'by parts'} since it was first enqueued: name another --out`,
    );
  return standing;
}

/** The run of an output; undefined where its shards were never queued. */
export async function readRun(dir: string): Promise<Run | undefined> {
  const path = join(dir, LAYOUT.queue);
  try {
    const { run, extraction } = JSON.parse(await readFile(path, 'utf8')) as Partial<Record<keyof Run, unknown>>;
    if (typeof run === 'string' && /^[\da-f]{12}-[\da-f]{8}$/.test(run) && (extraction === 'whole' || extraction === 'parts')) return { run, extraction };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new RunError(`${path}: is damaged: remove it, and \`merc enqueue\` makes another`);
}
