import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runStatus, type QueueStatus, type RunStatus } from '../../src/core/status.ts';
import { servePages } from '../../src/telemetry/server.ts';
import { statusHtml, statusJson, statusPages } from '../../src/ui/status-html.ts';
import { notesOf, statusPage } from '../../src/ui/status-page.ts';

const QUEUES: readonly QueueStatus[] = [
  { name: 'extract', stage: 'extract', stats: { waiting: 48, claimed: 3, dead: 1, oldestSeconds: 72, claimants: 3 } },
  { name: 'store', stage: 'store', stats: { waiting: 2, claimed: 1, dead: 0, oldestSeconds: 4, claimants: 1 } },
];

const STATUS: RunStatus = runStatus({
  at: new Date('2026-11-28T04:00:00.123Z'),
  out: '/data/out',
  run: '3f9a12c0b1de-77aa01bc',
  planned: { shards: 130, files: 201_549, bytes: 129_000_000_000 },
  committed: {
    shards: 73,
    files: 117_304,
    bytes: 75_100_000_000,
    statuses: { ok: 117_000, partial: 220, not_pe: 72, crashed: 12 },
    pace: { filesPerSecond: 412, bytesPerSecond: 266_000_000 },
  },
  queues: QUEUES,
});

const HOSTILE: RunStatus = {
  ...STATUS,
  out: '</title><script>alert(1)</script>\u001b[2J',
  run: '"><img src=x>',
  trouble: '<b>\u202e&',
  statuses: { '<i>': 3 },
};

test('the page says where the shards are, how fast it goes, who is at work and what to do', () => {
  assert.equal(
    statusPage(STATUS, 100),
    `/data/out  run 3f9a12c0b1de-77aa01bc

  [#################.............]  58.2 %

  shards    130 planned, 73 committed, 4 leased, 50 queued, 1 dead, 2 in no queue
  files     117,304 of 201,549, 75.1 GB of 129 GB
            117,000 ok, 220 partial, 72 not_pe, 12 crashed
  speed     412 files/s, 266 MB/s, 3 min 23 s left

  queue    waiting  leased  dead  oldest      workers
  -------  -------  ------  ----  ----------  -------
  extract       48       3     1  1 min 12 s        3
  store          2       1     0  4.0 s             1

  ! 1 dead shard: merc dead list says why, merc dead retry tries again
  ! 2 shards in no queue: merc status --heal puts what is missing in again
`,
  );
});

test('a narrow terminal has the page too', () => {
  for (const width of [0, 20, 41]) assert.match(statusPage(STATUS, width), /\[#+\.+\] {2}58\.2 %/);
});

test('where Redis is lost the page says so, and shows nothing that it does not know', () => {
  const lost = { ...STATUS, shards: null, queues: null, trouble: 'redis://***@cache does not answer' };
  const page = statusPage(lost, 100);
  assert.match(page, /shards {4}130 planned, 73 committed, the rest is not known\n/);
  assert.match(page, /! redis:\/\/\*\*\*@cache does not answer\n/);
  assert.doesNotMatch(page, /leased|workers/);
  const html = statusHtml(lost);
  assert.match(html, /does not answer/);
  assert.doesNotMatch(html, /<li><i class="(leased|queued|dead)">/);
});

test('shards that wait with nobody at work are told with the command, and of a whole output there is nothing to tell', () => {
  const [extract, store] = QUEUES as readonly [QueueStatus, QueueStatus];
  const idle = { ...STATUS, queues: [{ ...extract, stats: { ...extract.stats, claimants: 0 } }, store] };
  assert.ok(notesOf(idle).some(({ text }) => text === '48 shards to extract and no worker: merc worker extract starts one'));
  const whole = { ...STATUS, committed: STATUS.planned, shards: { queued: 0, leased: 0, dead: 0, missing: 0 }, queues: [] };
  assert.deepEqual(notesOf(whole), []);
  assert.match(statusPage(whole, 100), /nothing is left to do/);
});

test('nothing foreign reaches the terminal or the page as anything but text', () => {
  assert.match(statusPage(HOSTILE, 80), /^[^\p{Cc}\p{Cf}]*$/mu);
  assert.doesNotMatch(statusPage(HOSTILE, 80).replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
  const html = statusHtml(HOSTILE);
  assert.doesNotMatch(html, /<script|<img|<b>|<i>|[\u001b\u202e]/);
  assert.match(html, /&lt;script&gt;alert\(1\)&lt;\/script&gt;\\x1b\[2J/);
});

test('the page loads nothing from anywhere and runs nothing', () => {
  const html = statusHtml(STATUS);
  assert.doesNotMatch(html, /<script|<link|<img|@import|url\(|https?:|\son\w+=/i);
  assert.match(html, /<meta http-equiv="refresh" content="5">/);
  assert.match(html, /prefers-color-scheme: dark/);
});

test('status.json is the status, whatever its texts hold', () => {
  for (const status of [STATUS, HOSTILE]) {
    const json = statusJson(status);
    assert.deepEqual(JSON.parse(json), status);
    assert.match(json, /^[^\p{Cc}\p{Cf}]*\n$/u);
  }
});

test('the bar never ends outside its card, though shards were counted twice meanwhile', () => {
  const twice = { ...STATUS, shards: { queued: 60, leased: 20, dead: 9, missing: 0 } };
  const widths = [...statusHtml(twice).matchAll(/width:([\d.]+)%/g)].map(([, width]) => Number(width));
  assert.equal(widths.length, 4);
  assert.ok(Math.abs(widths.reduce((sum, width) => sum + width, 0) - 100) < 0.01);
});

test('the page and its JSON are served, and readers share a look until it is old or has failed', async () => {
  let [looks, clock] = [0, 0];
  const look = () => {
    looks += 1;
    return looks === 2 ? Promise.reject(new Error('the disk is gone')) : Promise.resolve(STATUS);
  };
  const server = await servePages({ port: 0, flag: '--http', pages: statusPages(look, () => clock) });
  try {
    const [page, json] = await Promise.all([fetch(server.url), fetch(`${server.url}status.json`)]);
    assert.match(page.headers.get('content-type') ?? '', /^text\/html; charset=utf-8$/);
    assert.match(await page.text(), /58\.2 %/);
    assert.deepEqual(await json.json(), STATUS);
    assert.equal(looks, 1);
    clock = 2_001;
    assert.equal((await fetch(server.url)).status, 500);
    clock = 4_002;
    assert.equal((await fetch(server.url)).status, 200);
    assert.equal(looks, 3);
  } finally {
    await server.close();
  }
});
