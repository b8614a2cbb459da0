// The end of a run: views for what is committed, the success mark when all of it is, the totals.

import { join } from 'node:path';
import { readCommits } from '../core/commit.ts';
import { LAYOUT, writeDurably } from '../core/layout.ts';
import { planTotals, type PlanHead } from '../core/plan.ts';
import { files, type Database } from '../duckdb.ts';
import { viewsFile } from '../sql/views.ts';
import type { LabelSource } from './labels.ts';
import { totalsOf, unmarkSuccess, type Totals } from './output.ts';

/** How an output stands. */
export interface Finished {
  readonly totals: Totals;
  readonly labels: LabelSource;
  /** Rows of the dataset that no committed sample has. */
  readonly rowsWithoutFile: number;
  readonly complete: boolean;
}

export async function finishOutput(database: Database, out: string, heads: readonly PlanHead[], labels: LabelSource): Promise<Finished> {
  const totals = await totalsOf(out, labels.sha256);
  const samples: string[] = [];
  for await (const commit of readCommits(out)) if (commit.samples !== null) samples.push(join(out, commit.samples.name));
  const rowsWithoutFile = samples.length === 0 ? labels.counts.rows : await unmatchedRows(database, samples);
  const complete = totals.shards === planTotals(heads).shards && totals.staleLabels === 0;
  await writeViews(out);
  const success = join(out, LAYOUT.success);
  if (complete) {
    const record = {
      plans: heads.map(({ plan, hash, files: planned }) => ({ plan, hash, files: planned })),
      dataset: labels.sha256,
      ...totals,
      rowsWithoutFile,
    };
    await writeDurably(success, `${JSON.stringify(record, null, 1)}\n`);
  } else await unmarkSuccess(out);
  return { totals, labels, rowsWithoutFile, complete };
}

/** Writes `views.sql` for what is committed now. */
export async function writeViews(out: string): Promise<void> {
  await writeDurably(join(out, LAYOUT.views), await viewsFile(out));
}

async function unmatchedRows(database: Database, samples: readonly string[]): Promise<number> {
  const [row] = await database.rows(`SELECT count(*)::INTEGER AS rows FROM dataset d
    WHERE NOT EXISTS (SELECT 1 FROM read_parquet(${files(samples)}) s WHERE s.dataset_row = d.dataset_row)`);
  return Number(row?.['rows']);
}
