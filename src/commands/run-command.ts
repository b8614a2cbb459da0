// `merc run` as typed: flags checked, the run watched, its summary printed, its exit code chosen.

import { open, type FileHandle } from 'node:fs/promises';
import { committedIds } from '../core/commit.ts';
import { EXIT, RunError, UsageError, codeOf, messageOf } from '../core/errors.ts';
import { runOptions, type RunFlags, type RunOptions } from '../core/options.ts';
import { planTotals, readHeads } from '../core/plan.ts';
import { defaultWorkers } from '../pool/cpus.ts';
import { survey } from '../sources/planning.ts';
import { withOpened } from '../stores/opened.ts';
import { escapeText } from '../ui/escape.ts';
import { formatBytes, formatNoun } from '../ui/format.ts';
import { print } from '../ui/print.ts';
import { profileTable } from '../ui/profile.ts';
import { runView, summaryOf } from '../ui/run-view.ts';
import { summary } from '../ui/summary.ts';
import { runExtraction } from './run.ts';

/** Flags that change what is printed, not what is extracted. */
export interface RunCommandFlags {
  readonly dryRun?: boolean;
  readonly strict?: boolean;
  readonly quiet?: boolean;
  readonly profile?: boolean;
  readonly profileJson?: string;
}

export async function runCommand(paths: readonly string[], flags: RunFlags & RunCommandFlags, signal: AbortSignal): Promise<number> {
  const options = runOptions(paths, flags, defaultWorkers());
  if (flags.dryRun === true) return dryRun(options, signal);
  const out = flags.out ?? 'out';
  const profile = await profileFile(flags.profileJson);
  const view = runView(flags.quiet ?? false);
  try {
    const profiled = flags.profile === true || profile !== undefined;
    const report = await runExtraction({ ...options, profile: profiled }, signal, view.observer);
    view.end();
    if (flags.quiet !== true) process.stdout.write(summary(summaryOf(report, out, options)));
    if (flags.profile === true && report.profile !== undefined) process.stdout.write(profileTable(report.profile));
    await profile?.writeFile(`${JSON.stringify(report.profile, null, 2)}\n`);
    if (report.interrupted) throw signal.reason;
    const { partial = 0, failed = 0, crashed = 0 } = report.totals.counts.statuses;
    return flags.strict === true && partial + failed + crashed > 0 ? EXIT.incomplete : EXIT.ok;
  } catch (error) {
    view.end();
    if (error instanceof RunError && view.begun())
      process.stderr.write(`stopped: what is committed stays in ${escapeText(out)}, and the same command again does the rest\n`);
    throw error;
  } finally {
    await profile?.close();
  }
}

/** Opened before the work begins: a name that cannot be written is told at once, not after it. */
async function profileFile(path: string | undefined): Promise<FileHandle | undefined> {
  if (path === undefined) return undefined;
  try {
    return await open(path, 'w');
  } catch (error) {
    throw new UsageError(`--profile-json ${path}: cannot be written (${codeOf(error) ?? messageOf(error)})`);
  }
}

function dryRun(options: RunOptions, signal: AbortSignal): Promise<number> {
  const { out, stage } = options;
  return withOpened(out, { named: `--out ${out}`, signal, stage }, (output) => dryRunOf({ ...options, out: output.dir }, output.named, signal));
}

async function dryRunOf(options: RunOptions, named: string, signal: AbortSignal): Promise<number> {
  const committed = new Set(await committedIds(options.out));
  const { heads, found, unplanned, skipped } = await survey(options, await readHeads(options.out), committed, signal);
  for (const { path, why } of skipped) print(`skipped ${path}: ${why}`);
  const next = { shards: 0, batches: 0 };
  if (heads.length === 0 || options.append) {
    for (const { batches } of unplanned.shards(1, 1, options.bounds)) {
      next.shards += 1;
      next.batches += batches;
    }
  }
  if (heads.length > 0)
    print(`planned before: ${formatNoun(planTotals(heads).files, 'file')}, ${committed.size} of ${formatNoun(planTotals(heads).shards, 'shard')} committed`);
  if (heads.length > 0 && !options.append) print(`${formatNoun(unplanned.length, 'new file')}${unplanned.length > 0 ? ', which would wait for --append' : ''}`);
  else
    print(
      `would extract ${formatNoun(unplanned.length, 'file')}, ${formatBytes(unplanned.bytes)}, in ${formatNoun(next.shards, 'shard')} of ${formatNoun(next.batches, 'batch', 'batches')}`,
    );
  print(`found: ${formatNoun(found.files.length, 'file')}, ${formatBytes(found.files.bytes)}`);
  print(`labels: ${options.csv ?? 'none (no samples.csv in or beside PATH)'}`);
  print(`output: ${named}, ${formatNoun(options.workers, 'worker')}`);
  return EXIT.ok;
}
