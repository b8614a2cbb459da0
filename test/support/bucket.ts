// What is in a bucket, asked past merc.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { CommitRecord } from '../../src/core/commit.ts';
import type { Moto } from './moto.ts';

export interface Bucket {
  /** Keys below a prefix, without it. */
  keysOf(prefix: string): Promise<string[]>;
  objectOf(prefix: string, key: string): Promise<Buffer>;
  /** SHA-256 of every part by name. */
  partsOf(prefix: string): Promise<Record<string, string>>;
  recordsOf(prefix: string): Promise<Map<string, CommitRecord>>;
  put(key: string, body: string | Buffer): Promise<void>;
}

export function bucketOf(server: Moto | string, name: string): Bucket {
  const ask: Moto['ask'] = (path, init) => (typeof server === 'string' ? Promise.reject(new Error(server)) : server.ask(`/${name}${path}`, init));
  const keysOf: Bucket['keysOf'] = async (prefix) => {
    const text = await (await ask(`?list-type=2&prefix=${prefix}/`)).text();
    return [...text.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key = '']) => key.slice(prefix.length + 1));
  };
  const objectOf: Bucket['objectOf'] = async (prefix, key) => {
    const answer = await ask(`/${prefix}/${key}`);
    assert.equal(answer.status, 200, key);
    return Buffer.from(await answer.arrayBuffer());
  };
  return {
    keysOf,
    objectOf,
    async partsOf(prefix) {
      const parts: Record<string, string> = {};
      for (const key of await keysOf(prefix)) {
        if (!/^(?:samples|strings)\//.test(key)) continue;
        parts[key] = createHash('sha256')
          .update(await objectOf(prefix, key))
          .digest('hex');
      }
      return parts;
    },
    async recordsOf(prefix) {
      const keys = (await keysOf(prefix)).filter((key) => key.startsWith('commits/'));
      return new Map(await Promise.all(keys.map(async (key) => [key, JSON.parse((await objectOf(prefix, key)).toString()) as CommitRecord] as const)));
    },
    async put(key, body) {
      assert.equal((await ask(`/${key}`, { method: 'PUT', body })).status, 200);
    },
  };
}
