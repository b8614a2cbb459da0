// The plans of an output as a source: every shard of a slice that has no commit yet, in plan order.

import { committedIds, standingCommit } from '../core/commit.ts';
import { RunError, messageOf } from '../core/errors.ts';
import type { Output } from '../core/output.ts';
import type { PlanHead } from '../core/plan.ts';
import { planTotals, readShards, shardIds } from '../core/plan.ts';
import { WHOLE, isOf, type Slice } from '../core/slice.ts';
import type { Delivery, ShardPlan, Source } from '../core/types.ts';

/** Shards of the plans that no commit record speaks of, in plan order. */
export async function missingShards(out: string, heads: readonly PlanHead[], slice: Slice = WHOLE): Promise<string[]> {
  const committed = new Set(await committedIds(out));
  return heads.flatMap(shardIds).filter((id) => isOf(slice, id) && !committed.has(id));
}

/** @param missing As `missingShards` gives them. */
export function uncommitted(output: Output, heads: readonly PlanHead[], missing: readonly string[]): Source<ShardPlan> {
  return deliveries(output, heads, new Set(missing));
}

async function* deliveries(output: Output, heads: readonly PlanHead[], missing: ReadonlySet<string>): AsyncGenerator<Delivery<ShardPlan>> {
  for (const head of heads) {
    for await (const shard of readShards(output.dir, head)) {
      if (missing.has(shard.id) && !(await isDoneMeanwhile(output, shard.id, head))) yield deliveryOf(shard);
    }
  }
}

/** Without a lock another run may be at the same plan. */
async function isDoneMeanwhile(output: Output, id: string, { hash }: PlanHead): Promise<boolean> {
  return !output.locked && (await standingCommit(output, id, hash)) !== undefined;
}

function deliveryOf(body: ShardPlan): Delivery<ShardPlan> {
  return {
    body,
    attempt: 1,
    ack: () => Promise.resolve(),
    // Nothing stands between this process and its workers that a second try could mend.
    fail: (error) => Promise.reject(new RunError(`shard ${body.id}: ${messageOf(error)}`, { cause: error })),
  };
}

/** What of the plans is a slice's. */
export interface Share {
  readonly files: number;
  readonly bytes: number;
  readonly shards: number;
}

export async function shareOf(out: string, heads: readonly PlanHead[], slice: Slice): Promise<Share> {
  if (slice.of === 1) return planTotals(heads);
  const share = { files: 0, bytes: 0, shards: 0 };
  for (const head of heads) {
    for await (const { id, batches } of readShards(out, head)) {
      if (!isOf(slice, id)) continue;
      share.shards += 1;
      for (const batch of batches) {
        share.files += batch.length;
        for (const { size } of batch) share.bytes += size;
      }
    }
  }
  return share;
}
