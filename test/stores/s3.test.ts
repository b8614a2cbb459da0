import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { RunError } from '../../src/core/errors.ts';
import { s3Objects, type S3Options } from '../../src/stores/s3.ts';
import { objectStoreContract } from '../contract/object-store.ts';
import { flakyWay, type Fate, type Flaky } from '../support/flaky.ts';
import { inFolder } from '../support/folder.ts';
import { startMoto } from '../support/moto.ts';

const server = await startMoto();
const skip = typeof server === 'string' ? server : false;
const { url, env } = typeof server === 'string' ? { url: '', env: {} } : server;
const before = { ...process.env };
if (typeof server !== 'string') {
  await server.makeBucket('bucket');
  Object.assign(process.env, env);
}
after(async () => {
  for (const name of Object.keys(env)) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
  if (typeof server !== 'string') await server.stop();
});

const QUICK = { most: 5, pause: 5 };
let outputs = 0;
const options = (spool: string): S3Options => ({ named: '--out s3://bucket/x', signal: new AbortController().signal, spool, tries: QUICK });

for (const [driver, prefix] of [
  ['s3', '/some/prefix/'],
  ['s3 without a prefix', ''],
] as const) {
  objectStoreContract(
    driver,
    async (folder) => {
      const bucket = `bucket-${++outputs}`;
      if (typeof server !== 'string') await server.makeBucket(bucket);
      const objects = await s3Objects(`s3://${bucket}${prefix}`, options(folder));
      return { objects, close: () => Promise.resolve(objects.close()) };
    },
    skip,
  );
}

/** An output behind a way that fails as told. */
async function behind(fateOf: (line: string, nth: number) => Fate, more: Partial<S3Options> = {}) {
  return async (use: (objects: Awaited<ReturnType<typeof s3Objects>>, seen: string[], folder: string, way: Flaky) => Promise<void>): Promise<void> => {
    const way = await flakyWay(url, (message, nth) => fateOf(`${message.method} ${message.url}`, nth));
    process.env['AWS_ENDPOINT_URL_S3'] = way.url;
    try {
      await inFolder(async (folder) => {
        const objects = await s3Objects(`s3://bucket/${++outputs}`, { ...options(folder), ...more });
        try {
          await use(objects, way.seen, folder, way);
        } finally {
          objects.close();
        }
      });
    } finally {
      delete process.env['AWS_ENDPOINT_URL_S3'];
      await way.stop();
    }
  };
}

test('a conditional write that meets another at the same moment (409) is tried again, and one that is too late (412) is not', { skip }, async () => {
  const through = await behind((line, nth) => (line.startsWith('PUT') && nth <= 2 ? { status: 409, code: 'ConditionalRequestConflict' } : undefined));
  await through(async (objects, seen) => {
    assert.equal(await objects.create('commits/a.json', { text: ['mine'] }), true);
    assert.equal(seen.length, 3);
    assert.equal(await objects.create('commits/a.json', { text: ['other'] }), false);
    assert.equal(seen.length, 4);
    assert.equal(await objects.read('commits/a.json'), 'mine');
  });
});

test('a write whose answer was lost is known as its own, and another one is not', { skip }, async () => {
  const through = await behind((line, nth) => (line.startsWith('PUT') && nth % 2 === 1 ? 'lost' : undefined));
  await through(async (objects) => {
    assert.equal(await objects.create('commits/a.json', { text: ['mine'] }), true);
    assert.equal(await objects.create('commits/a.json', { text: ['other'] }), false);
    assert.equal(await objects.read('commits/a.json'), 'mine');
  });
});

test('the digest of a file goes along, so that S3 can refuse what has changed on the way', { skip }, async () => {
  const through = await behind(() => undefined);
  await through(async (objects, _, folder, way) => {
    const file = join(folder, 'part');
    await writeFile(file, 'content');
    const digest = createHash('sha256').update('content');
    const [hex, base64] = [digest.copy().digest('hex'), digest.digest('base64')];
    for (const write of [
      () => objects.put(file, 'a'),
      () => objects.put(file, 'a', hex),
      () => objects.create('b', { file }),
      () => objects.create('c', { text: ['content'] }),
    ]) {
      await write();
      assert.equal(way.last()['x-amz-checksum-sha256'], base64);
      assert.equal(way.last()['content-length'], '7');
    }
  });
});

test('what S3 fails at in passing is tried again: status 500, 503, a connection cut, silence', { skip }, async () => {
  const fates: readonly Fate[] = [{ status: 500, code: 'InternalError' }, { status: 503, code: 'SlowDown' }, 'lost', 'silent'];
  const through = await behind((_, nth) => fates[nth - 1], { silent: 300 });
  await through(async (objects, seen, folder) => {
    const file = join(folder, 'part');
    await writeFile(file, Buffer.alloc(100_000, 'part'));
    await objects.put(file, 'samples/a.parquet');
    assert.equal(seen.length, 5);
    assert.equal(await objects.fetch('samples/a.parquet', join(folder, 'back')), true);
    assert.deepEqual(await readFile(join(folder, 'back')), await readFile(file));
    assert.deepEqual((await readdir(folder)).toSorted(), ['back', 'part']);
  });
});

test('what goes on failing ends with one line that names the output, after a bounded number of tries', { skip }, async () => {
  for (const [fate, line] of [
    [{ status: 503, code: 'SlowDown' }, /^--out s3:\/\/bucket\/x: S3 failed \(SlowDown, status 503\): as told$/],
    [{ status: 403, code: 'AccessDenied' }, /^--out s3:\/\/bucket\/x: refused \(AccessDenied\)/],
    ['silent', /^--out s3:\/\/bucket\/x: S3 cannot be reached/],
  ] as const) {
    const through = await behind(() => fate, { silent: 300 });
    await through(async (objects, seen) => {
      await assert.rejects(objects.replace('views.sql', 'text'), (error) => {
        assert.ok(error instanceof RunError, String(error));
        assert.match(error.message, line);
        return true;
      });
      assert.equal(seen.length, fate === 'silent' || fate.status === 503 ? QUICK.most : 1);
    });
  }
});

test('a large file goes in pieces, each of which may fail alone, and what is given up leaves nothing', { skip }, async () => {
  const pieces = { from: 6e6, bytes: 5 * 1024 ** 2 };
  let third: Fate = { status: 503, code: 'SlowDown' };
  const through = await behind(
    (line, nth) => (/partNumber=3/.test(line) && (nth <= 4 || (typeof third === 'object' && third.status === 403)) ? third : undefined),
    { pieces },
  );
  await through(async (objects, seen, folder) => {
    const [file, bytes] = [join(folder, 'part'), Buffer.from(Array.from({ length: 12_000_000 }, (_, index) => (index * 31) & 0xff))];
    await writeFile(file, bytes);
    await objects.put(file, 'strings/a.parquet');
    assert.ok(seen.filter((line) => line.startsWith('PUT')).length > 3);
    assert.equal(await objects.fetch('strings/a.parquet', join(folder, 'back')), true);
    assert.ok((await readFile(join(folder, 'back'))).equals(bytes));
    third = { status: 403, code: 'AccessDenied' };
    await assert.rejects(objects.put(file, 'strings/b.parquet'), /refused \(AccessDenied\)/);
    assert.deepEqual(await objects.list('strings'), ['a.parquet']);
    assert.ok(seen.some((line) => line.startsWith('DELETE')));
  });
});
