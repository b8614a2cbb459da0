// Folders walked to their files.
//
// Promise: each folder is read once, however many roots and links lead to it, and by its real name
// rather than a link's: links to folders wait until everything else is walked. Files come in an
// order that depends on names alone. Nothing is followed by recursion, and what cannot be read
// is reported, never fatal.

import { lstat, readdir, stat } from 'node:fs/promises';
import { eachOf } from '../core/each.ts';
import type { ScannedFile } from '../core/plan.ts';
import { fingerprints } from './fingerprints.ts';
import type { Gate } from './gate.ts';
import { type ByteName, bytesOf, fileName, textOf, under } from './names.ts';
import { NAMES_AT_ONCE, STATS_AT_ONCE, type SizeAndTime, identityOf, kindOf, placeOf, sizeAndTime, sizesAndTimes, targetOf, whyOf } from './places.ts';

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

/** Walks folders in the order given; their subfolders by name, links to folders last. Files come in chunks: one by one, each would cost a promise. */
export async function* walk(roots: readonly Folder[], gate: Gate): AsyncGenerator<readonly ScannedFile[]> {
  const pending = roots.toReversed();
  const links: Folder[] = [];
  const visited = fingerprints();
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop() ?? links.shift()) {
    if (!visited.add(folder.identity)) continue;
    const found: Folder[] = [];
    for await (const entries of entriesOf(folder, gate)) {
      const files: ScannedFile[] = [];
      for (const entry of entries) {
        if ('size' in entry) files.push(entry);
        else if ('why' in entry) gate.onSkip(textOf(entry.real), entry.why);
        else if (entry.linked) links.push(entry.folder);
        else found.push(entry.folder);
      }
      yield files;
    }
    for (const subfolder of found.toReversed()) pending.push(subfolder);
  }
}

/** A file, a folder to walk, or what is left out: told in the order of names, not of answers. */
type Entry = ScannedFile | { readonly folder: Folder; readonly linked: boolean } | { readonly real: ByteName; readonly why: string };

async function* entriesOf(folder: Folder, gate: Gate): AsyncGenerator<readonly Entry[]> {
  let all: ByteName[];
  try {
    all = await readdir(bytesOf(folder.real), { encoding: 'latin1' });
  } catch (error) {
    yield [{ real: folder.real, why: whyOf(error) }];
    return;
  }
  all.sort();
  const asked = all.filter((name) => !gate.excludes(textOf(under(folder.relative, name))) && !gate.skip(textOf(under(folder.real, name))));
  for (let start = 0; start < asked.length; start += NAMES_AT_ONCE) {
    const names = asked.slice(start, start + NAMES_AT_ONCE);
    const stats = await sizesAndTimes(folder.real, names);
    const others = new Map<ByteName, Entry | undefined>();
    await eachOf(
      names.filter((_, at) => stats[at] === undefined),
      STATS_AT_ONCE,
      async (name) => others.set(name, await entryOf(folder, name, gate)),
    );
    yield names.flatMap((name, at) => {
      const own = stats[at];
      return (own === undefined ? others.get(name) : fileOf(folder, name, own, gate)) ?? [];
    });
  }
}

function fileOf(folder: Folder, name: ByteName, stats: SizeAndTime, gate: Gate): Entry | undefined {
  const relative = under(folder.relative, name);
  const wanted = gate.includes(textOf(relative)) && !gate.taken.has(placeOf(folder.identity, name));
  return wanted ? { root: folder.root, ...fileName(relative), ...stats } : undefined;
}

/** What the addon does not take for a regular file: a folder, a link, what cannot be asked. */
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
    return info.isFile() ? fileOf(folder, name, sizeAndTime(info), gate) : { real, why: kindOf(info) };
  } catch (error) {
    return { real, why: whyOf(error) };
  }
}
