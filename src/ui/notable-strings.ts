// Which of a file's strings a reader looks at first: addresses, paths, keys, then the longest.

import type { StaticString } from '../core/sample.ts';

/** What tells where a program came from, where it goes and what it touches. */
const TELLING: readonly RegExp[] = [
  /\b(?:https?|ftp|wss?):\/\/[\w.-]+/i,
  /\b(?:[A-Z]:\\|\\\\)[^\\/:*?"<>|]+\\/i,
  /\.pdb\b/i,
  /\b(?:HKEY_[A-Z_]+|SOFTWARE|SYSTEM\\CurrentControlSet)\\/i,
  /\b[\w.+-]+@[\w-]+\.[a-z]{2,}\b/i,
  /\b(?:cmd(?:\.exe)? \/c|powershell|rundll32|schtasks|wscript|vssadmin)\b/i,
];
/** Characters of a string that are looked at; patterns over megabytes would take seconds. */
const LOOKED_AT = 2_048;

/** At most `most`, the telling ones in file order before the longest; none twice. */
export function notableStrings(strings: readonly StaticString[], most: number): StaticString[] {
  const chosen = new Map<string, StaticString>();
  for (const string of strings) {
    if (chosen.size >= most) break;
    const start = string.value.slice(0, LOOKED_AT);
    if (!chosen.has(string.value) && TELLING.some((pattern) => pattern.test(start))) chosen.set(string.value, string);
  }
  if (chosen.size >= most) return [...chosen.values()];
  for (const string of strings.toSorted((a, b) => b.value.length - a.value.length)) {
    if (chosen.size >= most) break;
    if (!chosen.has(string.value)) chosen.set(string.value, string);
  }
  return [...chosen.values()];
}
