// Makes merc's output of the demo set in a folder, for the comparison with independent tools.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDemo } from '../../demo/make.ts';
import { runExtraction } from '../../src/commands/run.ts';
import { runOptions } from '../../src/core/options.ts';

const [dir] = process.argv.slice(2);
if (dir === undefined) throw new Error('usage: demo-output DIR');
const { samples, csv } = await makeDemo(dir);
const out = join(dir, 'out');
await rm(out, { recursive: true, force: true });
const report = await runExtraction(runOptions([samples], { csv, out }, 2), new AbortController().signal);
console.log(`${report.totals.counts.rows} rows in ${out}`);
