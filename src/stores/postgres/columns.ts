// The columns of `merc_files`: those of the schema, each with PostgreSQL's type for it.
//
// Promise: the schema is the one list. Scalars are typed, lists of scalars are arrays, everything
// nested is JSONB; the dataset's own columns, which every dataset has others of, are one JSONB `csv`.

import { columns } from '../../native.ts';

/** A column of the schema, or a member of one. */
export interface Member {
  readonly name: string;
  readonly sql_type: string;
  readonly members: readonly Member[];
}

export interface FileColumn {
  readonly name: string;
  /** PostgreSQL's type. */
  readonly type: string;
  /** What it holds by the schema; absent for `csv`. */
  readonly member?: Member;
}

const SCALARS: Readonly<Record<string, string>> = {
  BOOLEAN: 'boolean',
  INTEGER: 'integer',
  BIGINT: 'bigint',
  // Up to 2^64 - 1, which no integer of PostgreSQL's holds.
  UBIGINT: 'numeric',
  DOUBLE: 'double precision',
  VARCHAR: 'text',
  TIMESTAMP: 'timestamp',
  BLOB: 'bytea',
};

let known: readonly FileColumn[] | undefined;

/** All columns but the key's `run_id` and `shard`, in the order of the Parquet's. */
export function fileColumns(): readonly FileColumn[] {
  known ??= samplesMembers().flatMap((member): FileColumn[] => {
    const column = { name: member.name, type: typeOf(member), member };
    return member.name === 'dataset_match' ? [column, { name: 'csv', type: 'jsonb' }] : [column];
  });
  return known;
}

/** The columns of `samples` by the schema. */
export function samplesMembers(): Member[] {
  return (JSON.parse(columns()) as { readonly table: string; readonly columns: readonly Member[] }[])
    .filter(({ table }) => table === 'samples')
    .flatMap((group) => group.columns);
}

function typeOf({ name, sql_type: type }: Member): string {
  // Whatever a dataset calls its rows: digits with one, text with the next.
  if (name === 'id') return 'text';
  return SCALARS[type] ?? (isList(type) && SCALARS[itemType(type)] !== undefined ? `${SCALARS[itemType(type)]}[]` : 'jsonb');
}

/** Whether a type of the schema is a list. */
export function isList(type: string): boolean {
  return type.startsWith('LIST<');
}

/** What a list of the schema is of. */
export function itemType(type: string): string {
  return type.slice('LIST<'.length, -1);
}
