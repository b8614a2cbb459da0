// The head of a page: what the file is, what came out, and what relates it to other files.

import type { Sample } from '../../core/sample.ts';
import { formatBytes, formatCount } from '../format.ts';
import { hex, present, rest, type Block, type Line } from './layout.ts';
import { verdict } from './trust.ts';

const SHOWN = { problems: 12, hints: 12 } as const;

export function identity({ file_name, file_size, md5, sha1, sha256, magic, entropy }: Sample): Block {
  return [
    ['file', file_name],
    ['size', `${formatCount(file_size)} bytes${file_size < 1000 ? '' : ` (${formatBytes(file_size)})`}`],
    ...present([
      ['md5', md5],
      ['sha1', sha1],
      ['sha256', sha256],
      ['magic', magic],
      ['entropy', entropy === null ? null : `${entropy.toFixed(3)} bits a byte`],
    ]),
  ];
}

const STATUS: Readonly<Record<string, string>> = {
  ok: 'ok',
  partial: 'partial: something is broken or was cut',
  not_pe: 'not_pe: no Windows executable; only what every file has',
};

/** Status and what an analyst looks for first. */
export function outcome(sample: Sample): Block {
  const { status, problems, limits_hit, packer_hints: hints, is_driver, manifest, headers } = sample;
  return [
    ['status', STATUS[status] ?? status],
    ...problems.slice(0, SHOWN.problems).map(({ stage, kind, file_offset, detail }, index): Line => {
      const at = file_offset === null ? '' : ` at ${hex(file_offset)}`;
      return [index === 0 ? 'problems' : '', `${stage}.${kind}${at}${detail === null ? '' : `: ${detail}`}`];
    }),
    ...rest(problems.length, SHOWN.problems),
    ...(limits_hit.length > 0 ? [['limits hit', limits_hit.join(' ')] as const] : []),
    ...(headers === null ? [] : [['signed', signed(sample)] as const]),
    ...(hints ?? []).slice(0, SHOWN.hints).map(({ name, kind, evidence }, index): Line => [index === 0 ? 'hints' : '', `${name} (${kind}): ${evidence}`]),
    ...rest(hints?.length ?? 0, SHOWN.hints),
    ...present([
      ['driver', is_driver === true ? 'yes' : null],
      ['runs as', manifest === null ? null : level(manifest)],
    ]),
  ];
}

/** Index of the certificate table among the data directories. */
const SECURITY = 4;

function signed({ signatures, win_certificates, data_directories }: Sample): string {
  const first = signatures?.[0];
  if (first === undefined) {
    if (win_certificates !== null) return 'no signature could be read in the certificate table';
    return (data_directories?.[SECURITY]?.size ?? 0) > 0 ? 'the certificate table could not be read' : 'no';
  }
  return `by ${commonName(first.signer)}: ${verdict(first)}`;
}

function commonName(subject: string | null): string {
  if (subject === null) return 'an unknown signer';
  return /(?:^|,)CN=((?:\\.|[^,\\])+)/u.exec(subject)?.[1]?.replaceAll(/\\(.)/gu, '$1') ?? subject;
}

function level({ requested_execution_level: asked, ui_access }: NonNullable<Sample['manifest']>): string {
  return `${asked ?? 'whoever starts it (the manifest asks for nothing)'}${ui_access === true ? ', with UI access' : ''}`;
}

/** Values that are equal in related files. */
export function pivots(sample: Sample): Block {
  return present([
    ['imphash', sample.imphash],
    ['exphash', sample.exphash],
    ['rich hash', sample.rich_hash],
    ['authentihash', sample.authentihash_sha256],
    ['icon', sample.icon_hash],
    ['dos stub', sample.dos_stub?.sha256],
    ['tlsh', sample.tlsh],
    ['pdb', sample.pdb_path],
    ['pdb guid', sample.pdb_guid === null ? null : `${sample.pdb_guid}, age ${sample.pdb_age ?? '?'}`],
  ]);
}
