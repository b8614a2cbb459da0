// The plans of an output as a source: every shard that has no commit yet, in plan order.

import { RunError, messageOf } from '../core/errors.ts';
import type { PlanHead } from '../core/plan.ts';
import { readShards } from '../core/plan.ts';
import type { Delivery, ShardPlan, Source } from '../core/types.ts';

export function uncommitted(out: string, heads: readonly PlanHead[], committed: ReadonlySet<string>): Source<ShardPlan> {
  return deliveries(out, heads, committed);
}

async function* deliveries(out: string, heads: readonly PlanHead[], committed: ReadonlySet<string>): AsyncGenerator<Delivery<ShardPlan>> {
  for (const head of heads) {
    for await (const shard of readShards(out, head)) {
      if (!committed.has(shard.id)) yield deliveryOf(shard);
    }
  }
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
