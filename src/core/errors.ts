// Errors that end a command, and the exit codes. A bad file is data and never comes here.

/** Exit codes; the README's table says the same and a test compares them. */
export const EXIT = { ok: 0, incomplete: 1, usage: 2, bug: 70, hungup: 129, interrupted: 130, terminated: 143 } as const;

/** A user's mistake: one line that names the flag or file and what would mend it; exit 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command could not finish its work through no fault of its arguments; exit 1. */
export class RunError extends Error {
  override readonly name = 'RunError';
}

/**
 * What another try of this process would run into again, whatever it works on: a disk that is full, a
 * server or the samples that are not there. It ends a run, and what was in hand is nobody's failure.
 */
export class Outage extends RunError {}

/** The message of whatever was thrown; what a worker threw arrives as a plain object. */
export function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}

/** The first line of the message: DuckDB's go on with an excerpt. */
export function firstLine(error: unknown): string {
  return messageOf(error).split('\n', 1)[0] ?? '';
}

/** The `code` of a system error, as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether the file system refused something, by a system error or through DuckDB: no fault of the program's. */
export function isRefusal(error: unknown): boolean {
  // Deno's copies tell of no call, as Rust's errors do not.
  return error instanceof Error && ('syscall' in error || /^IO Error|No space left|\(os error \d+\)/i.test(error.message));
}
