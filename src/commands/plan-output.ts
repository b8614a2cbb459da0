// The plans and labels of an output that is about to be worked on: made, resumed or appended to.
//
// Promise: when it returns both stand in the output, and every process that works on it reads the
// same ones. What is done with the shards is the caller's.

import { committedIds } from '../core/commit.ts';
import { RunError } from '../core/errors.ts';
import { sha256Of } from '../core/layout.ts';
import type { RunOptions } from '../core/options.ts';
import type { Output } from '../core/output.ts';
import type { PlanHead } from '../core/plan.ts';
import type { Database } from '../duckdb.ts';
import { planRun, survey, type Planned, type Survey } from '../sources/planning.ts';
import { adoptDataset, loadLabels, type LabelSource } from '../stores/labels.ts';

/** Who is told what a user should know. */
export interface PlanObserver {
  /** Raw text. */
  note?(line: string): void;
}

/**
 * What was found is let go with the return: the plan has it, and a run is long.
 * @param readLabels Called when it is known what there is to plan, and nothing is planned yet.
 * @param looked What the caller has found there a moment ago, so that it is not listed again.
 */
export async function planOutput(
  options: RunOptions,
  output: Output,
  existing: readonly PlanHead[],
  signal: AbortSignal,
  readLabels: () => Promise<LabelSource>,
  looked?: Survey,
): Promise<{ planned: Planned; labels: LabelSource }> {
  if (looked !== undefined && looked.heads.length !== existing.length) throw new RunError(`${options.out}: another run has planned files meanwhile`);
  const surveyed = looked ?? (await survey(options, existing, new Set(await committedIds(options.out)), signal));
  const labels = await readLabels();
  const planned = await planRun(options, output, surveyed, labels.sha256);
  if (existing.length === 0 && planned.heads.some((head) => head.dataset !== labels.sha256))
    throw new RunError(`${options.out}: another run has planned it meanwhile with another dataset: all slices take the same --csv`);
  return { planned, labels };
}

/** The labels of an output: the dataset of the first run, and what of it stands for later ones. */
export async function labelsFor(
  database: Database,
  { out, csv }: RunOptions,
  output: Output,
  heads: readonly PlanHead[],
  signal: AbortSignal,
  observer: PlanObserver,
): Promise<LabelSource> {
  if (heads.length === 0) return adoptDataset(database, output, csv, signal);
  const labels = await loadLabels(database, out);
  if (csv !== null && labels.sha256 !== (await sha256Of(csv, signal)))
    observer.note?.(`note: ${csv} is not the dataset that ${out} was made with; its labels stay as they are until merc relabel gives it the new ones`);
  return labels;
}
