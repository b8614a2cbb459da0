// `samples.csv` of the demo set: the dataset's columns, every field quoted. The labels are made up
// from each file's hash. As in real copies of the dataset, rows are missing, rows have no file, one
// row's hashes are wrong and one key is repeated.

import { createHash } from 'node:crypto';

/** A file of the set under its id. */
export interface DemoSample {
  readonly id: number;
  readonly bytes: Buffer;
}

const COLUMNS = 'id,md5,sha1,sha256,total,positives,list,filetype,submitted,user_id,length,entropy'.split(',');
const WRONG_HASHES = 7; // the file, counted from 1, whose row has other hashes: it joins by id alone
const REPEATED = 11; // the file whose row comes a second time, with the other label: the first one counts
const MISSING = 23; // each so-manieth file has no row
const WITHOUT_FILE = [900001, 900002, 900003];

export function samplesCsv(samples: readonly DemoSample[]): string {
  const rows: (string | number)[][] = [];
  for (const [index, sample] of samples.entries()) {
    if ((index + 1) % MISSING === 0) continue;
    const row = labelled(sample);
    rows.push(index + 1 === WRONG_HASHES ? withHashes(row, sample.id) : row);
  }
  const repeated = samples[REPEATED - 1];
  if (repeated) rows.push(relabelled(labelled(repeated)));
  for (const id of WITHOUT_FILE) {
    rows.push(withHashes([id, '', '', '', 66, 0, 'Whitelist', 'exe', '2018-06-24 00:00:00', 1, 1024, '1.000000'], id));
  }
  return [COLUMNS, ...rows].map((row) => `${row.map((value) => `"${value}"`).join(',')}\n`).join('');
}

function labelled({ id, bytes }: DemoSample): (string | number)[] {
  const [md5, sha1, sha256] = ['md5', 'sha1', 'sha256'].map((name) => createHash(name).update(bytes).digest('hex'));
  const [a = 0, b = 0, c = 0] = createHash('sha256').update(bytes).digest();
  const malicious = a < 140;
  const positives = malicious ? 20 + (b % 50) : Math.floor(b / 100);
  const submitted = `2018-0${1 + (c % 9)}-1${c % 10} 0${b % 10}:3${a % 10}:00`;
  const list = malicious ? 'Blacklist' : 'Whitelist';
  return [id, md5 ?? '', sha1 ?? '', sha256 ?? '', 70, positives, list, 'exe', submitted, 1, bytes.length, entropy(bytes).toFixed(6)];
}

function withHashes(row: (string | number)[], id: number): (string | number)[] {
  const digits = id.toString(16);
  return row.with(1, digits.padStart(32, '0')).with(2, digits.padStart(40, '0')).with(3, digits.padStart(64, '0'));
}

function relabelled(row: (string | number)[]): (string | number)[] {
  return row.with(6, row[6] === 'Blacklist' ? 'Whitelist' : 'Blacklist');
}

function entropy(bytes: Buffer): number {
  const counts = Array.from({ length: 256 }, () => 0);
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  let sum = 0;
  for (const count of counts) if (count > 0) sum -= (count / bytes.length) * Math.log2(count / bytes.length);
  return sum;
}
