// Certificates and Authenticode signatures: what they say and whether their bytes hold together, no chain verified.

export interface Certificate {
  readonly subject: string | null;
  readonly subject_parts: readonly NameAttribute[];
  readonly issuer: string | null;
  readonly issuer_parts: readonly NameAttribute[];
  /** Decimal; of any size. */
  readonly serial: string | null;
  readonly fingerprint: string;
  readonly not_before: string | null;
  readonly not_after: string | null;
  readonly public_key: string | null;
  readonly certificate: string;
  readonly algorithm: string | null;
  readonly algorithm_oid: string | null;
  readonly version: number | null;
  readonly source: string;
}

export interface NameAttribute {
  readonly name: string;
  readonly value: string;
}

export interface WinCertificate {
  readonly file_offset: number;
  readonly length: number;
  readonly revision: number;
  readonly certificate_type: number;
}

export interface Signature {
  readonly digest_algorithm: string | null;
  readonly digest: string | null;
  readonly digest_matches: boolean | null;
  readonly content_digest_matches: boolean | null;
  readonly signature_verifies: boolean | null;
  readonly signer_digest_algorithm: string | null;
  readonly page_hashes: string | null;
  readonly signer: string | null;
  readonly signer_issuer: string | null;
  readonly signer_serial: string | null;
  readonly signer_fingerprint: string | null;
  readonly program_name: string | null;
  readonly url: string | null;
  readonly signing_time: string | null;
  readonly countersignature: string | null;
  readonly countersignature_verifies: boolean | null;
  readonly countersignature_time: string | null;
  readonly countersigner: string | null;
  readonly countersigner_issuer: string | null;
  readonly countersigner_serial: string | null;
  readonly nested: boolean;
  readonly file_offset: number;
  readonly size: number;
}
