import assert from 'node:assert/strict';
import { test } from 'node:test';
import { during, ownCpu, profiler } from '../../src/core/profile.ts';

/** Uses CPU, as much as every clock tells. */
function work(): void {
  const start = ownCpu().seconds;
  while (ownCpu().seconds - start < 0.02);
}

test('what overlaps is counted once, for the stage that began first, and a failure ends its stage', async () => {
  const profile = profiler();
  const end = profile.begin('dataset');
  const inner = profile.begin('store');
  work();
  inner();
  work();
  end();
  assert.equal(profile.report(0).stages['store'], 0);
  const dataset = profile.report(0).stages['dataset'] ?? 0;
  assert.ok(dataset >= 0.04, `${dataset}`);

  await assert.rejects(during(profile, 'dataset', () => Promise.reject(new Error('no dataset'))));
  await during(profile, 'store', async () => work());
  const { stages } = profile.report(0);
  assert.ok((stages['store'] ?? 0) >= 0.02, `${stages['store']}`);
  assert.ok((stages['dataset'] ?? 0) >= dataset);
});

test('without a profile the work is done all the same', async () => {
  assert.equal(await during(undefined, 'store', () => Promise.resolve(7)), 7);
});
