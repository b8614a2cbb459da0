import assert from 'node:assert/strict';
import { test } from 'node:test';
import stringWidth from 'string-width';
import { escapeText } from '../../src/ui/escape.ts';

/** Reads an escaped text back, by the rule that the file states. */
function unescape(text: string): string {
  return text.replace(/(\\+)(x[0-9a-fA-F]{2}|u\{[0-9a-fA-F]+\})/g, (_, slashes: string, code: string) => {
    const kept = '\\'.repeat(Math.floor(slashes.length / 2));
    if (slashes.length % 2 === 0) return kept + code;
    return kept + String.fromCodePoint(Number.parseInt(code.replace(/[xu{}]/g, ''), 16));
  });
}

test('controls are shown by their code', () => {
  assert.equal(escapeText('a\u0000\u0007\t\n\r\u001b[31mred\u007f\u009b2J'), 'a\\x00\\x07\\x09\\x0a\\x0d\\x1b[31mred\\x7f\\x9b2J');
});

test('bidi controls, zero-width characters, tags and separators are shown', () => {
  for (const code of [0x61c, 0x200e, 0x200f, 0x202a, 0x202e, 0x2066, 0x2069, 0x200b, 0x200d, 0xfeff, 0x2028, 0x2029, 0xad, 0x180e, 0xfe0f, 0x115f]) {
    const digits = code.toString(16).padStart(4, '0');
    assert.equal(escapeText(`a${String.fromCodePoint(code)}b`), code < 0x100 ? `a\\x${code.toString(16)}b` : `a\\u{${digits}}b`);
  }
  assert.equal(escapeText('\u{e0041}\u{e0100}'), '\\u{e0041}\\u{e0100}');
});

test('a surrogate on its own is shown, a pair is a character', () => {
  assert.equal(escapeText('\ud83d|\ude00|\u{1f600}'), '\\u{d83d}|\\u{de00}|\u{1f600}');
});

test('printable text of any script stays as it is', () => {
  for (const text of [
    'plain',
    'naïve',
    '漢字 かな 한국어',
    'שלום',
    'مرحبا',
    'नमस्ते',
    'e\u0301',
    'non\u00a0break',
    'C:\\build\\release\\x.pdb',
    '\\\\server\\share',
  ])
    assert.equal(escapeText(text), text);
});

test('a text that looks like an escape differs from the escape', () => {
  assert.equal(escapeText('\\x1b'), '\\\\x1b');
  assert.equal(escapeText('\u001b'), '\\x1b');
  assert.equal(escapeText('\\\u001b'), '\\\\\\x1b');
  assert.equal(escapeText('C:\\xab\\u{1f600}\\xyz'), 'C:\\\\xab\\\\u{1f600}\\xyz');
});

test('every text is read back from its escaped form', () => {
  const pieces = ['\\', 'x', '1b', 'u{', '200e', '}', '\u001b', '\u200e', '\ud800', 'a', '\n', 'X', 'F'];
  let seed = 1;
  for (let round = 0; round < 20_000; round += 1) {
    let text = '';
    for (let length = 0; length < 8; length += 1) {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      text += pieces[(seed >> 8) % pieces.length];
    }
    assert.equal(unescape(escapeText(text)), text, JSON.stringify(text));
  }
});

test('no character below U+3000 acts on a terminal or is drawn as nothing once escaped', () => {
  const acting = [
    [0, 0x1f],
    [0x7f, 0x9f],
    [0xad, 0xad],
    [0x61c, 0x61c],
    [0x200b, 0x200f],
    [0x2028, 0x202e],
    [0x2060, 0x206f],
  ] as const;
  for (let code = 0; code < 0x3000; code += 1) {
    const shown = escapeText(String.fromCodePoint(code));
    const acts = acting.some(([first, last]) => code >= first && code <= last);
    if (acts) assert.match(shown, /^\\[ -~]+$/, code.toString(16));
    if (!/\p{M}/u.test(shown)) assert.ok(stringWidth(shown) > 0, code.toString(16));
  }
});

test('a megabyte of backslashes takes no quadratic time', () => {
  const started = performance.now();
  assert.equal(escapeText('\\'.repeat(1_000_000)).length, 1_000_000);
  assert.equal(escapeText(`${'\\'.repeat(1_000_000)}x1b`).length, 2_000_003);
  assert.ok(performance.now() - started < 3_000);
});
