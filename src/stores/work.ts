// Extracted shards between the roles: the files that an extract worker leaves for a store worker.
//
// Promise: what a message names is whole, and outlasts the machine that made it. A message is not
// trusted: nothing outside `.work` of the output is read or removed because of one.

import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { commitKey, isCommitted } from '../core/commit.ts';
import { eachOf } from '../core/each.ts';
import { RunError } from '../core/errors.ts';
import { LAYOUT, flush } from '../core/layout.ts';
import type { Output } from '../core/output.ts';
import type { ShardFiles } from '../core/types.ts';

/** Files in flight; a shard has some two dozen. */
const AT_ONCE = 4;

/**
 * Leaves a shard's files where any machine finds them.
 * @returns what a message says of them: `dir` is below the output.
 */
export async function publishWork({ dir, objects, locked }: Output, shard: ShardFiles): Promise<ShardFiles> {
  const published = { ...shard, dir: `${LAYOUT.work}/${basename(shard.dir)}` };
  assertWork(published);
  if (locked) {
    // A queue may outlast a loss of power: so must what it speaks of.
    await eachOf(filesOf(shard), AT_ONCE, (name) => flush(join(shard.dir, name)));
    await flush(shard.dir);
    await flush(join(dir, LAYOUT.work));
  } else {
    await eachOf(filesOf(shard), AT_ONCE, (name) => objects.put(join(shard.dir, name), `${published.dir}/${name}`));
    await rm(shard.dir, { recursive: true, force: true });
  }
  return published;
}

/**
 * The files that a message names, on this machine.
 * @throws RunError where they are gone, or the message names anything but a shard's work.
 */
export async function fetchWork(output: Output, published: ShardFiles): Promise<ShardFiles> {
  assertWork(published);
  const dir = join(output.dir, published.dir);
  const names = filesOf(published);
  await output.hold(names.map((name) => `${published.dir}/${name}`));
  const missing = names.find((name) => !existsSync(join(dir, name)));
  if (missing !== undefined) throw new RunError(`shard ${published.id}: ${published.dir}/${missing} is gone: it has to be extracted again`);
  return { ...published, dir };
}

/** Removes what a message names, once its shard is committed or its files are of no use. */
export async function removeWork({ objects }: Output, published: ShardFiles): Promise<void> {
  assertWork(published);
  await objects.remove(`${published.dir}/`);
}

/** Removes the files of committed shards that workers which have died, or lost their lease, have left on S3. A folder is swept by its next owner. */
export async function sweepPublished(output: Output): Promise<void> {
  if (output.locked) return;
  for (const name of await output.objects.list(LAYOUT.work)) {
    const [, id] = WORK.exec(`${LAYOUT.work}/${name}`) ?? [];
    if (id === undefined) continue;
    await output.refresh(commitKey(id));
    if (isCommitted(output.dir, id)) await output.objects.remove(`${LAYOUT.work}/${name}/`);
  }
}

/** `.work/<shard>.<owner>`. */
const WORK = /^\.work\/(\d{4,}-\d{5,})\.[^/\\]+$/;

function assertWork({ id, dir, records, strings }: ShardFiles): void {
  const plain = (names: unknown): boolean => Array.isArray(names) && names.every((name) => typeof name === 'string' && /^[\w-]+\.parquet$/.test(name));
  if (typeof id !== 'string' || WORK.exec(String(dir))?.[1] !== id || !plain(records) || !plain(strings))
    throw new RunError(`a message names files of a shard that are none: ${JSON.stringify({ id, dir })}`);
}

function filesOf({ records, strings }: ShardFiles): string[] {
  return [...records, ...strings];
}
