//! What is verified of a signature: signatures that Python cryptography made (fixtures and the script
//! that made them are in `fixtures/signatures`), and the same with a byte changed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/signature_builder.rs"]
mod signature_builder;

use merc_core::pe::certificate_table::CertificateTable;
use merc_core::pe::signature::signatures;
use merc_core::problems::Problems;
use merc_core::schema::Signature;
use serde_json::Value;
use signature_builder::entry;

fn read(pkcs7: &[u8]) -> Signature {
    let mut problems = Problems::default();
    let table = entry(pkcs7);
    let table = CertificateTable::read(&table, 0, &mut problems);
    signatures(&table, &mut problems).0.remove(0)
}

fn unhex(text: &Value) -> Vec<u8> {
    let digits = text.as_str().unwrap().as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// `whole` with the byte `at` of the `part` in it changed.
fn changed(whole: &[u8], part: &[u8], at: usize) -> Vec<u8> {
    let start = whole.windows(part.len()).position(|window| window == part).unwrap();
    let mut whole = whole.to_vec();
    whole[start + at] ^= 1;
    whole
}

fn verdicts(pkcs7: &[u8]) -> (Option<bool>, Option<bool>) {
    let signature = read(pkcs7);
    (signature.signature_verifies, signature.countersignature_verifies)
}

fn fixtures() -> Vec<(String, [Vec<u8>; 3])> {
    let cases: Value = serde_json::from_str(include_str!("fixtures/signatures/signatures.json")).unwrap();
    let case = |case: &Value| {
        let bytes = ["pkcs7", "signature", "stamp"].map(|field| unhex(&case[field]));
        (case["name"].as_str().unwrap().to_owned(), bytes)
    };
    cases.as_array().unwrap().iter().map(case).collect()
}

/// The last has a modulus beyond `MAX_RSA_BITS`.
const UNKNOWN: [&str; 3] = ["ed25519", "secp256k1", "rsa 8200 sha256"];

#[test]
fn signatures_of_every_key_and_digest_in_use_verify_and_other_keys_are_no_answer() {
    for (name, [pkcs7, ..]) in fixtures() {
        let known = !UNKNOWN.contains(&name.as_str());
        assert_eq!(verdicts(&pkcs7), (known.then_some(true), Some(true)), "{name}");
    }
}

#[test]
fn a_changed_signature_verifies_neither_itself_nor_its_stamp() {
    for (name, [pkcs7, signature, _]) in fixtures() {
        for at in [8, signature.len() / 2, signature.len() - 1] {
            let known = !UNKNOWN.contains(&name.as_str());
            let verdicts = verdicts(&changed(&pkcs7, &signature, at));
            assert_eq!(verdicts, (known.then_some(false), Some(false)), "{name}, byte {at}");
        }
    }
}

#[test]
fn a_changed_stamp_costs_the_countersignature_alone() {
    for (name, [pkcs7, _, stamp]) in fixtures() {
        let known = !UNKNOWN.contains(&name.as_str());
        let verdicts = verdicts(&changed(&pkcs7, &stamp, 5));
        assert_eq!(verdicts, (known.then_some(true), Some(false)), "{name}");
    }
}

#[test]
fn changed_content_fails_its_digest_or_where_it_is_signed_itself_the_signature() {
    for (name, [pkcs7, ..]) in fixtures() {
        let signature = read(&changed(&pkcs7, &[0xab; 32], 0));
        if name == "no attributes" {
            assert_eq!(signature.content_digest_matches, None);
            assert_eq!(signature.signature_verifies, Some(false));
        } else {
            assert_eq!(signature.content_digest_matches, Some(false), "{name}");
        }
    }
}

#[test]
fn without_the_certificate_nothing_is_verified() {
    for (name, [pkcs7, ..]) in fixtures() {
        // The serial number in the signer's certificate becomes another.
        let signer = read(&pkcs7);
        let other = changed(&pkcs7, b"\xa0\x03\x02\x01\x02\x02\x01\x07", 7);
        let read = read(&other);
        assert!(signer.signer.is_some() && read.signer.is_none(), "{name}");
        assert_eq!(read.signature_verifies, None, "{name}");
    }
}
