// What a store is: who keeps the rows of a shard for good.
//
// Promises of every store, held to by `test/contract/store.ts`: a shard that was accepted is there
// whole, once, however often it is given; one that is refused leaves nothing that a reader sees.

import type { Labels, Parts } from '../core/commit.ts';
import { RunError } from '../core/errors.ts';
import type { PlanHead } from '../core/plan.ts';
import type { ShardFiles, Written } from '../core/types.ts';

/** A shard whose records have met their labels. */
export interface LabelledShard {
  readonly shard: ShardFiles;
  /** Head of the plan that it is of. */
  readonly head: PlanHead;
  /** The `samples` part as it was built, in a work folder. */
  readonly samples: string;
  /** What that is: a store that moves it need not read it. */
  readonly written: Written;
  readonly labels: Labels;
}

/** A store has looked at a shard and will not have it, now or later: the fault is the shard's. */
export class RejectedShard extends RunError {}

export interface Store {
  /** As messages and metrics name it, `parquet`. */
  readonly name: string;
  /**
   * Keeps a shard for good.
   * @returns the parts that its commit record names, where it is this store that keeps them.
   */
  accept(labelled: LabelledShard): Promise<Parts | undefined>;
  close(): Promise<void>;
}
