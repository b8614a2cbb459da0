import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { link, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { committedIds } from '../../src/core/commit.ts';
import { planTotals, readHeads } from '../../src/core/plan.ts';
import { inFolder } from '../support/folder.ts';
import { ended, merc, type Outcome } from '../support/merc.ts';
import { NO_REDIS, withRedis } from '../support/redis-server.ts';
import { query } from '../support/rows.ts';
import { tinySet } from '../support/tiny-set.ts';
import { drained, enqueued, isComplete, startWorker, statusOf, tell, type Site } from '../support/workers.ts';

/** A minute where it is the first runtime, less on the others; by hand for longer. */
const SECONDS = Number(process.env['MERC_STORM_SECONDS'] ?? (process.versions.node.startsWith('20.') && !('Bun' in globalThis) ? 60 : 15));

/** Seconds of a lease; a process that stands still longer has lost what it had. */
const LEASE = 3;

const ROLES = ['extract', 'extract', 'store', 'store'] as const;

interface Seat {
  readonly role: (typeof ROLES)[number];
  child: ChildProcess;
  end: Promise<Outcome>;
  /** It has printed something, or ended. */
  begun: Promise<unknown>;
}

/** Enough tiny files that work is left when the storm is over. */
async function manyFiles(folder: string, copies: number): Promise<void> {
  const names = [...(await tinySet(join(folder, 'copy-0'))).keys()];
  for (let copy = 1; copy < copies; copy++) {
    await mkdir(join(folder, `copy-${copy}`));
    for (const name of names) await link(join(folder, 'copy-0', name), join(folder, `copy-${copy}`, name));
  }
}

test('workers that are killed and stopped at random lose nothing and double nothing', { skip: NO_REDIS, timeout: (SECONDS + 240) * 1_000 }, async (t) => {
  await withRedis(({ url }) =>
    inFolder(async (folder) => {
      const site: Site = { url, samples: join(folder, 'in'), csv: '', out: join(folder, 'out') };
      const copies = Math.max(4, Math.ceil(SECONDS / 3));
      await manyFiles(site.samples, copies);
      await enqueued(site, 16);
      const ends: Promise<Outcome>[] = [];
      const sit = (role: Seat['role']): Omit<Seat, 'role'> => {
        const child = startWorker(site, role, '--lease', `${LEASE}s`);
        const end = ended(child);
        ends.push(end);
        return { child, end, begun: Promise.race([end, new Promise((resolve) => child.stderr?.once('data', resolve))]) };
      };
      const seats: Seat[] = ROLES.map((role) => ({ role, ...sit(role) }));
      const counts = { kills: 0, stops: 0 };
      const waking: Promise<void>[] = [];
      const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
      const wake = async (child: ChildProcess): Promise<void> => {
        await pause((LEASE + 1 + Math.random() * 2) * 1_000);
        tell(child, 'SIGCONT');
      };
      try {
        const until = performance.now() + SECONDS * 1_000;
        while (performance.now() < until && !(await isComplete(site.out))) {
          await pause(200 + Math.random() * 900);
          const seat = seats[Math.floor(Math.random() * seats.length)] as Seat;
          if (Math.random() < 0.3) {
            counts.stops += 1;
            tell(seat.child, 'SIGSTOP');
            waking.push(wake(seat.child));
          } else {
            counts.kills += 1;
            tell(seat.child, 'SIGKILL');
            await seat.end;
            Object.assign(seat, sit(seat.role));
          }
        }
        await Promise.all(waking);
        // Before its first line a process has no hand on the signal yet.
        await Promise.all(seats.map(({ begun }) => begun));
        for (const { child } of seats) tell(child, 'SIGTERM');
        await Promise.all(seats.map(({ end }) => end));
        for (const { code, signal, stderr } of await Promise.all(ends)) assert.ok(signal === 'SIGKILL' || code === 0, `exit ${code}, ${signal}: ${stderr}`);
        const during = (await committedIds(site.out)).length;
        const rest = await Promise.all([drained(site, 'extract', '--lease', `${LEASE}s`), drained(site, 'store', '--lease', `${LEASE}s`)]);
        const { planned, committed, shards } = await statusOf(site);
        const total = planTotals(await readHeads(site.out));
        t.diagnostic(
          `${SECONDS} s: ${counts.kills} kills, ${counts.stops} stops, ${during} of ${total.shards} shards committed meanwhile, ${total.files} files`,
        );
        for (const { stderr } of rest) t.diagnostic(/worker\.ended.*/.exec(stderr)?.[0] ?? '');
        assert.ok(counts.kills > 0 && during > 0, 'the storm came while work was done');
        assert.deepEqual([committed, shards], [planned, { queued: 0, leased: 0, dead: 0, missing: 0 }]);
        const [rows] = await query(
          `SELECT count(*)::INTEGER AS rows, count(DISTINCT sample_id)::INTEGER AS samples, min(sample_id)::INTEGER AS first, max(sample_id)::INTEGER AS last,
             count(*) FILTER (WHERE status = 'ok')::INTEGER AS good FROM read_parquet('${site.out}/samples/*.parquet')`,
        );
        const files = copies * 256;
        assert.deepEqual(rows, { rows: files, samples: files, first: 1, last: files, good: files });
        const verified = await merc(['verify', site.out]);
        assert.equal(verified.code, 0, verified.stdout);
        assert.deepEqual(await readdir(join(site.out, '.work')), []);
      } finally {
        for (const { child } of seats) tell(child, 'SIGKILL');
      }
    }),
  );
});
