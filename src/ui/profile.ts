// The table of `merc run --profile`.

import type { RunProfile } from '../core/profile.ts';

const GIGABYTE = 1e9;
const LABEL = 10;

/** A row a stage and one for the whole, CPU seconds in all and per GB of input. */
export function profileTable({ total, bytes, stages }: RunProfile): string {
  const row = (stage: string, seconds: number) => {
    const perGigabyte = bytes > 0 ? ((seconds * GIGABYTE) / bytes).toFixed(2) : '-';
    const share = total > 0 ? `${((seconds / total) * 100).toFixed(0)} %` : '-';
    return `  ${stage.padEnd(LABEL)}${seconds.toFixed(2).padStart(9)}${perGigabyte.padStart(9)}${share.padStart(8)}\n`;
  };
  const head = `\n  ${'CPU time'.padEnd(LABEL)}${'s'.padStart(9)}${'s/GB'.padStart(9)}${'share'.padStart(8)}\n`;
  return `${head}${Object.entries(stages)
    .map(([stage, seconds]) => row(stage, seconds))
    .join('')}${row('total', total)}`;
}
