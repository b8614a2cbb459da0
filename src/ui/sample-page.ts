// One file as a page for an analyst.
//
// Promise: every line is escaped and fits the width (from 80 columns on, which a SHA-256 needs with
// its label); long lists are cut and say how much. A file that is no PE has a page too.

import type { Certificate, Import, Sample, StaticString } from '../core/sample.ts';
import { escapeText } from './escape.ts';
import { formatBytes, formatCount, formatNoun } from './format.ts';
import { notableStrings } from './notable-strings.ts';
import { table } from './table.ts';
import { wrap } from './wrap.ts';

/** Entries of a list before it is cut. */
const SHOWN = { problems: 12, sections: 40, dlls: 40, functions: 12, exports: 24, certificates: 12, strings: 14 } as const;
/** Characters of a name before it is cut: hostile ones have thousands. */
const NAME = 200;
const LABEL = 14;

/** @param width columns to fit. */
export function samplePage({ sample, strings }: { readonly sample: Sample; readonly strings: readonly StaticString[] }, width: number): string {
  const blocks = [
    identity(sample),
    outcome(sample),
    headers(sample),
    sections(sample, width),
    imports(sample, width),
    exports(sample, width),
    certificates(sample),
    stringsOf(sample, strings, width),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.flatMap((line) => (typeof line === 'string' ? [line] : labelled(line, width))).join('\n'))
    .join('\n\n')}\n`;
}

/** A finished line, or a label with raw text. */
type Line = string | readonly [label: string, text: string];
type Block = readonly Line[];

function labelled([label, text]: readonly [string, string], width: number): string[] {
  const lines = wrap(escapeText(clip(text)), width - LABEL);
  return lines.map((line, index) => `${(index === 0 ? label : '').padEnd(LABEL)}${line}`);
}

function clip(text: string): string {
  const most = NAME * 5;
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}

function identity({ file_name, file_size, md5, sha1, sha256, magic, entropy }: Sample): Block {
  return [
    ['file', file_name],
    ['size', `${formatCount(file_size)} bytes${file_size < 1000 ? '' : ` (${formatBytes(file_size)})`}`],
    ...present([
      ['md5', md5],
      ['sha1', sha1],
      ['sha256', sha256],
      ['magic', magic],
      ['entropy', entropy === null ? null : `${entropy.toFixed(3)} bits a byte`],
    ]),
  ];
}

function present(lines: readonly (readonly [string, string | null | undefined])[]): Line[] {
  return lines.flatMap(([label, text]) => (text === null || text === undefined ? [] : [[label, text] as const]));
}

const STATUS: Readonly<Record<string, string>> = {
  ok: 'ok',
  partial: 'partial: something is broken or was cut',
  not_pe: 'not_pe: no Windows executable; only what every file has',
};

function outcome({ status, problems, limits_hit }: Sample): Block {
  const lines = problems.slice(0, SHOWN.problems).map(({ stage, kind, file_offset, detail }, index): Line => {
    const at = file_offset === null ? '' : ` at ${hex(file_offset)}`;
    return [index === 0 ? 'problems' : '', `${stage}.${kind}${at}${detail === null ? '' : `: ${detail}`}`];
  });
  return [
    ['status', STATUS[status] ?? status],
    ...lines,
    ...rest(problems.length, SHOWN.problems),
    ...(limits_hit.length > 0 ? [['limits hit', limits_hit.join(' ')] as const] : []),
  ];
}

function rest(all: number, shown: number): Line[] {
  return all > shown ? [['', `and ${formatCount(all - shown)} more`]] : [];
}

function headers({ headers: coff, headers_optional: optional, machine_name, subsystem_name, coff_timestamp, is_64bit }: Sample): Block {
  if (coff === null) return [];
  const lines: Line[] = [
    ['machine', `${machine_name ?? 'unknown'} (${hex(coff.machine)})${is_64bit === null ? '' : is_64bit ? ', PE32+' : ', PE32'}`],
    ...present([
      ['subsystem', subsystem_name],
      ['compiled', coff_timestamp === null ? null : `${coff_timestamp} UTC (a hash in reproducible builds)`],
    ]),
    [
      'flags',
      [...coff.characteristics_names, ...(optional?.dll_characteristics_names ?? [])]
        .map((flag) => flag.replace(/^IMAGE_(?:FILE|DLLCHARACTERISTICS)_/, ''))
        .join(' '),
    ],
  ];
  if (optional === null) return lines;
  const version = (kind: 'linker' | 'operating_system' | 'image' | 'subsystem') =>
    `${optional[`major_${kind}_version`] ?? '?'}.${optional[`minor_${kind}_version`] ?? '?'}`;
  return [
    ...lines,
    ['entry point', hex(optional.address_of_entry_point)],
    [
      'image',
      `base ${hex(optional.image_base)}, ${formatCount(optional.size_of_image ?? Number.NaN)} bytes, aligned ${hex(optional.section_alignment)} in memory, ${hex(optional.file_alignment)} in the file`,
    ],
    ['versions', `linker ${version('linker')}, OS ${version('operating_system')}, subsystem ${version('subsystem')}, image ${version('image')}`],
    ['checksum', hex(optional.check_sum)],
  ];
}

function hex(value: number | bigint | null): string {
  return value === null ? '?' : `0x${value.toString(16)}`;
}

function sections({ sections: all }: Sample, width: number): Block {
  if (all === null) return [];
  const withEntropy = all.some((section) => typeof section.entropy === 'number');
  const heads = ['name', 'address', 'size', 'file offset', 'file size', 'flags', ...(withEntropy ? ['entropy'] : [])];
  const rows = all
    .slice(0, SHOWN.sections)
    .map(({ name, virtual_address, virtual_size, raw_offset, raw_size, executable, readable, writable, contains_code, entropy }) => [
      name,
      ...[virtual_address, virtual_size, raw_offset, raw_size].map(hex),
      `${readable ? 'r' : '-'}${writable ? 'w' : '-'}${executable ? 'x' : '-'}${contains_code ? ' code' : ''}`,
      ...(withEntropy ? [entropy === null || entropy === undefined ? null : Number(entropy.toFixed(2))] : []),
    ]);
  return [
    formatNoun(all.length, 'section'),
    ...(rows.length > 0 ? indented(table(heads, rows, { width: width - 2 })) : []),
    ...rest(all.length, SHOWN.sections),
  ];
}

function indented(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`.trimEnd());
}

function imports({ imports: all }: Sample, width: number): Block {
  if (all === null) return [];
  const functions = all.reduce((sum, { functions: own }) => sum + own.length, 0);
  const lines = all.slice(0, SHOWN.dlls).flatMap((dll) => importLines(dll, width));
  return [`imports: ${formatNoun(functions, 'function')} of ${formatNoun(all.length, 'DLL')}`, ...lines, ...rest(all.length, SHOWN.dlls)];
}

function importLines({ dll, delayed, functions }: Import, width: number): string[] {
  const names = functions.slice(0, SHOWN.functions).map(({ name, ordinal }) => escapeText(short(name ?? `#${ordinal ?? '?'}`)));
  const more = functions.length > SHOWN.functions ? [`and ${formatCount(functions.length - SHOWN.functions)} more`] : [];
  return [
    `  ${escapeText(short(dll))} (${formatCount(functions.length)}${delayed ? ', delayed' : ''})`,
    ...wrap([...names, ...more].join(', '), width - 4)
      .filter((line) => line !== '')
      .map((line) => `    ${line}`),
  ];
}

function short(name: string): string {
  return name.length <= NAME ? name : `${name.slice(0, NAME)}…`;
}

function exports({ exports: all }: Sample, width: number): Block {
  if (all === null) return [];
  const names = all
    .slice(0, SHOWN.exports)
    .map(({ name, ordinal, forwarder }) => escapeText(`${short(name ?? `#${ordinal}`)}${forwarder === null ? '' : ` -> ${short(forwarder)}`}`));
  const more = all.length > SHOWN.exports ? [`and ${formatCount(all.length - SHOWN.exports)} more`] : [];
  return [
    `exports: ${formatNoun(all.length, 'function')}`,
    ...wrap([...names, ...more].join(', '), width - 2)
      .filter((line) => line !== '')
      .map((line) => `  ${line}`),
  ];
}

function certificates({ certificates: all }: Sample): Block {
  if (all === null || all.length === 0) return [];
  return [`certificates: ${formatCount(all.length)}`, ...all.slice(0, SHOWN.certificates).flatMap(certificate), ...rest(all.length, SHOWN.certificates)];
}

function certificate({ subject, issuer, not_before, not_after, serial, fingerprint }: Certificate): Line[] {
  return present([
    ['  subject', subject ?? '?'],
    ['  issuer', issuer ?? '?'],
    ['  valid', `${not_before ?? '?'} to ${not_after ?? '?'}`],
    ['  serial', serial],
    ['  sha256', fingerprint],
  ]);
}

function stringsOf({ string_count_ascii: ascii, string_count_wide: wide }: Sample, strings: readonly StaticString[], width: number): Block {
  if (ascii === null || wide === null) return [];
  const room = width - 14;
  const lines = notableStrings(strings, SHOWN.strings).map(({ file_offset, value }) => {
    const text = escapeText(value.slice(0, room));
    return `  ${hex(file_offset).padEnd(10)}  ${text.length <= room && value.length <= room ? text : `${text.slice(0, room - 1)}…`}`;
  });
  return [`strings: ${formatCount(ascii)} ASCII, ${formatCount(wide)} UTF-16LE`, ...lines];
}
