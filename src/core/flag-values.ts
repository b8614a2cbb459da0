// What flags may be given: numbers, sizes, times. What is none of these is refused with the flag's name.

import { UsageError } from './errors.ts';

/** Reads as bytes: `268435456`, `256MiB`, `1 GB`. */
const SIZES: Readonly<Record<string, number>> = { '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 };

/** Milliseconds of a unit of time. */
const TIMES: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3 };
export const DAY = 86_400e3;

/** A whole number from 1 to `most`. */
export function wholeNumber(flag: string, value: string | number, most: number): number {
  const number = Number(value);
  if (!/^\d+$/.test(String(value)) || number < 1 || number > most) throw new UsageError(`${flag} ${value}: a whole number from 1 to ${most} is needed`);
  return number;
}

/** Bytes of a text as `268435456`, `256MiB` or `1 GB`. */
export function byteSize(flag: string, value: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value.trim()) ?? [];
  const factor = SIZES[unit.toLowerCase()];
  const bytes = Math.round(Number(digits) * (factor ?? Number.NaN));
  if (!Number.isSafeInteger(bytes) || bytes < 1) throw new UsageError(`${flag} ${value}: a size as 268435456, 256MiB or 1GB is needed`);
  return bytes;
}

/**
 * Milliseconds of a text as `30s`, `10m`, `2h` or `1d`.
 * @param most What is waited for by one timer must be below 24 days: a longer one fires at once.
 */
export function duration(flag: string, value: string, least: number, most = 366 * DAY): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([smhd])$/i.exec(value.trim()) ?? [];
  const milliseconds = Math.round(Number(digits) * (TIMES[unit.toLowerCase()] ?? Number.NaN));
  if (Number.isNaN(milliseconds) || milliseconds < least || milliseconds > most)
    throw new UsageError(`${flag} ${value}: a time as 30s, 10m, 2h or 1d is needed, from ${least / 1e3}s to ${most / DAY}d`);
  return milliseconds;
}
