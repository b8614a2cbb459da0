// `merc compact`: a complete output written anew, in few large parts.
//
// Promise: NEW is there when all of it is, and not before: it is built in NEW.partial, under a lock,
// and renamed at the end. Killed before, it can be called again and begins anew. OUT is only read.

import { existsSync, realpathSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { RunError, UsageError, codeOf } from '../core/errors.ts';
import { LAYOUT, flush, moveDurably, namesIn } from '../core/layout.ts';
import { withLock } from '../core/lock.ts';
import { assertFolder, folderOutput } from '../core/output.ts';
import { planTotals } from '../core/plan.ts';
import { WHOLE } from '../core/slice.ts';
import { COMPACT_BOUNDS, writeCompactPlan, writeCompactShards, type CompactBounds } from '../stores/compaction.ts';
import { finishOutput, type Finished } from '../stores/finish.ts';
import { loadLabels } from '../stores/labels.ts';
import { existingOutput, withDatabase } from '../stores/output.ts';
import { formatNoun } from '../ui/format.ts';
import { print } from '../ui/print.ts';

export async function compactCommand(out: string, to: string, signal: AbortSignal): Promise<void> {
  assertFolder(out, out, 'merc compact');
  assertFolder(`--to ${to}`, to, 'merc compact');
  const before = planTotals(await existingOutput(folderOutput(out)));
  const { totals } = await compact(out, to, signal);
  print(`${to}: ${formatNoun(totals.counts.rows, 'file')} in ${formatNoun(totals.shards, 'shard')}, in ${out} ${before.shards}`);
}

/** Writes `out` anew as `to`. */
export async function compact(out: string, to: string, signal: AbortSignal, bounds: CompactBounds = COMPACT_BOUNDS): Promise<Finished> {
  const target = resolve(to);
  const named = `--to ${to}`;
  await existingOutput(folderOutput(out));
  await successOf(out);
  if (`${real(dirname(target))}${sep}`.startsWith(real(out) + sep)) throw new UsageError(`${named}: is inside ${out}: name another folder`);
  const partial = `${target}.partial`;
  const built = join(partial, 'output');
  const foreign = (await namesIn(partial)).find((name) => name !== LAYOUT.work && name !== 'output');
  if (foreign !== undefined)
    throw new UsageError(`${partial}: holds ${foreign}, which is not merc's, and is where --to ${to} would be built: name another folder`);
  assertNew(target, named);
  try {
    return await withLock({ out: partial, slice: WHOLE, command: 'merc compact', named, signal }, async (held) => {
      // Another one may have ended between the look and the lock.
      assertNew(target, named);
      await rm(built, { recursive: true, force: true });
      try {
        const finished = await build(out, built, held, bounds);
        held.throwIfAborted();
        await rename(built, target);
        await flush(dirname(target));
        return finished;
      } catch (error) {
        await rm(built, { recursive: true, force: true });
        throw error;
      }
    });
  } finally {
    // Whoever else is at work there has files in it, and keeps it.
    await rmdir(join(partial, LAYOUT.work)).catch(() => {});
    await rmdir(partial).catch(() => {});
  }
}

async function build(out: string, target: string, signal: AbortSignal, bounds: CompactBounds): Promise<Finished> {
  const success = await successOf(out);
  const heads = await existingOutput(folderOutput(out));
  const output = folderOutput(target);
  const finished = await withDatabase(target, signal, async (database) => {
    await copyDataset(out, target);
    const labels = await loadLabels(database, target);
    const head = await writeCompactPlan(out, heads, output, labels.sha256, bounds);
    await writeCompactShards(database, out, heads, { target: output, head, labels, bounds, signal });
    return finishOutput(database, output, labels);
  });
  // Whatever changes an output takes its mark away first.
  if ((await successOf(out)) !== success) throw new RunError(`${out}: was changed while it was read: call it again`);
  if (!finished.complete) throw new RunError(`${target}: is not complete: merc verify ${out} names what is wrong`);
  await rm(join(target, LAYOUT.work), { recursive: true });
  return finished;
}

/** A path without links, as far as it is there. */
function real(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path);
}

function assertNew(target: string, named: string): void {
  if (existsSync(target)) throw new UsageError(`${named}: is there already: name a new folder`);
}

/** The mark of a complete output. */
async function successOf(out: string): Promise<string> {
  try {
    return await readFile(join(out, LAYOUT.success), 'utf8');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new UsageError(`${out}: is not complete: finish it with merc run, or merc relabel where that was stopped`);
  }
}

async function copyDataset(out: string, target: string): Promise<void> {
  const source = join(out, LAYOUT.dataset);
  if (!existsSync(source)) return;
  await mkdir(join(target, LAYOUT.work), { recursive: true });
  const copy = join(target, LAYOUT.work, LAYOUT.dataset);
  await copyFile(source, copy);
  await moveDurably(copy, join(target, LAYOUT.dataset));
}
