// Makes the demo set: about a hundred real PE files and a few odd ones in `samples/`, their labels in
// `samples.csv`. A part that is there and whole is kept, a part that is anything else is never touched,
// and several processes may call at once. Samples are read and written, never executed.

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { EXIT, RunError, UsageError, codeOf } from '../src/core/errors.ts';
import { packageFiles } from './fetch.ts';
import { samplesCsv, type DemoSample } from './labels.ts';
import { oddFiles } from './odd.ts';
import { CSV_DIGEST, SAMPLES_DIGEST } from './packages.ts';

export interface Demo {
  /** The folder of samples. */
  readonly samples: string;
  /** The CSV beside it. */
  readonly csv: string;
  /** Samples in the folder. */
  readonly files: number;
}

/** The demo set in `dir`, made if it is not there yet. */
export async function makeDemo(dir: string): Promise<Demo> {
  const demo = { samples: join(dir, 'samples'), csv: join(dir, 'samples.csv') };
  const before = await inspect(demo.samples, demo.csv);
  if (before.files > 0 && before.csv) return { ...demo, files: before.files };
  await mkdir(dir, { recursive: true });
  const work = await mkdtemp(join(dir, '.demo-'));
  try {
    await build(await collect(), work);
    await place(join(work, 'samples.csv'), demo.csv, before.csv);
    await place(join(work, 'samples'), demo.samples, before.files > 0);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  const after = await inspect(demo.samples, demo.csv);
  if (after.files === 0 || !after.csv) throw new RunError(`${dir}: the demo set vanished while it was made`);
  return { ...demo, files: after.files };
}

// What is there: the number of samples and whether the CSV stands; anything but the demo set is refused.
async function inspect(samples: string, csv: string): Promise<{ files: number; csv: boolean }> {
  const found = await digestSamples(samples);
  if (found && found.digest !== SAMPLES_DIGEST) throw foreign(samples);
  const text = await readIfThere(csv);
  if (text && sha256(text) !== CSV_DIGEST) throw foreign(csv);
  return { files: found?.files ?? 0, csv: text !== undefined };
}

function foreign(path: string): UsageError {
  return new UsageError(`${path} is there and is not this version's demo set: move it away, or make the set elsewhere`);
}

async function collect(): Promise<DemoSample[]> {
  const files = (await packageFiles(cacheFolder())).map((file) => file.bytes);
  const largest = files.reduce((a, b) => (b.length > a.length ? b : a), Buffer.alloc(0));
  const samples: DemoSample[] = [];
  const seen = new Set<string>();
  for (const bytes of [...files, ...oddFiles(largest)]) {
    const hash = sha256(bytes);
    if (seen.has(hash)) continue;
    seen.add(hash);
    // Ids with gaps, as in the dataset.
    samples.push({ id: seen.size * 3 + (Number.parseInt(hash.slice(0, 1), 16) % 3), bytes });
  }
  return samples;
}

async function build(samples: readonly DemoSample[], work: string): Promise<void> {
  const folder = join(work, 'samples');
  await mkdir(folder);
  for (const { id, bytes } of samples) await writeFile(join(folder, String(id)), bytes);
  await writeFile(join(work, 'samples.csv'), samplesCsv(samples));
  const made = { samples: (await digestSamples(folder))?.digest, csv: sha256(await readFile(join(work, 'samples.csv'))) };
  if (made.samples !== SAMPLES_DIGEST || made.csv !== CSV_DIGEST) {
    throw new Error(`demo/packages.ts: the set has SAMPLES_DIGEST ${made.samples ?? 'none'} and CSV_DIGEST ${made.csv}`);
  }
}

// A rename: whoever looks sees nothing or all. One that loses against another process's is as good.
async function place(from: string, to: string, stands: boolean): Promise<void> {
  if (stands) return;
  try {
    await rename(from, to);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'].includes(codeOf(error) ?? '') || !existsSync(to)) throw error;
  }
}

async function digestSamples(folder: string): Promise<{ digest: string; files: number } | undefined> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const lines = createHash('sha256');
  for (const name of names.toSorted((a, b) => Number(a) - Number(b))) {
    lines.update(`${name} ${sha256((await readIfThere(join(folder, name))) ?? Buffer.alloc(0))}\n`);
  }
  return { digest: lines.digest('hex'), files: names.length };
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'EISDIR') return undefined;
    throw error;
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

// The package's own node_modules: this file runs from `demo/` and compiled from a folder deeper down.
function cacheFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return join(folder, 'node_modules', '.cache', 'merc-demo');
}

async function main(dir: string): Promise<number> {
  const stood = existsSync(join(dir, 'samples')) && existsSync(join(dir, 'samples.csv'));
  const { samples, csv, files } = await makeDemo(dir);
  process.stdout.write(`${stood ? 'already there' : 'made'}: ${files} files in ${samples}, labels in ${csv}\n`);
  return EXIT.ok;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  try {
    process.exitCode = await main(resolve(process.argv[2] ?? '.'));
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof RunError)) throw error;
    process.stderr.write(`demo: ${error.message}\n`);
    process.exitCode = error instanceof UsageError ? EXIT.usage : EXIT.incomplete;
  }
}
