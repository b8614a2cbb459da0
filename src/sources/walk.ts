// Folders walked to their files.
//
// Promise: each folder is read once, however many roots and links lead to it, and by its real name
// rather than a link's: links to folders wait until everything else is walked. What is left out is told
// in an order that depends on names alone. Nothing is followed by recursion, and what cannot be read
// is reported, never fatal.

import { lstat, readdir, stat } from 'node:fs/promises';
import { eachOf } from '../core/each.ts';
import { fingerprints } from './fingerprints.ts';
import type { Gathering } from './found.ts';
import type { Gate } from './gate.ts';
import { type ByteName, bytesOf, textOf, under } from './names.ts';
import { NAMES_AT_ONCE, STATS_AT_ONCE, type SizeAndTime, identityOf, kindOf, placeOf, sizeAndTime, statsOf, targetOf, whyOf } from './places.ts';

/** A folder to walk. */
export interface Folder {
  readonly root: number;
  /** Relative to its root; `''` is the root. */
  readonly relative: ByteName;
  /** Absolute, without links. */
  readonly real: ByteName;
  /** `identityOf` it. */
  readonly identity: string;
}

/** Walks folders in the order given; their subfolders by name, links to folders last. */
export async function walk(roots: readonly Folder[], gate: Gate, found: Gathering): Promise<void> {
  const pending = roots.toReversed();
  const links: Folder[] = [];
  const visited = fingerprints();
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop() ?? links.shift()) {
    if (!visited.add(folder.identity)) continue;
    const subfolders: Folder[] = [];
    for await (const entries of entriesOf(folder, gate, found)) {
      gate.signal.throwIfAborted();
      for (const entry of entries) {
        if ('stats' in entry) found.add(folder.root, entry.path, entry.stats);
        else if ('why' in entry) gate.onSkip(textOf(entry.real), entry.why);
        else if (entry.linked) links.push(entry.folder);
        else subfolders.push(entry.folder);
      }
    }
    for (const subfolder of subfolders.toReversed()) pending.push(subfolder);
  }
}

/** What the addon does not take for a regular file: a link to one, a folder to walk, or what is left out; told in the order of names, not of answers. */
type Entry =
  | { readonly path: ByteName; readonly stats: SizeAndTime }
  | { readonly folder: Folder; readonly linked: boolean }
  | { readonly real: ByteName; readonly why: string };

/** Takes the regular files of a folder and gives what else there is. */
async function* entriesOf(folder: Folder, gate: Gate, found: Gathering): AsyncGenerator<readonly Entry[]> {
  let all: ByteName[];
  try {
    all = await readdir(bytesOf(folder.real), { encoding: 'latin1' });
  } catch (error) {
    yield [{ real: folder.real, why: whyOf(error) }];
    return;
  }
  all.sort();
  const asked = all.filter((name) => gate.excludes?.(textOf(under(folder.relative, name))) !== true && !gate.skip(textOf(under(folder.real, name))));
  for (let start = 0; start < asked.length; start += NAMES_AT_ONCE) {
    const names = asked.slice(start, start + NAMES_AT_ONCE);
    const others: ByteName[] = [];
    let at = 0;
    for (const some of await statsOf(folder.real, names)) {
      for (let size = 0; size < some.stats.length; size += 2) {
        const name = names[at++] ?? '';
        if (Number.isNaN(some.stats[size])) others.push(name);
        else if (!isWanted(folder, name, gate)) some.stats[size] = NaN;
      }
      found.addNames(folder.root, folder.relative, some);
    }
    const entries = new Map<ByteName, Entry | undefined>();
    await eachOf(others, STATS_AT_ONCE, async (name) => entries.set(name, await entryOf(folder, name, gate)));
    yield others.flatMap((name) => entries.get(name) ?? []);
  }
}

function isWanted(folder: Folder, name: ByteName, { includes, taken }: Gate): boolean {
  return includes?.(textOf(under(folder.relative, name))) !== false && (taken.size === 0 || !taken.has(placeOf(folder.identity, name)));
}

async function entryOf(folder: Folder, name: ByteName, gate: Gate): Promise<Entry | undefined> {
  const relative = under(folder.relative, name);
  const real = under(folder.real, name);
  try {
    const own = await lstat(bytesOf(real), { bigint: true });
    const linked = own.isSymbolicLink();
    const info = linked ? await stat(bytesOf(real), { bigint: true }) : own;
    if (info.isDirectory()) {
      const target = linked ? await targetOf(real) : real;
      if (linked && gate.skip(textOf(target))) return undefined;
      return { linked, folder: { root: folder.root, relative, real: target, identity: identityOf(info) } };
    }
    if (!info.isFile()) return { real, why: kindOf(info) };
    return isWanted(folder, name, gate) ? { path: relative, stats: sizeAndTime(info) } : undefined;
  } catch (error) {
    return { real, why: whyOf(error) };
  }
}
