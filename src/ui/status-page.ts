// A run over many machines as a page for a terminal, and what a reader should know of it.
//
// Promise: it states what the status says and nothing else: what is not known is not shown as zero.
// Every foreign text is escaped.

import type { QueueStatus, RunStatus } from '../core/status.ts';
import { escapeText } from './escape.ts';
import { formatBytes, formatCount, formatDuration, formatNoun, formatPercent, formatRate } from './format.ts';
import { table } from './table.ts';

const LABEL = 10;
const BAR = 30;
/** Shards that wait longer than this with nobody at work are worth a word. */
const SILENT_SECONDS = 60;

/** Lines with a newline each; the table fits `width` columns, and sentences are left to wrap. */
export function statusPage(status: RunStatus, width: number): string {
  const { out, run, planned, committed, statuses, queues } = status;
  const lines = [
    `${escapeText(out)}${run === null ? '' : `  run ${escapeText(run)}`}`,
    '',
    `  ${bar(shareOf(status), Math.max(10, Math.min(BAR, width - 30)))}  ${percentOf(status)}`,
    '',
    ...labelled('shards', [shardsLine(status)]),
    ...labelled('files', [
      `${formatCount(committed.files)} of ${formatCount(planned.files)}, ${formatBytes(committed.bytes)} of ${formatBytes(planned.bytes)}`,
    ]),
    ...labelled('', statusesLine(statuses)),
    ...labelled('speed', [speedLine(status)]),
    ...(queues === null ? [] : ['', ...queueTable(queues, width)]),
  ];
  const notes = notesOf(status);
  if (notes.length > 0) lines.push('', ...notes.map(({ text }) => `  ! ${escapeText(text)}`));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function labelled(label: string, texts: readonly string[]): string[] {
  return texts.map((text, index) => `  ${(index === 0 ? label : '').padEnd(LABEL)}${text}`);
}

/** Something to act on; raw text. */
export interface StatusNote {
  readonly grave: boolean;
  readonly text: string;
}

export function notesOf({ planned, committed, shards, queues, trouble, run }: RunStatus): StatusNote[] {
  const notes: StatusNote[] = [];
  if (trouble !== null) notes.push({ grave: true, text: trouble });
  if (run === null && committed.shards < planned.shards) notes.push({ grave: false, text: 'nothing was queued here: merc enqueue does' });
  for (const { name, stats } of queues ?? []) {
    if (stats.waiting > 0 && stats.claimants === 0 && stats.oldestSeconds > SILENT_SECONDS)
      notes.push({ grave: true, text: `${formatNoun(stats.waiting, 'shard')} to ${name} and no worker: merc worker ${name} starts one` });
  }
  if ((shards?.dead ?? 0) > 0)
    notes.push({ grave: true, text: `${formatNoun(shards?.dead ?? 0, 'dead shard')}: merc dead list says why, merc dead retry tries again` });
  if ((shards?.missing ?? 0) > 0)
    notes.push({ grave: true, text: `${formatNoun(shards?.missing ?? 0, 'shard')} in no queue: merc status --heal puts what is missing in again` });
  return notes;
}

/** How much is done, from 0 to 1; by bytes, which is where the time goes. */
export function shareOf({ planned, committed }: RunStatus): number {
  if (planned.bytes > 0) return committed.bytes / planned.bytes;
  return planned.shards > 0 ? committed.shards / planned.shards : 0;
}

export function percentOf({ planned, committed }: RunStatus): string {
  if (planned.shards === 0) return 'nothing planned';
  return planned.bytes > 0 ? formatPercent(committed.bytes, planned.bytes) : formatPercent(committed.shards, planned.shards);
}

function bar(share: number, width: number): string {
  const full = Math.max(0, Math.min(width, Math.floor(share * width)));
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]`;
}

function shardsLine({ planned, committed, shards }: RunStatus): string {
  const known = [`${formatCount(planned.shards)} planned`, `${formatCount(committed.shards)} committed`];
  if (shards === null) return [...known, 'the rest is not known'].join(', ');
  const { queued, leased, dead, missing } = shards;
  return [
    ...known,
    `${formatCount(leased)} leased`,
    `${formatCount(queued)} queued`,
    `${formatCount(dead)} dead`,
    ...(missing > 0 ? [`${formatCount(missing)} in no queue`] : []),
  ].join(', ');
}

function statusesLine(statuses: RunStatus['statuses']): string[] {
  const present = Object.entries(statuses).filter(([, count]) => count > 0);
  if (present.length === 0) return [];
  return [
    present
      .toSorted((a, b) => b[1] - a[1])
      .map(([name, count]) => `${formatCount(count)} ${escapeText(name)}`)
      .join(', '),
  ];
}

function speedLine({ pace, planned, committed }: RunStatus): string {
  if (committed.shards === planned.shards) return 'nothing is left to do';
  if (pace === null) return 'not known: nothing was committed in the last ten minutes';
  return `${formatFiles(pace.filesPerSecond)}, ${formatRate(pace.bytesPerSecond)}, ${formatDuration(pace.secondsLeft * 1000)} left`;
}

/** Files a second, with a digit after the point where there are few. */
export function formatFiles(perSecond: number): string {
  return `${perSecond < 10 ? perSecond.toFixed(1) : formatCount(perSecond)} files/s`;
}

function queueTable(queues: readonly QueueStatus[], width: number): string[] {
  const rows = queues.map(({ name, stats }) => [name, stats.waiting, stats.claimed, stats.dead, formatDuration(stats.oldestSeconds * 1000), stats.claimants]);
  return table(['queue', 'waiting', 'leased', 'dead', 'oldest', 'workers'], rows, { width: width - 2 })
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`);
}
