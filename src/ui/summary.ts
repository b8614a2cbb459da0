// What a run says when it ends.
//
// Promise: whoever reads it at 3 a.m. learns whether it is whole, what went wrong and how often,
// where the output is, and what to type next. It states what it is given and computes no counts.

import { escapeText } from './escape.ts';
import { formatBytes, formatCount, formatDuration, formatNoun, formatRate } from './format.ts';

/** How the dataset met the files. */
export interface DatasetSummary {
  /** The dataset's file. */
  readonly path: string;
  /** Rows by `dataset_match`: `sha256`, `md5`, `sha1`, `id`, `id_hash_differs`. */
  readonly matched: Readonly<Record<string, number>>;
  readonly filesWithoutRow: number;
  readonly rowsWithoutFile: number;
  /** Rows left out because an earlier one has the same key. */
  readonly repeatedKeys: number;
  /** Rows left out because they have no key at all. */
  readonly keylessRows: number;
  /** Lines that could not be read. */
  readonly brokenLines: number;
}

/** What a run's summary is made of; plain data. */
export interface RunSummary {
  /** Files in the output; after an interruption, those committed. */
  readonly files: number;
  /** Files of the plan. */
  readonly plannedFiles: number;
  /** The slice that this run was of, as `0/8`, and its files. */
  readonly slice?: { readonly name: string; readonly files: number } | undefined;
  /** Bytes of input read by this process, and how long it took. */
  readonly bytesRead: number;
  readonly milliseconds: number;
  /** Files by `status`. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Files by `list`; `null` is no label. */
  readonly lists: readonly { readonly list: string | null; readonly files: number }[];
  /** Absent without a dataset. */
  readonly dataset?: DatasetSummary | undefined;
  /** Occurrences by `stage.kind`. */
  readonly problems: Readonly<Record<string, number>>;
  /** Strings extracted. */
  readonly strings: number;
  /** The output folder as the user named it, and the bytes of its parts. */
  readonly out: string;
  readonly samplesBytes: number;
  readonly stringsBytes: number;
  /** Whether a signal ended the run. */
  readonly interrupted: boolean;
}

const MOST_FREQUENT = 5;
const LABEL = 10;

/** The closing summary, lines with a newline each. */
export function summary(run: RunSummary): string {
  const lines = [headline(run), ''];
  const add = (label: string, texts: readonly string[]) => {
    texts.forEach((text, index) => lines.push(`  ${(index === 0 ? label : '').padEnd(LABEL)}${text}`));
  };
  add('status', listing(Object.entries(run.statuses).toSorted(byCount)));
  add('list', listing(run.lists.map(({ list, files }) => [list ?? 'no label', files] as const)));
  if (run.dataset !== undefined) add('dataset', datasetLines(run.dataset));
  add('problems', problemLines(run.problems));
  add('output', outputLines(run));
  add('next', [nextStep(run)]);
  return `${lines.join('\n')}\n`;
}

function nextStep(run: RunSummary): string {
  if (run.interrupted) return 'the same command again: it goes on from here';
  if (run.slice !== undefined && run.files < run.plannedFiles) return `merc finish ${shellWord(run.out)}, when the other slices are done`;
  return nextCommand(run);
}

function headline({ interrupted, files, plannedFiles, slice, bytesRead, milliseconds }: RunSummary): string {
  const work = `${formatBytes(bytesRead)} read in ${formatDuration(milliseconds)}, ${formatRate((bytesRead / milliseconds) * 1000)}`;
  if (interrupted) return `Interrupted: ${formatCount(files)} of ${formatNoun(plannedFiles, 'file')} committed, nothing half-done. ${work}`;
  if (files < plannedFiles && slice !== undefined)
    return `Done: slice ${slice.name}, ${formatNoun(slice.files, 'file')}. ${work}\n${formatCount(files)} of ${formatNoun(plannedFiles, 'file')} of the output are committed, this slice's and those of others.`;
  if (files < plannedFiles) return `Incomplete: ${formatCount(files)} of ${formatNoun(plannedFiles, 'file')} committed. ${work}`;
  return `Done: ${formatNoun(files, 'file')}. ${work}`;
}

type Count = readonly [name: string, count: number];

function byCount(a: Count, b: Count): number {
  return b[1] - a[1] || (a[0] < b[0] ? -1 : 1);
}

function listing(counts: readonly Count[]): string[] {
  const present = counts.filter(([, count]) => count > 0);
  return present.length === 0 ? [] : [present.map(([name, count]) => `${formatCount(count)} ${escapeText(name)}`).join(', ')];
}

/** How a dataset met the files, a line a fact; escaped. */
export function datasetLines({ path, matched, filesWithoutRow, rowsWithoutFile, repeatedKeys, keylessRows, brokenLines }: DatasetSummary): string[] {
  const { id_hash_differs: differing = 0, ...byKey } = matched;
  const ways = Object.entries(byKey)
    .filter(([, count]) => count > 0)
    .toSorted(byCount)
    .map(([key, count]) => `${formatCount(count)} by ${escapeText(key)}`);
  const misses = [
    [filesWithoutRow, `${formatNoun(filesWithoutRow, 'file')} without a row`],
    [rowsWithoutFile, `${formatNoun(rowsWithoutFile, 'row')} without a file (see dataset_unmatched)`],
    [differing, `${formatNoun(differing, 'file')} whose id is in the dataset with other hashes`],
    [repeatedKeys, `${formatNoun(repeatedKeys, 'row')} with a repeated key, left out`],
    [keylessRows, `${formatNoun(keylessRows, 'row')} without a key, left out`],
    [brokenLines, `${formatNoun(brokenLines, 'line')} that could not be read`],
  ] as const;
  return [`${escapeText(path)}: matched ${ways.length === 0 ? 'no file' : ways.join(', ')}`, ...misses.filter(([count]) => count > 0).map(([, text]) => text)];
}

function problemLines(problems: Readonly<Record<string, number>>): string[] {
  const counts = Object.entries(problems)
    .filter(([, count]) => count > 0)
    .toSorted(byCount);
  if (counts.length === 0) return ['none'];
  const most = counts.slice(0, MOST_FREQUENT).map(([kind, count]) => [escapeText(kind), formatCount(count)] as const);
  const wide = Math.max(...most.map(([, count]) => count.length));
  const lines = most.map(([kind, count]) => `${count.padStart(wide)}  ${kind}`);
  return counts.length > MOST_FREQUENT ? [...lines, `and ${formatNoun(counts.length - MOST_FREQUENT, 'kind')} more`] : lines;
}

function outputLines({ out, files, strings, samplesBytes, stringsBytes }: RunSummary): string[] {
  return [
    escapeText(out),
    `samples ${formatBytes(samplesBytes)} (${formatNoun(files, 'row')}), strings ${formatBytes(stringsBytes)} (${formatNoun(strings, 'row')})`,
  ];
}

/** The question one would ask next: what went wrong, else how the lists differ, else what is there. */
function nextCommand({ statuses, dataset, out }: RunSummary): string {
  const broken = ['crashed', 'failed'].filter((status) => (statuses[status] ?? 0) > 0);
  const sql =
    broken.length > 0
      ? `SELECT path, status, problems FROM samples WHERE status IN (${broken.map((status) => `'${status}'`).join(', ')})`
      : dataset === undefined
        ? 'SELECT machine_name, subsystem_name, count(*) AS files FROM samples GROUP BY ALL ORDER BY files DESC'
        : 'SELECT list, count(*) AS files, round(avg(entropy), 2) AS entropy FROM samples GROUP BY list ORDER BY files DESC';
  return `merc query "${sql}" --out ${shellWord(out)}`;
}

/** One word for a POSIX shell, quoted only where it must be. */
function shellWord(text: string): string {
  const quoted = /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
  return escapeText(quoted);
}
