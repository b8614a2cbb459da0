// Adding up counts: batches to a shard, shards to a run.

import type { Counts } from './types.ts';

export const NO_COUNTS: Counts = { rows: 0, bytes: 0, strings: 0, statuses: {}, problems: {} };

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    rows: a.rows + b.rows,
    bytes: a.bytes + b.bytes,
    strings: a.strings + b.strings,
    statuses: addTallies(a.statuses, b.statuses),
    problems: addTallies(a.problems, b.problems),
  };
}

/** Adds two tallies; keys sorted, so that equal tallies are equal text. */
export function addTallies(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted();
  return Object.fromEntries(keys.map((key) => [key, countOf(a, key) + countOf(b, key)]));
}

/** Keys come from samples and datasets: `constructor` is one like any other. */
function countOf(tally: Readonly<Record<string, number>>, key: string): number {
  return Object.hasOwn(tally, key) ? (tally[key] ?? 0) : 0;
}
