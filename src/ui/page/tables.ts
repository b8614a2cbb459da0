// The tables of an image: sections, imports, exports, resources.

import type { Import, Sample } from '../../core/sample.ts';
import { formatCount, formatNoun } from '../format.ts';
import { entropyCell, grid, hex, list, rest, short, type Block } from './layout.ts';

const SHOWN = { sections: 40, dlls: 40, functions: 12, exports: 24, resources: 24 } as const;

export function sections({ sections: all }: Sample, width: number): Block {
  if (all === null) return [];
  const rows = all
    .slice(0, SHOWN.sections)
    .map((section) => [
      section.long_name === null ? section.name : `${section.long_name} (${section.name})`,
      ...[section.virtual_address, section.virtual_size, section.raw_offset, section.raw_size].map(hex),
      `${section.readable ? 'r' : '-'}${section.writable ? 'w' : '-'}${section.executable ? 'x' : '-'}${section.contains_code ? ' code' : ''}`,
      entropyCell(section.entropy),
    ]);
  const heads = ['name', 'address', 'size', 'file offset', 'file size', 'flags', 'entropy'];
  return [formatNoun(all.length, 'section'), ...grid(heads, rows, width), ...rest(all.length, SHOWN.sections)];
}

export function imports({ imports: all }: Sample, width: number): Block {
  if (all === null) return [];
  const functions = all.reduce((sum, { functions: own }) => sum + own.length, 0);
  const lines = all.slice(0, SHOWN.dlls).flatMap((dll) => importLines(dll, width));
  return [`imports: ${formatNoun(functions, 'function')} of ${formatNoun(all.length, 'DLL')}`, ...lines, ...rest(all.length, SHOWN.dlls)];
}

function importLines({ dll, delayed, functions }: Import, width: number): string[] {
  const names = functions.map(({ name, ordinal }) => name ?? `#${ordinal ?? '?'}`);
  const count = ` (${formatCount(functions.length)}${delayed ? ', delayed' : ''})`;
  const [first = '', ...others] = list([dll], 1, width - count.length);
  const head = others.length === 0 ? [`${first}${count}`] : [first, ...others.slice(0, -1), `${others.at(-1) ?? ''}${count}`];
  return [...head, ...list(names, SHOWN.functions, width, 4)];
}

export function exports({ exports: all }: Sample, width: number): Block {
  if (all === null) return [];
  const names = all.map(({ name, ordinal, forwarder }) => `${short(name ?? `#${ordinal}`)}${forwarder === null ? '' : ` -> ${short(forwarder)}`}`);
  return [`exports: ${formatNoun(all.length, 'function')}`, ...list(names, SHOWN.exports, width)];
}

export function resources({ resources: all }: Sample, width: number): Block {
  if (all === null) return [];
  const rows = all
    .slice(0, SHOWN.resources)
    .map(({ type, name, language, size, entropy, magic }) => [
      type === null ? '?' : type.replace(/^RT_/, ''),
      name ?? '?',
      language === null ? '?' : hex(language),
      size,
      entropyCell(entropy),
      magic ?? '',
    ]);
  return [
    formatNoun(all.length, 'resource'),
    ...grid(['type', 'name', 'language', 'size', 'entropy', 'magic'], rows, width),
    ...rest(all.length, SHOWN.resources),
  ];
}
