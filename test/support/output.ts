// An output of merc over a handful of files that are known to the byte, with a CSV.
//
// Promise: one run for each test file that asks; small batches and shards, so that there are
// several parts of each kind.

import { mkdtemp, mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { runExtraction } from '../../src/commands/run.ts';
import { runOptions } from '../../src/core/options.ts';
import { CODE, DATA, buildPe } from './pe.ts';

const WIDE = Buffer.from('C:\\fixture\\wide text', 'utf16le');

/** Sections whose names are integers, repeat, or turn the reading direction. */
export const PE = buildPe({
  sections: [
    { name: '.text', characteristics: CODE, data: Buffer.from('\xc3first body', 'latin1') },
    { name: '10', characteristics: DATA, data: Buffer.concat([Buffer.from('https://example.com/path\tend\0'), WIDE, Buffer.alloc(3)]) },
    { name: '9', characteristics: DATA },
    { name: '.text', characteristics: DATA, data: Buffer.from('second body, longer than the first') },
    { name: Buffer.from('\u202ex\u001b[1'), characteristics: DATA },
  ],
  imports: [
    { dll: 'KERNEL32.dll', functions: ['CreateFileW', 'ReadFile', 'ReadFile'] },
    { dll: 'WS2_32.dll', functions: [115, 'send'] },
    { dll: 'other.dll', functions: [7] },
  ],
  exports: ['Alpha', 'Beta'],
  stackReserve: 2n ** 63n + 1n,
});

export const FILES: Readonly<Record<string, Buffer>> = {
  '1': PE,
  '2': Buffer.from('just some text, "quoted"\nand a second line\n'),
  '3': Buffer.alloc(0),
  '4': buildPe({
    sections: [{ name: '.data', characteristics: DATA, data: Buffer.alloc(0x300, 'many strings\0') }],
    imports: [{ dll: 'empty.dll', functions: [] }],
  }),
};

/** The rule of static strings, by JavaScript's own regular expressions. */
export function staticStrings(bytes: Buffer): string[] {
  const text = bytes.toString('latin1');
  const wide = [...text.matchAll(/(?:[\x20-\x7e\t]\0){4,}/g)].map(([run]) => run.replaceAll('\0', ''));
  return [...[...text.matchAll(/[\x20-\x7e\t]{4,}/g)].map(([run]) => run), ...wide];
}

export function digest(algorithm: 'md5' | 'sha1' | 'sha256', bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

export interface Fixture {
  readonly samples: string;
  readonly csv: string;
  readonly out: string;
  remove(): Promise<void>;
}

function row(id: string, sha256: string, list: string, positives: number): string {
  return `"${id}","${sha256}","${list}","exe","2018-06-24 00:00:00","1","${positives}","70"\n`;
}

/** Makes the files and runs merc over them. */
export async function makeOutput(): Promise<Fixture> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'merc-output-')));
  const [samples, csv, out] = [join(dir, 'samples'), join(dir, 'samples.csv'), join(dir, 'out')];
  await mkdir(samples);
  for (const [name, bytes] of Object.entries(FILES)) await writeFile(join(samples, name), bytes);
  const rows = [
    row('1', digest('sha256', PE), 'Blacklist', 40),
    row('2', digest('sha256', FILES['2'] as Buffer), 'Whitelist', 0),
    row('999', 'f'.repeat(64), 'Whitelist', 0),
  ];
  await writeFile(csv, `"id","sha256","list","filetype","submitted","user_id","positives","total"\n${rows.join('')}`);
  const bounds = { batchBytes: 4_096, batchFiles: 2, shardBytes: 10_000, shardFiles: 3 };
  await runExtraction(runOptions([samples], { csv, out, workers: 1, bounds }, 1), new AbortController().signal);
  return { samples, csv, out, remove: () => rm(dir, { recursive: true, force: true }) };
}
