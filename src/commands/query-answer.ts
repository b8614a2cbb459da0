// The answer of a query as JSON lines, CSV or a table.
//
// Promise: memory holds one chunk of vectors and a few rows as JavaScript values; a table holds at
// most TABLE_ROWS rows. On a terminal no control character of a sample is printed raw, in any format.

import type { Prepared, Type, Value } from '../duckdb.ts';
import { jsonText, plainText } from '../sql/json.ts';
import { queryError } from '../sql/read-only.ts';
import { csvLine } from '../ui/csv.ts';
import { escapeJson, escapeText } from '../ui/escape.ts';
import { formatCount } from '../ui/format.ts';
import { table, type Cell } from '../ui/table.ts';
import type { TextOutput } from '../ui/text-output.ts';

export type QueryFormat = 'table' | 'json' | 'csv';

/** Rows of a table; who wants more wants a file. */
const TABLE_ROWS = 1_000;
/** Characters of a cell in a table: a list of strings may have millions. */
const CELL_CHARACTERS = 4_096;
/** Rows counted behind the last one shown: a query may have no end. */
const ROWS_COUNTED = 1_000_000;

/** What a statement answers, chunk by chunk. */
export interface Answer {
  readonly columns: readonly string[];
  readonly types: readonly Type[];
  readonly chunks: AsyncIterable<Chunk>;
}

interface Chunk {
  readonly rows: number;
  readonly row: (index: number) => Value[];
}

/** Starts a statement; what DuckDB refuses on the way is the user's mistake. */
export async function answer(statement: Prepared, signal: AbortSignal): Promise<Answer> {
  const refused = (error: unknown) => (signal.aborted ? signal.reason : queryError(error));
  const result = await statement.stream().catch((error: unknown) => Promise.reject(refused(error)));
  const types = result.columnTypes();
  return {
    columns: result.deduplicatedColumnNames(),
    types,
    chunks: (async function* chunks() {
      for (;;) {
        const chunk = await result.fetchChunk().catch((error: unknown) => Promise.reject(refused(error)));
        if (chunk === null || chunk.rowCount === 0) return;
        const vectors = types.map((_, column) => chunk.getColumnVector(column));
        // Row by row: a chunk of 2,048 samples with their strings is far more as JavaScript values than as vectors.
        yield { rows: chunk.rowCount, row: (index) => vectors.map((vector) => vector.getItem(index)) };
      }
    })(),
  };
}

/** Where an answer is written: only a terminal has a width, and must be spared control characters. */
type Target = { readonly isTTY?: boolean; readonly columns?: number };

type Writer = (answer: Answer, output: TextOutput, target: Target) => Promise<void>;

/** One writer a format; JSON lines and CSV stream, a table holds at most TABLE_ROWS rows. */
export const writeAnswer: Readonly<Record<QueryFormat, Writer>> = {
  async json({ columns, types, chunks }, output, { isTTY: terminal = false }) {
    const keys = columns.map((column) => JSON.stringify(column));
    for await (const { rows, row } of chunks) {
      for (let index = 0; index < rows; index += 1) {
        const line = `{${row(index)
          .map((value, column) => `${keys[column]}:${jsonText(value, types[column] as Type)}`)
          .join(',')}}`;
        const full = output.write(`${terminal ? escapeJson(line) : line}\n`);
        if (full !== undefined) await full;
      }
    }
  },

  async csv({ columns, types, chunks }, output, { isTTY: terminal = false }) {
    const shown = (text: string) => (terminal ? escapeText(text) : text);
    await output.write(csvLine(columns.map(shown)));
    for await (const { rows, row } of chunks) {
      for (let index = 0; index < rows; index += 1) {
        const full = output.write(csvLine(row(index).map((value, column) => (value === null ? null : shown(plainText(value, types[column] as Type))))));
        if (full !== undefined) await full;
      }
    }
  },

  async table({ columns, types, chunks }, output, { isTTY: terminal = false, columns: width = 80 }) {
    // A plan is a drawing of its own; in a table it would be one escaped line.
    const plan = columns.join() === 'explain_key,explain_value';
    const shown: Cell[][] = [];
    let more = 0;
    for await (const { rows, row } of chunks) {
      const taken = Math.min(rows, TABLE_ROWS - shown.length);
      for (let index = 0; index < taken; index += 1) shown.push(row(index).map((value, column) => (plan ? String(value) : cell(value, types[column] as Type))));
      more += rows - taken;
      if (more > ROWS_COUNTED) break;
    }
    if (plan) await output.write(shown.map((cells) => `${escapeLines(String(cells[1]))}\n`).join(''));
    else await output.write(table(columns, shown, { width: terminal ? width || 80 : undefined }));
    if (more > 0)
      await output.write(
        `(${more > ROWS_COUNTED ? `more than ${formatCount(ROWS_COUNTED)}` : formatCount(more)} more rows, not shown: --csv or --json has all)\n`,
      );
  },
};

function cell(value: Value, type: Type): Cell {
  if (value === null || typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return value;
  const text = plainText(value, type);
  // The copy lets the long text go: a slice would hold on to it.
  return text.length <= CELL_CHARACTERS ? text : `${Buffer.from(text.slice(0, CELL_CHARACTERS)).toString()}…`;
}

function escapeLines(text: string): string {
  return text.split('\n').map(escapeText).join('\n');
}
