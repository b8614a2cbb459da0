// The demo set, made once for all tests: about a hundred real PE files, odd ones, a CSV with faults.

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeDemo } from '../../demo/make.ts';

/** Its folder, which is kept between runs. */
export const DEMO = resolve('node_modules/.cache/merc-demo/set');

export interface DemoFile {
  readonly name: string;
  readonly bytes: Buffer;
  readonly md5: string;
  readonly sha1: string;
  readonly sha256: string;
}

/** Makes the set if it is not there; its files with their hashes by Node's crypto. */
export async function demoSet(): Promise<{ readonly samples: string; readonly csv: string; readonly files: DemoFile[] }> {
  const { samples, csv } = await makeDemo(DEMO);
  const files = readdirSync(samples).map((name) => {
    const bytes = readFileSync(join(samples, name));
    const hash = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex');
    return { name, bytes, md5: hash('md5'), sha1: hash('sha1'), sha256: hash('sha256') };
  });
  return { samples, csv, files };
}
