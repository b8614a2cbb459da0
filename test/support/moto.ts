// An S3 of a test's own: moto's server, in a Python environment that the first test makes.
//
// Promise: it is on a free port of this machine, and ended with the tests of the file that asked.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';

export interface Moto {
  readonly url: string;
  /** Environment of a process that uses it. */
  readonly env: Readonly<Record<string, string>>;
  /** Asks the server past merc. */
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
  makeBucket(bucket: string): Promise<void>;
  stop(): Promise<void>;
}

const VENV = 'node_modules/.cache/merc-moto';
const REQUIREMENTS = 'test/support/moto-requirements.txt';

/** Variables of the machine that no test may see, and none of its files. */
const CLEAN = {
  AWS_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  AWS_CONFIG_FILE: '/nonexistent',
} as const;

/** It looks who has signed, and not at the signature. */
const SIGNED = 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0';

/** Environment of a process for which there are no credentials. */
export const NO_CREDENTIALS: Readonly<Record<string, string>> = { ...CLEAN, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_PROFILE: '' };

/** Starts a server; or says why there is none, which with CI=true is a failure. */
export async function startMoto(): Promise<Moto | string> {
  const missing = await install();
  if (missing !== undefined) {
    if (process.env['CI'] === 'true') throw new Error(missing);
    return missing;
  }
  const port = await freePort();
  const server = spawn(join(VENV, 'bin/python'), ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  // A test that is killed takes its server along.
  const end = () => server.kill('SIGKILL');
  process.once('exit', end);
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; !(await answers(url)); tries++) {
    if (tries > 300 || server.exitCode !== null) throw new Error('moto does not answer');
    await sleep(100);
  }
  const ask: Moto['ask'] = (path, init = {}) => fetch(`${url}${path}`, { ...init, headers: { authorization: SIGNED } });
  return {
    url,
    env: { ...CLEAN, AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    ask,
    async makeBucket(bucket) {
      const { status } = await ask(`/${bucket}`, { method: 'PUT' });
      if (status !== 200) throw new Error(`bucket ${bucket}: ${status}`);
    },
    async stop() {
      process.off('exit', end);
      end();
      await exited;
    },
  };
}

/** Makes the environment once, whoever asks first; what is missing, if it cannot be made. */
async function install(): Promise<string | undefined> {
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  const installed = join(VENV, 'installed.txt');
  const isThere = () => existsSync(installed) && readFileSync(installed, 'utf8') === wanted;
  const lock = `${VENV}.lock`;
  mkdirSync('node_modules/.cache', { recursive: true });
  while (!isThere()) {
    if (!take(lock)) {
      await sleep(200);
      continue;
    }
    try {
      if (spawnSync('python3', ['-c', 'import venv, ensurepip']).status !== 0) return 'python3 with venv is not installed';
      const made =
        spawnSync('python3', ['-m', 'venv', '--clear', VENV]).status === 0 &&
        spawnSync(join(VENV, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '-r', REQUIREMENTS]).status === 0;
      if (!made) return 'moto could not be installed';
      writeFileSync(installed, wanted);
    } finally {
      rmSync(lock, { recursive: true, force: true });
    }
  }
  return undefined;
}

/** Of processes that make it at the same time one does; a lock of five minutes is one that was left. */
function take(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - made > 300_000) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/moto-api/`).then(
    (response) => response.ok,
    () => false,
  );
}
