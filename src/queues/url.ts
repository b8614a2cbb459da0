// Where Redis is, as the user says it: `--redis URL`, `--redis @FILE`, or MERC_REDIS_URL.
//
// Promise: a password never comes by the command line, which every user of the machine can read, and
// never stands in a message.

import { readFileSync } from 'node:fs';
import { UsageError, codeOf, messageOf } from '../core/errors.ts';

/** The URL to connect to. */
export function redisUrl(flag: string | undefined, environment: Readonly<Record<string, string | undefined>> = process.env): string {
  if (flag?.startsWith('@') === true) return checked(fromFile(flag.slice(1)), `--redis ${flag}`);
  if (flag === undefined) {
    const url = environment['MERC_REDIS_URL'];
    if (url === undefined || url === '') throw new UsageError('--redis: missing: give redis://HOST:PORT, @FILE that holds it, or set MERC_REDIS_URL');
    return checked(url, 'MERC_REDIS_URL');
  }
  const url = checked(flag, '--redis');
  if (new URL(url).password !== '')
    throw new UsageError(
      '--redis: every user of this machine can read a password in a command line: put the URL into a file and name it by --redis @FILE, or set MERC_REDIS_URL',
    );
  return url;
}

/** A URL without its user and password, for messages. */
export function shownUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}

function fromFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`--redis @${path}: cannot be read (${codeOf(error) ?? messageOf(error)}): name a file that holds redis://...`);
  }
}

/** What is no URL is not shown: it may be a password in the wrong place. */
function checked(url: string, named: string): string {
  const { protocol, username, password } = URL.canParse(url) ? new URL(url) : { protocol: '', username: '', password: '' };
  if (protocol !== 'redis:' && protocol !== 'rediss:') throw new UsageError(`${named}: is no URL of Redis: redis://HOST:PORT, or rediss:// for TLS`);
  try {
    decodeURIComponent(`${username}${password}`);
  } catch {
    throw new UsageError(`${named}: a % in the user or the password of a URL is written %25`);
  }
  return url;
}
