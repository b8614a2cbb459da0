// A Redis of a test's own, on a free port of the loopback, with its folder; gone afterwards.
//
// The server is the one on PATH, or the distribution's, installed where root may. Without one the
// tests are skipped with the reason; with CI=true that is a failure.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { inFolder } from './folder.ts';
import { freePort } from './free-port.ts';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Runs a command of `redis-cli`, and gives what that prints. */
  cli(...args: readonly string[]): string;
  /** Ends the server at once; its file of commands stays. */
  kill(): Promise<void>;
  /** Stops it as it stands: it takes connections and answers nothing. */
  freeze(): void;
  wake(): void;
  /** Starts it again on the same port and folder. */
  start(): Promise<void>;
}

/** Settings as on the command line of `redis-server`, without `--`. */
export type Settings = Readonly<Record<string, string>>;

const HAS = ['redis-server', 'redis-cli'].every((program) => spawnSync(program, ['--version']).status === 0) || installed();

function installed(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return false;
  // A service of its own is none of ours: the policy keeps it from being started.
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const install = () => spawnSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'redis-server'], { env: environment }).status === 0;
  return install() || (spawnSync('apt-get', ['update', '-q']).status === 0 && install());
}

/** For `test(name, { skip: NO_REDIS }, ...)`. */
export const NO_REDIS: string | false = HAS ? false : 'no redis-server on PATH, and it could not be installed';
if (NO_REDIS !== false && process.env['CI'] === 'true') throw new Error(NO_REDIS);

/** Gives `use` a server that keeps every write over SIGKILL, unless settings say otherwise. */
export async function withRedis(use: (redis: RedisServer) => Promise<void>, settings: Settings = {}): Promise<void> {
  await inFolder(async (dir) => {
    const port = await freePort();
    const all = { port: String(port), bind: '127.0.0.1', dir, save: '', appendonly: 'yes', appendfsync: 'always', ...settings };
    let server: ChildProcess | undefined;
    // Not by its own `kill`: after the first signal Deno's does nothing more.
    const signalled = (signal: NodeJS.Signals) => {
      if (server?.pid !== undefined && server.exitCode === null) process.kill(server.pid, signal);
    };
    const redis: RedisServer = {
      url: `redis://127.0.0.1:${port}`,
      port,
      cli: (...args) => {
        const { stdout, stderr } = spawnSync('redis-cli', ['-p', String(port), '--raw', ...args], { encoding: 'utf8' });
        return (stdout + stderr).trim();
      },
      kill: async () => {
        const ended = server?.exitCode === null ? once(server, 'exit') : undefined;
        server?.kill('SIGKILL');
        await ended;
        server = undefined;
      },
      freeze: () => signalled('SIGSTOP'),
      wake: () => signalled('SIGCONT'),
      start: async () => {
        server = spawn(
          'redis-server',
          Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]),
          { stdio: 'ignore' },
        );
        for (let tries = 0; !/PONG|NOAUTH/.test(redis.cli('PING')); tries++) {
          if (tries === 200 || server.exitCode !== null) throw new Error('redis-server does not start');
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      },
    };
    try {
      await redis.start();
      await use(redis);
    } finally {
      await redis.kill();
    }
  });
}
