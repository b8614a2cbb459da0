// How a worker died, and what it had in hand: read from its exit, its last words and its progress file.

import { readFile } from 'node:fs/promises';

/** What is known of a worker that has ended at work. */
export interface Death {
  /** The file in hand; none where it had not begun or was at several. */
  readonly sampleId?: number;
  /** Stage of the extraction, empty where it had not begun. */
  readonly stage: string;
  readonly kind: 'killed' | 'cpu_time' | 'stalled' | 'memory';
  /** In words, as `killed by SIGABRT`. */
  readonly detail: string;
}

/** A worker ended by itself, or was ended by its watch, before it gave an answer. */
export class WorkerDeath extends Error {
  override readonly name = 'WorkerDeath';
  readonly death: Death;

  constructor(death: Death) {
    super(`a worker was lost: ${death.detail}`);
    this.death = death;
  }
}

/** How a process or thread ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The end of what it printed to standard error. */
  readonly lastWords: string;
}

/** What a worker says in its progress file; the addon's `progress` has the layout. */
export interface Position {
  readonly sampleId?: number;
  readonly stage: string;
  readonly verdict: number;
  /** Seconds that it has waited for a disk, where that is the verdict. */
  readonly waiting: number;
}

export const VERDICT = { cpuTime: 1, stalled: 2, waiting: 3 } as const;

/** The position of a worker; none before it has begun. */
export async function readPosition(path: string): Promise<Position | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined || bytes.length < 16) return undefined;
  const sampleId = bytes.readInt32LE(8);
  const stage = bytes.toString('latin1', 16, 16 + (bytes[13] ?? 0));
  return { stage, verdict: bytes[12] ?? 0, waiting: bytes.readUInt16LE(14), ...(sampleId >= 0 && { sampleId }) };
}

export function deathOf({ code, signal, lastWords }: Exit, position: Position | undefined): Death {
  const { stage = '', verdict = 0, sampleId } = position ?? {};
  const at = { stage, ...(sampleId !== undefined && { sampleId }) };
  if (verdict === VERDICT.cpuTime) return { ...at, kind: 'cpu_time', detail: 'over its CPU time' };
  if (verdict === VERDICT.stalled) return { ...at, kind: 'stalled', detail: 'used CPU time without progress' };
  // Rust's words, and those of V8: an allocation that fails ends a process by SIGABRT, as much else does.
  if (/memory allocation of \d+ bytes failed|out of memory/i.test(lastWords)) return { ...at, kind: 'memory', detail: 'over its memory' };
  return { ...at, kind: 'killed', detail: signal === null ? `ended with exit code ${code}` : `killed by ${signal}` };
}
