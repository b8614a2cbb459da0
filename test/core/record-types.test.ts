import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { columns } from '../../src/native.ts';

/** A column as the addon describes it. */
interface Column {
  readonly name: string;
  readonly sql_type: string;
  readonly nullable: boolean;
  readonly members: readonly Column[];
}

/** A field of an interface: its type without `null`, literals as `string`. */
interface Declared {
  readonly type: string;
  readonly nullable: boolean;
}

const TYPES: Record<string, string> = {
  INTEGER: 'number',
  BIGINT: 'number',
  DOUBLE: 'number',
  UBIGINT: 'bigint',
  BOOLEAN: 'boolean',
  VARCHAR: 'string',
  BLOB: 'string',
  TIMESTAMP: 'string',
};

/** Interfaces by name, with their fields. */
function interfaces(): Map<string, Map<string, Declared>> {
  const folder = 'src/core/record';
  const files = ['src/core/sample.ts', ...readdirSync(folder).map((name) => join(folder, name))];
  const all = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  const found = new Map<string, Map<string, Declared>>();
  for (const [, name, body] of all.matchAll(/^export interface (\w+)(?: extends \w+)? \{\n([\s\S]*?)^\}/gmu)) {
    const fields = [...(body ?? '').matchAll(/^ {2}readonly (\w+\??): (?:readonly )?(.+);$/gmu)];
    found.set(name ?? '', new Map(fields.map(([, field, type]) => [field ?? '', declared(type ?? '')])));
  }
  return found;
}

function declared(type: string): Declared {
  const without = type.replace(/ \| null$/u, '');
  return { type: without.replace(/^'.*'$/u, 'string'), nullable: without !== type };
}

/** What the schema has of `members` and the interface `name` has not, or the other way round. */
function differences(name: string, members: readonly Column[], all: Map<string, Map<string, Declared>>): string[] {
  const fields = all.get(name);
  if (fields === undefined) return [`${name}: no such interface`];
  const known = new Set(members.map((member) => member.name));
  return [
    ...[...fields.keys()].filter((field) => !known.has(field)).map((field) => `${name}.${field}: not in the schema`),
    ...members.flatMap((member) => {
      const field = fields.get(member.name);
      const at = `${name}.${member.name}`;
      if (field === undefined) return [`${at}: not declared`];
      const { type, nullable } = field;
      if (nullable !== member.nullable) return [`${at}: ${nullable ? 'null, which it never is' : 'never null, which it can be'}`];
      const list = member.sql_type.startsWith('LIST<');
      if (list !== type.endsWith('[]')) return [`${at}: ${type} for ${member.sql_type}`];
      const item = list ? type.slice(0, -2) : type;
      const wanted = list ? member.sql_type.slice('LIST<'.length, -1) : member.sql_type;
      if (wanted === 'STRUCT') return differences(item, member.members, all);
      return item === TYPES[wanted] ? [] : [`${at}: ${type} for ${member.sql_type}`];
    }),
  ];
}

test('the declared types of a record are those of the schema, field by field', () => {
  const groups = JSON.parse(columns()) as { table: string; name: string; columns: Column[] }[];
  const own = groups.filter(({ table, name }) => table === 'samples' && name !== 'dataset');
  const sample = own.flatMap((group) => group.columns);
  assert.ok(sample.length > 60);
  assert.deepEqual(differences('Sample', sample, interfaces()), []);
});
