// Names of files as bytes. Inside a scan a name is a string with one character a byte (latin1):
// names that are not UTF-8 survive, compare in byte order, join cheaply and take a byte each.
//
// Promise: `fileName` loses nothing: what `path` cannot say is in `pathRaw`. Deno hands out names that
// are not UTF-8 with replacement characters already in them; there they stay unreadable.

import { isUtf8 } from 'node:buffer';

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
  if (PLAIN.test(name)) return name;
  const bytes = bytesOf(name);
  if (isUtf8(bytes)) return bytes.toString();
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = [1, 2, 3, 4].find((count) => at + count <= bytes.length && isUtf8(bytes.subarray(at, at + count)));
    text += length === undefined ? `\\x${bytes.toString('hex', at, at + 1)}` : bytes.toString('utf8', at, at + length);
    at += length ?? 1;
  }
  return text;
}

/** A relative name as a `FileRef` holds it. */
export function fileName(name: ByteName): { readonly path: string; readonly pathRaw?: string } {
  if (PLAIN.test(name)) return { path: name };
  const bytes = bytesOf(name);
  return isUtf8(bytes) ? { path: bytes.toString() } : { path: textOf(name), pathRaw: bytes.toString('base64') };
}

/** A name below a folder; the folder `''` is where names start. */
export function under(folder: ByteName, name: ByteName): ByteName {
  return folder === '' || folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}
