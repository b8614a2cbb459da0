// What a worker has to say, one line an event, for a person or for a program that reads logs.
//
// Promises: an event is one line whatever its fields hold; a line of JSON parses, and no field takes
// the place of `time`, `level` or `event`; foreign text is escaped and passwords of URLs are hidden.
// A log that cannot be written ends nothing.

import { UsageError, messageOf } from '../core/errors.ts';
import { redact } from '../core/redact.ts';
import { escapeJson, escapeText } from './escape.ts';

export type LogFormat = 'text' | 'json';
export type LogLevel = 'info' | 'warn' | 'error';

/** What is told of an event; what is undefined is left out. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Says that something happened; `event` is `<what>.<happened>`, as `shard.extracted`. */
export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;

export interface LogOptions {
  readonly format: LogFormat;
  /** `process.stderr` is one. */
  readonly stream: { write(text: string): unknown };
  readonly now?: () => Date;
}

/** @throws UsageError where the flag names no format. */
export function logFormat(flag: string | undefined): LogFormat {
  if (flag === undefined || flag === 'text') return 'text';
  if (flag === 'json') return 'json';
  throw new UsageError(`--log-format ${flag}: it is text or json`);
}

export function eventLog({ format, stream, now = () => new Date() }: LogOptions): Log {
  return (level, event, fields = {}) => {
    const time = now().toISOString();
    const known = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, plain(value)] as const]));
    const line = format === 'json' ? jsonLine(time, level, event, known) : textLine(time, level, event, known);
    try {
      stream.write(`${line}\n`);
    } catch {
      // A full disk under the log is no reason to stop work.
    }
  };
}

type Plain = string | number | boolean | null;
type Field = readonly [name: string, value: Plain];

function jsonLine(time: string, level: LogLevel, event: string, fields: readonly Field[]): string {
  // Assigned, `__proto__` would be lost and the first three could be taken over.
  const own = new Map<string, Plain>(fields.map(([name, value]) => [['time', 'level', 'event'].includes(name) ? `${name}_` : name, value]));
  const members = [['time', time] as const, ['level', level] as const, ['event', event] as const, ...own];
  return escapeJson(`{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`);
}

function textLine(time: string, level: LogLevel, event: string, fields: readonly Field[]): string {
  return [time, level.padEnd(5), escapeText(event), ...fields.map(([name, value]) => `${escapeText(name)}=${word(value)}`)].join(' ');
}

/** One word for the eye and for `cut`: quoted where it has blanks or quotes, or could be taken for something else. */
function word(value: Plain): string {
  if (typeof value !== 'string') return String(value);
  return /^[^\s"=\\]+$/u.test(value) ? escapeText(value) : escapeJson(JSON.stringify(value));
}

/** What JSON can hold of a value; an object is told by its JSON, where it has one. */
function plain(value: unknown): Plain {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? thousandths(value) : String(value);
  if (typeof value === 'string') return redact(value);
  return redact(textOf(value));
}

/** A millisecond of a second is as fine as a log is read. */
function thousandths(value: number): number {
  return Number.isInteger(value) ? value : Math.round(value * 1_000) / 1_000;
}

function textOf(value: unknown): string {
  try {
    if (value instanceof Error || typeof value !== 'object') return messageOf(value);
    // A conversion of its own may give nothing.
    const json: string | undefined = JSON.stringify(value);
    return json ?? '';
  } catch {
    // It refers to itself, or its own conversion throws.
    return Object.prototype.toString.call(value);
  }
}
