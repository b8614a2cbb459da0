// Which files are wanted: `--include` and `--exclude`.
//
// Promise: a pattern with a `/` is compared with the path relative to its root, one without with the
// name alone; `a/` means all below `a`. Exclusion wins, and an excluded folder is not entered.

import { createRequire } from 'node:module';
import type Picomatch from 'picomatch';
import { UsageError, messageOf } from '../core/errors.ts';

/** Patterns as they were given. */
export interface Patterns {
  /** A file must match one of these, if there are any. */
  readonly include?: readonly string[] | undefined;
  /** Files and folders that are left out. */
  readonly exclude?: readonly string[] | undefined;
}

/** Checked patterns; undefined where there are none. */
export interface Wanted {
  readonly includes: ((path: string) => boolean) | undefined;
  readonly excludes: ((path: string) => boolean) | undefined;
}

/** Compiles patterns; a broken one is a UsageError that names it. */
export function wanted({ include = [], exclude = [] }: Patterns): Wanted {
  return { includes: anyOf('--include', include), excludes: anyOf('--exclude', exclude) };
}

function anyOf(flag: string, patterns: readonly string[]): ((path: string) => boolean) | undefined {
  const matchers = patterns.map((pattern) => matcher(flag, pattern));
  return matchers.length === 0 ? undefined : (path) => matchers.some((matches) => matches(path));
}

function matcher(flag: string, pattern: string): (path: string) => boolean {
  if (pattern === '') throw new UsageError(`${flag}: the pattern is empty`);
  const glob = pattern.endsWith('/') ? `${pattern}**` : pattern;
  // Loaded here, since few runs have patterns and it takes 6 ms.
  const picomatch = createRequire(import.meta.url)('picomatch') as typeof Picomatch;
  try {
    // dot: hidden files are samples too. s: a name may hold a newline.
    const matches = picomatch(glob, { dot: true, flags: 's' });
    return glob.includes('/') ? (path) => matches(path) : (path) => matches(path.slice(path.lastIndexOf('/') + 1));
  } catch (error) {
    throw new UsageError(`${flag} ${pattern}: ${messageOf(error)}`);
  }
}
