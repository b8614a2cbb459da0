// Everything that a run should take: the scan, less what is never a sample, at most `limit` files.
//
// Never samples: the output folder, the CSV in use, and `samples*.csv` beside it.

import { createReadStream, realpathSync } from 'node:fs';
import { basename, dirname, sep } from 'node:path';
import { UsageError } from '../core/errors.ts';
import type { RunOptions } from '../core/options.ts';
import { comparePaths, type ScannedFile } from '../core/plan.ts';
import { scan } from './files.ts';
import type { FileList } from './list.ts';

/** What a scan found. */
export interface Discovery {
  readonly files: ScannedFile[];
  /** Absolute folders that the files' paths are relative to. */
  readonly roots: readonly string[];
  readonly bytes: number;
}

export async function discover(options: RunOptions, onSkip: (path: string, why: string) => void): Promise<Discovery> {
  const { paths, include, exclude, filesFrom, limit } = options;
  const { roots, files: found } = await scan(paths, { include, exclude, ...listOf(filesFrom), skip: neverSample(options), onSkip });
  let files: ScannedFile[] = [];
  for await (const file of found) files.push(file);
  if (files.length === 0) throw new UsageError(`${[...paths, filesFrom?.path].filter(Boolean).join(', ')}: holds no file to extract`);
  // The first in path order, so that a limit means the same files every time.
  if (files.length > limit) files = files.toSorted((a, b) => a.root - b.root || comparePaths(a, b)).slice(0, limit);
  return { files, roots, bytes: files.reduce((sum, file) => sum + file.size, 0) };
}

function listOf(filesFrom: RunOptions['filesFrom']): { filesFrom?: FileList } {
  if (filesFrom === null) return {};
  const { path, nul } = filesFrom;
  return { filesFrom: { bytes: path === '-' ? process.stdin : createReadStream(path), separator: nul ? 'nul' : 'newline' } };
}

/** Asked with absolute paths whose links are resolved. */
function neverSample({ out, csv }: RunOptions): (path: string) => boolean {
  const [output, dataset] = [real(out), csv === null ? null : real(csv)];
  return (path) => {
    if (path === output || path.startsWith(output + sep) || path === dataset) return true;
    return dataset !== null && dirname(path) === dirname(dataset) && /^samples.*\.csv$/i.test(basename(path));
  };
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
