// The layout of a page: labelled lines, lists that say how much was cut, tables.
//
// Promise: every text that passes here is escaped, once, and fits the width. Blocks hand over raw
// text in labelled lines and cells, and finished lines only from `list` and `grid`.

import { escapeText } from '../escape.ts';
import { formatCount } from '../format.ts';
import { table, type Cell } from '../table.ts';
import { wrap } from '../wrap.ts';

/** A finished line, or a label with raw text. */
export type Line = string | readonly [label: string, text: string];
export type Block = readonly Line[];

/** Columns of a label, its gap included. */
export const LABEL = 14;
/** Characters of a name before it is cut: hostile ones have thousands. */
const NAME = 200;
/** Characters of a labelled text before it is cut. */
const TEXT = 1000;

/** Blocks with an empty line between them; those without lines are left out. */
export function page(blocks: readonly Block[], width: number): string {
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.flatMap((line) => (typeof line === 'string' ? [line] : labelled(line, width))).join('\n'))
    .join('\n\n')}\n`;
}

function labelled([label, text]: readonly [string, string], width: number): string[] {
  const lines = wrap(escapeText(clip(text, TEXT)), width - LABEL);
  return lines.map((line, index) => `${(index === 0 ? label : '').padEnd(LABEL)}${line}`.trimEnd());
}

function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}

/** A name that is not longer than a few lines. */
export function short(name: string): string {
  return clip(name, NAME);
}

/** The lines whose text is there. */
export function present(lines: readonly (readonly [string, string | null | undefined])[]): Line[] {
  return lines.flatMap(([label, text]) => (text === null || text === undefined ? [] : [[label, text] as const]));
}

/** What a list that was cut does not show. */
export function rest(all: number, shown: number): Line[] {
  return all > shown ? [['', `and ${formatCount(all - shown)} more`]] : [];
}

/** Raw names in wrapped, indented lines; those above `most` are counted. */
export function list(names: readonly string[], most: number, width: number, indent = 2): string[] {
  const more = names.length > most ? [`and ${formatCount(names.length - most)} more`] : [];
  const shown = names.slice(0, most).map((name) => escapeText(short(name)));
  return wrap([...shown, ...more].join(', '), width - indent)
    .filter((line) => line !== '')
    .map((line) => `${' '.repeat(indent)}${line}`);
}

/** A table of raw cells, indented. */
export function grid(headers: readonly string[], rows: readonly (readonly Cell[])[], width: number): string[] {
  if (rows.length === 0) return [];
  return table(headers, rows, { width: width - 2 })
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`.trimEnd());
}

/** As `0x1f`, or `?` for what is not known. */
export function hex(value: number | bigint | null): string {
  return value === null ? '?' : `0x${value.toString(16)}`;
}

/** Entropy for a cell; empty where there is none. */
export function entropyCell(entropy: number | null): string {
  return entropy === null ? '' : entropy.toFixed(2);
}

/** SDK names without their prefix, in one text. */
export function flags(names: readonly string[], prefix: RegExp): string {
  return names.map((name) => name.replace(prefix, '')).join(' ');
}
