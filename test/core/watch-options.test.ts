import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../src/core/errors.ts';
import { watchOptions, type WatchFlags } from '../../src/core/watch-options.ts';

const checked = (flags: WatchFlags) => watchOptions(['.'], { csv: false, ...flags }, 2);

test('times are read in seconds, minutes, hours and days, and have defaults', () => {
  const times = Object.entries({ '1s': 1_000, '30s': 30_000, '1.5s': 1_500, '10m': 600_000, '2h': 7_200_000, '2 H': 7_200_000, '1d': 86_400_000 });
  for (const [text, milliseconds] of times) assert.equal(checked({ every: text }).every, milliseconds, text);
  assert.equal(checked({ settle: '0s' }).settle, 0);
  assert.equal(checked({ settle: '0.2s' }).settle, 200);
  const { every, settle, cron, run } = checked({});
  assert.deepEqual([every, settle, cron, run.append], [600_000, 5_000, null, true]);
});

test('a time that is none, too short or too long is refused with its flag', () => {
  for (const wrong of ['', '10', 'm', '-1s', '1w', '1m30s', '1e3s', '0s', '0.9s', '367d', `${'9'.repeat(400)}d`])
    assert.throws(
      () => checked({ every: wrong }),
      (error) => error instanceof UsageError && error.message.startsWith(`--every ${wrong}: `),
      wrong,
    );
  assert.throws(() => checked({ settle: '5' }), /^UsageError: --settle 5: /);
});

test('--every and --cron exclude each other', () => {
  assert.throws(() => checked({ every: '10m', cron: '0 3 * * *' }), /--every and --cron/);
  const { every, cron } = checked({ cron: '0 3 * * *' });
  assert.deepEqual([every, cron], [null, '0 3 * * *']);
});
