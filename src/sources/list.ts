// The list of `--files-from`: one path a line, or paths ended by NUL with `-0`.
//
// Promise: bytes go through as they are, in bounded memory. One CR before a line's end and a UTF-8
// mark at the start are not part of a path; a name that needs them is listed with NUL. What the
// paths mean is decided by the scan.

import { UsageError } from '../core/errors.ts';
import type { ByteName } from './names.ts';

/** Sixteen times the longest path that Linux takes: more is not a list of paths. */
const LONGEST_PATH = 65_536;

/** A list and how it is cut. */
export interface FileList {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly separator: 'newline' | 'nul';
}

/** Reads the paths of a list; empty ones are passed over. */
export async function* readList({ bytes, separator }: FileList): AsyncGenerator<ByteName> {
  const mark = separator === 'nul' ? '\0' : '\n';
  let rest = '';
  let first = true;
  for await (const chunk of bytes) {
    const parts = (rest + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1')).split(mark);
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const path = pathIn(part, separator, first);
      first = false;
      if (path !== '') yield path;
    }
    assertPath(rest, separator);
  }
  const path = pathIn(rest, separator, first);
  if (path !== '') yield path;
}

function pathIn(part: string, separator: FileList['separator'], first: boolean): ByteName {
  assertPath(part, separator);
  if (separator === 'nul') return part;
  return part.slice(first && part.startsWith('\u00ef\u00bb\u00bf') ? 3 : 0, part.endsWith('\r') ? -1 : undefined);
}

function assertPath(part: string, separator: FileList['separator']): void {
  if (separator === 'newline' && part.includes('\0')) throw new UsageError('--files-from: the list holds NUL bytes: add -0 if they end its paths');
  if (part.length > LONGEST_PATH)
    throw new UsageError(`--files-from: a path of more than ${LONGEST_PATH} bytes${separator === 'nul' ? ': leave out -0 if the paths are one a line' : ''}`);
}
