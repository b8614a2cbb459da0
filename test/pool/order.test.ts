import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extraction } from '../../src/pool/extraction.ts';
import { openPool } from '../../src/pool/pool.ts';
import { emptyBatch } from '../support/empty-batch.ts';
import { inFolder } from '../support/folder.ts';

test('of the batches that wait for a worker those with the lowest turn go first, in their order', async () => {
  await inFolder(async (folder) => {
    const pool = openPool({ workers: 1 });
    const done: string[] = [];
    const extract = async (name: string, turn: number): Promise<void> => {
      await pool.extract(...emptyBatch(folder, name, turn));
      done.push(name);
    };
    try {
      await Promise.all([extract('2a', 2), extract('2b', 2), extract('1a', 1), extract('1b', 1), extract('2c', 2)]);
    } finally {
      await pool.close();
    }
    assert.deepEqual(done, ['2a', '1a', '1b', '2b', '2c']);
  });
});

test('with the last of the shards that there are the workers end', async () => {
  await inFolder(async (out) => {
    const pool = openPool({ workers: 1 });
    const options = { classic: true, maxFileSize: 1e6, tlsh: false };
    const stage = extraction(pool, { out, options, shards: 2, rootsOf: () => [out], metadataOf: () => ({}) });
    const shard = (id: string) => stage({ body: { id, batches: [[]] }, attempt: 1 }, new AbortController().signal);
    try {
      assert.equal((await shard('0001-00000')).id, '0001-00000');
      assert.equal((await shard('0001-00001')).id, '0001-00001');
      await assert.rejects(shard('0001-00002'), /the workers were ended/);
    } finally {
      await pool.close();
    }
  });
});

test('of two shards in flight the one that was begun first is ended before a batch of the other', async () => {
  await inFolder(async (out) => {
    const pool = openPool({ workers: 1 });
    let batches = 0;
    const options = { classic: true, maxFileSize: 1e6, tlsh: false };
    let second: Promise<number> | undefined;
    const onBatch = (): void => {
      batches += 1;
      second ??= shard('0001-00001');
    };
    const stage = extraction(pool, { out, options, rootsOf: () => [out], metadataOf: () => ({}), onBatch });
    const shard = async (id: string): Promise<number> => {
      await stage({ body: { id, batches: [[], [], [], []] }, attempt: 1 }, new AbortController().signal);
      return batches;
    };
    try {
      assert.deepEqual([await shard('0001-00000'), await second], [4, 8]);
    } finally {
      await pool.close();
    }
  });
});
