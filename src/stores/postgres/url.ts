// Which database: from `--postgres`, a file or the environment to what a client connects with.
//
// Promises: a password is taken from the environment, a file or `~/.pgpass` and never from an
// argument, which every user of the machine can read; and no message shows it. What the URL says and
// this file does not know is refused, so that a mistyped `sslmode` does not go without TLS.

import { readFileSync } from 'node:fs';
import { UsageError, codeOf, messageOf } from '../../core/errors.ts';

/** Environment variable with the URL. */
export const POSTGRES_VARIABLE = 'MERC_POSTGRES_URL';

/** What a client connects with; what is absent comes from `PGHOST` and its kind. */
export interface ServerAddress {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly ssl?: TlsOptions;
  readonly application_name?: string;
  readonly options?: string;
}

interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly checkServerIdentity?: () => undefined;
}

/**
 * The database's URL: of `--postgres URL` or `--postgres @FILE`, else of the environment; undefined without either.
 * @throws UsageError where it is no such URL, without showing it.
 */
export function postgresUrl(flag: string | undefined, environment: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  if (flag === undefined || flag === '') {
    const url = environment[POSTGRES_VARIABLE];
    return url === undefined || url === '' ? undefined : checked(POSTGRES_VARIABLE, url);
  }
  if (flag.startsWith('@')) return checked(`--postgres ${flag}`, readText('--postgres', flag.slice(1)).trim());
  if (parsed('--postgres', flag).password !== '')
    throw new UsageError(
      `--postgres: a password on the command line can be read by every user of the machine: give the URL by ${POSTGRES_VARIABLE} or as --postgres @FILE`,
    );
  return checked('--postgres', flag);
}

function checked(source: string, url: string): string {
  serverAddress(url, source);
  return url;
}

/** Where a URL leads, as messages name it: without user and password. */
export function describeServer(url: string): string {
  const { host = process.env['PGHOST'] ?? 'localhost', port = process.env['PGPORT'] ?? 5432, database = '' } = serverAddress(url);
  return `postgres://${host.startsWith('/') ? `localhost(${host})` : host}:${port}/${database}`;
}

/** What a client connects with. @param source What gave the URL, for messages. */
export function serverAddress(url: string, source = 'PostgreSQL'): ServerAddress {
  const { hostname, port, username, password, pathname, searchParams } = parsed(source, url);
  const given = Object.fromEntries(searchParams);
  const unknown = Object.keys(given).find((key) => !PARAMETERS.has(key));
  if (unknown !== undefined) throw new UsageError(`${source}: the URL's parameter ${unknown} is not known: those are ${[...PARAMETERS].join(', ')}`);
  const part = (name: string, text: string | undefined) => (text === undefined || text === '' ? {} : { [name]: decoded(source, text) });
  const portGiven = port === '' ? given['port'] : port;
  return {
    ...part('host', hostname === '' ? given['host'] : hostname.replace(/^\[(.*)\]$/, '$1')),
    ...(portGiven !== undefined && { port: Number(portGiven) }),
    ...part('user', username),
    ...part('password', password),
    ...part('database', pathname.replace(/^\//, '')),
    ...tls(source, given),
    ...(given['options'] !== undefined && { options: given['options'] }),
    application_name: given['application_name'] ?? 'merc',
  };
}

const PARAMETERS: ReadonlySet<string> = new Set(['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'host', 'port', 'options', 'application_name']);

/** The modes as libpq has them; those that go on without TLS where the server has none are not among them. */
const MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;

function tls(source: string, { sslmode, sslrootcert, sslcert, sslkey }: Readonly<Record<string, string>>): { readonly ssl?: TlsOptions } {
  if (sslmode === undefined && sslrootcert === undefined) return {};
  const mode = sslmode ?? 'verify-full';
  if (!MODES.some((known) => known === mode)) throw new UsageError(`${source}: sslmode=${mode}: the choices are ${MODES.join(', ')}`);
  if (mode === 'disable') return {};
  const file = (name: string, path: string | undefined) => (path === undefined ? {} : { [name]: readText(`${source}: the URL's certificate`, path) });
  return {
    ssl: {
      // As libpq: a root certificate that is named is one to be held to.
      rejectUnauthorized: mode !== 'require' || sslrootcert !== undefined,
      ...file('ca', sslrootcert),
      ...file('cert', sslcert),
      ...file('key', sslkey),
      ...(mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
    },
  };
}

function parsed(source: string, url: string): URL {
  const parts = URL.canParse(url) ? new URL(url) : undefined;
  if (parts === undefined || !/^postgres(ql)?:$/.test(parts.protocol))
    throw new UsageError(`${source}: a URL as postgres://user@host:5432/database is needed${parts === undefined ? '' : `, not ${parts.protocol}`}`);
  return parts;
}

function decoded(source: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UsageError(`${source}: the URL has a % that no two hexadecimal digits follow: write %25`);
  }
}

function readText(source: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${source} ${path}: cannot be read (${codeOf(error) ?? messageOf(error)})`);
  }
}
