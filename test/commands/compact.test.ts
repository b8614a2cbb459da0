import assert from 'node:assert/strict';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { compact } from '../../src/commands/compact.ts';
import { demoSet } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { ended, merc, startMerc } from '../support/merc.ts';
import { partsOf, query, samplesOf } from '../support/rows.ts';

const signal = new AbortController().signal;
const SMALL = { program: 'test/support/small-shards' };

/** Everything that a query can see of an output's tables, as one hash a table. */
async function contentOf(out: string): Promise<unknown> {
  const hash = (table: string) =>
    query(`SELECT count(*)::INTEGER AS rows, bit_xor(hash(t))::VARCHAR AS content FROM read_parquet('${out}/${table}/*.parquet') t`);
  return [await hash('samples'), await hash('strings')];
}

/** Rows in the order in which a reader meets them. */
const order = (out: string, table: string) => query(`SELECT sample_id::INTEGER AS id FROM read_parquet('${out}/${table}/*.parquet')`);

test('a compacted output has the same rows in fewer parts, and all that is done with an output goes on with it', async () => {
  const { samples, csv, files } = await demoSet();
  await inFolder(async (folder) => {
    const [input, out] = [join(folder, 'in'), join(folder, 'out')];
    // Two plans over one folder, of which the second begins where the first ended.
    const copy = async (some: typeof files) => {
      for (const { name } of some) await cp(join(samples, name), join(input, name), { preserveTimestamps: true });
    };
    await mkdir(input);
    await copy(files.slice(0, 60));
    assert.equal((await merc([input, csv, out, '2'], SMALL)).code, 0);
    await copy(files.slice(60, 90));
    assert.equal((await merc(['run', input, '--csv', csv, '--out', out, '--append'])).code, 0);
    const before = await partsOf(out);

    const two = join(folder, 'two');
    await compact(out, two, signal, { shards: 512, rows: 50, bytes: 1e9 });
    const shards = (await readdir(join(out, 'commits'))).length;
    assert.equal((await compact(out, join(folder, 'few'), signal, { shards: 4, rows: 1e6, bytes: 1e9 })).totals.shards, Math.ceil(shards / 4));
    await rm(join(folder, 'few'), { recursive: true });
    const one = join(folder, 'one');
    const { code, stdout } = await merc(['compact', out, '--to', one]);
    assert.deepEqual([code, stdout], [0, `${one}: 90 files in 1 shard, in ${out} ${(await readdir(join(out, 'commits'))).length}\n`]);
    assert.deepEqual(await partsOf(out), before);
    assert.deepEqual((await readdir(folder)).toSorted(), ['in', 'one', 'out', 'two']);

    for (const made of [one, two]) {
      assert.deepEqual((await merc(['verify', made])).stdout, `${made}: ${made === one ? 2 : 4} parts, all as committed\n`);
      assert.deepEqual(await contentOf(made), await contentOf(out));
      for (const table of ['samples', 'strings']) {
        const ids = (await order(made, table)).map(({ id }) => Number(id));
        assert.deepEqual(
          ids,
          ids.toSorted((a, b) => a - b),
          table,
        );
      }
      assert.deepEqual((await readdir(made)).toSorted(), (await readdir(out)).filter((name) => name !== '.work').toSorted());
      const sql = 'SELECT list, count(*) AS n, (SELECT count(*) FROM strings) AS s FROM samples GROUP BY 1 ORDER BY 1';
      assert.equal((await merc(['query', sql, '--out', made])).stdout, (await merc(['query', sql, '--out', out])).stdout);
    }

    await copy(files.slice(90, 95));
    const appended = await merc(['run', input, '--csv', csv, '--out', one, '--append']);
    assert.equal(appended.code, 0, appended.stderr);
    const rows = await samplesOf(one, 'sample_id, path', 'ORDER BY sample_id');
    assert.deepEqual(
      rows.map((row) => row['sample_id']),
      Array.from({ length: 95 }, (_, index) => index + 1),
    );
    assert.equal(new Set(rows.map((row) => row['path'])).size, 95);

    const other = join(folder, 'other.csv');
    await writeFile(other, `sha256,list\n${files.map(({ sha256 }) => `${sha256},Whitelist`).join('\n')}\n`);
    assert.equal((await merc(['relabel', two, '--csv', other])).code, 0);
    assert.deepEqual(
      (await samplesOf(two, 'DISTINCT list')).map((row) => row['list']),
      ['Whitelist'],
    );
    assert.equal((await merc(['verify', two])).code, 0);
  });
});

test('strings are copied as they are: row groups, encodings, sizes and statistics are those of the old parts', async () => {
  const { samples, csv } = await demoSet();
  await inFolder(async (folder) => {
    const [out, one] = [join(folder, 'out'), join(folder, 'one')];
    assert.equal((await merc([samples, csv, out, '2'], SMALL)).code, 0);
    await compact(out, one, signal);
    const groups = (made: string) =>
      query(`SELECT row_group_num_rows::INTEGER AS rows, path_in_schema, encodings, compression, stats_min_value, stats_max_value, total_compressed_size::INTEGER AS bytes
        FROM parquet_metadata('${made}/strings/*.parquet') ORDER BY file_name, row_group_id, column_id`);
    assert.deepEqual(await groups(one), await groups(out));
    const metadata = await query(
      `SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata('${one}/*/*.parquet') WHERE decode(key) = 'merc_plan_hash'`,
    );
    const { hash } = JSON.parse((await readFile(join(one, 'plans/0001.jsonl'), 'utf8')).split('\n', 1)[0] ?? '') as { hash: string };
    assert.deepEqual(
      metadata.map(({ value }) => value),
      [hash, hash],
    );
  });
});

test('an output that is not complete, a damaged part and a folder that is there are refused, and leave nothing', async () => {
  const { samples, csv } = await demoSet();
  await inFolder(async (folder) => {
    const out = join(folder, 'out');
    assert.equal((await merc([samples, csv, out, '2'], SMALL)).code, 0);
    const refused = async (to: string, code: number, message: RegExp) => {
      const outcome = await merc(['compact', out, '--to', to]);
      assert.equal(outcome.code, code, outcome.stderr);
      assert.match(outcome.stderr, message);
    };
    await mkdir(join(folder, 'there'));
    await refused(join(folder, 'there'), 2, /^merc: --to .*there: is there already: name a new folder\n$/);
    await refused(join(out, 'new'), 2, /^merc: --to .*new: is inside .*: name another folder\n$/);
    const part = join(out, 'strings/0001-00001-0.parquet');
    const bytes = await readFile(part);
    await writeFile(part, Buffer.concat([bytes.subarray(0, -9), Buffer.from([(bytes.at(-9) ?? 0) ^ 1]), bytes.subarray(-8)]));
    await refused(
      join(folder, 'new'),
      1,
      /^merc: .*strings\/0001-00001-0\.parquet: holds other bytes than were committed \(sha256 differs\): merc verify names all that is wrong\n$/,
    );
    await writeFile(part, bytes);
    await rm(join(out, '_SUCCESS.json'));
    await refused(join(folder, 'new'), 2, /^merc: .*out: is not complete: finish it with merc run/);
    assert.deepEqual((await readdir(folder)).toSorted(), ['out', 'there']);
  });
});

test('killed at any moment it leaves no output, and called again it makes a whole one', async () => {
  const { samples, csv } = await demoSet();
  await inFolder(async (folder) => {
    const [out, to] = [join(folder, 'out'), join(folder, 'new')];
    assert.equal((await merc([samples, csv, out, '2'], SMALL)).code, 0);
    let within = 0;
    for (let kill = 0; kill < 6; kill++) {
      const child = startMerc(['compact', out, '--to', to]);
      const end = ended(child);
      const begun = async () => {
        while ((await readdir(`${to}.partial`).catch(() => [])).length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      };
      await Promise.race([begun(), end]);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 150));
      child.kill('SIGKILL');
      if ((await end).signal !== 'SIGKILL') {
        await rm(to, { recursive: true });
        continue;
      }
      const names = await readdir(folder);
      if (!names.includes('new')) within += 1;
      // Renamed already: then it is whole.
      else assert.equal((await merc(['verify', to])).code, 0);
      await rm(to, { recursive: true, force: true });
    }
    assert.ok(within > 0, 'no kill came before the end');
    const { code, stderr } = await merc(['compact', out, '--to', to]);
    assert.equal(code, 0, stderr);
    assert.equal((await merc(['verify', to])).code, 0);
    assert.deepEqual((await readdir(folder)).toSorted(), ['new', 'out']);
  });
});
