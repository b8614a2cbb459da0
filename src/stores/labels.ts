// The dataset of an output: typed once into `dataset.parquet`, loaded by every later run.
//
// Promise: parts hold the labels of the file that `dataset.parquet` was made from, and of no other;
// a CSV that has changed since is reported and takes effect through `merc relabel`.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError, UsageError, codeOf, firstLine } from '../core/errors.ts';
import { LAYOUT, sha256Of, workDir } from '../core/layout.ts';
import type { Output } from '../core/output.ts';
import type { Database } from '../duckdb.ts';
import { emptyDataset, importDataset, loadDataset, readMetadata, saveDataset, type DatasetCounts } from '../sql/dataset.ts';

/** The dataset that an output's labels come from. */
export interface LabelSource {
  /** SHA-256 of the file it was made from, null without one. */
  readonly sha256: string | null;
  readonly counts: DatasetCounts;
}

/** A dataset file that is no table of labels; the output is as it was. */
export class DatasetError extends UsageError {}

const NO_LABELS: LabelSource = { sha256: null, counts: { rows: 0, repeated: 0, keyless: 0, broken: 0 } };

/** Imports a dataset file and makes it the output's. */
export async function adoptDataset(database: Database, output: Output, csv: string | null, signal: AbortSignal): Promise<LabelSource> {
  if (csv === null) {
    if (output.alone) await output.objects.remove(LAYOUT.dataset);
    else await assertStanding(database, output, null);
    await emptyDataset(database);
    return NO_LABELS;
  }
  const sha256 = await sha256Of(csv, signal);
  const counts = await importDataset(database, csv).catch((error: unknown) => {
    if (signal.aborted) throw error;
    if (error instanceof UsageError) throw new DatasetError(error.message);
    throw new DatasetError(`--csv ${csv}: cannot be read as a table (${firstLine(error)})`);
  });
  const built = join(workDir(output.dir), LAYOUT.dataset);
  await saveDataset(database, built, { merc_dataset_sha256: sha256, merc_dataset_counts: JSON.stringify(counts) });
  if (output.alone) await output.objects.put(built, LAYOUT.dataset);
  else if (!(await output.objects.create(LAYOUT.dataset, { file: built }))) await assertStanding(database, output, sha256);
  return { sha256, counts };
}

/** Where others write too, one of them may have brought its dataset a moment ago, which stays: its parts will have those labels. */
async function assertStanding(database: Database, output: Output, sha256: string | null): Promise<void> {
  await output.refresh(LAYOUT.dataset);
  if ((await labelSource(database, output.dir)).sha256 === sha256) return;
  throw new UsageError(
    `--csv: ${output.named} has another run's dataset already: run with that one, or remove its ${LAYOUT.dataset} if that run has ended without a plan`,
  );
}

/** Loads the output's dataset into the table `dataset`. */
export async function loadLabels(database: Database, out: string): Promise<LabelSource> {
  const source = await labelSource(database, out);
  await (source.sha256 === null ? emptyDataset(database) : loadDataset(database, join(out, LAYOUT.dataset)));
  return source;
}

/** What the output's dataset was made from. */
export async function labelSource(database: Database, out: string): Promise<LabelSource> {
  const path = join(out, LAYOUT.dataset);
  try {
    await stat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return NO_LABELS;
    throw error;
  }
  const { merc_dataset_sha256: sha256, merc_dataset_counts: counts } = await readMetadata(database, path);
  if (sha256 === undefined || counts === undefined) throw new RunError(`${path}: was not written by merc`);
  return { sha256, counts: JSON.parse(counts) as DatasetCounts };
}
