// Where everything lies in an output folder, and the durable moves that put it there.
//
// Promise: a name that exists holds a whole file. Files are written elsewhere, flushed, renamed,
// and the folder is flushed; nothing is ever seen half written under its final name.

import { constants, createReadStream, existsSync } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createHash, randomUUID } from 'node:crypto';
import { codeOf } from './errors.ts';
import { OWNER } from './owner.ts';
import type { Written } from './types.ts';

/** Paths below an output folder. */
export const LAYOUT = {
  plans: 'plans',
  dataset: 'dataset.parquet',
  samples: 'samples',
  strings: 'strings',
  commits: 'commits',
  work: '.work',
  success: '_SUCCESS.json',
  views: 'views.sql',
  queue: 'queue.json',
} as const;

/** Files of a shard on their way at a time; it has some two dozen. */
export const FILES_AT_ONCE = 4;

/** How the names of locks begin, in the work folder. */
export const LOCK = 'lock.';

/** Begins the second half of the name of a work folder that was handed over: no process owns it, a queue may speak of it. */
export const HANDED = 'handed-';

/** Work folder of one shard, or of the process for what is no shard's. */
export function workDir(out: string, shard = 'process'): string {
  return join(out, LAYOUT.work, `${shard}.${OWNER}`);
}

/**
 * Removes what is half done and no process at work will finish: an owner at work holds a lock, so
 * that neither a process number nor an age has to be judged here.
 * @param owners Gives the owners of locks, as the names of their files end.
 */
export async function sweepWork(out: string, owners: () => Promise<readonly string[]>): Promise<void> {
  const work = (await namesIn(join(out, LAYOUT.work))).filter((name) => !name.startsWith(LOCK) && !name.includes(`.${HANDED}`));
  const left = [...work.map((name) => `${LAYOUT.work}/${name}`), ...(await temporariesIn(out))];
  for (const name of await abandonedOf(left, owners)) await rm(join(out, name), { recursive: true, force: true });
}

/** Files of an output that are half written, as their names below it. */
export async function temporariesIn(out: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ['', LAYOUT.plans, LAYOUT.commits])
    for (const name of await namesIn(join(out, folder))) if (/\.[\da-f-]{36}\.tmp$/.test(name)) found.push(join(folder, name));
  return found;
}

/** Those of the names that nobody at work has made. Who makes one holds a lock before it and for longer: the locks are looked at last. */
export async function abandonedOf(names: readonly string[], owners: () => Promise<readonly string[]>): Promise<string[]> {
  const atWork = names.length === 0 ? [] : await owners();
  return names.filter((name) => !atWork.some((owner) => name.includes(`.${owner}`)));
}

/** Removes what this process has in the work folder, but for its locks. */
export async function sweepOwn(out: string): Promise<void> {
  for (const name of await namesIn(join(out, LAYOUT.work))) {
    if (name.endsWith(`.${OWNER}`) && !name.startsWith(LOCK)) await rm(join(out, LAYOUT.work, name), { recursive: true, force: true });
  }
}

/** Sorted names in a folder; none if there is no such folder. */
export async function namesIn(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).toSorted();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Flushes a file and moves it to its final name, replacing what is there. */
export async function moveDurably(from: string, to: string): Promise<void> {
  await flush(from);
  await renameSurely(from, to);
  await flush(dirname(to));
}

/** Renames; a network file system that has done it and lost the answer says that there is no such file when it is asked again. */
export async function renameSurely(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT' || existsSync(from) || !existsSync(to)) throw error;
  });
}

/** Gives a file its final name, replacing what is there; where the file system has links, it stays under its old one too. */
export async function placeDurably(from: string, to: string): Promise<void> {
  // Beside the old name, which is in a folder that is swept when this process is killed here.
  const temporary = temporaryName(from);
  // A name that is there cannot be linked over: hence another link, and a rename.
  await linkOrCopy(from, temporary);
  await moveDurably(temporary, to);
  // Where both names are of the same file already, a rename leaves them both.
  await rm(temporary, { force: true });
}

/** Writes a small file whole or not at all, replacing what is there. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await writeFlushed(temporary, [text]);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await flush(dirname(path));
}

/**
 * Creates a file whole, or leaves the one that is there.
 * @returns whether it was this call that created it.
 */
export async function createExclusively(path: string, chunks: Iterable<string> | AsyncIterable<string>): Promise<boolean> {
  await makeFolder(dirname(path));
  const temporary = temporaryName(path);
  try {
    await writeFlushed(temporary, chunks);
    return await nameExclusively(temporary, path);
  } finally {
    await rm(temporary, { force: true });
    await flush(dirname(path));
  }
}

/**
 * Gives a file its final name too, or leaves the file that has it.
 * @returns whether it was this call that gave it.
 */
export async function placeExclusively(from: string, to: string): Promise<boolean> {
  await makeFolder(dirname(to));
  await flush(from);
  const placed = await nameExclusively(from, to);
  await flush(dirname(to));
  return placed;
}

async function nameExclusively(from: string, to: string): Promise<boolean> {
  try {
    await linkOrCopy(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Gives a file a second name; fails where it exists, unlike a rename. File systems without links copy. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(async (error: unknown) => {
    if (codeOf(error) === 'EEXIST') throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
  });
}

/** Makes a folder and those above it. Node's own way never ends where the system says ENOENT of a new name in a folder that is there, as in `/proc`. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    if (codeOf(error) !== 'ENOENT') throw error;
    if (!existsSync(dirname(path))) await makeFolder(dirname(path));
    // Another process may make the same ones.
    await mkdir(path).catch((again: unknown) => {
      if (codeOf(again) !== 'EEXIST') throw again;
    });
  }
}

/** A name that no other writer has, of this process or another. */
export function temporaryName(path: string): string {
  return `${path}.${OWNER}.${randomUUID()}.tmp`;
}

/** Writes a file that is not seen under this name. */
export async function writeFlushed(path: string, chunks: Iterable<string> | AsyncIterable<string>): Promise<void> {
  const file = await open(path, 'w');
  try {
    for await (const chunk of chunks) await file.write(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes what a file or folder holds outlast a loss of power. */
export async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    // Windows cannot open a folder; its renames are journalled.
    if (codeOf(error) === 'EISDIR' || codeOf(error) === 'EPERM') return undefined;
    throw error;
  });
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
}

/** Lines of a file that end with LF and with nothing else: JSON leaves U+2028 as it is, and some readers split there. */
export async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** SHA-256 of a file, lower-case hex. */
export async function sha256Of(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path);
  try {
    // One buffer, read into again and again: a stream's would be garbage, a megabyte at a time.
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** How a file's bytes differ from what was written; undefined if they do not. A file that is not there or cannot be read is the system's error. */
export async function bytesDifference({ bytes, sha256 }: Written, path: string, were: 'committed' | 'written'): Promise<string | undefined> {
  const { size } = await stat(path);
  if (size !== bytes) return `has ${size} bytes, ${were} were ${bytes}`;
  return (await sha256Of(path)) === sha256 ? undefined : `holds other bytes than were ${were} (sha256 differs)`;
}
