//! Columns of the certificate table and the signatures in it.

use crate::column::{Timestamp, columns};

columns! {
    /// `WIN_CERTIFICATE`.
    pub struct WinCertificate {
        /// Where it begins, bytes from the start of the file.
        pub file_offset: i64,
        /// `dwLength`, bytes.
        pub length: i64,
        /// `wRevision`, 0x100 or 0x200.
        pub revision: i32,
        /// `wCertificateType`; 2 is PKCS#7.
        pub certificate_type: i32,
    }

    /// One Authenticode signature: what it says, and whether its bytes hold together. The file is signed by
    /// the signer where `digest_matches`, `content_digest_matches` and `signature_verifies` are all true; one
    /// alone says little, for each can be copied from another file. No chain, trust, time or revocation is
    /// verified.
    pub struct Signature {
        /// Algorithm of `digest` as `sha256`; dotted OID of an unknown one.
        pub digest_algorithm: Option<String>,
        /// Digest of the file that is signed, lower-case hex.
        pub digest: Option<String>,
        /// `digest` equals the file's own authentihash; no verification of a signature or a chain. Null where there is no digest, its algorithm is unknown or the file was not read whole.
        pub digest_matches: Option<bool>,
        /// The signed attribute `messageDigest` is the digest of the content that holds `digest`; null where one of them is not there.
        pub content_digest_matches: Option<bool>,
        /// The signature was made with the key of the signer's certificate, over its attributes or the content; null where certificate, key or algorithm is missing or unknown. RSA (PKCS#1 v1.5) and ECDSA (P-256, P-384); no chain is verified.
        pub signature_verifies: Option<bool>,
        /// Algorithm of the signed attribute `messageDigest`.
        pub signer_digest_algorithm: Option<String>,
        /// Algorithm of the page hashes, `sha1` or `sha256`; null where there are none.
        pub page_hashes: Option<String>,
        /// Subject of the signer's certificate as RFC 4514 text; null where it did not come with the signature.
        pub signer: Option<String>,
        /// Issuer of the signer's certificate as RFC 4514 text.
        pub signer_issuer: Option<String>,
        /// Serial number of the signer's certificate, decimal.
        pub signer_serial: Option<String>,
        /// SHA-256 of the signer's certificate, lower-case hex, as in `certificates`.
        pub signer_fingerprint: Option<String>,
        /// Program name that the signer gave (`SpcSpOpusInfo`).
        pub program_name: Option<String>,
        /// URL with more information that the signer gave.
        pub url: Option<String>,
        /// When it was signed, UTC: by the countersignature, else by the signer's own word (signed attribute).
        pub signing_time: Option<Timestamp>,
        /// Kind of the countersignature: `pkcs9` or `rfc3161`; the first where there are several.
        pub countersignature: Option<String>,
        /// The countersignature is of this signature and was made with the key of the countersigner's certificate; null where something is missing or unknown. No chain is verified.
        pub countersignature_verifies: Option<bool>,
        /// When it was countersigned, UTC.
        pub countersignature_time: Option<Timestamp>,
        /// Subject of the countersigner's certificate as RFC 4514 text; null where it did not come with the signature.
        pub countersigner: Option<String>,
        /// Issuer of the countersigner's certificate as RFC 4514 text.
        pub countersigner_issuer: Option<String>,
        /// Serial number of the countersigner's certificate, decimal.
        pub countersigner_serial: Option<String>,
        /// It lies in an attribute of another signature.
        pub nested: bool,
        /// Where its PKCS#7 begins, bytes from the start of the file.
        pub file_offset: i64,
        /// Bytes of its PKCS#7.
        pub size: i64,
    }
}
