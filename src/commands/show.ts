// `merc show`: one file, extracted and printed, as a page for people or as the exact record.

import { UsageError } from '../core/errors.ts';
import { escapeJson } from '../ui/escape.ts';
import { samplePage } from '../ui/sample-page.ts';
import { extractSample, extractText } from './extract-file.ts';

/** Columns of a page: a terminal may be wider, lines longer than this are hard to read. */
const WIDEST = 100;
const NARROWEST = 60;

export async function showCommand(path: string, { json }: { readonly json: boolean }): Promise<void> {
  if (json) {
    // The addon's own text: numbers that went through JavaScript would lose digits.
    const text = extractText(path);
    process.stdout.write(`${process.stdout.isTTY ? escapeJson(text) : text}\n`);
    return;
  }
  const file = extractSample(path);
  if (file.sample.status === 'failed') throw new UsageError(`${path}: could not be read (${file.sample.problems[0]?.detail ?? 'unknown'})`);
  process.stdout.write(samplePage(file, Math.max(NARROWEST, Math.min(WIDEST, process.stdout.columns || WIDEST))));
}
