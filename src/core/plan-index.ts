// Shards of an output's plans by their ids, as a queue names them.
//
// Promise: a plan is read through once, when its first shard is asked for, and checked against its
// hash then; after that a shard is one read of its own bytes. Memory is a number a shard.

import { open } from 'node:fs/promises';
import { RunError } from './errors.ts';
import { planFile, planOf, readHeads, shardLines, shardNumberOf, parseShard, type PlanHead } from './plan.ts';
import type { ShardPlan } from './types.ts';

/** A shard and the plan that it is of. */
export interface PlannedShard {
  readonly head: PlanHead;
  readonly shard: ShardPlan;
}

export interface PlanIndex {
  /** @throws RunError where the output has no such shard. */
  find(id: string): Promise<PlannedShard>;
}

interface Offsets {
  readonly head: PlanHead;
  /** Where each shard's line begins, and last where the file ends. */
  readonly starts: readonly number[];
}

export function planIndex(out: string): PlanIndex {
  const plans = new Map<number, Promise<Offsets>>();
  const offsetsOf = (plan: number): Promise<Offsets> => {
    const known = plans.get(plan) ?? readOffsets(out, plan);
    plans.set(plan, known);
    // A plan that is not there yet may come.
    known.catch(() => plans.delete(plan));
    return known;
  };
  return {
    async find(id) {
      const { head, starts } = await offsetsOf(planOf(id));
      const [start, end] = [starts[shardNumberOf(id)], starts[shardNumberOf(id) + 1]];
      if (start === undefined || end === undefined) throw new RunError(`${out}: its plans have no shard ${id}`);
      const path = planFile(out, head.plan);
      const shard = parseShard(path, await textBetween(path, start, end));
      assertBelowRoots(path, shard);
      if (shard.id !== id) throw new RunError(`${path}: the plan has been altered since it was read`);
      return { head, shard };
    },
  };
}

/** What a plan names is read by a process that may read more than who wrote the plan: nothing outside its roots. */
function assertBelowRoots(plan: string, { id, batches }: ShardPlan): void {
  for (const { path, pathRaw } of batches.flat()) {
    const bytes = pathRaw === undefined ? path : Buffer.from(pathRaw, 'base64').toString('latin1');
    if (bytes.startsWith('/') || bytes.includes('\0') || bytes.split('/').includes('..'))
      throw new RunError(`${plan}: shard ${id} names a file outside its roots`);
  }
}

async function readOffsets(out: string, plan: number): Promise<Offsets> {
  const head = (await readHeads(out)).find((candidate) => candidate.plan === plan);
  if (head === undefined) throw new RunError(`${out}: holds no plan ${plan}`);
  const lines: number[] = [];
  for await (const line of shardLines(out, head)) lines.push(Buffer.byteLength(line) + 1);
  const handle = await open(planFile(out, plan));
  try {
    // Shards follow the head: their lines are what the file ends with.
    let end = (await handle.stat()).size;
    const starts = [end];
    for (const bytes of lines.toReversed()) starts.push((end -= bytes));
    return { head, starts: starts.toReversed() };
  } finally {
    await handle.close();
  }
}

async function textBetween(path: string, start: number, end: number): Promise<string> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
