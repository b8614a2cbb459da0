// Pages of the demo set's real files against the files' own bytes.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';
import stringWidth from 'string-width';
import { extractSample } from '../../src/commands/extract-file.ts';
import { samplePage } from '../../src/ui/sample-page.ts';
import { demoSet, type DemoFile } from '../support/demo-set.ts';
import { inFolder } from '../support/folder.ts';
import { merc } from '../support/merc.ts';

let set: Awaited<ReturnType<typeof demoSet>>;
before(async () => {
  set = await demoSet();
});

function file(name: string): DemoFile {
  const found = set.files.find((one) => one.name === name);
  assert.ok(found);
  return found;
}

async function pageOf(name: string): Promise<string[]> {
  const { code, stdout } = await merc(['show', join(set.samples, name)]);
  assert.equal(code, 0);
  return stdout.split('\n');
}

function holds(page: readonly string[], lines: readonly string[]): void {
  for (const line of lines) assert.ok(page.includes(line), `${line}\n${page.join('\n')}`);
}

/** What Authenticode hashes: all but the checksum, the certificate directory and the certificate table. */
function authentihash(bytes: Buffer): string {
  const optional = bytes.readUInt32LE(0x3c) + 24;
  const directory = optional + (bytes.readUInt16LE(optional) === 0x20b ? 144 : 128);
  return createHash('sha256')
    .update(bytes.subarray(0, optional + 64))
    .update(bytes.subarray(optional + 68, directory))
    .update(bytes.subarray(directory + 8, bytes.readUInt32LE(directory)))
    .digest('hex');
}

const SIGNED = '220';
const DOTNET = '140';

test('the page of a signed C++ program names hashes, entry point, PDB and signature as its bytes have them', async () => {
  const { bytes, md5, sha1, sha256 } = file(SIGNED);
  const header = bytes.readUInt32LE(0x3c);
  const entry = bytes.readUInt32LE(header + 24 + 16);
  const rsds = bytes.indexOf('RSDS');
  const path = bytes.toString('latin1', rsds + 24, bytes.indexOf(0, rsds + 24));
  const table = bytes.readUInt32LE(header + 24 + 128);
  const page = await pageOf(SIGNED);
  const hash = authentihash(bytes);
  holds(page, [
    ...[`md5           ${md5}`, `sha1          ${sha1}`, `sha256        ${sha256}`, 'status        ok'],
    ...["signed        by K Desktop Environment e.V.: digest matches the file, made with the signer's key", '              (chain not verified)'],
    ...[`authentihash  ${hash}`, `              ${hash}`, "  signature   made with the signer's key"],
    // As pefile and yara-x have it.
    'imphash       accd99f5cbcd389721ade45538cae04f',
    `pdb           ${path}`,
    `checksum      0x${bytes.readUInt32LE(header + 24 + 64).toString(16)}, as computed`,
    `${bytes.readUInt16LE(header + 6)} sections`,
    `  at          0x${(table + 8).toString(16)}, ${(bytes.readUInt32LE(table) - 8).toLocaleString('en')} bytes`,
    'runs as       asInvoker',
  ]);
  assert.ok(page.some((line) => line.startsWith(`entry point   0x${entry.toString(16)} in .text`)));
  assert.ok(page.some((line) => line.startsWith(`overlay       ${(bytes.length - table).toLocaleString('en')} bytes`)));
});

test('a signed file with a changed byte says that its digest does not match', async () => {
  const { bytes } = file(SIGNED);
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(0x2000) ^ 1, 0x2000);
  await inFolder(async (folder) => {
    const path = join(folder, 'changed');
    await writeFile(path, changed);
    const page = samplePage(extractSample(path), 100);
    holds(page.split('\n'), [
      "signed        by K Desktop Environment e.V.: digest DOES NOT MATCH THE FILE, made with the signer's",
      '  digest      sha256 DOES NOT MATCH THE FILE',
      `authentihash  ${authentihash(changed)}`,
    ]);
  });
});

test('a signature that was copied from another file, with the digest of this one in it, is told', async () => {
  const { bytes } = file(SIGNED);
  const forged = Buffer.from(bytes);
  forged.writeUInt8(forged.readUInt8(0x2000) ^ 1, 0x2000);
  Buffer.from(authentihash(forged), 'hex').copy(forged, forged.indexOf(Buffer.from(authentihash(bytes), 'hex')));
  await inFolder(async (folder) => {
    const path = join(folder, 'forged');
    await writeFile(path, forged);
    const extracted = extractSample(path);
    const [signature] = extracted.sample.signatures ?? [];
    assert.deepEqual([signature?.digest_matches, signature?.content_digest_matches, signature?.signature_verifies], [true, false, true]);
    holds(samplePage(extracted, 100).split('\n'), [
      'signed        by K Desktop Environment e.V.: digest matches the file, MADE FOR ANOTHER CONTENT',
      '  signature   MADE FOR ANOTHER CONTENT',
    ]);
  });
});

test('the page of a .NET DLL has its assembly, its references and its version strings', async () => {
  holds(await pageOf(DOTNET), [
    'signed        no',
    '  assembly    WixNetFxExtension 3.0.0.0',
    '  token       ce35f76fcda82bad',
    '    mscorlib 2.0.0.0, wix 3.0.0.0, System 2.0.0.0, System.Xml 2.0.0.0',
    '              CompanyName: Outercurve Foundation',
    '    _CorDllMain',
  ]);
});

test('no page of the demo set is wider than 100 columns, holds a control character or a value that is none', () => {
  for (const { name } of set.files) {
    const page = samplePage(extractSample(join(set.samples, name)), 100);
    assert.doesNotMatch(page.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u, name);
    for (const line of page.split('\n')) assert.ok(stringWidth(line) <= 100, `${name}: ${line}`);
    assert.doesNotMatch(page.split('\nstrings: ')[0] ?? '', /\bundefined\b|\bNaN\b|\[object /u, name);
  }
});

test('the pages in the documentation are those that the program prints', async () => {
  const document = (await readFile('docs/SHOW.md', 'utf8')).replaceAll('\r\n', '\n');
  const pages = [...document.matchAll(/^```console\n\$ merc show samples\/(\S+)\n([\s\S]*?)^```$/gmu)];
  assert.deepEqual(
    pages.map(([, name]) => name),
    [SIGNED, '300'],
  );
  for (const [, name, shown] of pages) {
    // From the folder that `npm run demo` makes, as the document says.
    const { code, stdout } = await merc(['show', `samples/${name}`], { cwd: dirname(set.samples), env: { COLUMNS: '100' } });
    assert.equal(code, 0);
    assert.equal(stdout.trimEnd(), shown?.trimEnd(), `docs/SHOW.md differs: COLUMNS=100 merc show samples/${name}`);
  }
});
