// How many workers this process may keep busy: the affinity mask, and the cgroup's share of it.

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

/** Whole cores, at least one. */
export function defaultWorkers(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(cgroupCores())));
}

/** The smallest quota from this process's cgroup up to the root: any of them throttles it. */
function cgroupCores(): number {
  // v2 says "0::/a/b" and has "max 100000" or "150000 100000"; v1 has two files, quota -1 for none.
  let path = /^0::(.*)$/m.exec(read('/proc/self/cgroup') ?? '')?.[1] ?? '/';
  let cores = coresOf(`${read('/sys/fs/cgroup/cpu/cpu.cfs_quota_us')} ${read('/sys/fs/cgroup/cpu/cpu.cfs_period_us')}`);
  for (; path !== '' && path !== '.'; path = path === '/' ? '' : dirname(path))
    cores = Math.min(cores, coresOf(read(join('/sys/fs/cgroup', path, 'cpu.max')) ?? ''));
  return cores;
}

function coresOf(quotaAndPeriod: string): number {
  const [quota, period] = quotaAndPeriod.split(/\s+/);
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
