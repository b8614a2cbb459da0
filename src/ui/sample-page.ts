// One file as a page for an analyst: what it is and what stands out first, tables behind.
//
// Promise: every line is escaped and fits the width (from 80 columns on, which a SHA-256 needs with
// its label); long lists are cut and say how much. A file that is no PE has a page too.

import type { Sample, StaticString } from '../core/sample.ts';
import { clr, versionInfo } from './page/description.ts';
import { directories, headers, overlay, rich } from './page/headers.ts';
import { identity, outcome, pivots } from './page/identity.ts';
import { page } from './page/layout.ts';
import { stringsOf } from './page/strings.ts';
import { exports, imports, resources, sections } from './page/tables.ts';
import { certificates, signatures } from './page/trust.ts';

/** @param width columns to fit. */
export function samplePage({ sample, strings }: { readonly sample: Sample; readonly strings: readonly StaticString[] }, width: number): string {
  const blocks = [
    identity(sample),
    outcome(sample),
    pivots(sample),
    versionInfo(sample),
    headers(sample),
    sections(sample, width),
    clr(sample, width),
    imports(sample, width),
    exports(sample, width),
    resources(sample, width),
    directories(sample),
    overlay(sample),
    signatures(sample),
    certificates(sample),
    rich(sample, width),
    stringsOf(sample, strings, width),
  ];
  return page(blocks, width);
}
