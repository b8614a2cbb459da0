// A PostgreSQL server of a test's own, on a free port of this machine, with nothing durable about it.
//
// Promise: it is there as a user has it, and is gone with the test. Where the distribution's is not
// installed and may not be, tests are skipped with the reason; with CI=true that is a failure.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

export interface PostgresServer {
  readonly port: number;
  /** What it keeps, and `server.crt`. */
  readonly folder: string;
  /** URL of a database of its own, made empty. */
  readonly database: (name: string, options?: string) => Promise<string>;
  readonly start: () => Promise<void>;
  /** `immediate` is a crash. */
  readonly stop: (mode: 'fast' | 'immediate') => Promise<void>;
  /** Stops it and removes what it kept. */
  readonly remove: () => Promise<void>;
}

const VERSIONS = '/usr/lib/postgresql';

/** Starts a server; the reason where there is none to be had. @param tls Its certificate `server.crt` is for `localhost`, by itself. */
export async function postgresServer({ tls = false } = {}): Promise<PostgresServer | string> {
  const bin = binaries() ?? (installed() ? binaries() : undefined);
  if (bin === undefined) {
    const reason = `no PostgreSQL in ${VERSIONS}, and none could be installed`;
    if (process.env['CI'] === 'true') throw new Error(reason);
    return reason;
  }
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'merc-postgres-')));
  // It does not run as root: Debian's package brings a user.
  const asUser = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
  if (asUser.length > 0) call(['chown', 'postgres', folder]);
  await chmod(folder, 0o700);
  const data = join(folder, 'data');
  const port = await freePort();
  const run = (program: string, ...args: readonly string[]) => call([...asUser, join(bin, program), ...args], folder);
  run('initdb', '-D', data, '-A', 'trust', '-U', 'merc', '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8');
  if (tls) {
    const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const files = ['-keyout', join(folder, 'server.key'), '-out', join(folder, 'server.crt')];
    call([...asUser, 'openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...name, ...files], folder);
  }
  const secure = tls ? `-c ssl=on -c ssl_cert_file=${folder}/server.crt -c ssl_key_file=${folder}/server.key ` : '';
  const settings = `${secure}-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c fsync=off -c log_min_messages=panic`;
  const start = () => run('pg_ctl', '-w', '-D', data, '-l', join(folder, 'log'), '-o', settings, 'start');
  const stop = (mode: string) => run('pg_ctl', '-w', '-D', data, '-m', mode, 'stop');
  start();
  return {
    port,
    folder,
    database: async (name, options = '') => {
      run('psql', '-h', folder, '-p', String(port), '-U', 'merc', '-d', 'postgres', '-qc', `CREATE DATABASE ${name} ${options}`);
      return `postgres://merc@127.0.0.1:${port}/${name}`;
    },
    start: async () => start(),
    stop: async (mode) => stop(mode),
    remove: async () => {
      if (existsSync(join(data, 'postmaster.pid'))) stop('immediate');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The newest that is installed. */
function binaries(): string | undefined {
  if (!existsSync(VERSIONS)) return undefined;
  return readdirSync(VERSIONS)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(VERSIONS, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
}

/** Debian's, where root may install it; other tests may be at it too, and wait. */
function installed(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: readonly string[]) => spawnSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], { env, stdio: 'ignore' }).status === 0;
  return apt('install', '--no-install-recommends', 'postgresql') || (apt('update') && apt('install', '--no-install-recommends', 'postgresql'));
}

/** Runs a program to its end; what it prints goes to no pipe, which a server would hold open. */
function call(command: readonly string[], folder?: string): void {
  const [program = '', ...args] = command;
  const { status, error, stderr } = spawnSync(program, args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', args.includes('start') ? 'ignore' : 'pipe'],
    encoding: 'utf8',
  });
  if (status === 0) return;
  const log = folder !== undefined && existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : '';
  throw new Error(`${command.join(' ')}: ${error?.message ?? `exit ${status}`}\n${stderr ?? ''}${log}`);
}
