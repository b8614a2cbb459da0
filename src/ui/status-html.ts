// A run over many machines as a page for a browser, and as JSON.
//
// Promise: one file without a script or anything to load; it renews itself, reads well in light and
// dark and on a phone, and no text of it is markup that merc did not write.

import type { RunStatus } from '../core/status.ts';
import { escapeJson, escapeText } from './escape.ts';
import { formatBytes, formatCount, formatDuration, formatRate } from './format.ts';
import { STATUS_STYLE } from './status-style.ts';
import { formatFiles, notesOf, percentOf } from './status-page.ts';

/** Seconds between two looks. */
const RENEWED = 5;

/** Milliseconds for which a look is good: readers are many, and each look reads plans and commit records. */
const LOOK_MS = 2_000;

export interface StatusPage {
  readonly type: string;
  readonly body: string;
}

/** The pages by their paths; all readers share a look. */
export function statusPages(look: () => Promise<RunStatus>, now: () => number = () => performance.now()): Readonly<Record<string, () => Promise<StatusPage>>> {
  let last: { readonly status: Promise<RunStatus>; readonly at: number } | undefined;
  const shared = (): Promise<RunStatus> => {
    if (last === undefined || now() - last.at > LOOK_MS) last = { status: look(), at: now() };
    return last.status;
  };
  return {
    '/': async () => ({ type: 'text/html', body: statusHtml(await shared()) }),
    '/status.json': async () => ({ type: 'application/json', body: statusJson(await shared()) }),
  };
}

/** What `/status.json` says. */
export function statusJson(status: RunStatus): string {
  return `${escapeJson(JSON.stringify(status))}\n`;
}

export function statusHtml(status: RunStatus): string {
  const { at, out, run, planned, committed, pace, queues } = status;
  const done = planned.shards > 0 && committed.shards === planned.shards;
  const workers = queues?.reduce((sum, { stats }) => sum + stats.claimants, 0);
  const tiles = [
    tile('files', formatCount(committed.files), `of ${formatCount(planned.files)}`),
    tile('read', formatBytes(committed.bytes), `of ${formatBytes(planned.bytes)}`),
    tile('speed', pace === null ? '–' : formatRate(pace.bytesPerSecond), pace === null ? 'nothing committed of late' : formatFiles(pace.filesPerSecond)),
    tile(
      'time left',
      done ? 'done' : pace === null ? '–' : formatDuration(pace.secondsLeft * 1000),
      `${formatCount(planned.shards - committed.shards)} shards to go`,
    ),
    tile('workers', workers === undefined ? '–' : formatCount(workers), workers === undefined ? 'not known' : 'alive'),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="${RENEWED}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${percentOf(status)} · merc</title>
<style>${STATUS_STYLE}</style>
</head>
<body>
<main>
<header>
<h1>merc <span>${safe(out)}</span></h1>
<p>${run === null ? '' : `run <code>${safe(run)}</code>`}</p>
</header>
${notesOf(status)
  .map(({ grave, text }) => `<p class="note${grave ? ' grave' : ''}">${safe(text)}</p>`)
  .join('\n')}
<section class="progress">
<p class="percent">${percentOf(status)}</p>
${bar(status)}
</section>
<section class="tiles">
${tiles.join('\n')}
</section>
${queueTable(status)}
${statusTable(status)}
<footer>As of <time datetime="${safe(at)}">${safe(at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC'))}</time>, renewed every ${RENEWED} s · <a href="status.json">status.json</a></footer>
</main>
</body>
</html>
`;
}

function tile(name: string, value: string, more: string): string {
  return `<div class="tile"><h2>${safe(name)}</h2><p>${safe(value)}</p><small>${safe(more)}</small></div>`;
}

/** The shards by where they are, in one bar. */
function bar({ planned, committed, shards }: RunStatus): string {
  const known =
    shards === null
      ? []
      : ([
          ['leased', shards.leased],
          ['queued', shards.queued],
          ['dead', shards.dead],
          ['missing', shards.missing],
        ] as const);
  const segments = [['committed', committed.shards] as const, ...known].filter(([name, count]) => count > 0 || name === 'committed');
  const whole = Math.max(
    planned.shards,
    segments.reduce((sum, [, count]) => sum + count, 0),
    1,
  );
  const drawn = segments.map(([name, count]) => `<i class="${name}" style="width:${((count / whole) * 100).toFixed(3)}%"></i>`).join('');
  const named = segments.map(([name, count]) => `<li><i class="${name}"></i>${formatCount(count)} ${name === 'missing' ? 'in no queue' : name}</li>`).join('');
  return `<div class="bar" aria-hidden="true">${drawn}</div>
<ul class="key"><li>${formatCount(planned.shards)} shards planned</li>${named}</ul>`;
}

function queueTable({ queues }: RunStatus): string {
  if (queues === null || queues.length === 0) return '';
  const rows = queues.map(
    ({ name, stats }) =>
      `<tr><th scope="row">${safe(name)}</th>${[formatCount(stats.waiting), formatCount(stats.claimed), formatCount(stats.dead), formatDuration(stats.oldestSeconds * 1000), formatCount(stats.claimants)].map((cell) => `<td>${cell}</td>`).join('')}</tr>`,
  );
  return tableOf(['queue', 'waiting', 'leased', 'dead', 'oldest', 'workers'], rows);
}

function statusTable({ statuses, committed }: RunStatus): string {
  const rows = Object.entries(statuses)
    .filter(([, count]) => count > 0)
    .toSorted((a, b) => b[1] - a[1])
    .map(
      ([name, count]) =>
        `<tr><th scope="row">${safe(name)}</th><td>${formatCount(count)}</td><td>${((count / Math.max(1, committed.files)) * 100).toFixed(2)} %</td></tr>`,
    );
  return rows.length === 0 ? '' : tableOf(['status', 'files', 'share'], rows);
}

function tableOf(headers: readonly string[], rows: readonly string[]): string {
  return `<section class="table"><table>
<thead><tr>${headers.map((header) => `<th scope="col">${header}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></section>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function safe(text: string): string {
  return escapeText(text).replace(/[&<>"']/g, (found) => ENTITIES[found] ?? found);
}
