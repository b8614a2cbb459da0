// The files of `PATH...` and `--files-from`.
//
// Promise: a file that two ways lead to is taken once: files named by themselves first, then those
// listed, then what folders hold. A path on the command line that is not there is a UsageError
// before anything starts; a listed one that is not there is still a file of the plan (size 0), so
// that it gets its row. Order and numbering are the plan's.

import { type BigIntStats, constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { UsageError } from '../core/errors.ts';
import { BELONGS, type Gate, admits, take } from './gate.ts';
import { fingerprints } from './fingerprints.ts';
import { gathering, type Gathering } from './found.ts';
import { type Patterns, wanted } from './globs.ts';
import type { FileList } from './list.ts';
import { takeListed } from './listed.ts';
import { type ByteName, nameOf, textOf, under } from './names.ts';
import { STATS_AT_ONCE, absoluteName, identityOf, kindOf, sizeAndTime, targetOf, whyOf } from './places.ts';
import { type Folder, walk } from './walk.ts';

export interface ScanOptions extends Patterns {
  /** A list of files; relative ones are relative to the working folder. */
  readonly filesFrom?: FileList;
  readonly signal: AbortSignal;
  /** Whether an absolute path, links in its folder resolved, is no sample: the output, the dataset. */
  readonly skip: (path: string) => boolean;
  /** Told what is left out although it was asked for or met on the way; the path is not escaped. */
  readonly onSkip?: (path: string, why: string) => void;
}

/** What a scan has found. */
export interface Scan {
  /** Absolute folders that paths are relative to. */
  readonly roots: readonly string[];
  readonly found: Gathering;
}

/** Checks the paths and finds their files; a path that is not there is told before any is read. */
export async function scan(paths: readonly string[], { include, exclude, filesFrom, signal, skip, onSkip = () => undefined }: ScanOptions): Promise<Scan> {
  const roots: string[] = [];
  const rootOf = rootNumbers(roots);
  const gate: Gate = { ...wanted({ include, exclude }), signal, skip, onSkip, taken: fingerprints() };
  const folders: Folder[] = [];
  const found = gathering();
  for (let start = 0; start < paths.length; start += STATS_AT_ONCE) {
    for (const { path, info, real, folder } of await Promise.all(paths.slice(start, start + STATS_AT_ONCE).map(inspect))) {
      if (info.isDirectory()) {
        if (skip(textOf(real))) onSkip(path, BELONGS);
        else folders.push({ root: rootOf(path), relative: '', real, identity: identityOf(info) });
        continue;
      }
      const name = nameOf(basename(path));
      if (admits(gate, textOf(name), textOf(real)) && take(gate, folder, name)) found.add(rootOf(dirname(path)), name, sizeAndTime(info));
    }
  }
  if (filesFrom !== undefined) await takeListed(filesFrom, gate, rootOf, found);
  await walk(folders, gate, found);
  return { roots, found };
}

/** Numbers root folders in the order in which they are first asked for. */
function rootNumbers(roots: string[]): (path: string) => number {
  const numbers = new Map<string, number>();
  return (path) => {
    const number = numbers.get(path) ?? roots.push(path) - 1;
    numbers.set(path, number);
    return number;
  };
}

interface Inspected {
  /** Absolute, as given. */
  readonly path: string;
  readonly info: BigIntStats;
  /** Absolute, links in its folder resolved; a folder's own too. */
  readonly real: ByteName;
  /** Identity of the folder that a file is in. */
  readonly folder: string;
}

async function inspect(given: string): Promise<Inspected> {
  // It would resolve to the working folder: an unset variable of a script is no wish to scan that.
  if (given === '') throw new UsageError('PATH is empty: name a file or folder');
  const path = resolve(given);
  try {
    const info = await stat(path, { bigint: true });
    if (info.isDirectory()) {
      await access(path, constants.R_OK | constants.X_OK);
      return { path, info, real: await targetOf(absoluteName(path)), folder: '' };
    }
    if (!info.isFile()) throw new UsageError(`${given}: ${kindOf(info)}, not a file or folder`);
    const [around, real] = await Promise.all([stat(dirname(path), { bigint: true }), targetOf(absoluteName(dirname(path)))]);
    return { path, info, real: under(real, nameOf(basename(path))), folder: identityOf(around) };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`${given}: ${whyOf(error)}`);
  }
}
