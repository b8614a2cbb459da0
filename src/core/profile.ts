// Where a run's CPU time went, by stage.
//
// The workers' stages are counted in the addon; those of this process are what it used while they lasted:
// `dataset` while the database was opened and the labels were read, `store` while shards were stored and
// the output was finished. The rest is what all processes used and no stage did: start-up, planning, Node itself.

/** Stages in the order of the table. */
const ORDER = ['read', 'scan', 'parse', 'parts', 'hash', 'strings', 'records', 'dataset', 'store'];

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

/** Stages of this process. */
export type OwnStage = 'dataset' | 'store';

export interface Profiler {
  /** What a batch took, and its worker so far. */
  batch(stages: Stages, worker: ProcessCpu): void;
  /** What this process uses from here until the end that it gives is the stage's; of stages that overlap, the first one's. */
  begin(stage: OwnStage): () => void;
  report(bytes: number): RunProfile;
}

export function profiler(): Profiler {
  const taken = new Map<string, number>();
  const workers = new Map<number, number>();
  /** Own stages under way, the first of them, and what this process had used when it began. */
  let [underWay, first, since] = [0, '', 0];
  const add = (stage: string, seconds: number) => taken.set(stage, (taken.get(stage) ?? 0) + seconds);
  return {
    batch(stages, worker) {
      workers.set(worker.pid, worker.seconds);
      for (const [stage, seconds] of Object.entries(stages)) if (stage !== 'rest') add(stage, seconds);
    },
    begin(stage) {
      if (underWay++ === 0) [first, since] = [stage, ownCpu().seconds];
      return () => {
        if (--underWay === 0) add(first, ownCpu().seconds - since);
      };
    },
    report(bytes) {
      const total = ownCpu().seconds + [...workers.values()].reduce((sum, seconds) => sum + seconds, 0);
      const rest = total - [...taken.values()].reduce((sum, seconds) => sum + seconds, 0);
      const stages = ORDER.map((stage) => [stage, taken.get(stage) ?? 0] as const);
      return { total, bytes, stages: { ...Object.fromEntries(stages), rest: Math.max(0, rest) } };
    },
  };
}

/** Does work that is a stage's. */
export async function during<T>(profile: Profiler | undefined, stage: OwnStage, work: () => Promise<T>): Promise<T> {
  const end = profile?.begin(stage);
  try {
    return await work();
  } finally {
    end?.();
  }
}

/** What this process has used so far, all its threads. */
export function ownCpu(): ProcessCpu {
  const { user, system } = process.cpuUsage();
  return { pid: process.pid, seconds: (user + system) / 1e6 };
}
