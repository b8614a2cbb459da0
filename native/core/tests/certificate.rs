//! The certificate table: certificates against Python cryptography's reading of them (the fixture
//! and the script that made it are in `fixtures/certificates`), and tables with every kind of fault.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use merc_core::limits::{MAX_CERTIFICATE_BYTES, MAX_CERTIFICATES, MAX_NAME_ATTRIBUTES, MAX_NAME_VALUE_BYTES};
use merc_core::pe::certificate::certificates;
use merc_core::pe::certificate_table::CertificateTable;
use merc_core::problems::Problems;
use merc_core::schema::Certificate;
use serde_json::{Value, json};

mod support {
    pub mod signature_builder;
}
use support::signature_builder::{self, SIGNED_DATA, entry, entry_with, sequence, tlv};

/// Where the table lies in the file, for the offsets of problems.
const TABLE_OFFSET: u64 = 0x1000;

fn oracle() -> Value {
    serde_json::from_str(include_str!("fixtures/certificates/certificates.json")).unwrap()
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn fixture(name: &str) -> Vec<u8> {
    let oracle = oracle();
    let list = oracle["certificates"].as_array().unwrap();
    bytes(&list.iter().find(|fixture| fixture["name"] == name).expect(name)["der"])
}

fn pkcs7(certificates: &[Vec<u8>]) -> Vec<u8> {
    signature_builder::pkcs7(&sequence(&[]), certificates, &[])
}

fn read(table: &[u8]) -> (Vec<Certificate>, Problems) {
    let mut problems = Problems::default();
    let table = CertificateTable::read(table, TABLE_OFFSET, &mut problems);
    (certificates(&table, &mut problems), problems)
}

fn read_one(der: &[u8]) -> (Certificate, Problems) {
    let (mut list, problems) = read(&entry(&pkcs7(&[der.to_vec()])));
    assert_eq!(list.len(), 1);
    (list.remove(0), problems)
}

fn kinds(problems: &Problems) -> Vec<&str> {
    problems.list.iter().map(|problem| problem.kind.as_str()).collect()
}

fn subjects(list: &[Certificate]) -> Vec<&str> {
    list.iter().map(|certificate| certificate.subject.as_deref().unwrap_or("null")).collect()
}

#[test]
fn every_field_that_cryptography_reads_is_equal() {
    let mut compared = 0;
    for fixture in oracle()["certificates"].as_array().unwrap() {
        let (certificate, _) = read_one(&bytes(&fixture["der"]));
        let read = serde_json::to_value(certificate).unwrap();
        for (field, expected) in fixture["expected"].as_object().unwrap() {
            assert_eq!(&read[field], expected, "{field} of {}", fixture["name"]);
            compared += 1;
        }
    }
    assert_eq!(compared, 175);
}

#[test]
fn certificates_of_a_pkcs7_that_cryptography_wrote_are_in_its_order() {
    let pkcs7 = &oracle()["pkcs7"];
    let (list, problems) = read(&entry(&bytes(&pkcs7["der"])));
    assert_eq!(json!(subjects(&list)), pkcs7["subjects"]);
    assert_eq!(problems.list, []);
}

#[test]
fn values_that_cryptography_refuses_are_given_with_a_problem_where_they_are_wrong() {
    let (latin, problems) = read_one(&fixture("T61String in Latin-1"));
    assert_eq!(latin.subject.as_deref(), Some("CN=Zürich"));
    assert_eq!(problems.list, []);

    let (no_utf8, problems) = read_one(&fixture("string that is no UTF-8"));
    assert_eq!(no_utf8.subject_parts[0].value, "a\\xffb");
    assert_eq!(no_utf8.subject.as_deref(), Some("CN=a\\\\xffb"));
    assert_eq!(kinds(&problems), ["text_invalid"]);

    let (no_string, _) = read_one(&fixture("value that is no string"));
    assert_eq!(no_string.subject.as_deref(), Some("CN=#020107"));

    let (times, problems) = read_one(&fixture("time without seconds, with offset"));
    assert_eq!(times.not_before.unwrap().to_string(), "2019-01-01T00:00:00");
    assert_eq!(times.not_after.unwrap().to_string(), "2018-12-31T23:00:00");
    assert_eq!(problems.list, []);

    let (odd_key, problems) = read_one(&fixture("odd key algorithm"));
    let key = "-----BEGIN PUBLIC KEY-----\nMBAwCAYGKoUDAgITAwQAAQID\n-----END PUBLIC KEY-----\n";
    assert_eq!(odd_key.public_key.as_deref(), Some(key));
    assert_eq!(problems.list, []);
}

#[test]
fn algorithms_have_the_names_of_openssl_and_unknown_ones_their_number() {
    let algorithm = |name| read_one(&fixture(name)).0.algorithm.unwrap();
    assert_eq!(algorithm("rsa key"), "sha256WithRSAEncryption");
    assert_eq!(algorithm("ecdsa"), "ecdsa-with-SHA256");
    assert_eq!(algorithm("unknown signature algorithm"), "2.25.340282366920938463463374607431768211455");
}

#[test]
fn every_entry_is_read_whatever_its_revision_and_other_types_are_noted() {
    let (rsa, ou) = (pkcs7(&[fixture("rsa key")]), pkcs7(&[fixture("repeated OU")]));
    let odd_revision = entry_with(rsa.len() as u32 + 8, 0x300, 2, &rsa);
    let other_type = entry_with(rsa.len() as u32 + 8, 0x200, 1, &rsa);
    let second = (odd_revision.len() as u64, other_type.len() as u64);
    let (list, problems) = read(&[odd_revision, other_type, entry(&ou)].concat());
    assert_eq!(subjects(&list), ["CN=x", "CN=x,OU=b,OU=a"]);
    assert_eq!(kinds(&problems), ["entry_revision", "entry_type"]);
    assert_eq!(problems.list[1].file_offset, Some((TABLE_OFFSET + second.0) as i64));
}

#[test]
fn an_entry_whose_length_is_wrong_is_read_as_far_as_its_pkcs7_goes() {
    let rsa = pkcs7(&[fixture("rsa key")]);
    for (length, kind) in [(0, "entry_length"), (7, "entry_length"), (u32::MAX, "entry_truncated")] {
        let (list, problems) = read(&entry_with(length, 0x200, 2, &rsa));
        assert_eq!(subjects(&list), ["CN=x"], "dwLength {length}");
        assert_eq!(kinds(&problems), [kind]);
    }
    let (list, problems) = read(b"\x10\0\0\0\0");
    assert_eq!((list.len(), kinds(&problems)), (0, vec!["entry_truncated"]));
}

#[test]
fn zeros_behind_the_pkcs7_and_the_entries_are_no_problem_and_other_bytes_are() {
    let rsa = pkcs7(&[fixture("rsa key")]);
    for zeros in 1..20 {
        let table = entry(&[rsa.clone(), vec![0; zeros]].concat());
        let (list, problems) = read(&[table, vec![0; zeros]].concat());
        assert_eq!((list.len(), problems.list), (1, Vec::new()), "{zeros} zeros");
    }
    for trailing in [&b"Omaha"[..], b"\0\0\0Omaha", b"0"] {
        let (list, problems) = read(&entry(&[&rsa, trailing].concat()));
        assert_eq!((list.len(), kinds(&problems)), (1, vec!["pkcs7_trailing_data"]));
        assert_eq!(problems.list[0].file_offset, Some((TABLE_OFFSET + 8) as i64 + rsa.len() as i64));
    }
    let certificates_unreachable = [SIGNED_DATA, &tlv(0xa0, &tlv(0x30, b"\x02\x01\x01\x31\xff"))].concat();
    for body in [&b"no PKCS#7"[..], b"", b"\0\0\0", &tlv(0x30, &certificates_unreachable)] {
        let (list, problems) = read(&entry(body));
        assert_eq!((list.len(), kinds(&problems)), (0, vec!["pkcs7_broken"]));
    }
}

#[test]
fn a_pkcs7_without_certificates_is_no_problem() {
    let none = [SIGNED_DATA, &tlv(0xa0, &tlv(0x30, b"\x02\x01\x01\x31\x00\x30\x00\x31\x00"))].concat();
    let (list, problems) = read(&entry(&tlv(0x30, &none)));
    assert_eq!((list.len(), problems.list), (0, Vec::new()));
}

#[test]
fn two_pkcs7_in_one_entry_are_both_read() {
    let (rsa, ou) = (pkcs7(&[fixture("rsa key")]), pkcs7(&[fixture("repeated OU")]));
    let (list, problems) = read(&entry(&[rsa, ou].concat()));
    assert_eq!(subjects(&list), ["CN=x", "CN=x,OU=b,OU=a"]);
    assert_eq!(problems.list, []);
}

#[test]
fn a_broken_certificate_costs_itself_alone() {
    let attribute_certificate = tlv(0xa1, b"\x02\x01\x01");
    let empty = tlv(0x30, &[]);
    let garbage = tlv(0x30, &tlv(0x30, &[0xff; 40]));
    let broken = [fixture("ecdsa"), attribute_certificate, empty, garbage, fixture("repeated OU")];
    let (list, problems) = read(&entry(&pkcs7(&broken)));
    assert_eq!(subjects(&list), ["CN=x", "null", "null", "CN=x,OU=b,OU=a"]);
    assert_eq!(list[1].serial, None);
    assert!(kinds(&problems).contains(&"certificate_kind"));
    assert!(kinds(&problems).contains(&"field_broken"));
}

#[test]
fn a_field_that_cannot_be_read_is_null_and_those_behind_it_are_not() {
    // The thirteenth month, and a serial number that is no INTEGER.
    let der = fixture("rsa key");
    let at = der.windows(12).position(|window| window == b"190101000000").unwrap();
    let mut bad_date = der.clone();
    bad_date[at + 2..at + 4].copy_from_slice(b"13");
    let (certificate, problems) = read_one(&bad_date);
    assert_eq!(certificate.not_before, None);
    assert_eq!(certificate.not_after.unwrap().to_string(), "2049-06-30T23:59:59");
    assert_eq!(problems.list[0].detail.as_deref(), Some("notBefore: 191301000000Z"));

    let at = der.windows(3).position(|window| window == b"\x02\x01\x01").unwrap();
    let mut no_serial = der.clone();
    no_serial[at] = 4;
    let (certificate, problems) = read_one(&no_serial);
    assert_eq!((certificate.serial, certificate.subject.as_deref()), (None, Some("CN=x")));
    assert_eq!(problems.list[0].detail.as_deref(), Some("serialNumber: tag 0x04"));
}

#[test]
fn indefinite_and_long_lengths_are_read() {
    let close = |content: &[u8], identifier: u8| [&[identifier, 0x80], content, &[0, 0]].concat();
    let set = close(&[fixture("rsa key"), fixture("repeated OU")].concat(), 0xa0);
    let signed_data = close(&[tlv(2, &[1]), tlv(0x31, &[]), close(&[], 0x30), set].concat(), 0x30);
    let content_info = close(&[SIGNED_DATA, &close(&signed_data, 0xa0)].concat(), 0x30);
    let (list, problems) = read(&entry(&content_info));
    assert_eq!(subjects(&list), ["CN=x", "CN=x,OU=b,OU=a"]);
    assert_eq!(problems.list, []);
}

#[test]
fn a_table_cut_anywhere_gives_the_certificates_before_the_cut() {
    let table = entry(&pkcs7(&[fixture("string types"), fixture("multi-valued RDN"), fixture("rsa key")]));
    let (whole, _) = read(&table);
    let mut seen = 0;
    for length in 0..table.len() {
        let (list, problems) = read(&table[..length]);
        assert_eq!(list[..], whole[..list.len()], "cut at {length}");
        assert!(list.len() >= seen, "cut at {length}");
        assert!(length == 0 || list.len() == whole.len() || !problems.list.is_empty(), "cut at {length}");
        seen = list.len();
    }
    assert_eq!(seen, 3);
}

#[test]
fn no_changed_byte_panics_or_costs_more_than_it_should() {
    let table = entry(&pkcs7(&[fixture("every short name"), fixture("serial of 160 bits")]));
    for at in 0..table.len() {
        for value in [0x00, 0x1f, 0x30, 0x80, 0x84, 0x88, 0xff] {
            let mut changed = table.clone();
            changed[at] = value;
            let (list, _) = read(&changed);
            assert!(list.len() <= table.len() / 2, "0x{value:02x} at {at}");
        }
    }
}

#[test]
fn limits_cut_and_say_so() {
    let (list, problems) = read(&entry(&pkcs7(&vec![tlv(0x30, &[]); MAX_CERTIFICATES + 1])));
    assert_eq!(list.len(), MAX_CERTIFICATES);
    assert!(problems.limits_hit.contains(&"certificates".to_owned()));

    let (_, problems) = read(&entry_with(8, 0x200, 2, &[]).repeat(100));
    assert_eq!(problems.limits_hit, ["certificate_entries"]);

    let (list, problems) = read(&entry(&pkcs7(&[tlv(0x30, &vec![0; MAX_CERTIFICATE_BYTES])])));
    assert_eq!((list.len(), problems.limits_hit), (0, vec!["certificate_bytes".to_owned()]));

    let attribute = |value: &[u8]| tlv(0x31, &tlv(0x30, &[tlv(6, b"\x55\x04\x03"), tlv(12, value)].concat()));
    let certificate = |serial: &[u8], issuer: &[u8]| {
        tlv(0x30, &tlv(0x30, &[tlv(2, serial), tlv(0x30, &[]), tlv(0x30, issuer)].concat()))
    };
    let long = "é".repeat(MAX_NAME_VALUE_BYTES);
    let (one, problems) = read_one(&certificate(&[1; 300], &attribute(long.as_bytes())));
    assert_eq!(one.serial, None);
    assert_eq!(one.issuer_parts[0].value.len(), MAX_NAME_VALUE_BYTES);
    assert_eq!(problems.limits_hit, ["certificate_serial_bytes", "certificate_name_bytes"]);

    let (one, problems) = read_one(&certificate(&[1], &attribute(b"a").repeat(MAX_NAME_ATTRIBUTES + 1)));
    assert_eq!((one.issuer, one.issuer_parts.len()), (None, MAX_NAME_ATTRIBUTES));
    assert_eq!(problems.limits_hit, ["certificate_name_attributes"]);
}

#[test]
fn a_million_nested_elements_end_at_once() {
    let open = b"\x30\x80".repeat(1_000_000);
    let closed = [open.clone(), vec![0; 2_000_000]].concat();
    let (_, problems) = read(&entry(&pkcs7(&[closed])));
    assert_eq!(problems.limits_hit, ["certificate_bytes"]);
    let (_, problems) = read(&entry(&pkcs7(std::slice::from_ref(&open))));
    assert_eq!(kinds(&problems), ["certificate_truncated"]);
    let (_, problems) = read(&entry(&open));
    assert_eq!(kinds(&problems), ["pkcs7_broken"]);
    // A handful of passes over 8 MB; a pass for each nested element would take hours.
}
