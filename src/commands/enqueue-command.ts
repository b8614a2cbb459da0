// `merc enqueue` as typed: flags checked, the shards queued, what was done printed.

import { runOptions, type RunFlags } from '../core/options.ts';
import { redisUrl } from '../queues/url.ts';
import { escapeText } from '../ui/escape.ts';
import { formatBytes, formatCount, formatNoun } from '../ui/format.ts';
import { print } from '../ui/print.ts';
import { SKIPS_NAMED } from '../ui/run-view.ts';
import { enqueue } from './enqueue.ts';

export interface EnqueueFlags extends RunFlags {
  readonly redis?: string;
  readonly redisAnyPolicy?: boolean;
  readonly parts?: boolean;
}

export async function enqueueCommand(
  paths: readonly string[],
  { redis, redisAnyPolicy: anyPolicy = false, parts, ...flags }: EnqueueFlags,
  signal: AbortSignal,
): Promise<void> {
  const options = runOptions(paths, flags, 1);
  const report = await enqueue({ run: options, redis: redisUrl(redis), anyPolicy, extraction: parts === true ? 'parts' : undefined }, signal, { note });
  const { planned, shards, committed, queued, run } = report;
  for (const { path, why } of planned.skipped.slice(0, SKIPS_NAMED)) note(`skipped ${path}: ${why}`);
  if (planned.skipped.length > SKIPS_NAMED) note(`skipped ${planned.skipped.length - SKIPS_NAMED} more`);
  if (planned.unplanned > 0) note(`${formatNoun(planned.unplanned, 'new file')}, not in this output's plan: --append takes them in`);
  print(`run ${run}: ${formatNoun(planned.files, 'file')}, ${formatBytes(planned.bytes)}, in ${formatNoun(shards, 'shard')}`);
  print(`${formatCount(queued)} put into the queue, ${formatCount(committed)} committed before, ${formatCount(shards - committed - queued)} queued before`);
  const out = flags.out ?? 'out';
  print(`next: merc worker extract --out ${out}, merc worker store --out ${out}, merc status --out ${out}`);
}

function note(line: string): void {
  process.stderr.write(`${escapeText(line)}\n`);
}
