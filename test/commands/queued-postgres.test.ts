import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { partsOf, readCommits } from '../../src/core/commit.ts';
import { asking } from '../support/asking.ts';
import { demoSet } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { merc } from '../support/merc.ts';
import { postgresServer } from '../support/postgres-server.ts';
import { NO_REDIS, withRedis } from '../support/redis-server.ts';
import { drained, enqueued } from '../support/workers.ts';

const server = await postgresServer();
const skip = NO_REDIS !== false ? NO_REDIS : typeof server === 'string' && server;
after(() => typeof server === 'object' && server.remove());

test('a store worker fills PostgreSQL and the output, or PostgreSQL alone, with the same rows', { skip }, async () => {
  const { samples, csv } = await demoSet();
  await withRedis(async ({ url }) => {
    for (const parquet of [true, false]) {
      await inFolder(async (folder) => {
        const database = typeof server === 'string' ? assert.fail(server) : await server.database(parquet ? 'with_parquet' : 'without_parquet');
        const site = { url, samples, csv, out: join(folder, 'out') };
        await enqueued(site);
        const stores = [...(parquet ? ['--parquet'] : []), '--postgres', database, '--pg-strings'];
        const [, stored] = await Promise.all([drained(site, 'extract'), drained(site, 'store', ...stores)]);
        assert.doesNotMatch(stored.stderr, /error/);
        const [counts] = await asking(database, (ask) =>
          ask('SELECT count(*)::int AS rows, count(DISTINCT sample_id)::int AS samples, (SELECT count(*)::int FROM merc_shards) AS shards FROM merc_files'),
        );
        let [rows, shards, parts] = [0, 0, 0];
        for await (const record of readCommits(site.out)) [rows, shards, parts] = [rows + record.counts.rows, shards + 1, parts + partsOf(record).length];
        assert.deepEqual(counts, { rows, samples: rows, shards });
        assert.equal(parts > 0, parquet);
        assert.equal((await merc(['verify', site.out])).code, 0);
        const ended = await merc(['finish', site.out, '--postgres', database]);
        assert.equal(ended.code, 0, ended.stderr);
        const exported = async (...from: string[]) => {
          const to = join(folder, 'lines.jsonl');
          const { code, stderr } = await merc(['export', site.out, '--to', to, ...from]);
          return code === 0 ? readFile(to, 'utf8') : stderr;
        };
        const lines = await exported('--from', 'postgres', '--postgres', database);
        assert.equal(lines.trim().split('\n').length, rows);
        if (parquet) assert.equal(lines, await exported());
        else assert.match(await exported(), /its rows are in PostgreSQL alone/);
      });
    }
  });
});
