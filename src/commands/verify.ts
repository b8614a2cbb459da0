// `merc verify`: does an output hold exactly what its plans and commit records say?

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readCommits, type Part } from '../core/commit.ts';
import { EXIT, codeOf } from '../core/errors.ts';
import { LAYOUT, sha256Of } from '../core/layout.ts';
import { readShards } from '../core/plan.ts';
import { openDatabase } from '../duckdb.ts';
import { partRows } from '../stores/parquet.ts';
import { existingOutput } from '../stores/output.ts';
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
  const committed = new Set<string>();
  const known = new Set<string>();
  const database = await openDatabase({ threads: 1, memoryLimit: 400e6 });
  try {
    for await (const { id, planHash, samples, strings } of readCommits(out)) {
      committed.add(id);
      if (!heads.some((head) => head.hash === planHash)) findings.push(`${LAYOUT.commits}/${id}.json: is of another plan`);
      for (const part of [samples, ...strings]) {
        signal.throwIfAborted();
        known.add(part.name);
        const difference = await differenceOf(part, join(out, part.name), (path) => partRows(database, path));
        if (difference !== undefined) findings.push(`${part.name}: ${difference}`);
      }
    }
  } finally {
    database.close();
  }
  for (const head of heads) {
    for await (const { id } of readShards(out, head)) if (!committed.has(id)) findings.push(`${id}: planned, not committed: run again to finish it`);
  }
  for (const folder of [LAYOUT.samples, LAYOUT.strings]) {
    for (const name of await readdir(join(out, folder)).catch(() => [])) {
      if (!known.has(`${folder}/${name}`)) findings.push(`${folder}/${name}: has no commit record; a query does not read it`);
    }
  }
  return { parts: known.size, findings };
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
