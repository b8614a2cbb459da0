import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { test } from 'node:test';
import { manifests } from '../support/deploy-files.ts';
import { inFolder } from '../support/folder.ts';
import { commandLine, ended, merc } from '../support/merc.ts';
import { partsOf } from '../support/rows.ts';
import { buildPe, DATA } from '../support/pe.ts';

/** A few files, and the parts that one run makes of them. */
async function withExpected(use: (folder: string, samples: string, expected: Awaited<ReturnType<typeof partsOf>>) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const [samples, one] = [join(folder, 'samples'), join(folder, 'one')];
    await mkdir(samples);
    for (const name of ['a', 'b', 'c']) {
      await writeFile(join(samples, name), buildPe({ sections: [{ name: '.data', characteristics: DATA, data: Buffer.from(`the file ${name}`) }] }));
    }
    const { code, stderr } = await merc(['run', samples, '--out', one, '--workers', '1', '--quiet']);
    assert.equal(code, 0, stderr);
    await use(folder, samples, await partsOf(one));
  });
}

test('the Slurm scripts, run as the tasks of an array, make the parts of one run and end the output', async (t) => {
  if (process.platform === 'win32') return t.skip('Slurm scripts are for bash');
  await withExpected(async (folder, samples, expected) => {
    const [out, bin] = [join(folder, 'out'), join(folder, 'bin')];
    await mkdir(bin);
    // `merc` on the PATH of a node.
    const words = commandLine([]).map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`);
    await writeFile(join(bin, 'merc'), `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`);
    await chmod(join(bin, 'merc'), 0o755);
    const bash = (script: string, more: Readonly<Record<string, string>> = {}) =>
      ended(
        spawn('bash', [resolve('deploy/slurm', script)], {
          cwd: folder,
          env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`, MERC_SAMPLES: samples, MERC_OUT: out, ...more },
        }),
      );
    const tasks = ['4', '5'].map((id) =>
      bash('array.sbatch', { SLURM_ARRAY_TASK_ID: id, SLURM_ARRAY_TASK_MIN: '4', SLURM_ARRAY_TASK_COUNT: '2', SLURM_CPUS_PER_TASK: '1' }),
    );
    for (const { code, stderr } of await Promise.all(tasks)) assert.equal(code, 0, stderr);
    const { code, stderr, stdout } = await bash('finish.sbatch');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /3 files in 1 shard, complete/);
    assert.deepEqual(await partsOf(out), expected);
    const unset = await bash('array.sbatch', { MERC_SAMPLES: '' });
    assert.match(unset.stderr, /MERC_SAMPLES: folder with the samples/);
  });
});

test('the arguments of the Indexed Job and of its finish make the parts of one run', async () => {
  await withExpected(async (folder, samples, expected) => {
    const out = join(folder, 'out');
    const argsOf = (name: string) =>
      (manifests().find(({ metadata }) => metadata.name === name)?.spec.template?.spec.containers[0]?.args ?? []).map((word) =>
        word === '/samples' ? samples : word === '/out' ? out : word,
      );
    // Of the eight pods the two that have a shard and none.
    for (const index of ['0', '7']) {
      const { code, stderr } = await merc(argsOf('merc-run'), { env: { JOB_COMPLETION_INDEX: index } });
      assert.equal(code, 0, stderr);
    }
    const { code, stderr, stdout } = await merc(argsOf('merc-finish'));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /complete/);
    assert.deepEqual(await partsOf(out), expected);
    assert.ok((await readdir(out)).includes('_SUCCESS.json'));
    await rm(out, { recursive: true });
  });
});
