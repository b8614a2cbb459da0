// The list of columns as text and as the page docs/FEATURES.md. The schema writes the sentences;
// here they are only laid out.

import { wrap } from './wrap.ts';

/** A column, or a member of one. */
export interface FeatureMember {
  readonly name: string;
  /** As `LIST<STRUCT>`; what a STRUCT holds is in its members. */
  readonly sql_type: string;
  readonly doc: string;
  readonly members: readonly FeatureMember[];
}

/** Columns of one table that belong together. */
export interface FeatureGroup {
  readonly table: string;
  readonly name: string;
  readonly columns: readonly (FeatureMember & { readonly classic: boolean })[];
}

/** One column a line, wrapped where the terminal ends; `*` marks the classic ones. */
export function featuresText(groups: readonly FeatureGroup[], width: number): string {
  const all = groups.flatMap((group) => group.columns);
  const names = Math.max(...all.map((column) => column.name.length));
  const types = Math.max(...all.map((column) => column.sql_type.length));
  const indent = names + types + 8;
  const lines = groups.flatMap((group) => [
    `${group.table}: ${group.name}`,
    ...group.columns.flatMap((column) => {
      const [first = '', ...rest] = wrap(column.doc, Math.max(40, Math.min(width, 120) - indent));
      return [
        `  ${column.classic ? '*' : ' '} ${column.name.padEnd(names)}  ${column.sql_type.padEnd(types)}  ${first}`,
        ...rest.map((line) => `${' '.repeat(indent)}${line}`),
      ];
    }),
    '',
  ]);
  return `${[...lines, '* kept by `merc run --only classic`. Members of structs: merc features --markdown'].map((line) => line.trimEnd()).join('\n')}\n`;
}

/** A feature of PE files, and the columns that hold it or why it is not built. */
export interface Coverage {
  readonly row: number;
  readonly feature: string;
  readonly columns: string;
}

/**
 * The page docs/FEATURES.md.
 * @param views what each view holds, by name.
 */
export function featuresMarkdown(groups: readonly FeatureGroup[], views: Readonly<Record<string, string>>, coverage: readonly Coverage[]): string {
  const sections = groups.map((group) => {
    const rows = group.columns.flatMap((column) => [row(column, column.classic ? 'yes' : '', []), ...memberRows(column.members, [column.name])]);
    return `## \`${group.table}\`: ${group.name}\n\n| column | type | classic | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  const viewRows = Object.entries(views).map(([view, holds]) => `| \`${view}\` | ${holds} |`);
  return `# Features

Every column that merc writes. This page is printed by \`merc features --markdown\`.

Integers are widened so that arithmetic in SQL cannot overflow: 8 and 16 bits to INTEGER, 32 bits to
BIGINT, 64 bits to UBIGINT. NULL means absent or unreadable, and \`problems\` says which. *classic* marks
what \`merc run --only classic\` keeps. A member of a struct, or of a list of structs, is named
\`column.member\`.

${sections.join('\n')}
## Views

\`merc query\` and \`views.sql\` have these over the committed parts of an output:

| view | holds |
|---|---|
${viewRows.join('\n')}

## What there is, and what not

What the best extractors of PE files give between them, and where merc has it:

| row | feature | columns |
|---|---|---|
${coverage.map(({ row: number, feature, columns }) => `| ${number} | ${feature} | ${columns} |`).join('\n')}
`;
}

function memberRows(members: readonly FeatureMember[], path: readonly string[]): string[] {
  return members.flatMap((member) => [row(member, '', path), ...memberRows(member.members, [...path, member.name])]);
}

function row({ name, sql_type: type, doc }: FeatureMember, classic: string, path: readonly string[]): string {
  return `| \`${[...path, name].join('.')}\` | ${type} | ${classic} | ${doc.replaceAll('|', String.raw`\|`)} |`;
}
