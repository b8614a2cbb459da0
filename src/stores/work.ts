// Extracted shards between the roles: the files that an extract worker leaves for a store worker.
//
// Promise: what a message names is whole, and outlasts the machine that made it; strings, which the
// Parquet store moves unread, are held against the digest that it gives. A message is not trusted:
// nothing outside `.work` of the output is read or removed because of one.

import { existsSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { committedIds } from '../core/commit.ts';
import { eachOf } from '../core/each.ts';
import { RunError, codeOf } from '../core/errors.ts';
import { FILES_AT_ONCE, HANDED, LAYOUT, abandonedOf, bytesDifference, flush, renameSurely, temporariesIn } from '../core/layout.ts';
import { ownersOn } from '../core/lock.ts';
import type { Output } from '../core/output.ts';
import type { Part, ShardFiles } from '../core/types.ts';
import { RejectedShard } from './store.ts';

/** A message names files that are no longer there, or no longer what was written. */
export class FilesGone extends RunError {}

/**
 * Leaves a shard's files where any machine finds them.
 * @returns what a message says of them: `dir` is below the output.
 */
export async function publishWork({ dir, objects, locked }: Output, shard: ShardFiles): Promise<ShardFiles> {
  // Its maker's name is taken off: what is handed over outlasts that process.
  const published = { ...shard, dir: `${LAYOUT.work}/${shard.id}.${HANDED}${randomUUID()}` };
  assertWork(published);
  if (locked) {
    // A queue may outlast a loss of power: so must what it speaks of.
    await eachOf(filesOf(shard), FILES_AT_ONCE, (name) => flush(join(shard.dir, name)));
    await flush(shard.dir);
    await renameSurely(shard.dir, join(dir, published.dir));
    await flush(join(dir, LAYOUT.work));
  } else {
    const digests = new Map(shard.strings.map(({ name, sha256 }) => [name, sha256]));
    await eachOf(filesOf(shard), FILES_AT_ONCE, (name) => objects.put(join(shard.dir, name), `${published.dir}/${name}`, digests.get(name)));
    await rm(shard.dir, { recursive: true, force: true });
  }
  return published;
}

/**
 * The files that a message names, on this machine.
 * @throws FilesGone, or RejectedShard where the message names anything but a shard's work.
 */
export async function fetchWork(output: Output, id: string, published: ShardFiles): Promise<ShardFiles> {
  assertWork(published);
  if (published.id !== id) throw new RejectedShard(`shard ${id}: a message names files of the shard ${published.id}`);
  const dir = join(output.dir, published.dir);
  await output.hold(filesOf(published).map((name) => `${published.dir}/${name}`));
  const gone = (name: string, how: string) => new FilesGone(`shard ${id}: ${published.dir}/${name} ${how}: it has to be extracted again`);
  const missing = published.records.find((name) => !existsSync(join(dir, name)));
  if (missing !== undefined) throw gone(missing, 'is gone');
  await eachOf(published.strings, FILES_AT_ONCE, async (part) => {
    const difference = await bytesDifference(part, join(dir, part.name), 'written').catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return 'is gone';
      throw error;
    });
    if (difference !== undefined) throw gone(part.name, difference);
  });
  return { ...published, dir };
}

/** Removes what a message names, once its shard is committed or its files are of no use. */
export async function removeWork({ objects }: Output, published: ShardFiles): Promise<void> {
  assertWork(published);
  await objects.remove(`${published.dir}/`);
}

/** Removes what is left of a committed shard: files that were handed over more than once, and those of workers that have died at it. */
export async function sweepShard(output: Output, id: string): Promise<void> {
  const work = await output.objects.list(LAYOUT.work);
  await sweepNames(
    output,
    work.filter((name) => name.startsWith(`${id}.`)),
  );
}

/** Removes what is left of all committed shards, and what else processes have left that have died. */
export async function sweepComplete(output: Output): Promise<void> {
  await output.refresh();
  const work = await output.objects.list(LAYOUT.work);
  const committed = new Set(await committedIds(output.dir));
  // An output that is complete may be appended to at this moment: what is of no committed shard stays.
  await sweepNames(
    output,
    work.filter((name) => name.startsWith('process.') || committed.has(name.slice(0, name.indexOf('.')))),
    output.locked ? await temporariesIn(output.dir) : [],
  );
}

async function sweepNames({ dir, objects, locked }: Output, work: readonly string[], files: readonly string[] = []): Promise<void> {
  const names = [...work.map((name) => `${LAYOUT.work}/${name}/`), ...files];
  // Without locks nobody is known to be at work; what a late one still builds of a committed shard is of no use.
  for (const name of locked ? await abandonedOf(names, () => ownersOn(dir)) : names) await objects.remove(name);
}

/** `.work/<shard>.<owner>`. */
const WORK = /^\.work\/(\d{4,}-\d{5,})\.[^/\\]+$/;

/** Whether it is the name of a Parquet file, without a step to elsewhere. */
function isName(name: unknown): boolean {
  return typeof name === 'string' && /^[\w-]+\.parquet$/.test(name);
}

function isPart(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return false;
  const { name, bytes, rows, sha256 } = part as Record<keyof Part, unknown>;
  return isName(name) && isCount(bytes) && isCount(rows) && typeof sha256 === 'string' && /^[\da-f]{64}$/.test(sha256);
}

function isCount(number: unknown): boolean {
  return Number.isSafeInteger(number) && Number(number) >= 0;
}

function isListOf(items: unknown, is: (item: unknown) => boolean): boolean {
  return Array.isArray(items) && items.every(is);
}

function assertWork({ id, dir, records, strings }: ShardFiles): void {
  if (typeof id !== 'string' || typeof dir !== 'string' || WORK.exec(dir)?.[1] !== id || !isListOf(records, isName) || !isListOf(strings, isPart))
    throw new RejectedShard(`a message names files of a shard that are none: ${JSON.stringify({ id, dir })}`);
}

function filesOf({ records, strings }: ShardFiles): string[] {
  return [...records, ...strings.map(({ name }) => name)];
}
