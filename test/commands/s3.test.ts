import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createHash } from 'node:crypto';
import { bucketOf } from '../support/bucket.ts';
import { demoSet } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { ended, merc, startMerc } from '../support/merc.ts';
import { NO_CREDENTIALS, startMoto, type Moto } from '../support/moto.ts';
import { partsOf } from '../support/rows.ts';
import { tinySet } from '../support/tiny-set.ts';

const server = await startMoto();
const skip = typeof server === 'string' ? server : false;
const env = typeof server === 'string' ? {} : server.env;
const ask: Moto['ask'] = (path, init) => (typeof server === 'string' ? Promise.reject(new Error(server)) : server.ask(path, init));
before(async () => {
  if (typeof server !== 'string') await server.makeBucket('bucket');
});
after(async () => {
  if (typeof server !== 'string') await server.stop();
});

const bucket = bucketOf(server, 'bucket');

/** A run in small shards, whose mirror is below `stage`. */
const smallShards = (samples: string, csv: string, out: string, stage: string) =>
  [[samples, csv, out, '2'], { program: 'test/support/small-shards', env: { ...env, TMPDIR: stage } }] as const;

interface Setting {
  readonly folder: string;
  readonly samples: string;
  readonly csv: string;
  readonly stage: string;
}

/** 256 tiny files, half of them with labels. */
async function inTinySet(use: (setting: Setting) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const [samples, csv, stage] = [join(folder, 'samples'), join(folder, 'labels.csv'), join(folder, 'stage')];
    const files = [...(await tinySet(samples))];
    const labels = files.filter((_, index) => index % 2 === 0).map(([name, bytes]) => `${name},${createHash('sha256').update(bytes).digest('hex')},Blacklist`);
    await writeFile(csv, `id,sha256,list\n${labels.join('\n')}\nnone,${'f'.repeat(64)},Whitelist\n`);
    await mkdir(stage);
    await use({ folder, samples, csv, stage });
  });
}

test('a run into S3 makes the same parts as one into a folder, byte for byte, and leaves nothing on this machine', { skip }, async () => {
  const { samples, csv } = await demoSet();
  await inFolder(async (folder) => {
    const [out, stage] = [join(folder, 'out'), join(folder, 'stage')];
    await mkdir(stage);
    const inFolderRun = await merc([samples, csv, out, '2'], { program: 'test/support/small-shards' });
    const run = await merc(...smallShards(samples, csv, 's3://bucket/whole', stage));
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(await bucket.partsOf('whole'), await partsOf(out));
    assert.ok(Object.keys(await partsOf(out)).length > 20);
    const keys = await bucket.keysOf('whole');
    const names = (await readdir(out, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(out.length + 1));
    assert.deepEqual(keys.toSorted(), names.toSorted());
    for (const same of ['views.sql', '_SUCCESS.json', 'plans/0001.jsonl'])
      assert.equal((await bucket.objectOf('whole', same)).toString(), await readFile(join(out, same), 'utf8'), same);
    assert.deepEqual(await readdir(stage), []);
    // What is said of it is the same but for its name and its speed.
    const said = (text: string) => text.replaceAll(/s3:\/\/bucket\/whole|\S+\/out\b/g, 'OUT').replaceAll(/^Done.*$/gm, '');
    assert.equal(said(run.stdout), said(inFolderRun.stdout));
    const verified = await merc(['verify', 's3://bucket/whole'], { env });
    assert.equal(verified.stdout, `s3://bucket/whole: ${Object.keys(await partsOf(out)).length} parts, all as committed\n`, verified.stderr);
  });
});

test('a run into S3 that is killed in the middle and started again does what is missing and nothing else', { skip }, async () => {
  await inTinySet(async ({ folder, samples, csv, stage }) => {
    const out = join(folder, 'out');
    assert.equal((await merc([samples, csv, out, '2'], { program: 'test/support/small-shards' })).code, 0);
    for (const [wanted, signal, code] of [
      [2, 'SIGINT', 130],
      [5, 'SIGKILL', null],
    ] as const) {
      const child = startMerc(...smallShards(samples, csv, 's3://bucket/killed', stage));
      const end = ended(child);
      while ((await bucket.recordsOf('killed')).size < wanted) await new Promise((resolve) => setTimeout(resolve, 10));
      process.kill(-(child.pid ?? 0), signal);
      assert.equal((await end).code, code);
      // Who is killed leaves its mirror, which the next run removes.
      assert.equal((await readdir(stage)).length, code === null ? 1 : 0);
    }
    const first = await bucket.recordsOf('killed');
    assert.ok(first.size < (await readdir(join(out, 'commits'))).length, 'the kill came too late');
    const again = await merc(...smallShards(samples, csv, 's3://bucket/killed', stage));
    assert.equal(again.code, 0, again.stderr);
    const records = await bucket.recordsOf('killed');
    for (const [key, record] of first) assert.deepEqual(records.get(key), record);
    assert.deepEqual(await bucket.partsOf('killed'), await partsOf(out));
    assert.deepEqual(await readdir(stage), []);
    const third = await merc(...smallShards(samples, csv, 's3://bucket/killed', stage));
    assert.equal(third.code, 0, third.stderr);
    assert.deepEqual(await bucket.recordsOf('killed'), records);
  });
});

test('two runs into one place on S3 at the same time both end well, and each shard is committed once', { skip }, async () => {
  await inTinySet(async ({ folder, samples, csv, stage }) => {
    const out = join(folder, 'out');
    assert.equal((await merc([samples, csv, out, '2'], { program: 'test/support/small-shards' })).code, 0);
    const runs = await Promise.all([1, 2].map(() => merc(...smallShards(samples, csv, 's3://bucket/both', stage))));
    for (const { code, stderr } of runs) assert.equal(code, 0, stderr);
    assert.deepEqual(await bucket.partsOf('both'), await partsOf(out));
    const records = await bucket.recordsOf('both');
    assert.equal(records.size, (await readdir(join(out, 'commits'))).length);
    const rows = [...records.values()].reduce((sum, { counts }) => sum + counts.rows, 0);
    assert.equal(rows, 256);
    assert.equal((await merc(['verify', 's3://bucket/both'], { env })).code, 0);
    assert.deepEqual(await readdir(stage), []);
  });
});

test('a record of another plan, the dataset of another run and the files of others are refused on S3 with one line', { skip }, async () => {
  await inTinySet(async ({ samples, csv, stage }) => {
    assert.equal((await merc(...smallShards(samples, csv, 's3://bucket/first', stage))).code, 0);
    const record = (await bucket.objectOf('first', 'commits/0001-00000.json')).toString();
    await bucket.put('foreign/commits/0001-00000.json', record.replace(/"planHash": "./, '"planHash": "x'));
    const foreign = await merc(['run', samples, '--csv', csv, '--out', 's3://bucket/foreign', '--quiet'], { env });
    assert.equal(foreign.code, 2);
    assert.equal(foreign.stderr, "merc: --out s3://bucket/foreign: holds commits, which is not merc's: name an empty or new folder\n");
    const child = startMerc(...smallShards(samples, csv, 's3://bucket/other', stage));
    const end = ended(child);
    while ((await bucket.keysOf('other')).every((key) => !key.startsWith('plans/'))) await new Promise((resolve) => setTimeout(resolve, 5));
    await bucket.put('other/commits/0001-00021.json', record.replace(/"planHash": "./, '"planHash": "x'));
    const other = await end;
    assert.equal(other.code, 1, other.stderr);
    assert.match(other.stderr, /^merc: s3:\/\/bucket\/other\/commits\/0001-00021\.json: is of another plan: [^\n]*\n$/m);
    const verified = await merc(['verify', 's3://bucket/other'], { env });
    assert.match(verified.stdout, /^commits\/0001-00021\.json: is of another plan$/m);
    await bucket.put('labelled/dataset.parquet', await bucket.objectOf('first', 'dataset.parquet'));
    const labelled = await merc(['run', samples, '--no-csv', '--out', 's3://bucket/labelled', '--quiet'], { env });
    assert.equal(labelled.code, 2);
    assert.match(labelled.stderr, /^merc: --csv: s3:\/\/bucket\/labelled has another run's dataset already: [^\n]*\n$/);
    assert.equal((await merc(['run', samples, '--csv', csv, '--out', 's3://bucket/labelled', '--quiet'], { env })).code, 0);
  });
});

test('query and export over S3 answer as over a folder, and fetch strings only for a query that names them', { skip }, async () => {
  await inTinySet(async ({ folder, samples, csv, stage }) => {
    const [out, remote] = [join(folder, 'out'), 's3://bucket/asked'];
    for (const [where, setting] of [
      [out, {}],
      [remote, { env }],
    ] as const)
      assert.equal((await merc([samples, csv, where, '2'], { program: 'test/support/small-shards', ...setting })).code, 0);
    const over = async (args: (where: string) => readonly string[]) => {
      const [local, there] = [await merc(args(out)), await merc(args(remote), { env: { ...env, TMPDIR: stage } })];
      assert.equal(there.code, 0, there.stderr);
      assert.equal(there.stdout, local.stdout);
      assert.ok(there.stdout.length > 0);
      assert.deepEqual(await readdir(stage), []);
    };
    await over((where) => ['query', 'SELECT file_name, sha256, list FROM samples ORDER BY sample_id', '--out', where, '--json']);
    const all = ['strings ORDER BY sample_id, file_offset', 'dataset_unmatched ORDER BY ALL', '"CLASSIC" ORDER BY ALL', 'sections ORDER BY ALL'];
    await over((where) => ['query', all.map((view) => `SELECT * FROM ${view}`).join('; '), '--out', where, '--json']);
    await over((where) => ['export', where]);
    await over((where) => ['export', where, '--format', 'csv']);
    const bounded = await merc(['query', 'SELECT count(*) FROM strings', '--out', remote, '--max-fetch', '1kB'], { env });
    assert.equal(bounded.code, 2);
    assert.match(
      bounded.stderr,
      /^merc: --max-fetch 1\.00 kB: the query reads [\d.]+ MB \(samples [\d.]+ MB, strings [\d.]+ kB\), which would be fetched first: name a larger size to go on\n$/,
    );
    const samplesOnly = await merc(['query', 'SELECT count(*) AS n FROM samples', '--out', remote, '--max-fetch', '1kB'], { env });
    assert.match(samplesOnly.stderr, /strings 0 B\)/);
  });
});

test('verify over S3 names a part that was altered and one that is missing, by the name of the output', { skip }, async () => {
  await inTinySet(async ({ samples, csv, stage }) => {
    assert.equal((await merc(...smallShards(samples, csv, 's3://bucket/altered', stage))).code, 0);
    await bucket.put('altered/samples/0001-00000.parquet', 'short');
    assert.equal((await ask('/bucket/altered/strings/0001-00001-0.parquet', { method: 'DELETE' })).status, 204);
    await bucket.put('altered/samples/stray.parquet', 'x');
    await bucket.put('altered/commits/0001-00002.json', '{');
    const { code, stdout } = await merc(['verify', 's3://bucket/altered'], { env });
    assert.equal(code, 1);
    assert.match(stdout, /^samples\/0001-00000\.parquet: has 5 bytes, committed were \d+$/m);
    assert.match(stdout, /^strings\/0001-00001-0\.parquet: is missing$/m);
    assert.match(stdout, /^samples\/stray\.parquet: has no commit record/m);
    assert.match(stdout, /^s3:\/\/bucket\/altered\/commits\/0001-00002\.json: the commit record is damaged/m);
    const exported = await merc(['export', 's3://bucket/altered'], { env });
    assert.equal(exported.code, 1);
    assert.equal(exported.stdout, '');
    assert.doesNotMatch(stdout + exported.stderr, /merc-s3\./);
  });
});

test('what S3 refuses is one line that names the output, and exit 2', { skip }, async () => {
  await inFolder(async (folder) => {
    await writeFile(join(folder, 'sample'), 'text');
    const run = async (out: string, more: Readonly<Record<string, string>> = {}) => {
      const { code, stdout, stderr } = await merc(['run', join(folder, 'sample'), '--no-csv', '--out', out], { env: { ...env, ...more } });
      assert.equal(stdout, '');
      assert.equal(code, 2, stderr);
      return stderr;
    };
    assert.equal(await run('s3://no-such-bucket/out'), 'merc: --out s3://no-such-bucket/out: there is no such bucket: make it, or name another\n');
    assert.match(await run('s3://bucket/out', NO_CREDENTIALS), /^merc: --out s3:\/\/bucket\/out: no credentials: set AWS_ACCESS_KEY_ID [^\n]*\n$/);
    assert.match(
      await run('s3://bucket/out', { AWS_ENDPOINT_URL: 'http://no-such-host.invalid' }),
      /^merc: --out s3:\/\/bucket\/out: S3 cannot be reached \([^\n]*\n$/,
    );
    assert.match(
      await run('s3://bucket/out', { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }),
      /^merc: --out s3:\/\/bucket\/out: S3 cannot be reached \(.*ECONNREFUSED[^\n]*\n$/,
    );
    assert.match(await run('s3://bucket/out', { AWS_ENDPOINT_URL: 'nonsense' }), /^merc: AWS_ENDPOINT_URL: is no address[^\n]*\n$/);
    assert.match(await run('s3://bucket/a/../b'), /^merc: --out s3:\/\/bucket\/a\/\.\.\/b: s3:\/\/BUCKET\/PREFIX is needed[^\n]*\n$/);
    assert.doesNotMatch(await run('s3://key:secret@bucket/out'), /secret/);
    for (const args of [
      ['relabel', 's3://bucket/out', '--csv', join(folder, 'sample')],
      ['compact', 's3://bucket/out', '--to', join(folder, 'new')],
      ['compact', folder, '--to', 's3://bucket/out'],
      ['watch', folder, '--out', 's3://bucket/out'],
    ]) {
      const { code, stderr } = await merc(args, { env });
      assert.equal(code, 2);
      assert.match(stderr, /s3:\/\/bucket\/out: merc \w+ works on folders only: [^\n]*\n$/);
    }
  });
});
