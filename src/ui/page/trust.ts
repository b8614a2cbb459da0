// Signatures and certificates. What they say is shown as their own word: verified is that the digest is
// the file's and that the signer's key signed it, never a chain.

import type { Certificate, Sample, Signature } from '../../core/sample.ts';
import { formatCount } from '../format.ts';
import { hex, present, rest, type Block, type Line } from './layout.ts';

const SHOWN = { signatures: 6, certificates: 8 } as const;

/** What `digest_matches` says. */
function digestWord(matches: boolean | null): string {
  return matches === null ? 'not compared' : matches ? 'matches the file' : 'DOES NOT MATCH THE FILE';
}

/** What `signature_verifies` and `countersignature_verifies` say. */
function keyWord(verifies: boolean | null, key: string): string {
  return verifies === null ? 'not verified' : verifies ? `made with ${key}` : `NOT MADE WITH ${key.toUpperCase()}`;
}

/** The same of a signature that may have been made for something else than the digest beside it. */
function signatureWord({ content_digest_matches, signature_verifies }: Signature): string {
  if (content_digest_matches === false) return 'MADE FOR ANOTHER CONTENT';
  return keyWord(signature_verifies, "the signer's key");
}

/** In a few words: whether it is of this file and theirs. */
export function verdict(one: Signature): string {
  return `digest ${digestWord(one.digest_matches)}, ${signatureWord(one)} (chain not verified)`;
}

export function signatures({ signatures: all }: Sample): Block {
  if (all === null || all.length === 0) return [];
  return [`signatures: ${formatCount(all.length)}`, ...all.slice(0, SHOWN.signatures).flatMap(signature), ...rest(all.length, SHOWN.signatures)];
}

function signature(one: Signature): Line[] {
  const where = one.nested ? 'nested, ' : '';
  return present([
    ['  signer', one.signer ?? `? (serial ${one.signer_serial ?? '?'} of ${one.signer_issuer ?? '?'})`],
    [
      '  digest',
      `${where}${one.digest_algorithm ?? '?'} ${digestWord(one.digest_matches)}${one.page_hashes === null ? '' : `, page hashes ${one.page_hashes}`}`,
    ],
    ['', one.digest],
    ['  signature', signatureWord(one)],
    [
      '  signed',
      one.signing_time === null ? null : `${one.signing_time} UTC${one.countersignature === null ? ' by its own word' : ` (${one.countersignature})`}`,
    ],
    ['  stamped by', one.countersigner],
    ['', one.countersignature === null ? null : keyWord(one.countersignature_verifies, "the countersigner's key")],
    ['  program', one.program_name === null || one.program_name === '' ? null : one.program_name],
    ['  url', one.url === null || one.url === '' ? null : one.url],
    ['  at', `${hex(one.file_offset)}, ${formatCount(one.size)} bytes`],
  ]);
}

export function certificates({ certificates: all }: Sample): Block {
  if (all === null || all.length === 0) return [];
  return [`certificates: ${formatCount(all.length)}`, ...all.slice(0, SHOWN.certificates).flatMap(certificate), ...rest(all.length, SHOWN.certificates)];
}

function certificate({ subject, issuer, not_before, not_after, serial, fingerprint, source }: Certificate): Line[] {
  return present([
    ['  subject', subject ?? '?'],
    ['  issuer', issuer ?? '?'],
    ['  valid', `${not_before ?? '?'} to ${not_after ?? '?'}${source === 'signature' ? '' : ` (of a ${source === 'nested' ? 'nested signature' : source})`}`],
    ['  serial', serial],
    ['  sha256', fingerprint],
  ]);
}
