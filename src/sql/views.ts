// The views over an output: `views.sql` for stock DuckDB, and what `merc query` asks.
//
// Promise: they read committed parts and nothing else, and a filter on one sample reaches the scan
// through every one of them.

import { readCommits } from '../core/commit.ts';
import { LAYOUT, namesIn } from '../core/layout.ts';
import { files } from '../duckdb.ts';
import { classicSelect } from './classic.ts';

/** The committed parts of an output, as a query names them. */
export interface Parts {
  readonly samples: readonly string[];
  readonly strings: readonly string[];
  /** Absent where the output has no dataset. */
  readonly dataset?: string;
}

/** Names of the views with what each holds, in the order in which they are made. */
export const VIEWS = {
  samples: 'one row a sample',
  strings: 'one row a string, with its sample',
  sections: 'one row a section',
  imports: 'one row an imported function',
  exports: 'one row an export',
  certificates: 'one row a certificate',
  problems: 'one row a problem',
  dataset_unmatched: 'files without a dataset row, dataset rows without a file',
  classic: 'the 19 fields of the first system',
} as const;

/** Committed parts below `base`, which is the output folder or empty for paths relative to it. */
export async function committedParts(out: string, base: string): Promise<Parts> {
  const samples: string[] = [];
  const strings: string[] = [];
  for await (const commit of readCommits(out)) {
    samples.push(base + commit.samples.name);
    strings.push(...commit.strings.map((part) => base + part.name));
  }
  const hasDataset = (await namesIn(out)).includes(LAYOUT.dataset);
  return { samples, strings, ...(hasDataset ? { dataset: base + LAYOUT.dataset } : {}) };
}

/** The statements that make the views. */
export function viewStatements(parts: Parts): string[] {
  const samples = `read_parquet(${files(parts.samples)})`;
  const strings = `read_parquet(${files(parts.strings)})`;
  const each = (list: string) => `SELECT sample_id, file_name, sha256, unnest(${list}, max_depth := 2) FROM ${samples}`;
  const queries: Record<keyof typeof VIEWS, string> = {
    samples: `SELECT * FROM ${samples}`,
    strings: `SELECT t.sample_id, s.file_name, s.sha256, t.file_offset, t.encoding, t.value FROM ${strings} t JOIN ${samples} s USING (sample_id)`,
    sections: each('sections'),
    // A DLL without functions keeps its row.
    imports: `SELECT sample_id, file_name, sha256, dll, delayed, unnest(CASE WHEN len(functions) = 0 THEN [NULL] ELSE functions END, max_depth := 2)
      FROM (${each('imports')})`,
    exports: each('exports'),
    certificates: each('certificates'),
    problems: each('problems'),
    dataset_unmatched: unmatched(samples, parts.dataset),
    classic: classicSelect(samples, strings),
  };
  return Object.entries(queries).map(([view, query]) => `CREATE OR REPLACE VIEW ${view} AS ${query};`);
}

function unmatched(samples: string, dataset: string | undefined): string {
  const file = `SELECT 'row' AS missing, sample_id, file_name, NULL::BIGINT AS dataset_row, NULL::VARCHAR AS id, sha256, md5, sha1 FROM ${samples} WHERE dataset_row IS NULL`;
  if (dataset === undefined) return file;
  return `${file} UNION ALL
    SELECT 'file', NULL, NULL, d.dataset_row, d.id::VARCHAR, d.sha256, d.md5, d.sha1 FROM read_parquet(${files([dataset])}) d
    WHERE NOT EXISTS (SELECT 1 FROM ${samples} s WHERE s.dataset_row = d.dataset_row)`;
}

/** The text of `views.sql`, for \`duckdb -init views.sql\` run inside the output folder. */
export async function viewsFile(out: string): Promise<string> {
  const parts = await committedParts(out, '');
  const head = '-- Views over the committed parts of this output: run `duckdb -init views.sql` in this folder.\n';
  return parts.samples.length === 0 ? `${head}-- Nothing is committed yet.\n` : `${head}${viewStatements(parts).join('\n')}\n`;
}
