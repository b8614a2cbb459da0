// The labels of an output that is watched: taken anew when the dataset's file has changed.
//
// Promise: a file that is broken, or still being written, leaves the labels as they are. What the output
// has is asked of the output, so that a relabelling that was cut short is ended after a restart.

import { stat } from 'node:fs/promises';
import { codeOf } from '../core/errors.ts';
import { sha256Of } from '../core/layout.ts';
import { SMALL_SHARE, openDatabase } from '../duckdb.ts';
import { settling } from '../sources/settle.ts';
import type { Finished } from '../stores/finish.ts';
import { labelSource } from '../stores/labels.ts';
import { totalsOf } from '../stores/output.ts';
import { relabel } from './relabel.ts';

export interface LabelWatch {
  /**
   * Relabels the output if the file has changed and is still.
   * @param due Whether what failed before is to be tried again.
   * @returns how the output stands, if there was anything to do.
   */
  look(csv: string, due: boolean, signal: AbortSignal): Promise<Finished | undefined>;
  /** When a file that is still changing may have settled. */
  next(): number | undefined;
}

export function labelWatch(out: string, settle: number, elapsed: () => number): LabelWatch {
  const changing = settling(settle);
  let done: string | undefined;
  let failed: string | undefined;
  return {
    async look(csv, due, signal) {
      const began = elapsed();
      const version = await versionOf(csv);
      const open = version === undefined || version === done || version === failed ? [] : [version];
      const settled = changing.look(open, (state) => ({ name: csv, state }), { began, ended: elapsed() });
      if (version === undefined || version === done) return undefined;
      if (version === failed ? !due : settled.length === 0) return undefined;
      failed = version;
      const sha256 = await sha256Of(csv, signal);
      const finished = (await hasLabelsOf(out, sha256)) ? undefined : await relabel(out, csv, signal);
      done = version;
      return finished;
    },
    next: () => changing.next(),
  };
}

/** What changes when the file does; the time of change tells a copy that kept its older time. */
async function versionOf(csv: string): Promise<string | undefined> {
  try {
    const { size, mtimeNs, ctimeNs } = await stat(csv, { bigint: true });
    return `${csv}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch (error) {
    // Gone for a moment, while another is moved to its name.
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether an output and all that is committed in it has the labels of a dataset file. */
async function hasLabelsOf(out: string, sha256: string): Promise<boolean> {
  const database = await openDatabase(SMALL_SHARE);
  try {
    if ((await labelSource(database, out)).sha256 !== sha256) return false;
  } finally {
    database.close();
  }
  return (await totalsOf(out, sha256)).staleLabels === 0;
}
