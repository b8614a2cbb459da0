import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { demoSet } from '../support/demo-set.ts';
import { smallDisk } from '../support/disk.ts';
import { inFolder } from '../support/folder.ts';
import { ended, merc, startMerc } from '../support/merc.ts';
import { commitsReach, partsOf, samplesOf } from '../support/rows.ts';

const SMALL = { program: 'test/support/small-shards' };
const REFUSES = '/sys/class/net/lo/speed';
const NO_DISK = 'no right to mount a small file system';

test('a disk that becomes full or read-only in the middle ends the run with one line, and the same command ends it later with the same parts', async (t) => {
  const { samples, csv } = await demoSet();
  await inFolder(async (folder) => {
    const undisturbed = join(folder, 'undisturbed');
    assert.equal((await merc([samples, csv, undisturbed, '2'], SMALL)).code, 0);
    const disk = await smallDisk(folder, '64m');
    if (disk === undefined) return t.skip(NO_DISK);
    try {
      for (const [fault, message, begin, end] of [
        ['full', /No space left|ENOSPC/i, () => disk.fill(), () => disk.free()],
        ['read-only', /Read-only|EROFS/i, () => disk.setWritable(false), () => disk.setWritable(true)],
      ] as const) {
        const out = join(disk.path, fault);
        const args = [samples, csv, out, '2'];
        const faulty = async () => {
          await rm(out, { recursive: true, force: true });
          const outcome = ended(startMerc(args, SMALL));
          await commitsReach(out, 2);
          await begin();
          const { code, stderr } = await outcome;
          const verified = await merc(['verify', out]);
          await end();
          return { code, stderr, verified };
        };
        // A disk that is written to without a pause becomes read-only when the run is over: then once more.
        let found = await faulty();
        for (let times = 1; times < 5 && found.code === 0; times++) found = await faulty();
        const { code, stderr, verified } = found;
        assert.equal(code, 1, stderr);
        const lines = stderr.split('\n').filter((line) => line.startsWith('merc: '));
        assert.equal(lines.length, 1, stderr);
        assert.match(lines[0] ?? '', message);
        assert.doesNotMatch(stderr, /bug in merc|^ +at /m);
        // What is committed is whole, and what is not is named.
        assert.equal(verified.code, 1, verified.stderr);
        for (const line of verified.stdout.trimEnd().split('\n').slice(0, -1))
          assert.match(line, /planned, not committed|has no commit record|_SUCCESS\.json: is missing/);
        const again = await merc(args, SMALL);
        assert.equal(again.code, 0, again.stderr);
        assert.deepEqual(await partsOf(out), await partsOf(undisturbed), fault);
        assert.equal((await merc(['verify', out])).code, 0);
        await rm(out, { recursive: true });
      }
    } finally {
      await disk.remove();
    }
  });
});

test('files that are deleted, cut or grown while a run is on are rows that say so, and the run ends well', async () => {
  const { samples, files } = await demoSet();
  await inFolder(async (folder) => {
    const [input, out] = [join(folder, 'in'), join(folder, 'out')];
    await cp(samples, input, { recursive: true, preserveTimestamps: true });
    // The smallest, which come last, and are long enough to be cut.
    const last = files
      .filter(({ bytes }) => bytes.length > 64)
      .toSorted((a, b) => a.bytes.length - b.bytes.length)
      .slice(0, 9)
      .map(({ name }) => name);
    const child = startMerc([input, join(samples, '../samples.csv'), out, '1'], SMALL);
    const outcome = ended(child);
    await commitsReach(out, 1);
    for (const [index, name] of last.entries()) {
      if (index % 3 === 0) await rm(join(input, name));
      else if (index % 3 === 1) await truncate(join(input, name), 10);
      else await writeFile(join(input, name), 'grown', { flag: 'a' });
    }
    const { code, stderr } = await outcome;
    assert.equal(code, 0, stderr);
    const rows = await samplesOf(out, "file_name, status, file_size::INTEGER AS size, list_transform(problems, lambda p: p.stage || '.' || p.kind) AS kinds");
    assert.equal(rows.length, files.length);
    const told = (name: string) => {
      const row = rows.find((each) => each['file_name'] === name);
      return [row?.['status'] === 'failed', JSON.stringify(row?.['kinds']).includes('read.changed'), row?.['size']];
    };
    for (const [index, name] of last.entries()) {
      const [failed, changed, size] = told(name);
      if (index % 3 === 0) assert.equal(failed, true, name);
      else assert.deepEqual([changed, size], [true, (await stat(join(input, name))).size], name);
    }
    assert.equal((await merc(['verify', out])).code, 0);
  });
});

test(
  'what cannot be read is a row or is said, and the rest is done: a folder and a file without rights, a read that the device refuses',
  { skip: !existsSync(REFUSES) && `no ${REFUSES}` },
  async (t) => {
    const { samples, files } = await demoSet();
    await inFolder(async (folder) => {
      const input = join(folder, 'in');
      await mkdir(join(input, 'closed'), { recursive: true });
      await cp(join(samples, files[0]?.name ?? ''), join(input, 'open'));
      await cp(join(samples, files[1]?.name ?? ''), join(input, 'closed/inside'));
      await writeFile(join(input, 'secret'), 'nobody may read this');
      await chmod(join(input, 'secret'), 0);
      await chmod(join(input, 'closed'), 0);
      // Root may read everything, unless it gives that right away.
      const bound = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [];
      if (bound.length > 0 && spawnSync(bound[0] ?? '', [...bound.slice(1), 'true']).status !== 0) return t.skip('root, and no setpriv to be less');
      const closed = await merc(['run', input, '--out', join(folder, 'closed')], { under: bound });
      await chmod(join(input, 'closed'), 0o700);
      assert.equal(closed.code, 0, closed.stderr);
      assert.match(closed.stderr, /^skipped .*closed: .*(EACCES|denied|permission)/im);
      assert.deepEqual(
        (await samplesOf(join(folder, 'closed'), 'path, status', 'ORDER BY path')).map(({ path, status }) => `${String(path)} ${status === 'failed'}`),
        ['open false', 'secret true'],
      );
      // Of this file the system gives a size, and refuses every read.
      await writeFile(join(folder, 'list'), `${REFUSES}\n${join(input, 'open')}\n`);
      const { code, stderr } = await merc(['run', '--files-from', join(folder, 'list'), '--out', join(folder, 'refused')]);
      assert.equal(code, 0, stderr);
      const rows = await samplesOf(join(folder, 'refused'), "file_name, status, problems[1].stage || '.' || problems[1].kind AS problem", 'ORDER BY file_name');
      assert.deepEqual(
        rows.map((row) => [row['file_name'], row['status'] === 'failed', row['problem']]),
        [
          ['open', false, null],
          ['speed', true, 'read.unreadable'],
        ],
      );
      assert.deepEqual(await readdir(join(folder, 'refused/.work')), []);
    });
  },
);
