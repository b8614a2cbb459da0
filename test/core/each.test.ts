import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eachOf } from '../../src/core/each.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('each item is taken once and never more than so many at a time', async () => {
  let [now, most] = [0, 0];
  const taken: number[] = [];
  await eachOf(Array.from({ length: 20 }).keys(), 3, async (item) => {
    now += 1;
    most = Math.max(most, now);
    await turn();
    taken.push(item);
    now -= 1;
  });
  assert.equal(most, 3);
  assert.deepEqual(
    taken.toSorted((a, b) => a - b),
    [...Array.from({ length: 20 }).keys()],
  );
  await eachOf([], 3, () => assert.fail());
});

test('the first failure is thrown when nothing is under way, and nothing new is begun after it', async () => {
  let [begun, now] = [0, 0];
  const work = eachOf(Array.from({ length: 20 }).keys(), 2, async (item) => {
    begun += 1;
    now += 1;
    await turn();
    if (item === 1) throw new Error('second');
    await turn();
    now -= item === 1 ? 0 : 1;
  });
  await assert.rejects(work, /second/);
  assert.ok(begun <= 4, String(begun));
  assert.equal(now, 1);
});
