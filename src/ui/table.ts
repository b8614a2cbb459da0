// A query's rows as plain text.
//
// Promise: every cell is escaped, every line fits the width, and NULL is never taken for a text
// (the text `NULL` is shown in quotes). Numbers are never cut. Columns that cannot fit side by side
// are shown one to a line, row by row.

import stringWidth from 'string-width';
import { escapeText } from './escape.ts';

/** A value to show; nested values are turned to text by the caller. */
export type Cell = string | number | bigint | boolean | null;

const GAP = '  ';
/** A text column is not made narrower than this: less shows nothing of a name or hash. */
const NARROWEST = 8;
/** Code units looked at for one column of width: enough for any text but stacks of combining marks. */
const UNITS_PER_COLUMN = 16;

interface Column {
  readonly header: string;
  readonly cells: readonly string[];
  readonly numeric: boolean;
  readonly width: number;
}

/**
 * Lays rows out.
 * @param width columns of the terminal; without it nothing is cut.
 */
export function table(headers: readonly string[], rows: readonly (readonly Cell[])[], options: { readonly width?: number | undefined } = {}): string {
  const { width = Infinity } = options;
  const columns = headers.map((header, index) =>
    columnOf(
      header,
      rows.map((row) => row[index] ?? null),
      width,
    ),
  );
  const widths = fit(columns, width - GAP.length * (columns.length - 1));
  return widths === undefined ? records(columns, rows.length, width) : grid(columns, widths, rows.length);
}

function columnOf(header: string, values: readonly Cell[], limit: number): Column {
  const cells = values.map((value) => shown(value, limit));
  const head = shown(header, limit);
  const present = values.filter((value) => value !== null);
  return {
    header: head,
    cells,
    numeric: present.length > 0 && present.every((value) => typeof value === 'number' || typeof value === 'bigint'),
    width: cells.reduce((widest, cell) => Math.max(widest, widthOf(cell)), widthOf(head)),
  };
}

function shown(value: Cell, limit: number): string {
  if (value === null) return 'NULL';
  if (typeof value !== 'string') return String(value);
  if (/^"*NULL"*$/.test(value)) return `"${value}"`;
  const units = limit * UNITS_PER_COLUMN;
  return value.length <= units ? escapeText(value) : `${escapeText(value.slice(0, units))}…`;
}

function widthOf(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : stringWidth(text);
}

/** Widths that fit, narrowing the widest text columns first; undefined if there are none. */
function fit(columns: readonly Column[], room: number): number[] | undefined {
  const least = columns.map((column) => (column.numeric ? column.width : Math.min(column.width, NARROWEST)));
  if (sum(least) > room) return undefined;
  const natural = columns.map((column) => column.width);
  const within = (cap: number) => natural.map((wide, index) => Math.max(least[index] ?? 0, Math.min(wide, cap)));
  let [low, high] = [0, Math.max(0, ...natural)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (sum(within(middle)) <= room) low = middle;
    else high = middle - 1;
  }
  return within(low);
}

function sum(widths: readonly number[]): number {
  return widths.reduce((total, width) => total + width, 0);
}

function grid(columns: readonly Column[], widths: readonly number[], rows: number): string {
  const line = (cellOf: (column: Column, width: number) => string) =>
    `${columns
      .map((column, index) => align(cellOf(column, widths[index] ?? 0), widths[index] ?? 0, column.numeric))
      .join(GAP)
      .trimEnd()}\n`;
  let text = line((column) => column.header) + line((_, width) => '-'.repeat(width));
  for (let row = 0; row < rows; row += 1) text += line((column) => column.cells[row] ?? '');
  return text;
}

function align(text: string, width: number, right: boolean): string {
  const cell = cut(text, width);
  const space = ' '.repeat(Math.max(0, width - widthOf(cell)));
  return right ? space + cell : cell + space;
}

function records(columns: readonly Column[], rows: number, width: number): string {
  const label = Math.min(Math.max(0, ...columns.map((column) => widthOf(column.header))), Math.max(NARROWEST, Math.floor(width / 3)));
  const room = Math.max(NARROWEST, width - label - GAP.length);
  const blocks = Array.from({ length: rows }, (_, row) =>
    columns.map((column) => `${align(column.header, label, false)}${GAP}${cut(column.cells[row] ?? '', room)}`.trimEnd()).join('\n'),
  );
  return blocks.map((block) => `${block}\n`).join('\n');
}

function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let [kept, used] = ['', 0];
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += widthOf(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
