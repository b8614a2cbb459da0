// How a run looks to the one who waits for it: notes, progress on stderr, the summary on stdout.

import type { RunObserver, RunReport } from '../commands/run.ts';
import type { RunOptions } from '../core/options.ts';
import type { Counts } from '../core/types.ts';
import { formatBytes, formatNoun } from './format.ts';
import { escapeText } from './escape.ts';
import { progress, type Progress } from './progress.ts';
import type { DatasetSummary, RunSummary } from './summary.ts';

/** Skipped paths that are named; the rest are counted. */
export const SKIPS_NAMED = 5;

export interface RunView {
  readonly observer: RunObserver;
  /** Whether work has begun, so that there is something to go on with. */
  begun(): boolean;
  end(): void;
}

export function runView(quiet: boolean): RunView {
  let shown: Progress | undefined;
  const note = (line: string) => {
    if (shown !== undefined) shown.note(line);
    else if (!quiet) process.stderr.write(`${escapeText(line)}\n`);
  };
  return {
    observer: {
      note,
      planned({ files, bytes, shards, unplanned, skipped }, done) {
        for (const { path, why } of skipped.slice(0, SKIPS_NAMED)) note(`skipped ${path}: ${why}`);
        if (skipped.length > SKIPS_NAMED) note(`skipped ${skipped.length - SKIPS_NAMED} more`);
        if (unplanned > 0) note(`${formatNoun(unplanned, 'new file')}, not in this output's plan: --append takes them in`);
        if (done.rows > 0) note(`${formatNoun(done.rows, 'file')} committed before, ${formatNoun(files - done.rows, 'file')} to do`);
        else note(`${formatNoun(files, 'file')}, ${formatBytes(bytes)}, in ${formatNoun(shards, 'shard')}`);
        shown = progress({ stream: process.stderr, totalFiles: files, totalBytes: bytes, doneFiles: done.rows, doneBytes: done.bytes, quiet });
      },
      batch(counts) {
        shown?.add({ files: counts.rows, bytes: counts.bytes, problems: problemsOf(counts) });
      },
    },
    begun: () => shown !== undefined,
    end: () => shown?.end(),
  };
}

/** What the summary says of a report. */
export function summaryOf(
  { totals, labels, rowsWithoutFile, planned, share, milliseconds, bytesRead, interrupted }: RunReport,
  out: string,
  { csv, slice }: Pick<RunOptions, 'csv' | 'slice'>,
): RunSummary {
  return {
    files: totals.counts.rows,
    plannedFiles: planned.files,
    slice: slice.of === 1 ? undefined : { name: `${slice.index}/${slice.of}`, files: share.files },
    bytesRead,
    milliseconds,
    statuses: totals.counts.statuses,
    lists: Object.entries(totals.lists).map(([list, files]) => ({ list: list === '' ? null : list, files })),
    dataset: labels.sha256 === null ? undefined : datasetSummary({ totals, labels, rowsWithoutFile }, csv ?? `${out}/dataset.parquet`),
    problems: totals.counts.problems,
    strings: totals.counts.strings,
    out,
    samplesBytes: totals.sampleBytes,
    stringsBytes: totals.stringBytes,
    interrupted,
  };
}

/** What the summary says of the dataset. */
export function datasetSummary({ totals, labels, rowsWithoutFile }: Pick<RunReport, 'totals' | 'labels' | 'rowsWithoutFile'>, path: string): DatasetSummary {
  const { '': filesWithoutRow = 0, ...matched } = totals.matches;
  return {
    path,
    matched,
    filesWithoutRow,
    rowsWithoutFile,
    repeatedKeys: labels.counts.repeated,
    keylessRows: labels.counts.keyless,
    brokenLines: labels.counts.broken,
  };
}

/** Problems of all kinds. */
export function problemsOf({ problems }: Counts): number {
  return Object.values(problems).reduce((sum, count) => sum + count, 0);
}
