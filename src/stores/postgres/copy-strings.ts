// The strings of a sample as lines that COPY takes: pieces of one encoding, in the order of the file.
//
// Promise: a piece is bounded, so that no field comes near PostgreSQL's bound of 1 GB and memory
// holds one chunk; pieces of a sample in order of their numbers have its strings in order.

import { files, type Database } from '../../duckdb.ts';
import { escapeCopy, storable } from './copy-rows.ts';

/** Strings and characters of a piece: a row is some hundred kilobytes, and a sample has few. */
const PIECE = { strings: 4_096, characters: 1 << 18 };

interface Piece {
  readonly sample: number;
  readonly encoding: string;
  readonly number: number;
  readonly offsets: string[];
  readonly values: string[];
  characters: number;
}

/** @param onPiece Told of every line: its strings, and how many had to be changed. */
export async function* stringLines(
  database: Database,
  parts: readonly string[],
  runId: string,
  onPiece: (strings: number, changed: number) => void,
): AsyncGenerator<string> {
  if (parts.length === 0) return;
  const key = escapeCopy(runId);
  let [piece, changed] = [undefined as Piece | undefined, 0];
  const line = ({ sample, number, encoding, offsets, values }: Piece): string => {
    onPiece(values.length, changed);
    changed = 0;
    return `${key}\t${sample}\t${number}\t${encoding}\t{${offsets.join(',')}}\t{${values.join(',')}}\n`;
  };
  const result = await database.connection.stream(`SELECT sample_id, encoding, file_offset::VARCHAR, value FROM read_parquet(${files(parts)})`);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    const [samples, encodings, offsets, values] = [0, 1, 2, 3].map((column) => chunk.getColumnValues(column));
    for (let row = 0; row < chunk.rowCount; row += 1) {
      const [sample, encoding] = [Number(samples?.[row]), String(encodings?.[row])];
      const { text, isChanged } = storable(values?.[row] ?? null);
      const same = piece !== undefined && piece.sample === sample;
      if (piece === undefined || !same || piece.encoding !== encoding || piece.values.length >= PIECE.strings || piece.characters >= PIECE.characters) {
        if (piece !== undefined) yield line(piece);
        piece = { sample, encoding, number: same && piece !== undefined ? piece.number + 1 : 0, offsets: [], values: [], characters: 0 };
      }
      piece.offsets.push(String(offsets?.[row]));
      piece.values.push(element(text));
      piece.characters += text.length;
      if (isChanged) changed += 1;
    }
  }
  if (piece !== undefined) yield line(piece);
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\\\\\', '"': '\\\\"', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** A text as an element of an array literal within a COPY line. */
function element(value: string): string {
  return /["\\\t\n\r]/.test(value) ? `"${value.replaceAll(/["\\\t\n\r]/g, (character) => ESCAPES[character] ?? character)}"` : `"${value}"`;
}
