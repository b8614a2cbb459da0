// Builds the addon into binding/ and the TypeScript into dist/. Runs under `npm ci` (prepare).

import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';

const [major, minor] = versionOf('cargo', /cargo (\d+)\.(\d+)/);
if (major !== 1 || minor < 89)
  fail(
    `merc: Rust 1.89 or newer is needed to build the addon, ${major === undefined ? 'and `cargo` was not found' : `this is ${major}.${minor}`}: install it with rustup, then run npm ci again`,
  );

run('napi', [
  ...['build', '--platform', '--release', '--esm', '--manifest-path', 'native/binding/Cargo.toml', '--package-json-path', 'package.json'],
  ...['--output-dir', 'binding', '--js', 'index.js', '--dts', 'index.d.ts'],
]);
rmSync('dist', { recursive: true, force: true });
run('tsc', ['-p', 'tsconfig.build.json']);
chmodSync('dist/cli.js', 0o755);

/** Major and minor version that a program prints; nothing where it is not there. */
function versionOf(program, pattern) {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' });
  return (pattern.exec(stdout ?? '') ?? []).slice(1).map(Number);
}

function run(program, args) {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) fail(`merc: \`${program}\` failed${error === undefined ? '' : ` (${error.message})`}`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
