// One file, extracted in this process: what `merc show` prints and the library's `extractFile`.
//
// Promise: no integer is rounded. Fields of 64 bits become bigint, told by their names in the schema;
// all others are exact as numbers.

import { statSync } from 'node:fs';
import { UsageError } from '../core/errors.ts';
import { MAX_FILE_SIZE } from '../core/options.ts';
import type { Sample, StaticString } from '../core/sample.ts';
import { columns, extractFile } from '../native.ts';
import type { FeatureGroup, FeatureMember } from '../ui/feature-pages.ts';

/** Strings that one file yields here: JSON of more would not fit into a JavaScript string. A run has no such bound. */
export const MAX_STRINGS = 1_000_000;

export interface ExtractOptions {
  /** Only the classic columns. */
  readonly classic?: boolean;
  /** Bytes up to which a file is parsed; larger ones are hashed and scanned only. */
  readonly maxFileSize?: number;
  /** TLSH too. */
  readonly tlsh?: boolean;
  /** At most so many strings, in file order, ASCII first; the counts in the record are of all. */
  readonly maxStrings?: number;
}

/** What one file is, and its strings. */
export interface ExtractedFile {
  readonly sample: Sample;
  readonly strings: readonly StaticString[];
}

/**
 * Extracts one file. A file that is broken or no PE is a record that says so.
 * @throws UsageError where there is no file of that name.
 */
export function extractSample(path: string, options: ExtractOptions = {}): ExtractedFile {
  const { field, names } = wideFields();
  const text = extractText(path, options).replace(field, (_, name: string, value: string) => `"${name}":${value.replace(/\d+/gu, '"$&"')}`);
  return JSON.parse(text, (key, value: unknown) => {
    if (!names.has(key)) return value;
    if (Array.isArray(value)) return value.map(String).map(BigInt);
    return typeof value === 'string' ? BigInt(value) : value;
  }) as ExtractedFile;
}

/** The same as exact JSON text. */
export function extractText(
  path: string,
  { classic = false, tlsh = false, maxFileSize = MAX_FILE_SIZE, maxStrings = MAX_STRINGS }: ExtractOptions = {},
): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`${path}: no such file`);
  if (found.isDirectory()) throw new UsageError(`${path}: is a folder: \`merc run\` takes folders`);
  return extractFile(path, { classic, tlsh, maxFileSize }, Math.min(maxStrings, MAX_STRINGS));
}

let wide: { readonly field: RegExp; readonly names: ReadonlySet<string> } | undefined;

/** Integer fields of 64 bits, and lists of them. They cannot be met within a text, where their quotes would be escaped. */
function wideFields(): NonNullable<typeof wide> {
  if (wide !== undefined) return wide;
  const open: FeatureMember[] = (JSON.parse(columns()) as FeatureGroup[]).flatMap((group) => group.columns);
  const names = new Set<string>();
  for (let member = open.pop(); member !== undefined; member = open.pop()) {
    if (member.sql_type === 'UBIGINT' || member.sql_type === 'LIST<UBIGINT>') names.add(member.name);
    open.push(...member.members);
  }
  wide = { field: new RegExp(`"(${[...names].join('|')})":(\\d+|\\[[\\d,]+\\])`, 'gu'), names };
  return wide;
}
