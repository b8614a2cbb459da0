import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { commit, type CommitRecord } from '../../src/core/commit.ts';
import { NO_COUNTS } from '../../src/core/counts.ts';
import { RunError } from '../../src/core/errors.ts';
import { workDir } from '../../src/core/layout.ts';
import type { Output } from '../../src/core/output.ts';
import type { ShardFiles } from '../../src/core/types.ts';
import { withOpened } from '../../src/stores/opened.ts';
import { FilesGone, fetchWork, publishWork, removeWork, sweepComplete } from '../../src/stores/work.ts';
import { inFolder } from '../support/folder.ts';
import { startMoto } from '../support/moto.ts';
import { partIn } from '../support/parts.ts';

const server = await startMoto();
const skip = typeof server === 'string' ? server : false;
const before = { ...process.env };
if (typeof server !== 'string') {
  await server.makeBucket('bucket');
  Object.assign(process.env, server.env);
}
after(async () => {
  if (typeof server === 'string') return;
  for (const name of Object.keys(server.env)) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
  await server.stop();
});

const opened = (out: string, use: (output: Output) => Promise<void>) => withOpened(out, { named: `--out ${out}`, signal: new AbortController().signal }, use);

/** What an extract worker has built of a shard. */
async function extracted(output: Output, id: string): Promise<ShardFiles> {
  const dir = workDir(output.dir, id);
  await mkdir(dir, { recursive: true });
  const records = ['records-0.parquet', 'records-1.parquet'];
  for (const name of [...records, 'strings-0.parquet']) await writeFile(join(dir, name), `${name} of ${id}`);
  const strings = [await partIn(dir, 'strings-0.parquet', 1)];
  return { id, dir, records, strings, counts: NO_COUNTS, slowest: [], attempts: 1, started: '2026-01-01T00:00:00.000Z' };
}

const record = (id: string): CommitRecord => ({
  ...{ id, planHash: 'plan', counts: NO_COUNTS, labels: { dataset: null, lists: {}, matches: {} }, attempts: 1, slowest: [] },
  ...{ samples: null, strings: [], host: 'host', pid: 1, started: '', committed: '' },
});

for (const [where, place, skipped] of [
  ['a folder', (folder: string) => join(folder, 'out'), false],
  ['S3', () => 's3://bucket/work', skip],
] as const) {
  test(`what one machine has extracted another one stores, over ${where}`, { skip: skipped }, async () => {
    await inFolder(async (folder) => {
      const out = place(folder);
      let message = '';
      await opened(out, async (output) => {
        const shard = await extracted(output, '0001-00003');
        const published = await publishWork(output, shard);
        assert.match(published.dir, /^\.work\/0001-00003\.[^/]+$/);
        assert.deepEqual({ ...published, dir: shard.dir }, shard);
        // On S3 nothing stays on the machine that has extracted it.
        assert.equal(existsSync(join(output.dir, published.dir)), output.locked);
        assert.equal(existsSync(shard.dir), false, 'its maker no longer has it, and does not sweep it');
        message = JSON.stringify(published);
      });
      await opened(out, async (output) => {
        const published = JSON.parse(message) as ShardFiles;
        const fetched = await fetchWork(output, published.id, published);
        for (const name of [...fetched.records, 'strings-0.parquet']) assert.equal(await readFile(join(fetched.dir, name), 'utf8'), `${name} of 0001-00003`);
        await removeWork(output, published);
        assert.equal(existsSync(fetched.dir), false);
        assert.deepEqual(await output.objects.list('.work'), []);
        await assert.rejects(fetchWork(output, published.id, published), (error) => {
          assert.ok(error instanceof RunError);
          assert.match(error.message, /^shard 0001-00003: \.work\/0001-00003\.\S+\/records-0\.parquet is gone: it has to be extracted again$/);
          return true;
        });
      });
    });
  });
}

test('strings that are altered before they are stored are no longer what was extracted, though as long', async () => {
  await inFolder(async (folder) => {
    await opened(join(folder, 'out'), async (output) => {
      const published = await publishWork(output, await extracted(output, '0001-00003'));
      const altered = join(output.dir, published.dir, 'strings-0.parquet');
      await writeFile(altered, (await readFile(altered, 'utf8')).replace('strings', 'stringz'));
      await assert.rejects(fetchWork(output, published.id, published), (error) => {
        assert.ok(error instanceof FilesGone);
        assert.match(error.message, /strings-0\.parquet holds other bytes than were written \(sha256 differs\): it has to be extracted again$/);
        return true;
      });
    });
  });
});

test('a message that names anything but the work of its shard is refused, and nothing is read or removed for it', async () => {
  await inFolder(async (folder) => {
    await opened(join(folder, 'out'), async (output) => {
      const published = await publishWork(output, await extracted(output, '0001-00003'));
      await mkdir(join(output.dir, 'samples'));
      const lies: readonly Partial<Record<keyof ShardFiles, unknown>>[] = [
        ...[
          'samples',
          '/etc',
          '.work',
          '.work/',
          '.work/..',
          '.work/../samples',
          '.work/0001-00003.x/..',
          '.work/0001-00004.x',
          '..\\x',
          '.work/0001-00003.a\\..\\..',
          7,
          null,
          ['.work/0001-00003.x'],
        ].map((dir) => ({ dir })),
        { id: '0001-00004' },
        { id: undefined },
        { records: ['../../plans/0001.jsonl'] },
        { records: ['records-0.parquet', 'a/b.parquet'] },
        { strings: 'strings-0.parquet' },
        { strings: [7] },
        ...[{ name: 'a/b.parquet' }, { bytes: '1' }, { rows: 0.5 }, { rows: -1 }, { sha256: `${'0'.repeat(63)}A` }].map((lie) => ({
          strings: [{ ...published.strings[0], ...lie }],
        })),
      ];
      for (const lie of lies) {
        const message = { ...published, ...lie } as ShardFiles;
        await assert.rejects(fetchWork(output, message.id, message), RunError, JSON.stringify(lie));
        await assert.rejects(removeWork(output, message), RunError, JSON.stringify(lie));
      }
      assert.deepEqual((await readdir(output.dir)).toSorted(), ['.work', 'samples']);
      await fetchWork(output, published.id, published);
    });
  });
});

test('on S3 what lost workers have left of committed shards is swept, and of others it stays', { skip }, async () => {
  await opened('s3://bucket/swept', async (output) => {
    for (const id of ['0001-00000', '0001-00001']) await publishWork(output, await extracted(output, id));
    assert.equal(await commit(output, record('0001-00000')), true);
    await sweepComplete(output);
    const [left, ...more] = await output.objects.list('.work');
    assert.match(left ?? '', /^0001-00001\./);
    assert.deepEqual(more, []);
  });
});
