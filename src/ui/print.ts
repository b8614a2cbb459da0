// Lines to standard output, made safe for a terminal.

import { escapeText } from './escape.ts';

export function print(line: string): void {
  process.stdout.write(`${escapeText(line)}\n`);
}
