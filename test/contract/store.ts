// What every store promises, as tests: memory, Parquet and PostgreSQL pass the same.

import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openDatabase, type Database } from '../../src/duckdb.ts';
import type { LabelledShard, Store } from '../../src/stores/store.ts';
import { inFolder } from '../support/folder.ts';
import { labelledShards, type ShardChanges } from '../support/labelled-shards.ts';
import { makeOutput, type Fixture } from '../support/output.ts';
import { query } from '../support/rows.ts';

/** A sample as a reader of the store sees it. */
export interface SeenSample {
  readonly sample_id: number;
  readonly file_name: string;
  readonly sha256: string;
  readonly list: string | null;
  readonly sections: readonly string[];
  readonly strings: readonly string[];
}

/** A store in a place of its own, empty. */
export interface StorePlace {
  /** A store there, as of a process of its own. */
  open(database: Database): Promise<Store>;
  /** Gives a shard to a store as a run does: with all that follows its acceptance. */
  accept(store: Store, shard: LabelledShard): Promise<void>;
  /** What a reader sees, by `sample_id`. */
  seen(): Promise<SeenSample[]>;
  close(): Promise<void>;
}

export interface StoreKind {
  readonly name: string;
  /** What a text is there that holds U+0000. */
  readonly keptNul: (text: string) => string;
  place(folder: string): Promise<StorePlace>;
}

/** What is to be seen of shards, read from their parts. */
async function expected(shards: readonly LabelledShard[]): Promise<SeenSample[]> {
  const seen: SeenSample[] = [];
  for (const { shard, samples } of shards) {
    const parts = shard.strings.map(({ name }) => join(shard.dir, name));
    seen.push(...(await seenIn([samples], parts)));
  }
  return seen;
}

/** Samples of Parquet files as a reader sees them. */
export async function seenIn(samples: readonly string[], strings: readonly string[]): Promise<SeenSample[]> {
  const list = (paths: readonly string[]) => `read_parquet([${paths.map((path) => `'${path}'`).join(', ')}])`;
  const rows = await query(
    `SELECT sample_id, file_name, sha256, list, to_json(list_transform(sections, lambda s: s.name))::VARCHAR AS sections FROM ${list(samples)}`,
  );
  const texts = strings.length === 0 ? [] : await query(`SELECT sample_id, value FROM ${list(strings)}`);
  return rows.map((row) => ({
    sample_id: Number(row['sample_id']),
    file_name: String(row['file_name']),
    sha256: String(row['sha256']),
    list: row['list'] === null ? null : String(row['list']),
    sections: (JSON.parse(String(row['sections'])) ?? []) as string[],
    strings: texts.filter((text) => text['sample_id'] === row['sample_id']).map((text) => String(text['value'])),
  }));
}

interface Setting {
  readonly place: StorePlace;
  readonly database: Database;
  /** The shards of a real output, in parts of their own. */
  shards(changes?: ShardChanges): Promise<LabelledShard[]>;
}

/** Declares the tests. @param skip Why they cannot run. */
export function storeContract(kind: StoreKind, skip: string | false = false): void {
  let fixture: Fixture;
  before(async () => {
    fixture = await makeOutput();
  });
  after(() => fixture.remove());
  const setting = (use: (setting: Setting) => Promise<void>) => () =>
    inFolder(async (folder) => {
      const database = await openDatabase({ threads: 1, memoryLimit: 400e6 });
      const place = await kind.place(join(folder, 'out'));
      try {
        await use({ place, database, shards: (changes) => labelledShards(database, fixture.out, folder, changes) });
      } finally {
        await place.close();
        database.close();
      }
    });
  const given = async ({ place, database }: Setting, shards: readonly LabelledShard[]) => {
    const store = await place.open(database);
    try {
      for (const shard of shards) await place.accept(store, shard);
    } finally {
      await store.close();
    }
  };

  test(
    `${kind.name}: what was accepted is there whole, with the rows and strings of its parts`,
    { skip },
    setting(async (it) => {
      const shards = await it.shards();
      assert.ok(shards.length > 1);
      await given(it, shards);
      assert.deepEqual(await it.place.seen(), await expected(shards));
    }),
  );

  test(
    `${kind.name}: a shard that is given again, by the same store or another, is there once`,
    { skip },
    setting(async (it) => {
      const shards = await it.shards();
      await given(it, [...shards, ...(await it.shards())]);
      await given(it, await it.shards());
      assert.deepEqual(await it.place.seen(), await expected(shards));
    }),
  );

  test(
    `${kind.name}: a shard that two stores are given at the same time is there once`,
    { skip },
    setting(async (it) => {
      const shards = await it.shards();
      const databases = await Promise.all([1, 2].map(() => openDatabase({ threads: 1, memoryLimit: 200e6 })));
      try {
        await Promise.all(databases.map(async (database) => given({ ...it, database }, await it.shards())));
      } finally {
        for (const database of databases) database.close();
      }
      assert.deepEqual(await it.place.seen(), await expected(shards));
    }),
  );

  test(
    `${kind.name}: a shard that is refused leaves nothing to be seen, and can be given whole later`,
    { skip },
    setting(async (it) => {
      const [first, second] = await it.shards();
      const store = await it.place.open(it.database);
      try {
        assert.ok(first !== undefined && second !== undefined);
        const [noStrings] = await it.shards();
        const [noSamples] = await it.shards();
        assert.ok(noStrings !== undefined && noSamples !== undefined);
        await rm(join(noStrings.shard.dir, noStrings.shard.strings.at(-1)?.name ?? ''));
        await rm(noSamples.samples);
        for (const broken of [noStrings, noSamples]) {
          await assert.rejects(it.place.accept(store, broken));
          assert.deepEqual(await it.place.seen(), []);
        }
        for (const whole of [second, first]) await it.place.accept(store, whole);
        assert.deepEqual(await it.place.seen(), await expected([first, second]));
      } finally {
        await store.close();
      }
    }),
  );

  test(
    `${kind.name}: the same content under two names is two rows`,
    { skip },
    setting(async (it) => {
      const shards = await it.shards({ samples: `'${'a'.repeat(64)}' AS sha256` });
      await given(it, shards);
      const seen = await it.place.seen();
      assert.deepEqual(new Set(seen.map((sample) => sample.sha256)), new Set(['a'.repeat(64)]));
      assert.deepEqual(seen, await expected(shards));
    }),
  );

  test(
    `${kind.name}: U+0000 in a text costs no row and no other value`,
    { skip },
    setting(async (it) => {
      const [unchanged] = await it.shards();
      const nul = `file_name || chr(0) || '\\u0000\\' || chr(0) AS file_name, list_transform(sections, lambda s: struct_update(s, name := '\\\\u0000' || chr(0) || chr(0) || '"')) AS sections`;
      const [shard] = await it.shards({ samples: nul, strings: `value || chr(0) || '\\' AS value` });
      assert.ok(shard !== undefined && unchanged !== undefined);
      await given(it, [shard]);
      const wanted = (await expected([unchanged])).map((sample) => ({
        ...sample,
        file_name: kind.keptNul(`${sample.file_name}\0\\u0000\\\0`),
        sections: sample.sections.map(() => kind.keptNul('\\\\u0000\0\0"')),
        strings: sample.strings.map((value) => kind.keptNul(`${value}\0\\`)),
      }));
      assert.deepEqual(await it.place.seen(), wanted);
    }),
  );

  test(
    `${kind.name}: bytes that are no UTF-8 in a text's place cost no row and no other value`,
    { skip },
    setting(async (it) => {
      const [unchanged] = await it.shards();
      const [shard] = await it.shards({ samples: `'a\\xFFb'::BLOB AS file_name` });
      assert.ok(shard !== undefined && unchanged !== undefined);
      await given(it, [shard]);
      const rest = (samples: readonly SeenSample[]) => samples.map((sample) => ({ ...sample, file_name: '' }));
      const seen = await it.place.seen();
      assert.deepEqual(rest(seen), rest(await expected([unchanged])));
      for (const { file_name: name } of seen) assert.match(name, /^a.+b$/);
    }),
  );
}
