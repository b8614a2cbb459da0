import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../src/core/errors.ts';
import { eventLog, logFormat, type LogFields, type LogFormat } from '../../src/ui/log.ts';

const NOW = new Date('2026-11-28T04:00:00.123Z');

function logged(format: LogFormat, event: string, fields?: LogFields): string {
  let text = '';
  eventLog({ format, stream: { write: (line: string) => (text += line) }, now: () => NOW })('info', event, fields);
  return text;
}

const circular: Record<string, unknown> = {};
circular['self'] = circular;
const throwing = {
  toJSON() {
    throw new Error('no');
  },
};

/** Whatever a careless caller or a hostile sample may put into a field. */
const HOSTILE: LogFields = {
  newline: 'a\nb\r\u2028c\u0085d',
  escape: '\u001b[2J\u009b2J\u202e\u0000',
  quotes: '"}\\"',
  lone: '\ud800',
  big: 2n ** 70n,
  none: Number.NaN,
  endless: -Infinity,
  function: () => 1,
  symbol: Symbol('s'),
  circular,
  throwing,
  silent: { toJSON: () => undefined },
  date: new Date(Number.NaN),
  error: new Error('broken\nat x'),
  list: [1, '\u001b'],
  null: null,
  ['__proto__']: 'y',
  'odd name\n"': 1,
};

test('an event is one line of text, in words that can be cut apart', () => {
  assert.equal(
    logged('text', 'shard.extracted', { shard: '0001-00042', files: 4096, seconds: 12.500_400_1, path: 'C:\\a b', gone: undefined, left: null }),
    '2026-11-28T04:00:00.123Z info  shard.extracted shard=0001-00042 files=4096 seconds=12.5 path="C:\\\\a b" left=null\n',
  );
});

test('an event is one line of JSON that parses to its fields', () => {
  assert.deepEqual(JSON.parse(logged('json', 'shard.stored', { shard: '0001-00042', rows: 7, ok: true, none: null, gone: undefined })), {
    time: NOW.toISOString(),
    level: 'info',
    event: 'shard.stored',
    shard: '0001-00042',
    rows: 7,
    ok: true,
    none: null,
  });
});

test('whatever the fields hold, a line is one line, JSON parses, and nothing moves the cursor', () => {
  for (const format of ['text', 'json'] as const) {
    const line = logged(format, 'odd\n\u001b[2J', HOSTILE);
    assert.match(line, /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*\n$/u, format);
  }
  const parsed = JSON.parse(logged('json', 'odd', HOSTILE)) as Record<string, unknown>;
  assert.equal(parsed['newline'], 'a\nb\r\u2028c\u0085d');
  assert.equal(parsed['lone'], '\ud800');
  assert.equal(parsed['big'], String(2n ** 70n));
  assert.equal(parsed['none'], 'NaN');
  assert.equal(parsed['error'], 'broken\nat x');
  assert.equal(parsed['list'], '[1,"\\u001b"]');
  assert.equal(parsed['circular'], '[object Object]');
  assert.equal(parsed['silent'], '');
  assert.equal(Object.getOwnPropertyDescriptor(parsed, '__proto__')?.value, 'y');
});

test('a field takes the place of neither time, level nor event', () => {
  const parsed = JSON.parse(logged('json', 'real', { time: 'never', level: 'none', event: 'fake' })) as Record<string, unknown>;
  assert.deepEqual([parsed['time'], parsed['level'], parsed['event'], parsed['event_']], [NOW.toISOString(), 'info', 'real', 'fake']);
});

test('a text that could be taken for more fields is quoted', () => {
  for (const value of ['a level=error', 'x=y', '', 'say "hi"', '\u00a0']) assert.match(logged('text', 'e', { value }), / value="[^ ]*.*"\n$/, value);
});

test('passwords of URLs are hidden in both formats, also in errors and objects', () => {
  for (const format of ['text', 'json'] as const) {
    const url = 'redis://merc:s3cret@cache';
    const line = logged(format, 'lost', { url, error: new Error(`cannot reach ${url}`), options: { url } });
    assert.doesNotMatch(line, /s3cret/);
    assert.match(line, /redis:\/\/\*\*\*@cache/);
  }
});

test('a log that cannot be written ends nothing, and an unknown format is refused with the flag', () => {
  const full = {
    write: () => {
      throw new Error('ENOSPC');
    },
  };
  eventLog({ format: 'json', stream: full })('error', 'e', {});
  assert.throws(
    () => logFormat('xml'),
    (error) => error instanceof UsageError && error.message === '--log-format xml: it is text or json',
  );
  assert.deepEqual([logFormat(undefined), logFormat('json')], ['text', 'json']);
});
