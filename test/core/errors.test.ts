import assert from 'node:assert/strict';
import { copyFile, link, mkdir, open, readdir, rename, rm, rmdir, stat, statfs, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRefusal } from '../../src/core/errors.ts';
import { linkOrCopy } from '../../src/core/layout.ts';
import { SMALL_SHARE, openDatabase, text } from '../../src/duckdb.ts';
import { inFolder } from '../support/folder.ts';

test('what the file system refuses is known as that on every runtime, whichever call it was', async () => {
  await inFolder(async (folder) => {
    const [none, to] = [join(folder, 'none/none'), join(folder, 'to')];
    const database = await openDatabase(SMALL_SHARE);
    const calls = {
      copyFile: () => copyFile(none, to),
      link: () => link(none, to),
      linkOrCopy: () => linkOrCopy(none, to),
      mkdir: () => mkdir(none),
      open: () => open(none, 'w'),
      readdir: () => readdir(none),
      rename: () => rename(none, to),
      rm: () => rm(none),
      rmdir: () => rmdir(none),
      stat: () => stat(none),
      statfs: () => statfs(none),
      utimes: () => utimes(none, 1, 1),
      writeFile: () => writeFile(none, ''),
      duckdb: () => database.run(`COPY (SELECT 1) TO ${text(join(none, 'x.parquet'))}`),
    };
    const unknown: string[] = [];
    for (const [name, call] of Object.entries(calls)) {
      await assert.rejects(call, (error) => {
        if (!isRefusal(error)) unknown.push(`${name}: ${String(error)}`);
        return true;
      });
    }
    database.close();
    assert.deepEqual(unknown, []);
    assert.equal(isRefusal(new TypeError('x is not a function')), false);
  });
});
