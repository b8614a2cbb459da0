// `merc verify`: does an output hold exactly what its plans and commit records say?

import { join } from 'node:path';
import { committedIds, partsOf, readCommit } from '../core/commit.ts';
import { EXIT, RunError } from '../core/errors.ts';
import { LAYOUT } from '../core/layout.ts';
import { claimsOn, describe } from '../core/lock.ts';
import type { Output } from '../core/output.ts';
import { readShards, type PlanHead } from '../core/plan.ts';
import { SMALL_SHARE, openDatabase } from '../duckdb.ts';
import { labelSource } from '../stores/labels.ts';
import { withOpened } from '../stores/opened.ts';
import { existingOutput } from '../stores/output.ts';
import { differenceOf } from '../stores/parquet.ts';
import { escapeText } from '../ui/escape.ts';
import { print } from '../ui/print.ts';

export async function verifyCommand(out: string, { stage }: { readonly stage?: string }, signal: AbortSignal): Promise<number> {
  const { parts, findings } = await withOpened(out, { named: out, signal, stage }, async (output) => {
    for (const claim of await claimsOn(output.dir))
      process.stderr.write(`note: ${escapeText(describe(claim))} is at work on it: what it has not committed yet is missing\n`);
    return verify(output, signal);
  });
  for (const finding of findings) print(finding);
  print(findings.length === 0 ? `${out}: ${parts} parts, all as committed` : `${out}: ${parts} parts, ${findings.length} findings`);
  return findings.length === 0 ? EXIT.ok : EXIT.incomplete;
}

/** Every way in which an output differs from its plans and commit records, a line each. */
export async function verify(output: Output, signal: AbortSignal): Promise<{ parts: number; findings: string[] }> {
  const { dir: out, objects } = output;
  const heads = await existingOutput(output);
  const findings: string[] = [];
  const database = await openDatabase(SMALL_SHARE);
  try {
    const dataset = (await labelSource(database, out)).sha256;
    const committed = new Set(await committedIds(out));
    const known = new Set<string>();
    const rows = new Map<string, number>();
    for (const id of committed) {
      const record = await readCommit(out, id).catch(noted(findings));
      if (record === undefined) continue;
      if (!heads.some((head) => head.hash === record.planHash)) findings.push(`${LAYOUT.commits}/${id}.json: is of another plan`);
      if (record.labels.dataset !== dataset) findings.push(`${record.samples?.name ?? id}: has the labels of another dataset: merc relabel ends what it began`);
      rows.set(id, record.samples?.rows ?? record.counts.rows);
      for (const part of partsOf(record)) {
        signal.throwIfAborted();
        known.add(part.name);
        await output.hold([part.name]);
        const difference = await differenceOf(part, join(out, part.name), database);
        await output.release([part.name]);
        if (difference !== undefined) findings.push(`${part.name}: ${difference}`);
      }
    }
    for (const head of heads) await compareWithPlan(out, head, { committed, rows }, findings).catch(noted(findings));
    // A damaged plan is a finding above, and would make strangers of its shards.
    if (!findings.some((finding) => finding.startsWith(join(out, LAYOUT.plans)))) {
      for (const id of committed) findings.push(`${LAYOUT.commits}/${id}.json: is of a shard that no plan has`);
    }
    const marked = (await objects.list('')).includes(LAYOUT.success);
    if (marked && findings.length > 0) findings.push(`${LAYOUT.success}: says that all is done, which it is not`);
    if (!marked && findings.length === 0) findings.push(`${LAYOUT.success}: is missing: run again to finish it`);
    for (const folder of [LAYOUT.samples, LAYOUT.strings]) {
      for (const name of await objects.list(folder)) {
        if (!known.has(`${folder}/${name}`)) findings.push(`${folder}/${name}: has no commit record; a query does not read it`);
      }
    }
    return { parts: known.size, findings: findings.map((finding) => output.say(finding)) };
  } finally {
    database.close();
  }
}

/** What cannot be read is a finding like any other. */
function noted(findings: string[]): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof RunError)) throw error;
    findings.push(error.message);
  };
}

/** Takes the shards of a plan out of `committed`, so that what remains is of no plan. */
async function compareWithPlan(
  out: string,
  head: PlanHead,
  { committed, rows }: { readonly committed: Set<string>; readonly rows: ReadonlyMap<string, number> },
  findings: string[],
): Promise<void> {
  for await (const { id, batches } of readShards(out, head)) {
    const planned = batches.reduce((sum, batch) => sum + batch.length, 0);
    if (!committed.delete(id)) findings.push(`${id}: planned, not committed: run again to finish it`);
    else if ((rows.get(id) ?? planned) !== planned)
      findings.push(`${LAYOUT.samples}/${id}.parquet: was committed with ${rows.get(id)} rows, planned were ${planned} files`);
  }
}
