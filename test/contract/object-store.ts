// What every object store must do, whatever keeps its files.

import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ObjectStore } from '../../src/core/objects.ts';
import { inFolder } from '../support/folder.ts';

/** A store that is empty, for one test. */
export type Fresh = (folder: string) => Promise<{ readonly objects: ObjectStore; readonly close: () => Promise<void> }>;

export function objectStoreContract(driver: string, fresh: Fresh, skip: string | false = false): void {
  const check = (name: string, use: (objects: ObjectStore, local: string) => Promise<void>) =>
    test(`${driver}: ${name}`, { skip }, async () => {
      await inFolder(async (folder) => {
        const local = join(folder, 'local');
        await mkdir(local);
        const { objects, close } = await fresh(folder);
        try {
          await use(objects, local);
        } finally {
          await close();
        }
      });
    });
  const localFile = async (local: string, name: string, content: string | Buffer) => {
    await writeFile(join(local, name), content);
    return join(local, name);
  };

  check('what is put is there byte for byte, replaces what was, and its source may stay', async (objects, local) => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) & 0xff));
    await objects.put(await localFile(local, 'a', 'an older one'), 'samples/0001-00000.parquet');
    await objects.put(await localFile(local, 'b', bytes), 'samples/0001-00000.parquet');
    await objects.put(await localFile(local, 'empty', ''), 'samples/empty');
    assert.equal(await objects.fetch('samples/0001-00000.parquet', join(local, 'back')), true);
    assert.deepEqual(await readFile(join(local, 'back')), bytes);
    assert.equal(await objects.fetch('samples/empty', join(local, 'back')), true);
    assert.equal((await readFile(join(local, 'back'))).length, 0);
  });

  check('of many that create a name one does, and its content stands', async (objects, local) => {
    const texts = Array.from({ length: 12 }, (_, index) => `writer ${index}\n`);
    const created = await Promise.all(
      texts.map(async (text, index) =>
        objects.create('commits/one.json', index % 2 === 0 ? { text: [text] } : { file: await localFile(local, `f${index}`, text) }),
      ),
    );
    assert.equal(created.filter(Boolean).length, 1);
    assert.equal(await objects.read('commits/one.json'), texts[created.indexOf(true)]);
    assert.equal(await objects.create('commits/one.json', { text: ['too late'] }), false);
    assert.equal(await objects.read('commits/one.json'), texts[created.indexOf(true)]);
  });

  check('text is created as it comes, in pieces and empty', async (objects) => {
    async function* pieces() {
      for (const piece of ['{"a": 1}\n', '', 'ü\u2028\n']) yield await Promise.resolve(piece);
    }
    assert.equal(await objects.create('plans/0001.jsonl', { text: pieces() }), true);
    assert.equal(await objects.read('plans/0001.jsonl'), '{"a": 1}\nü\u2028\n');
    assert.equal(await objects.create('plans/0002.jsonl', { text: [] }), true);
    assert.equal(await objects.read('plans/0002.jsonl'), '');
  });

  check('what cannot be made whole is not created', async (objects) => {
    async function* broken() {
      yield await Promise.resolve('half');
      throw new Error('no more');
    }
    await assert.rejects(objects.create('plans/0001.jsonl', { text: broken() }), /no more/);
    assert.equal(await objects.read('plans/0001.jsonl'), undefined);
    assert.deepEqual(await objects.list('plans'), []);
  });

  check('a small file is replaced', async (objects) => {
    await objects.replace('views.sql', 'one');
    await objects.replace('views.sql', 'two');
    await objects.replace('commits/a.json', 'three');
    assert.deepEqual([await objects.read('views.sql'), await objects.read('commits/a.json')], ['two', 'three']);
  });

  check('a folder lists its own names, sorted, and no others', async (objects) => {
    for (const key of ['commits/0001-00010.json', 'commits/0001-00002.json', 'commits/old/x', 'commitsx/y', 'top']) await objects.replace(key, key);
    assert.deepEqual(await objects.list('commits'), ['0001-00002.json', '0001-00010.json', 'old']);
    assert.deepEqual(await objects.list(''), ['commits', 'commitsx', 'top']);
    assert.deepEqual(await objects.list('nowhere'), []);
  });

  check('what is not there is undefined, false or nothing, and leaves nothing', async (objects, local) => {
    assert.equal(await objects.read('nothing'), undefined);
    assert.equal(await objects.fetch('nothing', join(local, 'nothing')), false);
    assert.deepEqual(await readdir(local), []);
    await objects.remove('nothing');
    await objects.remove('nothing/');
  });

  check('a file is removed, or all that is below a folder, and nothing beside it', async (objects) => {
    for (const key of ['.work/a.1/records', '.work/a.1/deep/strings', '.work/a.10/records', '.work/b', 'top']) await objects.replace(key, key);
    await objects.remove('.work/a.1/');
    assert.deepEqual(await objects.list('.work'), ['a.10', 'b']);
    await objects.remove('.work/b');
    assert.deepEqual(await objects.list('.work'), ['a.10']);
    assert.equal(await objects.read('top'), 'top');
  });
}
