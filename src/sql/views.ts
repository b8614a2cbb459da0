// The views over an output: `views.sql` for stock DuckDB, and what `merc query` asks.
//
// Promise: they read committed parts and nothing else, and a filter on one sample reaches the scan
// through every one of them.

import { readCommits } from '../core/commit.ts';
import { LAYOUT, namesIn } from '../core/layout.ts';
import { readHeads } from '../core/plan.ts';
import { files, name } from '../duckdb.ts';
import { columns } from '../native.ts';
import { classicSelect } from './classic.ts';

/** The committed parts of an output, as a query names them. */
export interface Parts {
  readonly samples: readonly string[];
  readonly strings: readonly string[];
  /** Absent where the output has no dataset. */
  readonly dataset?: string;
  /** The output has the classic columns only. */
  readonly classic: boolean;
}

/** Names of the views with what each holds, in the order in which they are made. */
export const VIEWS = {
  samples: 'one row a sample',
  strings: 'one row a string, with its sample',
  sections: 'one row a section',
  imports: 'one row an imported function',
  exports: 'one row an export',
  resources: 'one row a resource',
  certificates: 'one row a certificate',
  signatures: 'one row an Authenticode signature',
  problems: 'one row a problem',
  dataset_unmatched: 'files without a dataset row, dataset rows without a file',
  classic: 'the 19 fields of the first system',
} as const;

/** Views of columns that `--only classic` leaves out. */
const FULL_ONLY: ReadonlySet<string> = new Set(['resources', 'signatures']);

/** Views that there are only with strings parts. */
const OF_STRINGS: ReadonlySet<string> = new Set(['strings', 'classic']);

/** Committed parts below `base`, which is the output folder or empty for paths relative to it. */
export async function committedParts(out: string, base: string): Promise<Parts> {
  const samples: string[] = [];
  const strings: string[] = [];
  for await (const commit of readCommits(out)) {
    if (commit.samples !== null) samples.push(base + commit.samples.name);
    strings.push(...commit.strings.map((part) => base + part.name));
  }
  const hasDataset = (await namesIn(out)).includes(LAYOUT.dataset);
  const classic = (await readHeads(out)).some((head) => head.options.classic);
  return { samples, strings, classic, ...(hasDataset ? { dataset: base + LAYOUT.dataset } : {}) };
}

/** What every row of a nested list is of, before its own columns. */
const SAMPLE = ['sample_id', 'file_name', 'sha256'];

/** The statements that make the views. */
export function viewStatements(parts: Parts): string[] {
  const samples = `read_parquet(${files(parts.samples)})`;
  const strings = `read_parquet(${files(parts.strings)})`;
  const queries: Record<keyof typeof VIEWS, string> = {
    samples: `SELECT * FROM ${samples}`,
    strings: `SELECT t.sample_id, s.file_name, s.sha256, t.file_offset, t.encoding, t.value FROM ${strings} t JOIN ${samples} s USING (sample_id)`,
    sections: entries('sections', 'section', samples),
    // A DLL without functions keeps its row.
    imports: `SELECT ${[...SAMPLE, ...memberColumns('e', membersOf('imports', ['functions']), 'import'), ...memberColumns('f', membersOf('imports.functions'), 'function')].join(', ')}
      FROM (SELECT ${SAMPLE.join(', ')}, e, unnest(CASE WHEN len(e.functions) = 0 THEN [NULL] ELSE e.functions END) AS f FROM (${unnested('imports', samples)}))`,
    exports: entries('exports', 'export', samples),
    resources: entries('resources', 'resource', samples),
    certificates: entries('certificates', 'certificate', samples),
    signatures: entries('signatures', 'signature', samples),
    problems: entries('problems', 'problem', samples),
    dataset_unmatched: unmatched(samples, parts.dataset),
    classic: classicSelect(samples, strings),
  };
  const made = Object.entries(queries).filter(([view]) => !(parts.classic && FULL_ONLY.has(view)) && !(parts.strings.length === 0 && OF_STRINGS.has(view)));
  return made.map(([view, query]) => `CREATE OR REPLACE VIEW ${view} AS ${query};`);
}

function entries(list: string, one: string, samples: string): string {
  return `SELECT ${[...SAMPLE, ...memberColumns('e', membersOf(list), one)].join(', ')} FROM (${unnested(list, samples)})`;
}

function unnested(list: string, samples: string): string {
  return `SELECT ${SAMPLE.join(', ')}, unnest(${list}) AS e FROM ${samples}`;
}

/** Members as columns; one that is called as a column of the sample gets a prefix, as `section_sha256`. */
function memberColumns(struct: string, members: readonly string[], prefix: string): string[] {
  return members.map((member) => `${struct}.${name(member)}${SAMPLE.includes(member) ? ` AS ${prefix}_${member}` : ''}`);
}

/** Names of the members of a list of structs in the schema, but `without`. */
function membersOf(path: string, without: readonly string[] = []): string[] {
  let members = (JSON.parse(columns()) as { readonly table: string; readonly columns: readonly Member[] }[])
    .filter(({ table }) => table === 'samples')
    .flatMap((group) => group.columns);
  for (const step of path.split('.')) members = [...(members.find((member) => member.name === step)?.members ?? [])];
  return members.map((member) => member.name).filter((member) => !without.includes(member));
}

interface Member {
  readonly name: string;
  readonly members: readonly Member[];
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
