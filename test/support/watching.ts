// `merc watch` at work: what it says is waited for, and it is stopped at the end.

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { ended, startMerc, type Outcome } from './merc.ts';

export interface Watching {
  readonly child: ChildProcess;
  /** Waits for words that it has not said before the last ones that were waited for, on either stream. */
  readonly said: (words: RegExp) => Promise<string>;
  /** Ends it and gives all that it said. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<Outcome>;
}

/** Longer than anything takes that is waited for here, on a machine that is busy. */
const PATIENCE = 40_000;

/** Starts it, and kills it if the test has not stopped it. */
export async function watching(args: readonly string[], use: (watching: Watching) => Promise<void>, program?: string): Promise<void> {
  const child = program === undefined ? startMerc(['watch', ...args]) : startMerc(args, { program });
  const [end, heard, waiting] = [ended(child), { stdout: '', stderr: '' }, new Set<() => void>()];
  let over = false;
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream]?.on('data', (text: string) => {
      heard[stream] += text;
      for (const look of waiting) look();
    });
  const said = (words: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const settle = (done: () => void) => {
        clearTimeout(timer);
        waiting.delete(look);
        done();
      };
      const look = () => {
        for (const stream of ['stdout', 'stderr'] as const) {
          const found = words.exec(heard[stream]);
          if (found === null) continue;
          heard[stream] = heard[stream].slice(found.index + found[0].length);
          return settle(() => resolve(found[0]));
        }
        if (over) settle(() => reject(new Error(`ended without saying ${words}: ${heard.stdout}${heard.stderr}`)));
      };
      const timer = setTimeout(() => settle(() => reject(new Error(`did not say ${words}: ${heard.stdout}${heard.stderr}`))), PATIENCE);
      waiting.add(look);
      look();
    });
  const stop = (signal: NodeJS.Signals = 'SIGINT') => {
    // Not by `child.kill`: what Deno says of the end of such a child is that signal, whatever its exit code.
    process.kill(child.pid ?? 0, signal);
    return end;
  };
  const gone = end.finally(() => {
    over = true;
    for (const look of waiting) look();
  });
  try {
    await use({ child, said, stop });
  } finally {
    child.kill('SIGKILL');
    await gone;
  }
  assert.ok(over);
}
