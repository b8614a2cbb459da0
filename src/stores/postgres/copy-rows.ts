// The rows of a samples part as lines that COPY takes.
//
// Promise: every line is one that PostgreSQL can keep: U+0000, which neither its text nor its JSONB
// holds, and bytes that are no UTF-8 become U+FFFD; a time that its calendar does not have becomes
// null. The values that this changed are counted. Memory holds one chunk as DuckDB read it, and one
// row: nested values as JSON are ten times what they are as columns, and DuckDB's own `to_json` ran
// out of 600 MB over a shard of real files.

import { file, name, type Database, type Type, type Value } from '../../duckdb.ts';
import { columnsOf, type ColumnTypes } from '../../sql/columns.ts';
import { itemsOf, jsonText, plainText } from '../../sql/json.ts';
import { fileColumns } from './columns.ts';

/** The columns of a part. */
export async function partColumns(database: Database, part: string): Promise<ColumnTypes> {
  return columnsOf(database, `SELECT * FROM read_parquet(${file(part)})`);
}

/** The dataset's own columns of a part. */
export function csvColumns(columns: ColumnTypes): [column: string, type: string][] {
  return [...columns].filter(([column]) => column.startsWith('csv_'));
}

/** The column list of the COPY. */
export function copyColumns(columns: ColumnTypes): string {
  return ['run_id', 'shard', ...fieldsOf(columns).map((field) => field.column)].map(name).join(', ');
}

/** @param onChanged Told how many values of a row had to be changed. */
export async function* rowLines(
  database: Database,
  part: string,
  columns: ColumnTypes,
  [runId, shard]: readonly [runId: string, shard: string],
  onChanged: (values: number) => void,
): AsyncGenerator<string> {
  const fields = fieldsOf(columns);
  const key = `${escapeCopy(runId)}\t${escapeCopy(shard)}`;
  const result = await database.connection.stream(`SELECT * FROM read_parquet(${file(part)})`);
  const place = new Map(result.columnNames().map((column, index) => [column, index]));
  const types = result.columnTypes();
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const vectors = types.map((_, column) => chunk.getColumnVector(column));
    for (let row = 0; row < chunk.rowCount; row += 1) {
      const value = (column: string): Value => vectors[place.get(column) ?? -1]?.getItem(row) ?? null;
      const type = (column: string) => types[place.get(column) ?? -1] as Type;
      let [line, changed] = [key, 0];
      for (const field of fields) {
        const { text, isChanged = false } = field.write(value, type);
        line += `\t${text}`;
        if (isChanged) changed += 1;
      }
      if (changed > 0) onChanged(changed);
      yield `${line}\n`;
    }
  }
}

interface Field {
  /** Escaped for COPY. */
  readonly text: string;
  readonly isChanged?: boolean;
}

const NULL: Field = { text: '\\N' };

interface FieldWriter {
  readonly column: string;
  write(value: (column: string) => Value, type: (column: string) => Type): Field;
}

/** The columns of the table that a part has. */
function fieldsOf(columns: ColumnTypes): FieldWriter[] {
  const csv = csvColumns(columns).map(([column]) => column);
  return fileColumns().flatMap(({ name: column, type: kind }): FieldWriter[] => {
    if (column === 'csv') return csv.length === 0 ? [] : [{ column, write: (value, type) => csvField(csv, value, type) }];
    const write = WRITERS[kind] ?? (kind.endsWith('[]') ? arrayField : plainField);
    return columns.has(column)
      ? [
          {
            column,
            write: (value, type) => {
              const found = value(column);
              return found === null ? NULL : write(found, type(column));
            },
          },
        ]
      : [];
  });
}

const WRITERS: Readonly<Record<string, (value: Value, type: Type) => Field>> = {
  text: textField,
  jsonb: (value, type) => jsonField(jsonText(value, type)),
  bytea: (value, type) => ({ text: `\\\\x${plainText(value, type)}` }),
  timestamp: timestampField,
};

function plainField(value: Value): Field {
  return { text: String(value) };
}

function textField(value: Value): Field {
  const { text, isChanged } = storable(value);
  return { text: escapeCopy(text), isChanged };
}

/** A text that PostgreSQL can hold, of what a part has as text or as bytes. */
export function storable(value: Value): { readonly text: string; readonly isChanged: boolean } {
  const bytes = typeof value === 'object' && value !== null && 'bytes' in value ? value.bytes : undefined;
  const text = bytes === undefined ? String(value) : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  if (text.includes('\0')) return { text: text.replaceAll('\0', '\u{fffd}'), isChanged: true };
  return { text, isChanged: bytes !== undefined && !Buffer.from(text).equals(bytes) };
}

/** JSON text has no control characters of its own; U+0000 is an escape there, unless its backslash is an escaped one. */
function jsonField(json: string): Field {
  const kept = json.includes('\\u0000') ? json.replaceAll(/\\(u0000|.)/g, (all, escape) => (escape === 'u0000' ? '\u{fffd}' : all)) : json;
  return { text: kept.includes('\\') ? kept.replaceAll('\\', '\\\\') : kept, isChanged: kept !== json };
}

/** The dataset's own columns as one object, by their names in the dataset; null without a row. */
function csvField(columns: readonly string[], value: (column: string) => Value, type: (column: string) => Type): Field {
  if (value('dataset_row') === null) return NULL;
  const members = columns.map((column) => {
    const found = value(column);
    // JSON has no infinity.
    const isNumber = typeof found !== 'number' || Number.isFinite(found);
    return `${JSON.stringify(column.slice('csv_'.length))}:${isNumber ? jsonText(found, type(column)) : JSON.stringify(String(found))}`;
  });
  return jsonField(`{${members.join(',')}}`);
}

/** Texts are quoted, so that none reads as NULL or ends early. */
function arrayField(value: Value): Field {
  let isChanged = false;
  const items = itemsOf(value).map((item) => {
    if (item === null) return 'NULL';
    if (typeof item !== 'string') return String(item);
    const kept = storable(item);
    isChanged ||= kept.isChanged;
    return `"${kept.text.replaceAll(/["\\]/g, '\\$&')}"`;
  });
  return { text: escapeCopy(`{${items.join(',')}}`), isChanged };
}

/** Microseconds since 1970 of what PostgreSQL's calendar has: from 4713 BC to 294276. */
const [FIRST, LAST] = [-210_866_803_200_000_000n, 9_224_318_015_999_999_999n];

function timestampField(value: Value): Field {
  const written = String(value);
  if (written.endsWith('infinity')) return { text: written };
  const { micros } = value as { readonly micros: bigint };
  if (micros < FIRST || micros > LAST) return { ...NULL, isChanged: true };
  return { text: written.includes(' (BC)') ? `${written.replace(' (BC)', '')} BC` : written };
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** A text as a field of a COPY line. */
export function escapeCopy(value: string): string {
  return /[\\\t\n\r]/.test(value) ? value.replaceAll(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character) : value;
}
