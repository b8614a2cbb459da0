// `merc run` as typed: flags checked, the run watched, its summary printed, its exit code chosen.

import { EXIT, RunError } from '../core/errors.ts';
import { runOptions, type RunFlags, type RunOptions } from '../core/options.ts';
import { shardsOf, orderForPlan } from '../core/plan.ts';
import { defaultWorkers } from '../pool/cpus.ts';
import { discover } from '../sources/discover.ts';
import { escapeText } from '../ui/escape.ts';
import { formatBytes, formatNoun } from '../ui/format.ts';
import { print } from '../ui/print.ts';
import { runView, summaryOf } from '../ui/run-view.ts';
import { summary } from '../ui/summary.ts';
import { runExtraction } from './run.ts';

export async function runCommand(
  paths: readonly string[],
  flags: RunFlags & { readonly dryRun?: boolean; readonly strict?: boolean; readonly quiet?: boolean },
  signal: AbortSignal,
): Promise<number> {
  const options = runOptions(paths, flags, defaultWorkers());
  if (flags.dryRun === true) return dryRun(options);
  const out = flags.out ?? 'out';
  const view = runView(flags.quiet ?? false);
  try {
    const report = await runExtraction(options, signal, view.observer);
    view.end();
    if (flags.quiet !== true) process.stdout.write(summary(summaryOf(report, out, options.csv)));
    const { partial = 0, failed = 0, crashed = 0 } = report.totals.counts.statuses;
    return flags.strict === true && partial + failed + crashed > 0 ? EXIT.incomplete : EXIT.ok;
  } catch (error) {
    view.end();
    if (signal.aborted || error instanceof RunError)
      process.stderr.write(`stopped: what is committed stays in ${escapeText(out)}, and the same command again does the rest\n`);
    throw error;
  }
}

async function dryRun(options: RunOptions): Promise<number> {
  const skipped: string[] = [];
  const { files, bytes } = await discover(options, (path, why) => skipped.push(`skipped ${path}: ${why}`));
  const shards = [...shardsOf(1, 1, orderForPlan(files))];
  for (const line of skipped) print(line);
  print(
    `would extract ${formatNoun(files.length, 'file')}, ${formatBytes(bytes)}, in ${formatNoun(shards.length, 'shard')} of ${formatNoun(
      shards.reduce((sum, shard) => sum + shard.batches.length, 0),
      'batch',
      'batches',
    )}`,
  );
  print(`labels: ${options.csv ?? 'none (no samples.csv in or beside PATH)'}`);
  print(`output: ${options.out}, ${formatNoun(options.workers, 'worker')}`);
  return EXIT.ok;
}
