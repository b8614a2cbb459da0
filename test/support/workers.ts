// Workers of a queue in processes of their own, and what became of an output.

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { committedIds } from '../../src/core/commit.ts';
import { planTotals, readHeads } from '../../src/core/plan.ts';
import type { RunStatus } from '../../src/core/status.ts';
import { ended, merc, startMerc, type Outcome } from './merc.ts';

export interface Site {
  /** Of Redis. */
  readonly url: string;
  readonly samples: string;
  /** Empty for none. */
  readonly csv: string;
  readonly out: string;
}

const of = ({ url }: Site) => ({ env: { MERC_REDIS_URL: url } });

/** Plans and queues with `shardFiles` files a shard. */
export async function enqueued(site: Site, shardFiles = 12, ...more: string[]): Promise<string> {
  const { samples, csv, out } = site;
  const { code, stdout, stderr } = await merc([samples, csv, out, String(shardFiles), ...more], { ...of(site), program: 'test/support/small-enqueue' });
  assert.equal(code, 0, stderr);
  return stdout;
}

export function startWorker(site: Site, role: 'extract' | 'store', ...more: string[]) {
  const workers = role === 'extract' ? ['--workers', '1'] : [];
  return startMerc(['worker', role, '--out', site.out, ...workers, ...more], of(site));
}

/** A worker to its end, which `--drain` gives it. */
export async function drained(site: Site, role: 'extract' | 'store', ...more: string[]): Promise<Outcome> {
  const outcome = await ended(startWorker(site, role, '--drain', ...more));
  assert.equal(outcome.code, 0, outcome.stderr);
  return outcome;
}

export async function statusOf(site: Site): Promise<RunStatus> {
  const { code, stdout, stderr } = await merc(['status', '--json', '--out', site.out], of(site));
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as RunStatus;
}

/** Whether all that was planned is committed. */
export async function isComplete(out: string): Promise<boolean> {
  return (await committedIds(out)).length === planTotals(await readHeads(out)).shards;
}

/** Signals a worker, if it is still there. By its id: Deno's own way gives a process one signal and forgets how it ended. */
export function tell({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
