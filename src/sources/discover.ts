// Everything that a run should take: the scan, less what is never a sample, at most `limit` files.
//
// Never samples: the output folder, the CSV in use, and `samples*.csv` in or beside a PATH and beside it.

import { createReadStream, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { UsageError } from '../core/errors.ts';
import type { RunOptions } from '../core/options.ts';
import { scan } from './files.ts';
import type { FoundFiles } from './found.ts';
import type { FileList } from './list.ts';

/** What a scan found. */
export interface Discovery {
  readonly files: FoundFiles;
  /** Absolute folders that the files' paths are relative to. */
  readonly roots: readonly string[];
}

export async function discover(options: RunOptions, signal: AbortSignal, onSkip: (path: string, why: string) => void, mayBeEmpty = false): Promise<Discovery> {
  const { paths, include, exclude, filesFrom, limit } = options;
  const list = listOf(filesFrom);
  // A list may come from a terminal or a slow program: only its end would wake the scan.
  const stop = () => list.filesFrom?.bytes.destroy(new Error('interrupted'));
  signal.addEventListener('abort', stop);
  try {
    const { roots, found } = await scan(paths, { include, exclude, ...list, signal, skip: neverSample(options), onSkip });
    if (found.length === 0 && !mayBeEmpty) throw new UsageError(`${[...paths, filesFrom?.path].filter(Boolean).join(', ')}: holds no file to extract`);
    return { files: found.inPlanOrder(limit), roots };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function listOf(filesFrom: RunOptions['filesFrom']): { filesFrom?: FileList & { readonly bytes: Readable } } {
  if (filesFrom === null) return {};
  const { path, nul } = filesFrom;
  return { filesFrom: { bytes: path === '-' ? process.stdin : createReadStream(path), separator: nul ? 'nul' : 'newline' } };
}

/** Asked with absolute paths whose folders' links are resolved. */
function neverSample({ paths, out, csv }: RunOptions): (path: string) => boolean {
  const output = real(out);
  const given = paths.flatMap((path) => [resolve(path), dirname(resolve(path))]);
  const beside = new Set([...given, ...(csv === null ? [] : [dirname(csv)])].map(real));
  // The dataset by the name it was given, which may be a link, and by its own.
  const dataset = csv === null ? [] : [join(real(dirname(csv)), basename(csv)), real(csv)];
  return (path) => {
    if (path === output || path.startsWith(output + sep) || dataset.includes(path)) return true;
    return /\.csv$/i.test(path) && beside.has(dirname(path)) && /^samples/i.test(basename(path));
  };
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
