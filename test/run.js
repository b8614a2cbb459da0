// `npm test`: everything that must hold, as a list of tasks. Each runs; what failed is told again at the end.
//
//   node test/run.js [TASK...]     only the named tasks
//
// Runtimes and Python packages are installed below their own folders on first use. Where a program
// is not to be had, its task is skipped with the reason; with CI=true that is a failure.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const RUNTIMES = 'test/runtimes/node_modules';
const bin = (name) => join('node_modules', '.bin', name);
const compiled = () => testFiles().map((file) => join('.test-build', file.replace(/\.ts$/, '.js')));

/** Lines kept of a task's output, and told again of what failed in it. */
const [KEPT, TOLD] = [2_000, 120];

const TASKS = {
  format: () => run(bin('oxfmt'), '--check', '.'),
  lint: () => run(bin('oxlint'), '--type-aware', '--deny-warnings'),
  types: () => (rmSync('.test-build', { recursive: true, force: true }), run(bin('tsc'), '-p', 'tsconfig.json')),
  rustfmt: () => run('cargo', 'fmt', '--check'),
  clippy: () => run('cargo', 'clippy', '--workspace', '--all-targets', '--', '-D', 'warnings'),
  // What libFuzzer runs is a workspace of its own, which neither line above sees.
  'fuzz target': () => run('cargo', 'clippy', '--locked', '--manifest-path', 'native/core/fuzz/Cargo.toml', '--target-dir', target(), '--', '-D', 'warnings'),
  'cargo test': () => run('cargo', 'test', '--workspace', '--exclude', 'merc-binding'),
  'node 20': () => nodeTests(process.execPath),
  'node 22': async () => nodeTests(await runtime('node22/bin/node')),
  'node 24': async () => nodeTests(await runtime('node24/bin/node')),
  bun: async () => run(await runtime('.bin/bun'), 'test', '--timeout', '300000', ...testFiles().map((file) => `./${file}`)),
  deno: async () => run(await runtime('.bin/deno'), 'test', '--no-check', '--no-lock', '-A', ...testFiles()),
  oracle: () => oracle(),
  deploy: () => withPython('node_modules/.cache/merc-deploy', 'test/deploy/requirements.txt', (python) => run(python, 'test/deploy/check.py')),
};

const wanted = process.argv.slice(2);
const names = wanted.length > 0 ? wanted : Object.keys(TASKS);
const failed = [];
const skipped = [];
/** Last lines that the task at work has printed. */
let printed = [];
for (const name of names) {
  const task = TASKS[name];
  if (task === undefined) stop(`no task ${name}: ${Object.keys(TASKS).join(', ')}`);
  console.log(`\n── ${name}`);
  const started = performance.now();
  printed = [];
  const result = await task();
  if (result === false) failed.push({ name, told: failuresIn(printed) });
  else if (result !== true && process.env.CI === 'true') failed.push({ name: `${name} (${result})`, told: [] });
  else if (result !== true) skipped.push(`${name} (${result})`);
  console.log(`── ${name}: ${result === true ? 'passed' : result === false ? 'FAILED' : result}, ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
if (skipped.length > 0) console.log(`\nskipped: ${skipped.join(', ')}`);
for (const { name, told } of failed) console.error(`\n── what failed in ${name}\n${told.join('\n')}`);
if (failed.length > 0) stop(`\nfailed: ${failed.map(({ name }) => name).join(', ')}`);
console.log(`\n${names.length - skipped.length} passed, 0 failed`);

/** Cargo's folder, shared so that what both workspaces depend on is checked once. */
function target() {
  return process.env.CARGO_TARGET_DIR ?? 'target';
}

/** Test files, found here so that no runtime's own search can miss one. */
function testFiles() {
  return readdirSync('test', { recursive: true })
    .map((name) => join('test', name))
    .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
    .toSorted();
}

/** Of a test runner's output its own list of failures; of Bun's, whose list has only names, what stands before each; else the last lines. */
function failuresIn(lines) {
  const list = lines.findLastIndex((line) => /failing tests:$| ERRORS /.test(line));
  if (list >= 0) return lines.slice(list, list + TOLD);
  const told = lines.filter((_, at) => lines.slice(at, at + 30).some((line) => line.includes('(fail) ')));
  return told.length > 0 ? told.slice(0, TOLD) : lines.slice(-40);
}

async function nodeTests(node) {
  if (!existsSync('.test-build') && !(await TASKS.types())) return false;
  const files = compiled();
  const missing = files.filter((file) => !existsSync(file));
  if (missing.length > 0) stop(`not compiled: ${missing.join(', ')}`);
  return run(node, '--test', '--test-reporter=spec', '--test-concurrency=2', ...files);
}

/** Path of a runtime's program; installs them all on first use. */
async function runtime(path) {
  if (!existsSync(join(RUNTIMES, '.package-lock.json')) && !(await run('npm', 'ci', '--silent', '--prefix', 'test/runtimes')))
    stop('the runtimes could not be installed');
  return join(RUNTIMES, path);
}

/** merc's output of the demo set against independent tools, and in three readers. */
function oracle() {
  return withPython(
    'node_modules/.cache/merc-oracle',
    'test/oracle/requirements.txt',
    async (python) =>
      (await run(process.execPath, '.test-build/test/support/demo-output.js', 'node_modules/.cache/merc-oracle-run')) &&
      oracleOf(python, 'node_modules/.cache/merc-oracle-run'),
  );
}

/** Calls `use` with a Python that has the required packages; says why where there is none. */
async function withPython(venv, listed, use) {
  const python = join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const requirements = readFileSync(listed, 'utf8');
  const installed = join(venv, 'installed.txt');
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== requirements) {
    if (spawnSync('python3', ['-c', 'import venv, ensurepip']).status !== 0) return 'python3 with venv is not installed';
    const made = (await run('python3', '-m', 'venv', venv)) && (await run(python, '-m', 'pip', 'install', '--quiet', '-r', listed));
    if (!made) return 'the Python packages could not be installed';
    writeFileSync(installed, requirements);
  }
  return use(python);
}

async function oracleOf(python, dir) {
  const compared = await run(python, 'test/oracle/compare.py', join(dir, 'out'), join(dir, 'samples'));
  return (await run(python, 'test/oracle/readers.py', join(dir, 'out'))) && compared;
}

/** Runs a program and prints what it prints; true where it exits 0. */
async function run(program, ...args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
  for (const [stream, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ]) {
    stream.pipe(to, { end: false });
    createInterface({ input: stream }).on('line', (line) => {
      printed.push(line);
      if (printed.length > 2 * KEPT) printed = printed.slice(-KEPT);
    });
  }
  return new Promise((resolve) => {
    child.on('error', (error) => {
      const told = `${program}: ${error.message}`;
      console.error(told);
      printed.push(told);
      resolve(false);
    });
    // What it has started may hold its output open after its end; that is not waited for.
    let patience;
    child.on('exit', (status) => (patience = setTimeout(resolve, 1_000, status === 0)));
    child.on('close', (status) => {
      clearTimeout(patience);
      resolve(status === 0);
    });
  });
}

function stop(message) {
  console.error(message);
  process.exit(1);
}
