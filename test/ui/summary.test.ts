import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RunSummary, summary } from '../../src/ui/summary.ts';

const RUN: RunSummary = {
  files: 3430,
  plannedFiles: 3430,
  bytesRead: 1_483_000_000,
  milliseconds: 12_900,
  statuses: { ok: 3391, partial: 24, not_pe: 15, failed: 0, crashed: 0 },
  lists: [
    { list: 'Blacklist', files: 1920 },
    { list: 'Whitelist', files: 1466 },
    { list: null, files: 44 },
  ],
  dataset: {
    path: 'samples.csv',
    matched: { sha256: 3380, md5: 6, sha1: 0, id: 0, id_hash_differs: 4 },
    filesWithoutRow: 40,
    rowsWithoutFile: 1,
    repeatedKeys: 2,
    keylessRows: 0,
    brokenLines: 0,
  },
  problems: { 'certificate.trailing': 12, 'import.unmapped': 1204, 'a.a': 1, 'b.b': 2, 'c.c': 3, 'd.d': 4, 'e.e': 5 },
  strings: 18_901_234,
  out: 'out',
  samplesBytes: 34_100_000,
  stringsBytes: 94_400_000,
  interrupted: false,
};

test('a whole run says what came of it, where it is and what to type next', () => {
  assert.equal(
    summary(RUN),
    `Done: 3,430 files. 1.48 GB read in 13 s, 115 MB/s

  status    3,391 ok, 24 partial, 15 not_pe
  list      1,920 Blacklist, 1,466 Whitelist, 44 no label
  dataset   samples.csv: matched 3,380 by sha256, 6 by md5
            40 files without a row
            1 row without a file (see dataset_unmatched)
            4 files whose id is in the dataset with other hashes
            2 rows with a repeated key, left out
  problems  1,204  import.unmapped
               12  certificate.trailing
                5  e.e
                4  d.d
                3  c.c
            and 2 kinds more
  output    out
            samples 34.1 MB (3,430 rows), strings 94.4 MB (18,901,234 rows)
  next      merc query "SELECT list, count(*) AS files, round(avg(entropy), 2) AS entropy FROM samples GROUP BY list ORDER BY files DESC" --out out
`,
  );
});

test('an interrupted run says what is committed and that the same command goes on', () => {
  const text = summary({ ...RUN, files: 1204, interrupted: true });
  assert.match(text, /^Interrupted: 1,204 of 3,430 files committed, nothing half-done\./);
  assert.match(text, /next {6}the same command again: it goes on from here\n$/);
});

test('a run that is short of files does not say that it is done', () => {
  assert.match(summary({ ...RUN, files: 3429 }), /^Incomplete: 3,429 of 3,430 files committed\./);
});

test('after crashes the next command asks for them', () => {
  assert.match(summary({ ...RUN, statuses: { ok: 1, crashed: 2 } }), /status IN \('crashed'\)" --out out\n$/);
});

test('without a dataset there is no dataset line and the next command needs none', () => {
  const text = summary({ ...RUN, dataset: undefined, lists: [{ list: null, files: 3430 }], problems: {} });
  assert.doesNotMatch(text, /dataset|SELECT list/);
  assert.match(text, /problems {2}none/);
});

test('names from a CSV and paths are escaped, the output folder is one shell word', () => {
  const text = summary({ ...RUN, lists: [{ list: '\u001b[31mBlack', files: 1 }], out: "my 'out'\u202e" });
  assert.match(text, /1 \\x1b\[31mBlack/);
  assert.ok(text.includes(String.raw`--out 'my '\''out'\''\u{202e}'`));
  assert.ok(!text.includes('\u001b') && !text.includes('\u202e'));
});

test('a run of nothing in no time has no infinite rate', () => {
  const text = summary({ ...RUN, files: 0, plannedFiles: 0, bytesRead: 0, milliseconds: 0, statuses: {}, lists: [] });
  assert.match(text, /^Done: 0 files\. 0 B read in 0\.0 s, \?\n/);
});
