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

struct Case {
    name: String,
    pkcs7: Vec<u8>,
    signature: Vec<u8>,
    stamp: Vec<u8>,
    verdicts: (Option<bool>, Option<bool>),
}

fn cases() -> Vec<Case> {
    let cases: Value = serde_json::from_str(include_str!("fixtures/signatures/signatures.json")).unwrap();
    let case = |case: &Value| Case {
        name: case["name"].as_str().unwrap().to_owned(),
        pkcs7: unhex(&case["pkcs7"]),
        signature: unhex(&case["signature"]),
        stamp: unhex(&case["stamp"]),
        verdicts: (case["signature_verifies"].as_bool(), case["countersignature_verifies"].as_bool()),
    };
    cases.as_array().unwrap().iter().map(case).collect()
}

#[test]
fn signatures_of_every_key_and_digest_in_use_verify_and_what_is_unknown_is_no_answer() {
    for Case { name, pkcs7, verdicts: expected, .. } in cases() {
        assert_eq!(verdicts(&pkcs7), expected, "{name}");
    }
}

#[test]
fn a_changed_signature_verifies_neither_itself_nor_its_stamp() {
    for Case { name, pkcs7, signature, verdicts: (made, stamped), .. } in cases() {
        for at in [8, signature.len() / 2, signature.len() - 1] {
            let verdicts = verdicts(&changed(&pkcs7, &signature, at));
            assert_eq!(verdicts, (made.map(|_| false), stamped.map(|_| false)), "{name}, byte {at}");
        }
    }
}

#[test]
fn a_changed_stamp_costs_the_countersignature_alone() {
    for Case { name, pkcs7, stamp, verdicts: (made, stamped), .. } in cases() {
        let verdicts = verdicts(&changed(&pkcs7, &stamp, 5));
        assert_eq!(verdicts, (made, stamped.map(|_| false)), "{name}");
    }
}

#[test]
fn a_signature_that_is_cut_is_no_answer() {
    for Case { name, pkcs7, signature, .. } in cases() {
        let start = pkcs7.windows(signature.len()).position(|window| window == signature).unwrap();
        let cut = &pkcs7[..start + signature.len() - 2];
        assert_eq!(read(cut).signature_verifies, None, "{name}");
    }
}

#[test]
fn keys_that_are_none_and_keys_of_any_size_are_answered_without_a_panic() {
    for Case { name, pkcs7, .. } in cases() {
        // The key of the signer's certificate, the first of the file, with every byte set in turn.
        let key = pkcs7.windows(2).position(|window| window == [0x03, 0x82] || window == [0x03, 0x81]);
        let start = key.unwrap_or(200);
        for at in start..(start + 24).min(pkcs7.len()) {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut pkcs7 = pkcs7.clone();
                pkcs7[at] = value;
                let table = entry(&pkcs7);
                let mut problems = Problems::default();
                signatures(&CertificateTable::read(&table, 0, &mut problems), &mut problems);
                assert!(!problems.list.iter().any(|problem| problem.kind == "panic"), "{name}, {at}");
            }
        }
    }
}

#[test]
fn changed_content_fails_its_digest_or_where_it_is_signed_itself_the_signature() {
    for Case { name, pkcs7, .. } in cases() {
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
    for Case { name, pkcs7, .. } in cases() {
        // The serial number in the signer's certificate becomes another.
        let signer = read(&pkcs7);
        let other = changed(&pkcs7, b"\xa0\x03\x02\x01\x02\x02\x01\x07", 7);
        let read = read(&other);
        assert!(signer.signer.is_some() && read.signer.is_none(), "{name}");
        assert_eq!(read.signature_verifies, None, "{name}");
    }
}

#[test]
fn what_verifications_may_cost_a_file_is_bounded_and_said() {
    let case = cases().into_iter().find(|case| case.name == "rsa 3072 sha512").unwrap();
    let table: Vec<u8> = std::iter::repeat_n(entry(&case.pkcs7), 60).flatten().collect();
    let mut problems = Problems::default();
    let list = signatures(&CertificateTable::read(&table, 0, &mut problems), &mut problems).0;
    assert_eq!(list.len(), 60);
    assert_eq!(list[0].signature_verifies, Some(true));
    assert_eq!(list[59].signature_verifies, None);
    assert_eq!(problems.limits_hit, ["verifications"]);
}
