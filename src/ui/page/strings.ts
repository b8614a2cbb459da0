// The strings that say most.

import type { Sample, StaticString } from '../../core/sample.ts';
import { escapeText } from '../escape.ts';
import { formatCount } from '../format.ts';
import { notableStrings } from '../notable-strings.ts';
import { hex, LABEL, type Block } from './layout.ts';

const SHOWN = 14;

export function stringsOf({ string_count_ascii: ascii, string_count_wide: wide }: Sample, strings: readonly StaticString[], width: number): Block {
  if (ascii === null || wide === null) return [];
  const room = width - LABEL;
  const lines = notableStrings(strings, SHOWN).map(({ file_offset, value }) => {
    const text = escapeText(value.slice(0, room));
    return `  ${hex(file_offset).padEnd(10)}  ${text.length <= room && value.length <= room ? text : `${text.slice(0, room - 1)}…`}`;
  });
  return [`strings: ${formatCount(ascii)} ASCII, ${formatCount(wide)} UTF-16LE`, ...lines];
}
