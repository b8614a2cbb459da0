// The services of compose.yaml by hand: their own command lines, without containers.
//
// What is replaced is what a container would give: names of hosts and paths. Words, variables and
// defaults are those of the file, so that a flag that is wrong there is wrong here.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { services, type Service } from './deploy-files.ts';
import { inFolder } from './folder.ts';
import { startMerc } from './merc.ts';
import { freePort } from './free-port.ts';

/** Words of the file and what stands for them here, as `redis:6379` for `127.0.0.1:40001`; whole words or parts of a URL. */
export type Places = Readonly<Record<string, string>>;

export interface Setting {
  /** What `.env` would say. */
  readonly variables: Readonly<Record<string, string>>;
  readonly places: Places;
}

/** A text as compose makes it of the file's. */
function interpolated(text: string, variables: Readonly<Record<string, string>>): string {
  return text
    .replace(/(?<!\$)\$\{([A-Z_]+):([-?])([^}]*)\}/g, (_, name: string, how: string, rest: string) => {
      const value = variables[name];
      if (value !== undefined && value !== '') return value;
      if (how === '?') throw new Error(`${name}: ${rest}`);
      return rest;
    })
    .replaceAll('$$', '$');
}

function placed(text: string, places: Places): string {
  return Object.entries(places).reduce(
    (all, [from, to]) => all.replaceAll(new RegExp(`(?<![\\w.-])${from.replaceAll('.', '\\.')}(?![\\w.-])`, 'g'), () => to),
    text,
  );
}

export function service(name: string): Service {
  const found = services()[name];
  if (found === undefined) throw new Error(`compose.yaml has no service ${name}`);
  return found;
}

/** The words of a service's command and its environment, as they are here. */
export function commandOf(name: string, { variables, places }: Setting): { readonly words: string[]; readonly env: Record<string, string> } {
  const { command = [], environment = {} } = service(name);
  const here = (text: string) => placed(interpolated(text, variables), places);
  return { words: command.map(here), env: Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, here(value)])) };
}

/** Starts a service that runs merc. */
export function startService(name: string, setting: Setting): ChildProcess {
  const { words, env } = commandOf(name, setting);
  return startMerc(words, { env });
}

/** The Redis of compose.yaml, as it runs here. */
export interface ComposeRedis {
  readonly port: number;
  readonly pid: number | undefined;
  /** What it keeps. */
  readonly folder: string;
  /** What `redis-cli` prints, with the service's environment or another. */
  readonly cli: (args: readonly string[], environment?: Readonly<Record<string, string>>) => string;
}

/** Gives `use` the Redis of compose.yaml, by its own command. */
export async function withComposeRedis(variables: Setting['variables'], use: (redis: ComposeRedis) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const port = await freePort();
    const { words, env } = commandOf('redis', { variables, places: { '/data': `${folder} --bind 127.0.0.1 --port ${port}` } });
    const [program = '', ...args] = words;
    const server = spawn(program, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
    const cli: ComposeRedis['cli'] = (given, more = env) =>
      spawnSync('redis-cli', ['-p', String(port), ...given], { encoding: 'utf8', env: { ...process.env, ...more } }).stdout.trim();
    try {
      for (let tries = 0; cli(['ping']) !== 'PONG'; tries++) {
        if (tries === 200 || server.exitCode !== null) throw new Error('the Redis of compose.yaml does not start');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await use({ port, pid: server.pid, folder, cli });
    } finally {
      if (server.exitCode === null) {
        server.kill('SIGTERM');
        await once(server, 'exit');
      }
    }
  });
}
