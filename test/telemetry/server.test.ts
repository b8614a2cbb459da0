import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { connect } from 'node:net';
import { test } from 'node:test';
import { UsageError } from '../../src/core/errors.ts';
import { openMetrics } from '../../src/telemetry/metrics.ts';
import { metricsServer, servePages } from '../../src/telemetry/server.ts';

test('a worker serves its metrics and its health, and a worker that is not well says why with 503', async () => {
  let why: string | undefined;
  const server = await metricsServer({ port: 0, metrics: await openMetrics(), unwell: () => why });
  try {
    const metrics = await fetch(`${server.url}metrics`);
    assert.equal(metrics.status, 200);
    assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    assert.match(await metrics.text(), /^# TYPE merc_shard_seconds histogram$/m);
    const well = await fetch(`${server.url}healthz?from=probe`);
    assert.deepEqual([well.status, await well.text()], [200, 'ok\n']);
    why = 'no claim since 10 min';
    const unwell = await fetch(`${server.url}healthz`);
    assert.deepEqual([unwell.status, await unwell.text()], [503, 'no claim since 10 min\n']);
  } finally {
    await server.close();
  }
});

test('pages are read only, unknown paths are named, and a page that fails tells its reader nothing', async () => {
  const errors: unknown[] = [];
  const pages = { '/good': () => ({ type: 'text/html', body: '<p>' }), '/bad': () => Promise.reject(new Error('redis://u:p@host')) };
  const server = await servePages({ port: 0, pages, onError: (error) => errors.push(error) });
  try {
    const good = await fetch(`${server.url}good`);
    assert.match(good.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    assert.equal(good.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(await good.text(), '<p>');
    const posted = await fetch(`${server.url}good`, { method: 'POST', body: 'x' });
    assert.equal(posted.status, 405);
    await posted.text();
    for (const path of ['constructor', '__proto__', '']) {
      const missing = await fetch(`${server.url}${path}`);
      assert.deepEqual([missing.status, await missing.text()], [404, 'pages: /good /bad\n'], path);
    }
    const bad = await fetch(`${server.url}bad`);
    assert.equal(bad.status, 500);
    assert.doesNotMatch(await bad.text(), /redis|host/);
    assert.equal(errors.length, 1);
  } finally {
    await server.close();
  }
});

test('pages are served on this machine alone unless another address is named', async (t) => {
  const others = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).filter(({ family, internal }) => family === 'IPv4' && !internal));
  const server = await servePages({ port: 0, pages: {} });
  try {
    assert.equal(new URL(server.url).hostname, '127.0.0.1');
    const [other] = others;
    if (other === undefined) t.diagnostic('no other address to be refused at');
    else assert.equal(await reaches(other.address, Number(new URL(server.url).port)), false);
  } finally {
    await server.close();
  }
});

test('a port that is taken is one line that names the flag, and a reader that stays does not keep the server open', async () => {
  const server = await servePages({ port: 0, pages: { '/': () => ({ type: 'text/plain', body: 'x' }) } });
  const port = Number(new URL(server.url).port);
  try {
    await assert.rejects(
      servePages({ port, pages: {}, flag: '--http' }),
      (error) => error instanceof UsageError && error.message === `--http ${port}: the port of 127.0.0.1 is taken: --http names another, 0 any that is free`,
    );
    await (await fetch(server.url, { headers: { connection: 'keep-alive' } })).text();
  } finally {
    await server.close();
  }
  assert.equal(await reaches('127.0.0.1', port), false);
});

function reaches(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket.on('connect', () => end(true)).on('error', () => end(false));
  });
}
