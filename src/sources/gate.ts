// What decides whether a file is a sample of this run, for all ways that lead to one.
//
// Promise: the same rules for named, listed and walked files; a file that was asked for by name and
// may not be a sample is reported, while a walk passes over it in silence.

import type { Fingerprints } from './fingerprints.ts';
import type { Wanted } from './globs.ts';
import type { ByteName } from './names.ts';
import { placeOf } from './places.ts';

/** The rules, and who is told. */
export interface Gate extends Wanted {
  /** Ends the scan. */
  readonly signal: AbortSignal;
  /** Whether an absolute path, links in its folder resolved, is no sample: the output, the dataset. */
  readonly skip: (path: string) => boolean;
  /** Told what is left out although it was asked for or met on the way. */
  readonly onSkip: (path: string, why: string) => void;
  /** Files asked for by name so far. */
  readonly taken: Fingerprints;
}

/** Why a path that was asked for by name is left out. */
export const BELONGS = 'belongs to the output or the dataset';

/** Takes a file asked for by name; false if it was taken before. */
export function take({ taken }: Gate, folder: string, name: ByteName): boolean {
  return taken.add(placeOf(folder, name));
}

/** Whether a file asked for by name is wanted. */
export function admits(gate: Gate, path: string, real: string): boolean {
  if (gate.excludes?.(path) === true || gate.includes?.(path) === false) return false;
  const skipped = gate.skip(real);
  if (skipped) gate.onSkip(real, BELONGS);
  return !skipped;
}
