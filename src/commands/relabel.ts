// `merc relabel`: new labels for committed samples, without extracting again.
//
// Promise: it can be killed at any moment and called again. `dataset.parquet` is replaced first;
// from then on every shard whose commit record names another dataset is rewritten.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readCommits, recommit, samplesPart } from '../core/commit.ts';
import { sha256Of, workDir } from '../core/layout.ts';
import { assertFolder, folderOutput, type Output } from '../core/output.ts';
import { headOf, partMetadata, type PlanHead } from '../core/plan.ts';
import { finishOutput, type Finished } from '../stores/finish.ts';
import { adoptDataset } from '../stores/labels.ts';
import { existingOutput, unmarkSuccess, withDatabase, withOutput } from '../stores/output.ts';
import { assertReadable, placePart } from '../stores/parquet.ts';
import { labelParts } from '../stores/samples.ts';
import { datasetSummary } from '../ui/run-view.ts';
import { datasetLines } from '../ui/summary.ts';
import { namedCsv } from '../core/options.ts';

export async function relabelCommand(out: string, csv: string, signal: AbortSignal): Promise<void> {
  const finished = await relabel(out, csv, signal);
  process.stdout.write(`${datasetLines(datasetSummary(finished, csv)).join('\n')}\n`);
}

/** Gives every committed sample the labels of `csv`. */
export async function relabel(out: string, csv: string, signal: AbortSignal): Promise<Finished> {
  assertFolder(out, out, 'merc relabel');
  const dataset = namedCsv(csv);
  await existingOutput(folderOutput(out));
  return withOutput({ out, command: 'merc relabel', signal }, (heads, held, output) => relabelInto(output, dataset, heads, held));
}

async function relabelInto(output: Output, dataset: string, heads: readonly PlanHead[], signal: AbortSignal): Promise<Finished> {
  const out = output.dir;
  await unmarkSuccess(output);
  return withDatabase(out, signal, async (database) => {
    const labels = await adoptDataset(database, output, dataset, signal);
    for await (const record of readCommits(out)) {
      signal.throwIfAborted();
      const before = samplesPart(out, record);
      const part = join(out, before.name);
      // A part that an interrupted relabel has replaced is not the one that its record names.
      const isNamed = (await sha256Of(part)) === before.sha256;
      if (isNamed && record.labels.dataset === labels.sha256) continue;
      // Its pages are taken over unread: what no record vouches for is read first.
      if (!isNamed) await assertReadable(database, part);
      const dir = workDir(out, record.id);
      await mkdir(dir, { recursive: true });
      const built = join(dir, 'samples.parquet');
      const metadata = partMetadata(headOf(heads, record.id));
      const relabelled = await labelParts(database, part, { sources: [part], target: built, metadata, dataset: labels.sha256 });
      const samples = await placePart(output, built, before.name, relabelled.written);
      await recommit(output, { ...record, samples, labels: relabelled.labels });
      await rm(dir, { recursive: true, force: true });
    }
    return finishOutput(database, output, labels);
  });
}
