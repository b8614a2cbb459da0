import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bell } from '../../src/sources/bell.ts';

const DAY = 86_400_000;

test('the first ring wakes and is remembered, and no other until it is set again', async () => {
  let now = 100;
  const rung = bell(() => now);
  const { signal } = new AbortController();
  const asleep = rung.sleep(DAY, signal);
  assert.equal(rung.rang(), undefined);
  rung.ring();
  await asleep;
  now = 200;
  rung.ring();
  assert.equal(rung.rang(), 100);
  rung.set();
  assert.equal(rung.rang(), undefined);
  const again = rung.sleep(DAY, signal);
  rung.ring();
  await again;
  assert.equal(rung.rang(), 200);
});

test('a signal wakes, at once if it was given before, and time does', async () => {
  const stop = new AbortController();
  const rung = bell();
  await rung.sleep(1, stop.signal);
  const asleep = rung.sleep(DAY, stop.signal);
  stop.abort();
  await asleep;
  await rung.sleep(DAY, stop.signal);
  assert.equal(rung.rang(), undefined);
});
