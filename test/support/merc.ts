// merc as a user runs it: the command line in a process of its own, on the runtime that runs the test.

import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Setting {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Another program than the command line, relative to the repository. */
  readonly program?: string;
  /** A program and its arguments that start it, as `nohup`. */
  readonly under?: readonly string[];
}

/** Runs merc to its end. */
export async function merc(args: readonly string[], setting: Setting = {}): Promise<Outcome> {
  const child = startMerc(args, setting);
  child.stdin?.end(setting.input ?? '');
  return ended(child);
}

/** Starts merc, as the leader of a process group of its own. */
export function startMerc(args: readonly string[], { cwd, env, program, under = [] }: Setting = {}): ChildProcess {
  const [command = '', ...rest] = [...under, ...commandLine(args, program)];
  return spawn(command, rest, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
}

/** What starts merc, word by word. */
export function commandLine(args: readonly string[], program = 'src/cli'): string[] {
  const source = import.meta.url.endsWith('.ts');
  const entry = fileURLToPath(new URL(`../../${program}${source ? '.ts' : '.js'}`, import.meta.url));
  const runtime = 'Deno' in globalThis ? ['run', '-A', '--no-lock', '--no-check'] : [];
  return [process.execPath, ...runtime, entry, ...args];
}

/** What a process printed, and how it ended. */
export async function ended(child: ChildProcess): Promise<Outcome> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Waits until no process of a group is left; one that was killed stays in the table until it is reaped. */
export async function groupEnds(leader: number): Promise<void> {
  for (const deadline = performance.now() + 10_000; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
    try {
      process.kill(-leader, 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw error;
    }
    if (performance.now() > deadline) throw new Error(`a process outlives the run of process ${leader}`);
  }
}
