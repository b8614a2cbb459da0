// How many workers this process may keep busy: the affinity mask, and the cgroup's share of it.

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Whole cores, at least one. */
export function defaultWorkers(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(cgroupCores())));
}

function cgroupCores(): number {
  // v2: "max 100000" or "150000 100000"; v1: two files, quota -1 for none.
  const [quota, period] = (
    read('/sys/fs/cgroup/cpu.max') ?? `${read('/sys/fs/cgroup/cpu/cpu.cfs_quota_us')} ${read('/sys/fs/cgroup/cpu/cpu.cfs_period_us')}`
  ).split(/\s+/);
  const cores = Number(quota) / Number(period);
  return cores > 0 ? cores : Infinity;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
