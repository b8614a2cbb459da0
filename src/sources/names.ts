// Names of files as bytes. Inside a scan a name is a string with one character a byte (latin1):
// names that are not UTF-8 survive, compare in byte order, join cheaply and take a byte each.
//
// Deno hands out names that are not UTF-8 with replacement characters already in them; there they stay
// unreadable.

import { shownName } from '../native.ts';

/** A name, one character a byte. */
export type ByteName = string;

/** Names that are their own text: nearly all. */
const PLAIN = /^[ -~]*$/;

/** The name of a text. */
export function nameOf(text: string): ByteName {
  return PLAIN.test(text) ? text : Buffer.from(text).toString('latin1');
}

/** What system calls are given. */
export function bytesOf(name: ByteName): Buffer {
  return Buffer.from(name, 'latin1');
}

/** A name as text; bytes that are not UTF-8 as `\xNN`. */
export function textOf(name: ByteName): string {
  return PLAIN.test(name) ? name : shownName(bytesOf(name));
}

/** A name below a folder; the folder `''` is where names start. */
export function under(folder: ByteName, name: ByteName): ByteName {
  return folder === '' || folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}
