import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../src/core/errors.ts';
import { cronSchedule, everySchedule, untilNextLook, type LastLook, type Moment, type Schedule } from '../../src/sources/schedule.ts';

const NOON = new Date(2026, 0, 15, 12, 0, 0).getTime();
const MINUTE = 60_000;

/** A moment so many milliseconds after noon by both clocks. */
const at = (milliseconds: number, wallJump = 0): Moment => ({ wall: NOON + milliseconds + wallJump, elapsed: 1_000 + milliseconds });

test('an interval counts from beginning to beginning, and a round that outlasts it is followed by one at once', () => {
  const schedule = everySchedule(10 * MINUTE);
  assert.equal(schedule(at(0), at(4 * MINUTE)), 6 * MINUTE);
  // 35 minutes long: three were missed, one comes, and then the interval counts anew.
  assert.ok(schedule(at(0), at(35 * MINUTE)) <= 0);
  assert.equal(schedule(at(35 * MINUTE), at(36 * MINUTE)), 9 * MINUTE);
});

test('an interval is as long as it is when the clock is set', () => {
  const schedule = everySchedule(10 * MINUTE);
  for (const jump of [-3_600_000, 3_600_000]) assert.equal(schedule(at(0), at(MINUTE, jump)), 9 * MINUTE);
});

test('a cron expression gives its times, also after a round that outlasts them and a clock that is set', () => {
  const schedule = cronSchedule('*/10 * * * *', new Date(NOON));
  assert.equal(schedule(at(0), at(1_500)), 10 * MINUTE - 1_500);
  // A look that began at 12:00 and ended at 12:35: one at once, the next at 12:40.
  assert.ok(schedule(at(0), at(35 * MINUTE)) <= 0);
  assert.equal(schedule(at(35 * MINUTE), at(36 * MINUTE)), 4 * MINUTE);
  assert.equal(schedule(at(0), at(MINUTE, -3_600_000)), 9 * MINUTE);
  assert.equal(cronSchedule('0 3 * * *', new Date(NOON))(at(0), at(0)), 15 * 3_600_000);
});

test('a cron expression that is wrong, or never comes again, is refused with its flag', () => {
  for (const wrong of ['61 * * * *', 'often', '', '* * *', '0 0 30 2 *', '2020-01-01T00:00:00', '2126-01-01T00:00:00'])
    assert.throws(
      () => cronSchedule(wrong, new Date(NOON)),
      (error) => error instanceof UsageError && error.message.startsWith(`--cron ${wrong}: `) && !error.message.includes('\n'),
      wrong,
    );
});

const everyHour: Schedule = everySchedule(60 * MINUTE);
const SETTLE = 5_000;
/** A look at noon that listed for 10 ms and whose round ended a second later. */
const LAST: LastLook = { started: at(0), listing: 10, ended: at(1_000).elapsed };

test('without events and changing files the next look is the schedule’s', () => {
  assert.equal(untilNextLook(LAST, everyHour, SETTLE, undefined, at(1_000)), 60 * MINUTE - 1_000);
  assert.equal(untilNextLook(LAST, everyHour, SETTLE, undefined, at(90 * MINUTE)), 0);
});

test('what is still changing is looked at after the settle time and not after the interval', () => {
  const changing = { ...LAST, settled: at(5_010).elapsed };
  assert.equal(untilNextLook(changing, everyHour, SETTLE, undefined, at(2_000)), 3_010);
  // A growing file makes events all the time: they bring nothing forward.
  assert.equal(untilNextLook(changing, everyHour, SETTLE, at(1_100).elapsed, at(2_000)), 3_010);
  assert.equal(untilNextLook(changing, everySchedule(2_500), SETTLE, undefined, at(2_000)), 500);
});

test('an event brings a look forward, but not nearer to the last one than the settle time', () => {
  assert.equal(untilNextLook(LAST, everyHour, SETTLE, at(20 * MINUTE).elapsed, at(20 * MINUTE)), 300);
  assert.equal(untilNextLook(LAST, everyHour, SETTLE, at(20 * MINUTE).elapsed, at(20 * MINUTE + 300)), 0);
  assert.equal(untilNextLook(LAST, everyHour, SETTLE, at(1_001).elapsed, at(1_001)), 4_999);
});

test('looks that are brought forward cost a tenth of the time, however long a listing takes', () => {
  const slow = { started: at(0), listing: 30_000, ended: at(30_000).elapsed };
  assert.equal(untilNextLook(slow, everyHour, SETTLE, at(30_001).elapsed, at(30_001)), 269_999);
  assert.equal(untilNextLook({ ...slow, settled: at(35_000).elapsed }, everyHour, SETTLE, undefined, at(30_000)), 270_000);
  assert.equal(untilNextLook(slow, everySchedule(MINUTE), SETTLE, at(30_001).elapsed, at(30_000)), 30_000);
});
