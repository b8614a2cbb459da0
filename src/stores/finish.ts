// The end of a run: views for what is committed, the success mark when all of it is, the totals.

import { join } from 'node:path';
import { readCommits } from '../core/commit.ts';
import { LAYOUT } from '../core/layout.ts';
import type { Output } from '../core/output.ts';
import { planTotals, readHeads, type PlanHead } from '../core/plan.ts';
import { files, type Database } from '../duckdb.ts';
import { viewsFile } from '../sql/views.ts';
import type { LabelSource } from './labels.ts';
import { totalsOf, unmarkSuccess, type Totals } from './output.ts';
import { sweepComplete } from './work.ts';

/** How an output stands. */
export interface Finished {
  readonly totals: Totals;
  readonly labels: LabelSource;
  /** Rows of the dataset that no committed sample has. */
  readonly rowsWithoutFile: number;
  readonly complete: boolean;
}

export async function finishOutput(database: Database, output: Output, labels: LabelSource): Promise<Finished> {
  await output.refresh();
  const { dir, objects, locked } = output;
  const heads = await readHeads(dir);
  const totals = await totalsOf(dir, labels.sha256);
  const samples: string[] = [];
  for await (const commit of readCommits(dir)) if (commit.samples !== null) samples.push(commit.samples.name);
  const rowsWithoutFile = samples.length === 0 ? labels.counts.rows : await unmatchedRows(database, output, samples, labels);
  const complete = totals.shards === planTotals(heads).shards && totals.staleLabels === 0;
  await writeViews(output);
  if (complete) {
    const record = {
      plans: heads.map(({ plan, hash, files: count }) => ({ plan, hash, files: count })),
      dataset: labels.sha256,
      ...totals,
      rowsWithoutFile,
    };
    await objects.replace(LAYOUT.success, `${JSON.stringify(record, null, 1)}\n`);
    // Who shares the output, or has no lock, may have appended a plan meanwhile.
    await output.refresh();
    if (locked && (await readHeads(dir)).length > heads.length) await unmarkSuccess(output);
  } else if (locked) await unmarkSuccess(output);
  await sweepComplete(output);
  return { totals, labels, rowsWithoutFile, complete };
}

/** Whether the success mark is of all these plans. */
export async function isMarked({ objects }: Output, heads: readonly PlanHead[]): Promise<boolean> {
  const text = await objects.read(LAYOUT.success);
  if (text === undefined) return false;
  const { plans } = JSON.parse(text) as { readonly plans: readonly unknown[] };
  return plans.length === heads.length;
}

/** Writes `views.sql` for what is committed now. */
export async function writeViews({ dir, objects }: Output): Promise<void> {
  await objects.replace(LAYOUT.views, await viewsFile(dir));
}

/** Parts that are read at a time, where they have to be fetched. */
const HELD = 8;

async function unmatchedRows(database: Database, output: Output, samples: readonly string[], labels: LabelSource): Promise<number> {
  if (labels.counts.rows === 0) return 0;
  await database.run('CREATE OR REPLACE TEMP TABLE matched (dataset_row BIGINT)');
  const step = output.locked ? samples.length : HELD;
  for (let from = 0; from < samples.length; from += step) {
    const parts = samples.slice(from, from + step);
    await output.hold(parts);
    const paths = files(parts.map((part) => join(output.dir, part)));
    await database.run(`INSERT INTO matched SELECT dataset_row FROM read_parquet(${paths}) WHERE dataset_row IS NOT NULL`);
    await output.release(parts);
  }
  const [row] = await database.rows(`SELECT count(*)::INTEGER AS rows FROM dataset d
    WHERE NOT EXISTS (SELECT 1 FROM matched m WHERE m.dataset_row = d.dataset_row)`);
  await database.run('DROP TABLE matched');
  return Number(row?.['rows']);
}
