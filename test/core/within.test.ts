import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { within } from '../../src/core/within.ts';

const never = new Promise<never>(() => {});

test('what comes in time is given, and what does not, or not before the signal, is an error that says so', async () => {
  assert.equal(await within(Promise.resolve(1), 60_000), 1);
  await assert.rejects(within(Promise.reject(new Error('broken')), 60_000), /^Error: broken$/);
  await assert.rejects(within(never, 10), /^Error: no answer within 0\.01 s$/);
  const stop = new AbortController();
  const stopped = within(never, 60_000, stop.signal);
  stop.abort(new Error('ending'));
  await assert.rejects(stopped, /^Error: ending$/);
  await assert.rejects(within(never, 60_000, stop.signal), /^Error: ending$/);
});

test('what waits no longer than so long, and the address of this machine alone, stand in one place each', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  const having = (text: RegExp) => sources.filter((path) => text.test(readFileSync(join('src', path), 'utf8')));
  assert.deepEqual(having(/async function within\b/), ['core/within.ts']);
  assert.deepEqual(having(/const LOOPBACK\b/), ['core/worker-options.ts']);
});
