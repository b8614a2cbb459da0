// `merc watch` as typed: flags checked, what it does told, until a signal ends it.

import { watchOptions, type WatchFlags } from '../core/watch-options.ts';
import { defaultWorkers } from '../pool/cpus.ts';
import { escapeText } from '../ui/escape.ts';
import { watchView } from '../ui/watch-view.ts';
import { watch } from './watch.ts';

/** Flags that change what is printed, not what is done. */
export interface WatchCommandFlags {
  readonly quiet?: boolean;
}

export async function watchCommand(paths: readonly string[], flags: WatchFlags & WatchCommandFlags, signal: AbortSignal): Promise<void> {
  const options = watchOptions(paths, flags, defaultWorkers());
  const [out, quiet] = [flags.out ?? 'out', flags.quiet ?? false];
  const view = watchView(quiet, out);
  try {
    await watch(options, signal, view.observer);
  } finally {
    view.end();
    if (signal.aborted && !quiet) process.stderr.write(`stopped: what is committed stays in ${escapeText(out)}, and the same command again goes on\n`);
  }
}
