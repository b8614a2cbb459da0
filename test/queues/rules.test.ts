import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXTRACTION_PARTS } from '../../src/core/queue.ts';
import { thisProcess } from '../../src/core/owner.ts';
import { redisUrl, shownUrl } from '../../src/queues/url.ts';
import { claimed, nothingToClaim } from '../contract/queue.ts';
import { inFolder } from '../support/folder.ts';
import { merc } from '../support/merc.ts';
import { PLAN, QUICK, withRun, type OpenRun } from '../support/redis-run.ts';
import { freePort } from '../support/free-port.ts';
import { NO_REDIS, withRedis, type RedisServer } from '../support/redis-server.ts';
import { filesOf, refs } from '../support/shards.ts';

const options = { skip: NO_REDIS, timeout: 60_000 };

function onRedis(use: (redis: RedisServer, open: OpenRun, run: string) => Promise<void>, settings: Readonly<Record<string, string>> = {}) {
  return () => withRedis((redis) => withRun(redis.url, (open, run) => use(redis, open, run)), settings);
}

test(
  'a Redis that may throw messages away is refused with the way out, and taken when that is asked for',
  options,
  onRedis(
    async (_, open) => {
      await assert.rejects(open(), {
        name: 'UsageError',
        message: /maxmemory-policy is allkeys-lru.*set noeviction, or take the risk with --redis-any-policy/,
      });
      await open({ anyPolicy: true });
    },
    { maxmemory: '50mb', 'maxmemory-policy': 'allkeys-lru' },
  ),
);

test(
  'a Redis that keeps nothing over a restart is told of, and one that keeps something is not',
  options,
  onRedis(
    async (redis, open) => {
      const told: string[] = [];
      const note = (line: string) => void told.push(line);
      await open({ note });
      assert.equal(told.length, 1);
      assert.match(told[0] ?? '', /keeps nothing over a restart \(neither appendonly nor save is on\)/);
      redis.cli('CONFIG', 'SET', 'save', '60 1');
      await open({ note });
      assert.equal(told.length, 1);
    },
    { appendonly: 'no' },
  ),
);

test(
  'a worker of another plan, or one that extracts otherwise, is refused with the way out',
  options,
  onRedis(async (_, open) => {
    await open({ extraction: 'parts' });
    await assert.rejects(open({ planHash: '0'.repeat(64) }), { name: 'UsageError', message: /is of another plan than this output has/ });
    await assert.rejects(open({ extraction: 'whole' }), { name: 'UsageError', message: /give --parts pe, hashes or strings/ });
    await open({ part: 'strings' });
  }),
);

test(
  'a worker that comes before the first enqueue waits for it, and says so once',
  options,
  onRedis(async (_, open) => {
    const told: string[] = [];
    const early = await open({ begins: false, note: (line) => told.push(line) });
    await nothingToClaim(early.extract, 600);
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', /^Redis holds nothing of the run \S+: merc enqueue puts in what is not committed$/);
    const claim = claimed(early.extract);
    await (await open()).extract.enqueue(refs(1));
    assert.equal((await claim).body.id, '0001-00000');
  }),
);

test(
  'a worker that was killed has its name again at its next start, and begins with what it had in hand, without waiting for the lease',
  options,
  onRedis(async (redis, open, run) => {
    const [stream, slots, name] = [`{merc:${run}}:extract`, `{merc:${run}}:slots`, `${hostname()}/0`];
    await (await open()).extract.enqueue(refs(3));
    // As the one that was killed has left it: its number is another process's now, or nobody's.
    const dead = { ...thisProcess(), started: '1', token: 'gone', at: Date.now() };
    redis.cli('HSET', slots, name, JSON.stringify(dead));
    redis.cli('XREADGROUP', 'GROUP', 'all', name, 'COUNT', '2', 'STREAMS', stream, '>');
    const { extract, counts } = await open({ leaseSeconds: 3_600 });
    const claims = [await claimed(extract), await claimed(extract), await claimed(extract)];
    assert.deepEqual(
      claims.map(({ body, attempt, receipt }) => [body.id, attempt, receipt.split(' ')[2]]),
      [
        ['0001-00000', 2, name],
        ['0001-00001', 2, name],
        ['0001-00002', 1, name],
      ],
    );
    assert.deepEqual([counts.reclaimed, counts.redelivered], [2, 2]);
  }),
);

test(
  'workers that live have names of their own, and one that is closed leaves its name to the next',
  options,
  onRedis(async (_, open) => {
    const nameOf = async (queues: Awaited<ReturnType<OpenRun>>) => (await claimed(queues.extract)).receipt.split(' ')[2];
    const [first, second] = [await open(), await open()];
    await first.extract.enqueue(refs(3));
    assert.deepEqual([await nameOf(first), await nameOf(second)], [`${hostname()}/0`, `${hostname()}/1`]);
    await second.close();
    assert.equal(await nameOf(await open()), `${hostname()}/1`);
  }),
);

test(
  'the name of a process that cannot be asked is free after a lease without a sign of life, by the clock of Redis',
  options,
  onRedis(async (redis, open, run) => {
    const nameOf = async () => (await claimed((await open()).extract)).receipt.split(' ')[2];
    await (await open()).extract.enqueue(refs(2));
    const now = Number(redis.cli('TIME').split('\n')[0]) * 1_000;
    const leave = (at: number) =>
      redis.cli('HSET', `{merc:${run}}:slots`, `${hostname()}/0`, JSON.stringify({ ...thisProcess(), machine: 'other', token: 'other', at }));
    leave(now);
    assert.equal(await nameOf(), `${hostname()}/1`);
    leave(now - 61_000);
    assert.equal(await nameOf(), `${hostname()}/0`);
  }),
);

test(
  'a name is kept by who has it, whatever became of the last sign of life: done without an answer, or lost with all that Redis held',
  options,
  onRedis(async (redis, open, run) => {
    const [slots, name] = [`{merc:${run}}:slots`, `${hostname()}/0`];
    const { extract } = await open({ leaseSeconds: 0.6 });
    await extract.enqueue(refs(3));
    const nameOf = async () => (await claimed(extract)).receipt.split(' ')[2];
    assert.equal(await nameOf(), name);
    const held = () => redis.cli('HGET', slots, name).trim();
    const renewed = async (before: string) => {
      while ([before, ''].includes(held())) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    const unanswered = JSON.stringify({ ...(JSON.parse(held()) as object), at: 1 });
    redis.cli('HSET', slots, name, unanswered);
    await renewed(unanswered);
    assert.equal(await nameOf(), name);
    redis.cli('DEL', slots);
    await renewed('');
    assert.equal(await nameOf(), name);
    assert.deepEqual(redis.cli('HKEYS', slots).trim().split('\n'), [name]);
  }),
);

test(
  'a process that slept past its lease goes on with what it has in hand, under another name too, and does not get it a second time',
  options,
  onRedis(async (redis, open, run) => {
    const { extract, counts } = await open({ leaseSeconds: 0.4 });
    await extract.enqueue(refs(2));
    const first = await claimed(extract);
    const other = { ...thisProcess(), machine: 'other', token: 'other', at: Date.now() + 60_000 };
    redis.cli('HSET', `{merc:${run}}:slots`, `${hostname()}/0`, JSON.stringify(other));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const second = await claimed(extract);
    assert.deepEqual(
      [first, second].map(({ body, receipt }) => [body.id, receipt.split(' ')[2]]),
      [
        ['0001-00000', `${hostname()}/0`],
        ['0001-00001', `${hostname()}/1`],
      ],
    );
    await nothingToClaim(extract, 1_000);
    for (const claim of [first, second]) assert.equal(await extract.complete(claim, filesOf(claim.body.id)), true);
    assert.deepEqual([counts.reclaimed, counts.lost], [0, 0]);
  }),
);

test(
  'names are forgotten that have nothing pending and were silent for long, and no message with them',
  options,
  onRedis(async (redis, open, run) => {
    const stream = `{merc:${run}}:extract`;
    const first = await open();
    await first.extract.enqueue(refs(2));
    redis.cli('XGROUP', 'CREATECONSUMER', stream, 'all', 'idle');
    redis.cli('XREADGROUP', 'GROUP', 'all', 'busy', 'COUNT', '1', 'STREAMS', stream, '>');
    // Rows of fields and values, a line each.
    const names = () => [...redis.cli('XINFO', 'CONSUMERS', stream, 'all').matchAll(/^name\n(.*)$/gm)].map(([, name]) => name);
    await open();
    assert.deepEqual(names(), ['busy', 'idle']);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await open({ times: { ...QUICK, forget: 10 } });
    assert.deepEqual(names(), ['busy']);
    assert.match(redis.cli('XPENDING', stream, 'all'), /\nbusy\n1$/);
  }),
);

test(
  'messages that were deleted behind the queue are dropped, counted and told, and the next enqueue puts their shards in again',
  options,
  onRedis(async (redis, open, run) => {
    const stream = `{merc:${run}}:extract`;
    const told: string[] = [];
    const [first, second] = [await open({ leaseSeconds: 0.3 }), await open({ leaseSeconds: 0.3, note: (line) => told.push(line) })];
    await first.extract.enqueue(refs(3));
    const { receipt } = await claimed(first.extract);
    redis.cli('XDEL', stream, receipt.split(' ')[0] ?? '');
    redis.cli('XTRIM', stream, 'MAXLEN', '1');
    assert.equal((await claimed(second.extract)).body.id, '0001-00002');
    while (second.counts.dropped === 0) await second.extract.claim(AbortSignal.timeout(300));
    assert.equal(second.counts.dropped, 1);
    assert.match(told[0] ?? '', /^1 messages of the queue extract had been deleted: merc enqueue puts their shards in again$/);
    assert.equal(await second.extract.enqueue(refs(3)), 2);
  }),
);

test(
  'a stream that several parts read is trimmed as far as all of them are, in whatever order they answer',
  options,
  onRedis(async (redis, open, run) => {
    const stream = `{merc:${run}}:extract`;
    const workers = [];
    // In another order than Redis lists them.
    for (const part of EXTRACTION_PARTS.toReversed()) workers.push((await open({ part })).extract);
    await workers[0]?.enqueue(refs(6));
    const length = () => Number(redis.cli('XLEN', stream));
    for (const [at, worker] of workers.entries()) {
      const claims = [];
      for (let left = 6; left > 0; left--) claims.push(await claimed(worker));
      for (const claim of at === 1 ? claims.toReversed() : claims) {
        assert.equal(await worker.complete(claim, filesOf(claim.body.id)), true);
        if (at < 2) assert.equal(length(), 6);
      }
    }
    assert.equal(length(), 0);
    assert.equal(redis.cli('HLEN', `{merc:${run}}:parts`), '0');
    assert.equal(redis.cli('XLEN', `{merc:${run}}:store`), '6');
  }),
);

test(
  'all keys of a run have its hash tag, and a run that is done leaves nothing that grows with it but what it said last',
  options,
  onRedis(async (redis, open, run) => {
    const { extract, store } = await open();
    await extract.enqueue(refs(30));
    for (let left = 30; left > 0; left--) await extract.complete(await claimed(extract), filesOf('any'));
    for (let left = 30; left > 0; left--) await store.complete(await claimed(store));
    const keys = redis.cli('KEYS', '*').split('\n');
    assert.ok(keys.every((key) => key.startsWith(`{merc:${run}}:`)));
    const lasting = keys.filter((key) => redis.cli('TTL', key) === '-1').toSorted();
    assert.deepEqual(
      lasting.map((key) => key.slice(`{merc:${run}}:`.length)),
      ['config', 'extract', 'slots', 'store'],
    );
    for (const stream of ['extract', 'store']) assert.equal(redis.cli('XLEN', `{merc:${run}}:${stream}`), '0');
  }),
);

test('no step of the queues bounds a stream by its length, blocks for ever, or deletes what is not acknowledged', () => {
  const source = readdirSync('src/queues')
    .map((name) => readFileSync(join('src/queues', name), 'utf8'))
    .join('\n');
  assert.doesNotMatch(source, /MAXLEN/);
  assert.doesNotMatch(source, /BLOCK:? *'?0/);
  const deletions = source.split("'XDEL'");
  assert.equal(deletions.length, 2);
  assert.match(deletions[0]?.split('\n').slice(-3).join('\n') ?? '', /'XACK', stream, group, id\)/);
});

test(
  'a user and password come by a file or the environment, and never stand in a message',
  options,
  onRedis(
    async (redis, open) => {
      const url = new URL(redis.url);
      await assert.rejects(open({}, url.href), { name: 'UsageError', message: `--redis: redis://${url.host} refuses this user or password (NOAUTH)` });
      url.password = 'wrong';
      await assert.rejects(open({}, url.href), { name: 'UsageError', message: `--redis: redis://${url.host} refuses this user or password (WRONGPASS)` });
      url.password = 's:cret/@';
      await inFolder(async (folder) => {
        await writeFile(join(folder, 'url'), `${url.href}\n`);
        await (await open({}, redisUrl(`@${join(folder, 'url')}`, {}))).extract.stats();
      });
      await (await open({}, redisUrl(undefined, { MERC_REDIS_URL: url.href }))).extract.stats();
    },
    { requirepass: 's:cret/@' },
  ),
);

test('a password in the command line and what is no URL of Redis are refused with the way out, and are not shown', () => {
  for (const [flag, environment, message] of [
    ['redis://:secret@host', {}, /--redis: every user of this machine can read a password.*--redis @FILE, or set MERC_REDIS_URL/],
    ['secret', {}, /^--redis: is no URL of Redis: redis:\/\/HOST:PORT, or rediss:\/\/ for TLS$/],
    ['http://secret', {}, /^--redis: is no URL of Redis/],
    ['@/nowhere/secret-file', {}, /^--redis @\/nowhere\/secret-file: cannot be read \(ENOENT\)/],
    [undefined, { MERC_REDIS_URL: 'secret' }, /^MERC_REDIS_URL: is no URL/],
    [undefined, { MERC_REDIS_URL: 'redis://:secret%@host' }, /^MERC_REDIS_URL: a % in the user or the password of a URL is written %25$/],
    [undefined, {}, /^--redis: missing: give redis:\/\/HOST:PORT, @FILE/],
  ] as const) {
    const refused = (error: unknown) => error instanceof Error && message.test(error.message) && !/secret(?!-file)/.test(error.message);
    assert.throws(() => redisUrl(flag, environment), refused, String(flag));
  }
  assert.equal(redisUrl('redis://host:1', { MERC_REDIS_URL: 'redis://other' }), 'redis://host:1');
  assert.equal(shownUrl('rediss://user:secret@host:1/2'), 'rediss://host:1/2');
});

test('a Redis that is not there is one line after some seconds, which names it', { timeout: 60_000 }, async () => {
  await withRun('redis://127.0.0.1:1', async (open) => {
    await assert.rejects(open({ patienceSeconds: 1 }), { name: 'RunError', message: /^redis:\/\/127\.0\.0\.1:1: Redis cannot be used \(.*ECONNREFUSED.*\)$/ });
  });
});

const NO_OPENSSL = spawnSync('openssl', ['version']).status === 0 ? false : 'no openssl on PATH';

test('over TLS a server is taken by a certificate that is trusted, and by no other', { ...options, skip: NO_REDIS || NO_OPENSSL }, () =>
  inFolder(async (folder) => {
    const [authority, certificate] = [join(folder, 'authority'), join(folder, 'certificate')];
    const openssl = (...args: string[]) => assert.equal(spawnSync('openssl', args, { encoding: 'utf8' }).status, 0, args.join(' '));
    const pair = (path: string) => ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${path}.key`];
    openssl('req', '-x509', ...pair(authority), '-out', authority, '-days', '2', '-subj', '/CN=authority');
    openssl('req', ...pair(certificate), '-out', `${certificate}.request`, '-subj', '/CN=localhost');
    await writeFile(join(folder, 'extensions'), 'subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n');
    const signed = ['-CA', authority, '-CAkey', `${authority}.key`, '-CAcreateserial', '-days', '2', '-extfile', join(folder, 'extensions')];
    openssl('x509', '-req', '-in', `${certificate}.request`, ...signed, '-out', certificate);
    const settings = {
      'tls-port': '0',
      'tls-cert-file': certificate,
      'tls-key-file': `${certificate}.key`,
      'tls-ca-cert-file': authority,
      'tls-auth-clients': 'no',
    };
    await withRedis(async (redis) => {
      const port = await freePort();
      redis.cli('CONFIG', 'SET', 'tls-port', String(port));
      const args = [`rediss://127.0.0.1:${port}`, 'run', PLAN];
      const trusting = await merc(args, { program: 'test/support/redis-stats', env: { NODE_EXTRA_CA_CERTS: authority, DENO_CERT: authority } });
      assert.match(trusting.stdout, /^\{"waiting":0,/, trusting.stderr);
      const doubting = await merc(args, { program: 'test/support/redis-stats' });
      assert.notEqual(doubting.code, 0);
      assert.match(doubting.stderr, /Redis cannot be used/);
    }, settings);
  }),
);

test(
  'the messages of 200,000 files take less than two megabytes of Redis, in either queue and in hand',
  options,
  onRedis(async (redis, open) => {
    const used = () => Number(/used_memory_dataset:(\d+)/.exec(redis.cli('INFO', 'memory'))?.[1]);
    const { extract, store } = await open();
    await store.claim(AbortSignal.timeout(10));
    const before = used();
    // 130 shards of as many files as a shard may have, in as many batches, with what a commit record keeps of the slowest.
    await extract.enqueue(refs(130));
    const queued = used();
    const slowest = Array.from({ length: 20 }, (_, index) => ({ path: `malware/${'0123456789abcdef'.repeat(4)}.${index}`, size: 1e6, milliseconds: 99 }));
    const problems = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`section.out_of_bounds_${index}`, 100]));
    for (let left = 130; left > 0; left--) {
      const claim = await claimed(extract);
      const files = filesOf(claim.body.id, 11);
      await extract.complete(claim, { ...files, slowest, counts: { ...files.counts, problems } });
    }
    const extracted = used();
    for (let left = 130; left > 0; left--) await claimed(store);
    const inHand = used();
    for (const after of [queued, extracted, inHand]) assert.ok(after - before < 2_000_000, `${after - before}`);
  }),
);
