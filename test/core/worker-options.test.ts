import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration } from '../../src/core/flag-values.ts';
import { workerOptions } from '../../src/core/worker-options.ts';

test('a grace or a lease that no timer can wait for is refused with the bound', () => {
  const { grace, leaseSeconds } = workerOptions({ grace: '24h', lease: '1d' });
  assert.deepEqual([grace, leaseSeconds], [86_400_000, 86_400]);
  for (const [flags, message] of [
    [{ grace: '30d' }, '--grace 30d: a time as 30s, 10m, 2h or 1d is needed, from 0s to 1d'],
    [{ lease: '75d' }, '--lease 75d: a time as 30s, 10m, 2h or 1d is needed, from 1s to 1d'],
    [{ lease: '25h' }, '--lease 25h: a time as 30s, 10m, 2h or 1d is needed, from 1s to 1d'],
  ] as const)
    assert.throws(() => workerOptions(flags), { name: 'UsageError', message });
  assert.equal(duration('--every', '366d', 1e3), 366 * 86_400_000);
  assert.throws(() => duration('--every', '367d', 1e3), { name: 'UsageError', message: /from 1s to 366d$/ });
});
