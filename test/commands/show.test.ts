import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import stringWidth from 'string-width';
import { extractSample } from '../../src/commands/extract-file.ts';
import { UsageError } from '../../src/core/errors.ts';
import { samplePage } from '../../src/ui/sample-page.ts';
import { merc } from '../support/merc.ts';
import { FILES, PE, digest, makeOutput, staticStrings, type Fixture } from '../support/output.ts';

let fixture: Fixture;
before(async () => {
  fixture = await makeOutput();
});
after(() => fixture.remove());

test('the page of a PE says what it was made of', async () => {
  const { code, stdout } = await merc(['show', join(fixture.samples, '1')]);
  assert.equal(code, 0);
  for (const line of [
    ...[
      `sha256        ${digest('sha256', PE)}`,
      'compiled      2017-07-14T02:40:00 UTC (a hash in reproducible builds)',
      '7 sections',
      'imports: 6 functions of 3 DLLs',
    ],
    ...[
      '  KERNEL32.dll (3)',
      '    CreateFileW, ReadFile, ReadFile',
      '    #7',
      'exports: 2 functions',
      '  Alpha, Beta',
      String.raw`  0x600       https://example.com/path\x09end`,
    ],
  ])
    assert.ok(stdout.split('\n').includes(line), `${line}\n${stdout}`);
});

test('no control or bidi character of a file is printed, and no line is wider than asked', () => {
  const file = extractSample(join(fixture.samples, '1'));
  for (const width of [60, 80, 100]) {
    const page = samplePage(file, width);
    assert.doesNotMatch(page.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
    for (const line of page.split('\n')) assert.ok(stringWidth(line) <= Math.max(width, 78), line);
  }
});

test('what is no PE has a page: status, hashes, strings', async () => {
  for (const name of ['2', '3']) {
    const { code, stdout } = await merc(['show', join(fixture.samples, name)]);
    assert.equal(code, 0);
    assert.match(stdout, /^status {8}not_pe/m);
    assert.ok(stdout.includes(digest('md5', FILES[name] as Buffer)));
    assert.doesNotMatch(stdout, /sections|undefined|NaN/);
  }
});

test('--json is the whole record with exact numbers', async () => {
  const { stdout } = await merc(['show', join(fixture.samples, '1'), '--json']);
  assert.match(stdout, /"size_of_stack_reserve":9223372036854775809\b/);
  assert.equal(stdout.indexOf('\n'), stdout.length - 1);
  const { sample, strings } = JSON.parse(stdout) as { sample: { sha256: string }; strings: { value: string }[] };
  assert.equal(sample.sha256, digest('sha256', PE));
  assert.deepEqual(
    strings.map(({ value }) => value),
    staticStrings(PE),
  );
});

test('the library gives 64-bit fields as bigint and the others as numbers', () => {
  const { sample, strings } = extractSample(join(fixture.samples, '1'), { maxStrings: 2 });
  assert.equal(sample.headers_optional?.size_of_stack_reserve, 2n ** 63n + 1n);
  assert.equal(sample.headers_optional?.size_of_heap_commit, 0x1000n);
  assert.equal(sample.headers_optional?.size_of_image, 0x8000);
  assert.equal(strings.length, 2);
  assert.equal(extractSample(join(fixture.samples, '3')).sample.headers_optional, null);
});

test('a file that is not there, and a folder, are one line and exit 2', async () => {
  assert.throws(() => extractSample(join(fixture.samples, 'none')), UsageError);
  for (const [name, line] of [
    ['none', /no such file\n$/],
    ['', /is a folder[^\n]*\n$/],
  ] as const) {
    const { code, stdout, stderr } = await merc(['show', join(fixture.samples, name)]);
    assert.deepEqual([code, stdout, stderr.split('\n').length], [2, '', 2]);
    assert.match(stderr, line);
  }
});
