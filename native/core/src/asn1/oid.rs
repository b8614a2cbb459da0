//! `OBJECT IDENTIFIER` as dotted text.

use std::fmt::Write;

use crate::limits::MAX_OID_BYTES;

/// `1.2.840.113549` of its contents octets; none where it is longer than any, or an arc is cut or exceeds 128 bits (the size
/// of the UUIDs below 2.25, the largest arcs in use).
pub fn dotted(bytes: &[u8]) -> Option<String> {
    if bytes.len() > MAX_OID_BYTES || bytes.last()? & 0x80 != 0 {
        return None;
    }
    let mut text = String::new();
    let mut arc = 0u128;
    for byte in bytes {
        arc = arc.checked_mul(128)? | (byte & 0x7f) as u128;
        if byte & 0x80 != 0 {
            continue;
        }
        let written = match (text.is_empty(), arc) {
            (true, 0..=79) => write!(text, "{}.{}", arc / 40, arc % 40),
            (true, _) => write!(text, "2.{}", arc - 80),
            (false, _) => write!(text, ".{arc}"),
        };
        written.ok()?;
        arc = 0;
    }
    Some(text)
}

/// Name of a signature algorithm as OpenSSL prints it, else the dotted text.
pub fn signature_algorithm(dotted: String) -> String {
    let name = match dotted.as_str() {
        "1.2.840.113549.1.1.2" => "md2WithRSAEncryption",
        "1.2.840.113549.1.1.3" => "md4WithRSAEncryption",
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "rsassaPss",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.113549.1.1.14" => "sha224WithRSAEncryption",
        // Microsoft's old makecert wrote the two OIW arcs.
        "1.3.14.3.2.3" => "md5WithRSA",
        "1.3.14.3.2.29" => "sha1WithRSA",
        "1.2.840.10040.4.3" => "dsaWithSHA1",
        "2.16.840.1.101.3.4.3.2" => "dsa_with_SHA256",
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
        "1.3.101.112" => "ED25519",
        "1.3.101.113" => "ED448",
        _ => return dotted,
    };
    name.to_owned()
}

/// Name of a digest algorithm as Python's hashlib has it, else the dotted text.
pub fn digest_algorithm(dotted: String) -> String {
    let name = match dotted.as_str() {
        "1.2.840.113549.2.2" => "md2",
        "1.2.840.113549.2.4" => "md4",
        "1.2.840.113549.2.5" => "md5",
        "1.3.14.3.2.26" => "sha1",
        "2.16.840.1.101.3.4.2.1" => "sha256",
        "2.16.840.1.101.3.4.2.2" => "sha384",
        "2.16.840.1.101.3.4.2.3" => "sha512",
        "2.16.840.1.101.3.4.2.4" => "sha224",
        _ => return dotted,
    };
    name.to_owned()
}
