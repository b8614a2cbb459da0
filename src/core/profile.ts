// Where a run's CPU time went, by stage.
//
// The workers' stages are counted in the addon; the store's is what this process used while a shard was
// stored; the rest is what all processes used and no stage did: start-up, planning, Node itself.

/** Stages in the order in which a file meets them. */
const ORDER = ['read', 'scan', 'parse', 'parts', 'hash', 'strings', 'records', 'store'];

/** CPU seconds by stage, `rest` last. */
export type Stages = Readonly<Record<string, number>>;

/** CPU that a process has used since it began. */
export interface ProcessCpu {
  readonly pid: number;
  readonly seconds: number;
}

export interface RunProfile {
  /** CPU seconds of user and system, all processes and threads. */
  readonly total: number;
  /** Bytes of input read. */
  readonly bytes: number;
  readonly stages: Stages;
}

export interface Profiler {
  /** What a batch took, and its worker so far. */
  batch(stages: Stages, worker: ProcessCpu): void;
  /** Runs a part of this process's work that is the store's; calls that overlap are counted once. */
  storing<T>(store: () => Promise<T>): Promise<T>;
  report(bytes: number): RunProfile;
}

export function profiler(): Profiler {
  const taken = new Map<string, number>();
  const workers = new Map<number, number>();
  let storesAtWork = 0;
  let storingSince = 0;
  const add = (stage: string, seconds: number) => taken.set(stage, (taken.get(stage) ?? 0) + seconds);
  return {
    batch(stages, worker) {
      workers.set(worker.pid, worker.seconds);
      for (const [stage, seconds] of Object.entries(stages)) if (stage !== 'rest') add(stage, seconds);
    },
    async storing(store) {
      if (storesAtWork++ === 0) storingSince = ownCpu().seconds;
      try {
        return await store();
      } finally {
        if (--storesAtWork === 0) add('store', ownCpu().seconds - storingSince);
      }
    },
    report(bytes) {
      const total = ownCpu().seconds + [...workers.values()].reduce((sum, seconds) => sum + seconds, 0);
      const rest = total - [...taken.values()].reduce((sum, seconds) => sum + seconds, 0);
      const stages = ORDER.map((stage) => [stage, taken.get(stage) ?? 0] as const);
      return { total, bytes, stages: { ...Object.fromEntries(stages), rest: Math.max(0, rest) } };
    },
  };
}

/** What this process has used so far, all its threads. */
export function ownCpu(): ProcessCpu {
  const { user, system } = process.cpuUsage();
  return { pid: process.pid, seconds: (user + system) / 1e6 };
}
