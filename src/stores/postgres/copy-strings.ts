// The strings of a shard as lines that COPY takes: pieces of one sample and encoding, in the order of the file.
//
// Promise: pieces of a sample in order of their numbers have its strings in order, and none is larger
// than a row group, far from PostgreSQL's bound of 1 GB for a field. DuckDB puts the pieces together,
// a slice of a row group at a time: a string alone through JavaScript costs four times as much.

import { file, type Database } from '../../duckdb.ts';
import { escapeCopy } from './copy-rows.ts';

/** Strings of a piece: a row is some hundred kilobytes, and a sample has few. */
const PIECE = 4_096;

/** Strings that are put together at a time, whole pieces. */
const SLICE = 64 * PIECE;

/** @param onPiece Told of every line: its strings, and how many had to be changed. */
export async function* stringLines(
  database: Database,
  parts: readonly string[],
  runId: string,
  onPiece: (strings: number, changed: number) => void,
): AsyncGenerator<string> {
  const key = escapeCopy(runId);
  let [sample, number] = [-1, 0];
  for (const part of parts) {
    for await (const [first, end] of slicesOf(database, part)) {
      for await (const pieces of database.stream(piecesQuery(part, first, end))) {
        for (const { sample_id: of, encoding, strings, changed, offsets, texts } of pieces) {
          number = of === sample ? number + 1 : 0;
          sample = Number(of);
          onPiece(Number(strings), Number(changed));
          yield `${key}\t${sample}\t${number}\t${String(encoding)}\t{${String(offsets)}}\t{${String(texts)}}\n`;
        }
      }
    }
  }
}

/** First row and end of each slice; a row group bounds their text. */
async function* slicesOf(database: Database, part: string): AsyncGenerator<[first: number, end: number]> {
  const groups = await database.rows(`SELECT DISTINCT row_group_id, row_group_num_rows AS rows FROM parquet_metadata(${file(part)}) ORDER BY 1`);
  let start = 0;
  for (const { rows } of groups) {
    const end = start + Number(rows);
    for (let first = start; first < end; first += SLICE) yield [first, Math.min(first + SLICE, end)];
    start = end;
  }
}

/** Rows are in order and one thread reads them, so that those of a group are put together in theirs. */
function piecesQuery(part: string, first: number, end: number): string {
  return `SELECT sample_id, encoding, count(*)::INTEGER AS strings, sum(contains(value, chr(0))::INTEGER)::INTEGER AS changed,
      string_agg(file_offset::VARCHAR, ',') AS offsets, string_agg(${element('value')}, ',') AS texts
    FROM read_parquet(${file(part)}, file_row_number = true) WHERE file_row_number >= ${first} AND file_row_number < ${end}
    GROUP BY sample_id, encoding, file_row_number // ${PIECE} ORDER BY min(file_row_number)`;
}

/** What has a meaning in an array literal, in a COPY line, or in both; U+0000 is what PostgreSQL cannot hold. */
const ESCAPES = [
  [`'\\'`, `'\\\\\\\\'`],
  [`'"'`, `'\\\\"'`],
  ['chr(9)', `'\\t'`],
  ['chr(10)', `'\\n'`],
  ['chr(13)', `'\\r'`],
  ['chr(0)', `'\u{fffd}'`],
] as const;

/** A text as an element of an array literal within a COPY line. */
function element(value: string): string {
  const needed = ESCAPES.map(([character]) => `contains(${value}, ${character})`).join(' OR ');
  const escaped = ESCAPES.reduce((inner, [character, escape]) => `replace(${inner}, ${character}, ${escape})`, value);
  return `'"' || CASE WHEN ${needed} THEN ${escaped} ELSE ${value} END || '"'`;
}
