// What the file system says of a name: which folder or file it is, what kind, why it cannot be had.
//
// Promise: a folder has one identity however it is reached, and a file is its folder and its name.
// Not its inode: hard links and links to files are samples by their own names.

import type { BigIntStats } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { codeOf, messageOf } from '../core/errors.ts';
import { fileStats } from '../native.ts';
import { type ByteName, bytesOf, nameOf } from './names.ts';

/** Calls in flight: enough to keep a network file system busy, few enough to hold nothing much. */
export const STATS_AT_ONCE = 64;

/** Names of a folder that are asked for together. */
export const NAMES_AT_ONCE = 512;

/** Calls of the addon that names are spread over: each asks for its own one after the other. */
const CALLS = 8;

/** Size and time of a file, as a plan holds them. */
export interface SizeAndTime {
  readonly size: number;
  readonly mtime: number;
}

/** Names in a folder with what the addon says of them. */
export interface NamesInFolder {
  /** With a NUL between two. */
  readonly names: Buffer;
  /** Size and time of each, NaN of what is no regular file, cannot be asked or is not wanted. */
  readonly stats: Float64Array;
}

/** What the addon says of names in a folder, in their order, some at a time. Each by Node would cost seven times as much. */
export async function statsOf(folder: ByteName, names: readonly ByteName[]): Promise<NamesInFolder[]> {
  const each = Math.ceil(names.length / CALLS);
  const calls: Promise<NamesInFolder>[] = [];
  for (let start = 0; start < names.length; start += each) {
    const some = bytesOf(names.slice(start, start + each).join('\0'));
    calls.push(fileStats(bytesOf(folder), some).then((stats) => ({ names: some, stats })));
  }
  return Promise.all(calls);
}

/** What tells one folder from another. */
export function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** What tells one file from another. */
export function placeOf(folder: string, name: ByteName): string {
  return `${folder}/${name}`;
}

/** Size and time as a plan holds them. The time comes from integers: a double of seconds rounds up. */
export function sizeAndTime(info: BigIntStats): SizeAndTime {
  return { size: Number(info.size), mtime: Number(info.mtimeMs) };
}

/** A path of this process as a name, `/`-separated. */
export function absoluteName(path: string): ByteName {
  return nameOf(process.platform === 'win32' ? path.replaceAll('\\', '/') : path);
}

/** The real name of a path, links resolved. */
export async function targetOf(name: ByteName): Promise<ByteName> {
  const target = (await realpath(bytesOf(name), { encoding: 'buffer' })).toString('latin1');
  return process.platform === 'win32' ? target.replaceAll('\\', '/') : target;
}

/** What something is that is neither file nor folder. */
export function kindOf(info: BigIntStats): string {
  if (info.isFIFO()) return 'a FIFO';
  if (info.isSocket()) return 'a socket';
  return info.isCharacterDevice() || info.isBlockDevice() ? 'a device' : 'of no known kind';
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'a link that leads to itself',
  ENAMETOOLONG: 'the path is too long',
};

/** A system error in words. */
export function whyOf(error: unknown): string {
  const code = codeOf(error);
  return code === undefined ? messageOf(error) : (REASONS[code] ?? code);
}
