// `merc verify`: does an output hold exactly what its plans and commit records say?

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { committedIds, readCommit, type Part } from '../core/commit.ts';
import { EXIT, RunError, codeOf } from '../core/errors.ts';
import { LAYOUT, namesIn, sha256Of } from '../core/layout.ts';
import { readShards, type PlanHead } from '../core/plan.ts';
import { SMALL_SHARE, openDatabase } from '../duckdb.ts';
import { labelSource } from '../stores/labels.ts';
import { existingOutput } from '../stores/output.ts';
import { partRows } from '../stores/parquet.ts';
import { print } from '../ui/print.ts';

export async function verifyCommand(out: string, signal: AbortSignal): Promise<number> {
  const { parts, findings } = await verify(out, signal);
  for (const finding of findings) print(finding);
  print(findings.length === 0 ? `${out}: ${parts} parts, all as committed` : `${out}: ${parts} parts, ${findings.length} findings`);
  return findings.length === 0 ? EXIT.ok : EXIT.incomplete;
}

/** Every way in which an output differs from its plans and commit records, a line each. */
export async function verify(out: string, signal: AbortSignal): Promise<{ parts: number; findings: string[] }> {
  const heads = await existingOutput(out);
  const findings: string[] = [];
  const database = await openDatabase(SMALL_SHARE);
  try {
    const dataset = (await labelSource(database, out)).sha256;
    const committed = new Set(await committedIds(out));
    const known = new Set<string>();
    for (const id of committed) {
      const record = await readCommit(out, id).catch(noted(findings));
      if (record === undefined) continue;
      if (!heads.some((head) => head.hash === record.planHash)) findings.push(`${LAYOUT.commits}/${id}.json: is of another plan`);
      if (record.labels.dataset !== dataset) findings.push(`${record.samples.name}: has the labels of another dataset: merc relabel ends what it began`);
      for (const part of [record.samples, ...record.strings]) {
        signal.throwIfAborted();
        known.add(part.name);
        const difference = await differenceOf(part, join(out, part.name), (path) => partRows(database, path));
        if (difference !== undefined) findings.push(`${part.name}: ${difference}`);
      }
    }
    for (const head of heads) await uncommittedOf(out, head, committed, findings).catch(noted(findings));
    for (const folder of [LAYOUT.samples, LAYOUT.strings]) {
      for (const name of await namesIn(join(out, folder))) {
        if (!known.has(`${folder}/${name}`)) findings.push(`${folder}/${name}: has no commit record; a query does not read it`);
      }
    }
    return { parts: known.size, findings };
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

async function uncommittedOf(out: string, head: PlanHead, committed: ReadonlySet<string>, findings: string[]): Promise<void> {
  for await (const { id } of readShards(out, head)) {
    if (!committed.has(id)) findings.push(`${id}: planned, not committed: run again to finish it`);
  }
}

async function differenceOf(part: Part, path: string, rowsOf: (path: string) => Promise<number>): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size !== part.bytes) return `has ${size} bytes, committed were ${part.bytes}`;
    if ((await sha256Of(path)) !== part.sha256) return 'holds other bytes than were committed (sha256 differs)';
    const rows = await rowsOf(path);
    return rows === part.rows ? undefined : `has ${rows} rows, committed were ${part.rows}`;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'is missing';
    throw error;
  }
}
