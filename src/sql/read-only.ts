// What keeps `merc query` from doing anything but reading one output.
//
// Two walls, each enough for most of it: the database may touch no file outside the output and its
// settings are locked; and of the text only SELECT and EXPLAIN of a SELECT are let through. The
// second is needed inside the output, where the first would let COPY write. EXPLAIN ANALYZE runs
// what it explains, and some table functions write files from within a SELECT: hence the look into
// the parsed text.

import { file, statementTypes, text, type Database, type Prepared } from '../duckdb.ts';
import { UsageError, messageOf } from '../core/errors.ts';

/** Table functions that write files, change the database, or run SQL that is not in the text. */
const REFUSED_FUNCTIONS: ReadonlySet<string> = new Set([
  ...['enable_logging', 'disable_logging', 'truncate_duckdb_logs', 'enable_profiling', 'disable_profiling'],
  ...['enable_peg_parser', 'disable_peg_parser', 'checkpoint', 'force_checkpoint', 'write_log'],
  ...['query', 'json_execute_serialized_sql'],
]);
const EXPLAIN = /^(?:\s|--[^\n]*(?:\n|$)|\/\*.*?\*\/)*explain\b(?:\s*analyze\b)?(?:\s*\((?:\s*(?:analyze|verbose|format)\b[^()]*)\))?/is;
const READING_WORDS = ['SELECT', 'WITH', 'FROM', 'VALUES', 'TABLE', 'DESCRIBE', 'SUMMARIZE', 'SHOW', 'EXPLAIN'];
const ALLOWED = 'merc query only reads: SELECT, DESCRIBE, SUMMARIZE, SHOW, and EXPLAIN of one of them';

/** Shuts the database in: nothing but `folder` is read, and that cannot be undone. */
export async function confine(database: Database, folder: string): Promise<void> {
  // A name with wildcards is checked in the escaped form in which the views have it.
  const folders = [text(folder), file(folder)].filter((name, index, all) => all.indexOf(name) === index);
  await database.run(`SET allowed_directories = [${folders.join(', ')}]; SET enable_external_access = false; SET lock_configuration = true`);
}

/** The statements of a text, ready to run; refuses the whole text if one of them does more than read. */
export async function readingStatements(database: Database, sql: string): Promise<Prepared[]> {
  const explained = EXPLAIN.exec(sql)?.[0];
  await assertReads(database, explained === undefined ? sql : sql.slice(explained.length));
  const extracted = await database.connection.extractStatements(sql);
  if (explained !== undefined && extracted.count !== 1) throw new UsageError('EXPLAIN goes alone: ask for one statement at a time');
  const prepared: Prepared[] = [];
  const StatementType = statementTypes();
  for (let index = 0; index < extracted.count; index += 1) {
    const statement = await extracted.prepare(index);
    const wanted = explained === undefined ? StatementType.SELECT : StatementType.EXPLAIN;
    if (statement.statementType !== wanted) throw refusal(StatementType[statement.statementType]);
    prepared.push(statement);
  }
  return prepared;
}

/** Refuses a text that is not SELECTs throughout, by its syntax tree, which DuckDB makes of nothing else. */
async function assertReads(database: Database, sql: string): Promise<void> {
  const [row] = await database.rows(`SELECT json_serialize_sql(${text(sql)})::VARCHAR AS tree`);
  const tree = JSON.parse(String(row?.['tree'])) as { error: boolean; error_type?: string; error_message?: string; statements?: unknown[] };
  if (tree.error) {
    if (tree.error_type !== 'not implemented') throw new UsageError(tree.error_message ?? 'not understood');
    const first = /^(?:\W|--[^\n]*\n)*(\w+)/.exec(sql)?.[1]?.toUpperCase() ?? '';
    throw refusal(sql.includes(';') && READING_WORDS.includes(first) ? 'one of the statements' : first);
  }
  if (tree.statements?.length === 0) throw new UsageError('the query is empty: try "SELECT * FROM samples LIMIT 10"');
  const open: unknown[] = [tree.statements];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'function_name' && REFUSED_FUNCTIONS.has(String(value).toLowerCase())) throw refusal(`${String(value).toLowerCase()}()`);
      if (typeof value === 'object' && value !== null) open.push(value);
    }
  }
}

function refusal(what = 'this'): UsageError {
  return new UsageError(`${what} is refused: ${ALLOWED}`);
}

/** A DuckDB error as one line without its excerpt of the text. */
export function queryError(error: unknown): UsageError {
  if (error instanceof UsageError) return error;
  const lines = messageOf(error)
    .replace(/^Failed to extract statements: /, '')
    .replace(/ - file system operations are disabled by configuration/, ': merc query reads nothing outside the output')
    .split('\n')
    .map((line) => line.trim());
  const excerpt = lines.findIndex((line) => /^LINE \d+:/.test(line));
  return new UsageError(
    lines
      .slice(0, excerpt === -1 ? undefined : excerpt)
      .filter((line) => line !== '')
      .slice(0, 2)
      .join(' '),
  );
}
