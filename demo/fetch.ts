// Gets the pinned packages and takes the PE files out of them. Tarballs stay in a cache folder, and
// none is opened before its bytes have the pinned integrity. Knows nothing of ids and labels.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError, codeOf } from '../src/core/errors.ts';
import { PACKAGES, type DemoPackage } from './packages.ts';

/** A file of a package: whole, with the package and the '/'-separated path it came from. */
export interface PackageFile {
  readonly source: string;
  readonly path: string;
  readonly bytes: Buffer;
}

/** Every PE file of every package, packages in the table's order, files by path; repeated contents included. */
export async function packageFiles(cache: string): Promise<PackageFile[]> {
  await mkdir(cache, { recursive: true });
  await fetchMissing(cache);
  const work = await mkdtemp(join(cache, 'unpack-'));
  try {
    const files: PackageFile[] = [];
    for (const [index, item] of PACKAGES.entries()) {
      files.push(...(await unpack(item, cache, join(work, String(index)))));
    }
    return files;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

// One npm call for all that is missing, into a folder of its own: a second process that fetches at the
// same time renames equal bytes over ours.
async function fetchMissing(cache: string): Promise<void> {
  const missing: DemoPackage[] = [];
  for (const item of PACKAGES) if (!(await isIntact(item, cache))) missing.push(item);
  if (missing.length === 0) return;
  const work = await mkdtemp(join(cache, 'fetch-'));
  try {
    await npmPack(missing, work);
    for (const item of missing) {
      if (!(await isIntact(item, work))) {
        throw new RunError(`${spec(item)} from the npm registry does not have its pinned integrity; nothing was made`);
      }
      await rename(join(work, tarball(item)), join(cache, tarball(item)));
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function npmPack(items: readonly DemoPackage[], into: string): Promise<void> {
  // Short retries: without a network npm's own would keep the user waiting for minutes.
  const retries = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
  const flags = ['--ignore-scripts', '--loglevel=error', '--prefer-offline', ...retries, '--pack-destination=.'];
  const { code, stderr } = await execute('npm', ['pack', ...flags, ...items.map(spec)], into);
  if (code === 0) return;
  const reason = /npm (?:error|ERR!) code (\S+)/u.exec(stderr)?.[1] ?? `exit ${String(code)}`;
  throw new RunError(`npm pack could not fetch the demo's packages (${reason}): the npm registry must be reachable once`);
}

async function isIntact(item: DemoPackage, folder: string): Promise<boolean> {
  try {
    const bytes = await readFile(join(folder, tarball(item)));
    return `sha512-${createHash('sha512').update(bytes).digest('base64')}` === item.integrity;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

// Paths given to tar stay relative: GNU tar on Windows takes `C:` for a remote host.
async function unpack(item: DemoPackage, cache: string, into: string): Promise<PackageFile[]> {
  await mkdir(into);
  const { code, stderr } = await execute('tar', ['-xzf', `../../${tarball(item)}`], into);
  if (code !== 0) throw new RunError(`tar could not unpack ${join(cache, tarball(item))}: ${stderr.trim().split('\n')[0] ?? ''}`);
  const files: PackageFile[] = [];
  for (const path of (await readdir(into, { recursive: true })).map((name) => name.replaceAll('\\', '/')).toSorted()) {
    const bytes = await readUnlessFolder(join(into, path));
    if (bytes && isPe(bytes)) files.push({ source: spec(item), path, bytes });
  }
  return files;
}

async function readUnlessFolder(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (codeOf(error) === 'EISDIR') return undefined;
    throw error;
  }
}

function isPe(bytes: Buffer): boolean {
  if (bytes.length < 64 || bytes.toString('latin1', 0, 2) !== 'MZ') return false;
  const at = bytes.readUInt32LE(60);
  return bytes.toString('latin1', at, at + 4) === 'PE\0\0';
}

/** The name that `npm pack` gives the tarball. */
function tarball(item: DemoPackage): string {
  return `${item.name.replace('@', '').replace('/', '-')}-${item.version}.tgz`;
}

function spec(item: DemoPackage): string {
  return `${item.name}@${item.version}`;
}

function execute(command: string, args: string[], cwd: string): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve, reject) => {
    // npm is a batch file on Windows and needs the shell; no argument comes from outside the table.
    const child = spawn(command, args, { cwd, shell: process.platform === 'win32', stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', () => reject(new RunError(`${command} could not be started: the demo needs it on PATH`)));
    child.on('close', (code) => resolve({ code, stderr }));
  });
}
