//! Columns of signatures and certificates.

use crate::column::{Timestamp, columns};

columns! {
    /// One X.509 certificate (RFC 5280).
    pub struct Certificate {
        /// Subject as RFC 4514 text, last RDN first.
        pub subject: Option<String>,
        /// Subject attribute by attribute, in the certificate's order.
        pub subject_parts: Vec<NameAttribute>,
        /// Issuer as RFC 4514 text.
        pub issuer: Option<String>,
        /// Issuer attribute by attribute.
        pub issuer_parts: Vec<NameAttribute>,
        /// Serial number in decimal; of any size.
        pub serial: Option<String>,
        /// SHA-256 of the DER, lower-case hex.
        pub fingerprint: String,
        /// Start of validity, UTC.
        pub not_before: Option<Timestamp>,
        /// End of validity, UTC.
        pub not_after: Option<Timestamp>,
        /// The public key (`SubjectPublicKeyInfo`) as PEM.
        pub public_key: Option<String>,
        /// The certificate as PEM.
        pub certificate: String,
        /// Signature algorithm: name, or dotted OID where there is none.
        pub algorithm: Option<String>,
        /// Signature algorithm, dotted OID.
        pub algorithm_oid: Option<String>,
        /// X.509 version: 1, 2 or 3.
        pub version: Option<i32>,
        /// Where it was found: `signature` (a PKCS#7 of the certificate table), `nested` (a signature inside another) or `timestamp` (an RFC 3161 token).
        pub source: String,
    }

    /// One attribute of a distinguished name.
    pub struct NameAttribute {
        /// Short name of RFC 4514 (`CN`, `O`, `C`, ...), else the dotted OID.
        pub name: String,
        /// Its value as text.
        pub value: String,
    }
}
