// A slice of an output's shards, for runs that share the work without a broker.
//
// `i/n` is every n-th shard of each plan, from 0 on, so that n need not be the number of shards, and
// the parts are the same for any n.

import { UsageError } from './errors.ts';
import { shardNumberOf } from './plan.ts';

/** Every `of`-th shard, from `index` on. */
export interface Slice {
  readonly index: number;
  readonly of: number;
}

/** All shards: overlaps every slice. */
export const WHOLE: Slice = { index: 0, of: 1 };

/** Whether two slices share a shard number: they do where they agree in every common divisor's remainder. */
export function overlap(a: Slice, b: Slice): boolean {
  const common = greatestCommonDivisor(a.of, b.of);
  return a.index % common === b.index % common;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Whether a shard is of the slice. */
export function isOf({ index, of }: Slice, shard: string): boolean {
  return shardNumberOf(shard) % of === index;
}

/** Flags that choose a slice, as typed. */
export interface SliceFlags {
  /** `i/n`, or `auto` for what the scheduler says. */
  readonly slice?: string;
  /** How many slices there are, where the scheduler says which one this is and not of how many. */
  readonly of?: string | number;
}

/** Most slices of one output; more than any scheduler's array has tasks. */
const MOST = 1_000_000;

/** Reads the slice from flags, and where they ask for it from the environment of an array job. */
export function sliceOptions({ slice, of }: SliceFlags, environment: Readonly<Record<string, string | undefined>>): Slice {
  if (slice !== undefined && slice !== 'auto') {
    if (of !== undefined) throw new UsageError(`--of ${of}: goes with --slice auto; --slice ${slice} says both`);
    const [, index, count] = /^(\d+)\/(\d+)$/.exec(slice) ?? [];
    return checked(`--slice ${slice}`, Number(index), Number(count));
  }
  if (slice === undefined && of === undefined) return WHOLE;
  const { flag, index, count } = scheduled(environment, of);
  return checked(flag, index, count);
}

/** What Kubernetes, Slurm or AWS Batch says of the task that this is. */
function scheduled(environment: Readonly<Record<string, string | undefined>>, of: string | number | undefined): { flag: string; index: number; count: number } {
  const number = (name: string) => (/^\d+$/.test(environment[name] ?? '') ? Number(environment[name]) : Number.NaN);
  const total = (name: string) => (of === undefined ? number(name) : Number(of));
  const has = (name: string) => environment[name] !== undefined;
  if (has('JOB_COMPLETION_INDEX')) {
    if (of === undefined) throw new UsageError('--slice auto: Kubernetes says which task this is (JOB_COMPLETION_INDEX) and not of how many: --of N does');
    return { flag: '--of, JOB_COMPLETION_INDEX', index: number('JOB_COMPLETION_INDEX'), count: Number(of) };
  }
  if (has('SLURM_ARRAY_TASK_ID')) {
    const first = has('SLURM_ARRAY_TASK_MIN') ? number('SLURM_ARRAY_TASK_MIN') : 0;
    return { flag: 'SLURM_ARRAY_TASK_ID, _MIN, _COUNT', index: number('SLURM_ARRAY_TASK_ID') - first, count: total('SLURM_ARRAY_TASK_COUNT') };
  }
  if (has('AWS_BATCH_JOB_ARRAY_INDEX'))
    return { flag: 'AWS_BATCH_JOB_ARRAY_INDEX, _SIZE', index: number('AWS_BATCH_JOB_ARRAY_INDEX'), count: total('AWS_BATCH_JOB_ARRAY_SIZE') };
  throw new UsageError(
    `${of === undefined ? '--slice auto' : `--of ${of}`}: none of JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID and AWS_BATCH_JOB_ARRAY_INDEX is set: --slice i/n says it outright`,
  );
}

function checked(flag: string, index: number, of: number): Slice {
  if (!Number.isSafeInteger(of) || of < 1 || of > MOST || !Number.isSafeInteger(index) || index < 0 || index >= of)
    throw new UsageError(`${flag}: a slice i/n with n from 1 to ${MOST} and i from 0 to n - 1 is needed, as 0/8`);
  return { index, of };
}
