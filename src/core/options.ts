// From raw flags to checked options. Raw flags touch nothing; a checked option can be relied on.

import { accessSync, constants, statSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UsageError, codeOf } from './errors.ts';
import { byteSize, wholeNumber } from './flag-values.ts';
import { isRemote } from './output.ts';
import { BOUNDS, type Bounds, type RowOptions } from './plan.ts';
import { sliceOptions, type Slice, type SliceFlags } from './slice.ts';

/** Flags of `merc run`, as typed. */
export interface RunFlags extends SliceFlags {
  readonly csv?: string | false;
  readonly out?: string;
  readonly workers?: string | number;
  readonly limit?: string | number;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly filesFrom?: string;
  /** The list of `--files-from` ends its names with NUL. */
  readonly nul?: boolean;
  readonly only?: string;
  readonly with?: string;
  readonly maxFileSize?: string | number;
  readonly append?: boolean;
  readonly isolation?: string;
  readonly stage?: string;
  /** Not a flag: what strikes at files, for tests of merc itself. */
  readonly faults?: Faults;
  /** Not a flag: where batches and shards of a new plan end. */
  readonly bounds?: Bounds;
}

/** What keeps workers apart. */
export type Isolation = 'process' | 'thread';

/** Bounds of a worker process, where other ones than the addon's are wanted. */
export interface WorkerBounds {
  /** CPU seconds of any file. */
  readonly cpuSeconds?: number;
  /** CPU seconds of one stage. */
  readonly stallSeconds?: number;
  /** Seconds without CPU after which a file is said to wait. */
  readonly waitSeconds?: number;
  /** Bytes beyond what the runtime has. */
  readonly memory?: number;
}

/** Faults that strike at files, and the bounds that meet them. */
export interface Faults {
  /** Name of the addon's fault, by path below its root. */
  readonly byPath: Readonly<Record<string, string>>;
  readonly bounds?: WorkerBounds;
}

/** Checked options of a run. */
export interface RunOptions {
  readonly paths: readonly string[];
  readonly out: string;
  /** The dataset file, null for a run without labels. */
  readonly csv: string | null;
  readonly workers: number;
  readonly limit: number;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly filesFrom: { readonly path: string; readonly nul: boolean } | null;
  readonly rows: RowOptions;
  readonly append: boolean;
  /** Shards that this run does; others do the rest. */
  readonly slice: Slice;
  readonly isolation: Isolation;
  /** Folder of this machine for what is under way, where the output is on S3. */
  readonly stage?: string;
  readonly faults?: Faults;
  readonly bounds: Bounds;
  /** CPU time by stage is wanted; reading the clock costs some. */
  readonly profile?: boolean;
}

/** Bytes that `--max-file-size` defaults to; the core's limit of the same name has the reason. */
export const MAX_FILE_SIZE = 256 * 1024 ** 2;

export function runOptions(paths: readonly string[], flags: RunFlags, defaultWorkers: number): RunOptions {
  if (paths.length === 0 && flags.filesFrom === undefined) throw new UsageError('PATH is missing: name a file or folder, as in `merc run ./samples`');
  if (flags.only !== undefined && flags.only !== 'classic') throw new UsageError(`--only ${flags.only}: the one choice is \`classic\``);
  if (flags.with !== undefined && flags.with !== 'tlsh') throw new UsageError(`--with ${flags.with}: the one choice is \`tlsh\``);
  if (flags.nul === true && flags.filesFrom === undefined) throw new UsageError('-0 goes with --files-from');
  // A FIFO too, as the shell's `<(find ...)`.
  if (flags.filesFrom !== undefined && flags.filesFrom !== '-') readable('--files-from', flags.filesFrom, (stats) => !stats.isDirectory());
  return {
    paths,
    out: isRemote(flags.out ?? '') ? String(flags.out) : resolve(flags.out ?? 'out'),
    csv: flags.csv === false ? null : flags.csv === undefined ? (csvPlaces(paths).find(isFile) ?? null) : namedCsv(flags.csv),
    workers: flags.workers === undefined ? defaultWorkers : wholeNumber('--workers', flags.workers, 1024),
    limit: flags.limit === undefined ? Infinity : wholeNumber('--limit', flags.limit, Number.MAX_SAFE_INTEGER),
    include: flags.include ?? [],
    exclude: flags.exclude ?? [],
    filesFrom: flags.filesFrom === undefined ? null : { path: flags.filesFrom, nul: flags.nul ?? false },
    rows: {
      classic: flags.only === 'classic',
      tlsh: flags.with === 'tlsh',
      maxFileSize: flags.maxFileSize === undefined ? MAX_FILE_SIZE : byteSize('--max-file-size', String(flags.maxFileSize)),
    },
    append: flags.append ?? false,
    slice: sliceOptions(flags, process.env),
    isolation: isolationOf(flags.isolation),
    ...(flags.stage !== undefined && { stage: flags.stage }),
    ...(flags.faults !== undefined && { faults: flags.faults }),
    bounds: flags.bounds ?? BOUNDS,
  };
}

export function isolationOf(isolation = 'process'): Isolation {
  if (isolation !== 'process' && isolation !== 'thread') throw new UsageError(`--isolation ${isolation}: the choices are \`process\` and \`thread\``);
  return isolation;
}

/** Where a dataset is looked for: in and beside every PATH; the plain name first. */
export function csvPlaces(paths: readonly string[]): string[] {
  const folders = paths.flatMap((path) => [path, dirname(resolve(path))]);
  return ['samples.csv', 'samples-augmented.csv'].flatMap((name) => folders.map((folder) => resolve(join(folder, name))));
}

/** The file that `--csv` names; one that is not there or cannot be read is refused. */
export function namedCsv(path: string): string {
  return readable('--csv', path);
}

function readable(flag: string, path: string, wanted: (stats: Stats) => boolean = (stats) => stats.isFile()): string {
  const stats = statsOf(path);
  if (stats === undefined || !wanted(stats)) throw new UsageError(`${flag} ${path}: no such file`);
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw new UsageError(`${flag} ${path}: cannot be read (${codeOf(error)})`);
  }
  return resolve(path);
}

/** Whether there is a file of that name. */
export function isFile(path: string): boolean {
  return statsOf(path)?.isFile() ?? false;
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
