// Listed paths as files of a plan.
//
// Promise: every listed path ends as a file or as a report. One below the working folder is
// relative to that, any other to the top of its file system, so that a list of a million files
// in a million folders needs two roots. A `..` is resolved by the file system, since after a link it
// is not where the text says. A listed folder is not walked: `find` lists folders beside their files.

import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isAbsolute, parse, posix } from 'node:path';
import type { Gathering } from './found.ts';
import { type Gate, admits, take } from './gate.ts';
import { type FileList, readList } from './list.ts';
import { type ByteName, bytesOf, textOf, under } from './names.ts';
import { STATS_AT_ONCE, absoluteName, identityOf, kindOf, sizeAndTime, targetOf } from './places.ts';

/** Folders that are remembered: lists go through one after the other, and each may be of another. */
const FOLDERS_KNOWN = 4096;

interface Located {
  readonly absolute: ByteName;
  readonly folder: ListedFolder;
  /** Absent if it cannot be had. */
  readonly info: BigIntStats | undefined;
}

interface ListedFolder {
  readonly real: ByteName;
  readonly identity: string;
}

/** Takes the files of a list. `rootOf` numbers root folders. */
export async function takeListed(list: FileList, gate: Gate, rootOf: (path: string) => number, found: Gathering): Promise<void> {
  const home = absoluteName(process.cwd());
  const folders = new Map<ByteName, Promise<ListedFolder>>();
  for await (const names of chunksOf(readList(list))) {
    gate.signal.throwIfAborted();
    for (const one of await Promise.all(names.map((name) => locate(name, home, folders)))) takeOne(one, home, gate, rootOf, found);
  }
}

async function* chunksOf(names: AsyncIterable<ByteName>): AsyncGenerator<ByteName[]> {
  let chunk: ByteName[] = [];
  for await (const name of names) {
    chunk.push(name);
    if (chunk.length < STATS_AT_ONCE) continue;
    yield chunk;
    chunk = [];
  }
  yield chunk;
}

async function locate(name: ByteName, home: ByteName, folders: Map<ByteName, Promise<ListedFolder>>): Promise<Located> {
  const slashed = process.platform === 'win32' ? name.replaceAll('\\', '/') : name;
  const absolute = await withoutDots(isAbsolute(slashed) ? slashed : under(home, slashed));
  const folder = posix.dirname(absolute);
  const known = folders.get(folder) ?? folderAt(folder);
  if (folders.size >= FOLDERS_KNOWN) folders.clear();
  folders.set(folder, known);
  return { absolute, folder: await known, info: await stat(bytesOf(absolute), { bigint: true }).catch(() => undefined) };
}

async function withoutDots(path: ByteName): Promise<ByteName> {
  const parts = path.split('/').filter((part, index) => index === 0 || (part !== '' && part !== '.'));
  const plain = parts.length === 1 ? `${parts[0]}/` : parts.join('/');
  if (!parts.includes('..')) return plain;
  const real = parts.at(-1) === '..' ? targetOf(plain) : targetOf(posix.dirname(plain)).then((folder) => under(folder, posix.basename(plain)));
  return real.catch(() => posix.normalize(plain));
}

async function folderAt(folder: ByteName): Promise<ListedFolder> {
  try {
    const [info, real] = await Promise.all([stat(bytesOf(folder), { bigint: true }), targetOf(folder)]);
    return { real, identity: identityOf(info) };
  } catch {
    return { real: folder, identity: folder };
  }
}

function takeOne({ absolute, folder, info }: Located, home: ByteName, gate: Gate, rootOf: (path: string) => number, found: Gathering): void {
  const name = posix.basename(absolute);
  if (info !== undefined && !info.isFile()) {
    gate.onSkip(textOf(absolute), info.isDirectory() ? 'a folder in a list of files: give it as PATH to take what is in it' : kindOf(info));
    return;
  }
  const inside = absolute.startsWith(under(home, ''));
  const top = inside ? under(home, '') : absoluteName(parse(absolute).root);
  const relative = absolute.slice(top.length);
  if (!admits(gate, textOf(relative), textOf(under(folder.real, name))) || !take(gate, folder.identity, name)) return;
  found.add(rootOf(inside ? process.cwd() : textOf(top)), relative, info === undefined ? { size: 0, mtime: 0 } : sizeAndTime(info));
}
