// The plans of an output as a source: every shard that has no commit yet, in plan order.

import { standingCommit } from '../core/commit.ts';
import { RunError, messageOf } from '../core/errors.ts';
import type { Output } from '../core/output.ts';
import type { PlanHead } from '../core/plan.ts';
import { readShards } from '../core/plan.ts';
import type { Delivery, ShardPlan, Source } from '../core/types.ts';

export function uncommitted(output: Output, heads: readonly PlanHead[], committed: ReadonlySet<string>): Source<ShardPlan> {
  return deliveries(output, heads, committed);
}

async function* deliveries(output: Output, heads: readonly PlanHead[], committed: ReadonlySet<string>): AsyncGenerator<Delivery<ShardPlan>> {
  for (const head of heads) {
    for await (const shard of readShards(output.dir, head)) {
      if (!committed.has(shard.id) && !(await isDoneMeanwhile(output, shard.id, head))) yield deliveryOf(shard);
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
