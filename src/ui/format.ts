// Numbers as people read them. Pure; the same text in every locale and on every runtime.
//
// Promise: rounding never says more than is so: 99.97 % is not `100 %`, and one byte of a
// terabyte is not `0 %`. A number that is none (a rate before there is one) shows as `?`.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;
const UNKNOWN = '?';

/** Bytes in decimal units with three digits, as `1.77 GB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return UNKNOWN;
  let [value, unit] = [bytes, 0];
  // 999.6 kB would round to 1000 kB: the next unit takes over at what rounds up to it.
  while (Math.abs(value) >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? String(Math.round(value)) : threeDigits(value)} ${UNITS[unit]}`;
}

function threeDigits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

/** A whole number with thousands separators, as `201,549`. */
export function formatCount(count: number | bigint): string {
  if (typeof count === 'number' && !Number.isFinite(count)) return UNKNOWN;
  const digits = typeof count === 'number' ? Math.round(count).toFixed(0) : String(count);
  return digits.replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A count and its noun, as `1 file` or `3,430 files`. */
export function formatNoun(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A time span in its two largest units, as `3 min 12 s`. */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return UNKNOWN;
  const span = Math.max(0, milliseconds);
  if (span < 9950) return `${(span / 1000).toFixed(1)} s`;
  const seconds = Math.round(span / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  const hours = Math.round(minutes / 60);
  return `${formatCount(Math.floor(hours / 24))} d ${two(hours % 24)} h`;
}

/** A moment in this machine's time zone, as `2026-11-25 03:07:09`. */
export function formatTime(moment: Date): string {
  const date = [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())].join('-');
  return `${date} ${[moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two).join(':')}`;
}

function two(part: number): string {
  return String(part).padStart(2, '0');
}

/** Bytes a second, as `118 MB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return Number.isFinite(bytesPerSecond) ? `${formatBytes(bytesPerSecond)}/s` : UNKNOWN;
}

/** A part of a whole, as `35.1 %`. */
export function formatPercent(part: number, whole: number): string {
  const percent = (part / whole) * 100;
  if (!Number.isFinite(percent)) return UNKNOWN;
  if (percent > 0 && percent < 0.1) return '<0.1 %';
  if (percent > 99.9 && percent < 100) return '>99.9 %';
  return `${percent === 0 || percent === 100 ? String(percent) : percent.toFixed(1)} %`;
}
