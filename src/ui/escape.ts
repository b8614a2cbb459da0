// Text that came from a sample, a CSV or a file name, made safe to print.
//
// Promise: no character of the result moves the cursor, changes the terminal, hides, or turns the
// reading direction, and the result can be read back: backslashes are doubled only where they
// stand before an escape or before something that looks like one, so that `C:\build\x.pdb` stays
// as it is. Everything that prints foreign text calls this, once, on the raw text.

/** Controls, format characters (bidi, zero-width, tags), separators, lone surrogates, and what is drawn as nothing. */
const UNSAFE = String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]`;

/** The lookbehind keeps a long run of backslashes linear: only its head is tried. */
const HOSTILE = new RegExp(String.raw`(?<!\\)\\+(?=x[0-9a-fA-F]{2}|u\{[0-9a-fA-F]+\}|${UNSAFE})|${UNSAFE}`, 'gu');

const UNSAFE_ONE = new RegExp(UNSAFE, 'gu');

/** Shows unsafe characters as `\xNN` below U+0100 and `\u{NNNN}` above. */
export function escapeText(text: string): string {
  return text.replace(HOSTILE, (found) => (found.startsWith('\\') ? found + found : escaped(found.codePointAt(0) ?? 0)));
}

function escaped(code: number): string {
  const digits = code.toString(16);
  return code < 0x100 ? `\\x${digits.padStart(2, '0')}` : `\\u{${digits.padStart(4, '0')}}`;
}

/** JSON text, the same as data, with the unsafe characters as `\uNNNN`: in JSON they stand in strings only. */
export function escapeJson(json: string): string {
  return json.replace(UNSAFE_ONE, (found) =>
    Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}
