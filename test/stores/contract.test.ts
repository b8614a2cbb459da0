import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after } from 'node:test';
import { commit, readCommits } from '../../src/core/commit.ts';
import type { Row } from '../../src/duckdb.ts';
import { memoryStore, type MemoryStore } from '../../src/stores/memory.ts';
import { folderOutput } from '../../src/core/output.ts';
import { parquetStore } from '../../src/stores/parquet.ts';
import { openPostgresStore } from '../../src/stores/postgres.ts';
import { seenIn, storeContract, type SeenSample } from '../contract/store.ts';
import { asking } from '../support/asking.ts';
import { postgresServer } from '../support/postgres-server.ts';

const asIs = (text: string) => text;

storeContract({
  name: 'memory',
  keptNul: asIs,
  place: async () => {
    let store: MemoryStore | undefined;
    return {
      open: async (database) => (store ??= memoryStore(database)),
      accept: async (to, shard) => {
        await to.accept(shard);
      },
      seen: async () =>
        [...(store?.shards ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, { samples, strings }]) => samples.map((row) => seen(row, strings))),
      close: async () => {},
    };
  },
});

function seen(row: Row, strings: readonly Row[]): SeenSample {
  const items = (row['sections'] as { items: { entries: { name: string } }[] } | null)?.items ?? [];
  return {
    sample_id: Number(row['sample_id']),
    file_name: String(row['file_name']),
    sha256: String(row['sha256']),
    list: row['list'] === null ? null : String(row['list']),
    sections: items.map(({ entries }) => entries.name),
    strings: strings.filter((string) => string['sample_id'] === row['sample_id']).map((string) => String(string['value'])),
  };
}

storeContract({
  name: 'Parquet',
  keptNul: asIs,
  place: async (out) => {
    for (const folder of ['samples', 'strings', 'commits']) await mkdir(join(out, folder), { recursive: true });
    const output = folderOutput(out);
    return {
      open: async () => parquetStore(output),
      accept: async (store, labelled) => {
        const parts = await store.accept(labelled);
        if (parts === undefined) throw new Error('the Parquet store has named no parts');
        const { shard, head, labels } = labelled;
        const { id, counts, attempts, slowest, started } = shard;
        await commit(output, { id, planHash: head.hash, ...parts, counts, labels, attempts, slowest, started, host: '', pid: 0, committed: started });
      },
      seen: async () => {
        const all: SeenSample[] = [];
        for await (const { samples, strings } of readCommits(out))
          all.push(
            ...(await seenIn(
              [join(out, samples?.name ?? '')],
              strings.map((part) => join(out, part.name)),
            )),
          );
        return all;
      },
      close: async () => {},
    };
  },
});

const server = await postgresServer();
const skip = typeof server === 'string' && server;
after(() => typeof server === 'object' && server.remove());
let databases = 0;

storeContract(
  {
    name: 'PostgreSQL',
    keptNul: (text) => text.replaceAll('\0', '\u{fffd}'),
    place: async () => {
      if (typeof server === 'string') throw new Error(server);
      const url = await server.database(`contract_${databases++}`);
      return {
        open: async (database) => openPostgresStore({ url, database, strings: true }),
        accept: async (store, shard) => {
          await store.accept(shard);
        },
        seen: () => asking(url, (ask) => ask<SeenSample>(SEEN)),
        close: async () => {},
      };
    },
  },
  skip,
);

const SEEN = `SELECT sample_id, file_name, sha256, list, coalesce(jsonb_path_query_array(sections, '$[*].name'), '[]') AS sections,
  coalesce((SELECT json_agg(v.value ORDER BY t.piece, v.place) FROM merc_strings t, unnest(t.texts) WITH ORDINALITY v(value, place)
    WHERE t.run_id = f.run_id AND t.sample_id = f.sample_id), '[]') AS strings
  FROM merc_files f ORDER BY sample_id`;
