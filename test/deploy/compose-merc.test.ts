import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { manifests, mercServices, readDeploy } from '../support/deploy-files.ts';
import { service, startService, withComposeRedis } from '../support/compose-run.ts';
import { demoSet } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { commandLine, ended, merc, type Outcome } from '../support/merc.ts';
import { postgresServer } from '../support/postgres-server.ts';
import { freePort } from '../support/free-port.ts';
import { NO_REDIS } from '../support/redis-server.ts';
import { partsOf } from '../support/rows.ts';

const VARIABLES = { REDIS_PASSWORD: 'correct-horse', POSTGRES_PASSWORD: 'battery-staple', MERC_USER: '1000:1000' };

test('the services of compose.yaml, each by its own command line, make the parts of one run', { skip: NO_REDIS }, async (t) => {
  const postgres = await postgresServer();
  if (typeof postgres === 'string') return t.skip(postgres);
  const { samples } = await demoSet();
  try {
    await inFolder(async (folder) => {
      await withComposeRedis(VARIABLES, async (redis) => {
        const [one, out] = [join(folder, 'one'), join(folder, 'out')];
        await mkdir(out);
        assert.equal((await merc(['run', samples, '--out', one, '--quiet'])).code, 0);
        const url = await postgres.database('merc');
        // As many metrics ports as workers: containers have an address each.
        const setting = async () => {
          const port = String(await freePort());
          const places = { 'redis:6379': `127.0.0.1:${redis.port}`, 'postgres:5432': `127.0.0.1:${postgres.port}`, '/samples': samples, '/out': out };
          return { port, setting: { variables: VARIABLES, places: { ...places, '9464': port, '8080': port, '0.0.0.0': '127.0.0.1' } } };
        };
        const whole = async (name: string): Promise<Outcome> => {
          const outcome = await ended(startService(name, (await setting()).setting));
          assert.equal(outcome.code, 0, `${name}: ${outcome.stderr}`);
          return outcome;
        };
        await whole('enqueue');
        const status = await setting();
        const page = startService('status', status.setting);
        const pageEnds = ended(page);
        const workers = await Promise.all(
          ['extract', 'extract', 'store', 'store'].map(async (name) => {
            const { port, setting: own } = await setting();
            const child = startService(name, own);
            return { name, port, child, ends: ended(child) };
          }),
        );
        try {
          // The health check of the file, against the first extractor while it lives.
          const [kind, , ...words] = service('extract').healthcheck?.test ?? [];
          assert.equal(kind, 'CMD');
          const [extract] = workers;
          const healthy = async () =>
            (
              await ended(
                spawn(
                  'node',
                  words.map((word) => word.replace('9464', extract?.port ?? '')),
                ),
              )
            ).code === 0;
          await until(healthy, () => extract?.child.exitCode === null);
          await until(
            async () => (await fetch(`http://127.0.0.1:${status.port}/status.json`).catch(() => undefined))?.ok === true,
            () => page.exitCode === null,
          );
          for (const { name, ends } of workers) {
            const { code, stderr } = await ends;
            assert.equal(code, 0, `${name}: ${stderr}`);
            for (const line of stderr.trim().split('\n')) assert.equal(typeof JSON.parse(line), 'object', line);
            assert.doesNotMatch(stderr, /correct-horse|battery-staple/);
          }
        } finally {
          for (const { child } of workers) if (child.exitCode === null) child.kill('SIGKILL');
          page.kill('SIGTERM');
          await pageEnds;
        }
        await whole('finish');
        assert.ok((await readdir(out)).includes('_SUCCESS.json'));
        assert.deepEqual(await partsOf(out), await partsOf(one));
        const counted = spawnSync('psql', [url, '-Atc', 'SELECT count(*) FROM merc_files'], { encoding: 'utf8' });
        assert.equal(Number(counted.stdout), (await readdir(samples)).length, counted.stderr);
      });
    });
  } finally {
    await postgres.remove();
  }
});

test('every flag of the command lines of deploy/ is one that its command has', async () => {
  const help = async (words: readonly string[]) => (await ended(spawn(...first(commandLine([...words, '--help']))))).stdout;
  const ofReadme = [...readDeploy('README.md').matchAll(/docker compose run --rm \w+ ((?:enqueue|status|dead|finish)[^`#\n]*)/g)].map(([, words = '']) =>
    words.trim().split(/\s+/),
  );
  const ofPods = manifests().flatMap(({ spec }) => (spec.template?.spec.containers ?? []).map(({ args }) => args));
  const lines = [...mercServices().map(([, { command = [] }]) => command), ...ofPods, ...ofReadme];
  assert.ok(ofReadme.length >= 4 && ofPods.length === 3);
  for (const line of lines) {
    const command = line.slice(0, ['worker', 'dead'].includes(line[0] ?? '') ? 2 : 1);
    const text = await help(command);
    for (const flag of line.filter((word) => word.startsWith('--')))
      assert.ok(text.includes(`${flag} `) || text.includes(`${flag}\n`), `${command.join(' ')} ${flag}`);
  }
});

function first([program = '', ...rest]: readonly string[]): [string, string[]] {
  return [program, rest];
}

/** Waits for something while something else holds. */
async function until(done: () => Promise<boolean>, holds: () => boolean): Promise<void> {
  while (!(await done())) {
    assert.ok(holds(), 'it ended before');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
