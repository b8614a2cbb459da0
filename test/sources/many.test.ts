import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inFolder } from '../support/folder.ts';
import { merc } from '../support/merc.ts';

/** As objects they take 90 MB of heap; their plan is made in half of that, most of which is no file's. */
const FILES = 300_000;
const HEAP = { NODE_OPTIONS: '--max-old-space-size=48' };

/** Names of files that are not there: they are planned like any other, and cost no making. */
async function writeList(path: string, names: number): Promise<void> {
  const list = createWriteStream(path);
  for (let name = 0; name < names; name += 1) {
    if (!list.write(`/no/such/folder-${name % 300}/a file whose name has an ordinary length ${name}\n`)) await once(list, 'drain');
  }
  list.end();
  await once(list, 'close');
}

test('the memory that planning takes does not grow with the number of files, appended ones too', async (t) => {
  if ('Bun' in globalThis || 'Deno' in globalThis) {
    t.skip('the heap is bounded by an option of Node');
    return;
  }
  await inFolder(async (folder) => {
    const [list, out] = [join(folder, 'list'), join(folder, 'out')];
    await writeList(list, FILES);
    const first = await merc([list, out], { program: 'test/support/plan-list', env: HEAP });
    assert.equal(first.code, 0, first.stderr.slice(0, 500));
    assert.deepEqual(JSON.parse(first.stdout), [{ files: FILES, shards: 74, firstSampleId: 1 }]);
    await writeList(list, FILES + 5);
    const second = await merc([list, out], { program: 'test/support/plan-list', env: HEAP });
    assert.equal(second.code, 0, second.stderr.slice(0, 500));
    assert.deepEqual(JSON.parse(second.stdout).slice(1), [{ files: 5, shards: 1, firstSampleId: FILES + 1 }]);
  });
});
