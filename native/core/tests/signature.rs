//! Signatures and authentihash: built signatures with every kind of fault, and files whose
//! authentihash signify 0.7.1 computed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use merc_core::extract::{Options, Part};
use merc_core::hash::{Algorithm, digest_parts, hex};
use merc_core::limits::{MAX_SIGNATURE_BYTES, MAX_SIGNATURE_DEPTH, MAX_SIGNATURES, MAX_SIGNER_ATTRIBUTES};
use merc_core::pe::Image;
use merc_core::pe::authentihash::hashed_parts;
use merc_core::pe::certificate_table::CertificateTable;
use merc_core::pe::signature::signatures;
use merc_core::problems::Problems;
use merc_core::schema::{Sample, Signature};

mod support {
    pub mod extraction;
    pub mod pe_builder;
    pub mod signature_builder;
}
use support::extraction::{self, FULL};
use support::pe_builder::PeBuilder;
use support::signature_builder::*;

const TABLE_OFFSET: u64 = 0x1000;
const SECURITY: usize = 4;

fn read(table: &[u8]) -> (Vec<Signature>, Problems) {
    let mut problems = Problems::default();
    let table = CertificateTable::read(table, TABLE_OFFSET, &mut problems);
    (signatures(&table, &mut problems).0, problems)
}

fn read_one(pkcs7: &[u8]) -> (Signature, Problems) {
    let (mut list, problems) = read(&entry(pkcs7));
    assert_eq!(list.len(), 1);
    (list.remove(0), problems)
}

fn kinds(problems: &Problems) -> Vec<&str> {
    problems.list.iter().map(|problem| problem.kind.as_str()).collect()
}

/// A signature with these attributes by the certificate ("ca", 7), which it carries.
fn signed(signed: &[Vec<u8>], unsigned: &[Vec<u8>]) -> Vec<u8> {
    let info = signer_info(7, SHA256, signed, unsigned);
    pkcs7(&indirect_data(SHA256, &[0xab; 32], &[]), &[certificate("ca", 7, "signer")], &[info])
}

fn extracted(bytes: &[u8], options: Options) -> Sample {
    extraction::extracted(bytes, options, &mut |_, _, _: &[u8]| {})
}

fn builder(wide: bool) -> PeBuilder {
    PeBuilder::with_data(wide, (0..=255).cycle().take(600).collect())
}

/// The file with `table` appended as its certificate table.
fn with_table(builder: &PeBuilder, table: &[u8]) -> Vec<u8> {
    let offset = builder.build().len().next_multiple_of(8);
    let builder = builder.clone().directory(SECURITY, offset as u32, table.len() as u32);
    builder.patch(offset, table).build()
}

fn authentihash(file: &[u8], algorithm: Algorithm) -> Vec<u8> {
    let image = Image::parse(file, &mut Problems::default()).unwrap();
    digest_parts(&hashed_parts(&image), &[algorithm]).remove(0)
}

#[test]
fn the_authentihash_is_that_of_signify() {
    let table = vec![0x5a; 64];
    for (name, wide, expected) in SIGNIFY {
        let builder = builder(*wide);
        let file = match *name {
            "unsigned" => builder.build(),
            "signed" => with_table(&builder, &table),
            "data behind the table" => [with_table(&builder, &table), vec![1; 13]].concat(),
            "table past the end" => builder.directory(SECURITY, 0x500, 0x1000).build(),
            "table in the headers" => builder.directory(SECURITY, 0x80, 0x20).build(),
            "table of no bytes" => builder.directory(SECURITY, 0x500, 0).build(),
            "header without the entry" => {
                with_table(&PeBuilder { number_of_rva_and_sizes: Some(4), ..builder }, &table)
            }
            "header that ends before the entry" => {
                with_table(&PeBuilder { size_of_optional_header: Some(100), ..builder }, &table)
            }
            _ => builder.patch(0x400 + 600, b"x").build(),
        };
        assert_eq!(hex(&authentihash(&file, Algorithm::Sha256)), *expected, "{name}, PE32+ {wide}");
    }
}

#[test]
fn only_checksum_entry_and_table_may_change_without_changing_the_authentihash() {
    let builder = builder(true);
    let file = with_table(&builder, &[0x5a; 64]);
    let optional = builder.optional_header();
    let table = file.len() - 64;
    let left_out = |at: usize| {
        (optional + 64..optional + 68).contains(&at)
            || (optional + 144..optional + 152).contains(&at)
            || at >= table
    };
    let before: Vec<u8> = {
        let image = Image::parse(&file, &mut Problems::default()).unwrap();
        hashed_parts(&image).concat()
    };
    let expected: Vec<u8> = (0..file.len()).filter(|at| !left_out(*at)).map(|at| file[at]).collect();
    assert_eq!(before, expected);
}

#[test]
fn a_digest_matches_where_it_is_the_files_own_in_the_signatures_algorithm() {
    let unsigned = with_table(&builder(false), &[0; 64]);
    let signature_of = |oid: &[u8], digest: &[u8]| {
        let info = signer_info(7, SHA256, &[], &[]);
        let mut table = entry(&pkcs7(&indirect_data(oid, digest, &[]), &[], &[info]));
        // An entry of 8 bytes and more fills up to a table of one size, so that all files hash alike.
        table.resize(400, 0);
        extracted(&with_table(&builder(false), &table), FULL)
    };
    for (oid, algorithm) in [
        (SHA1, Algorithm::Sha1),
        (SHA256, Algorithm::Sha256),
        (SHA384, Algorithm::Sha384),
        (SHA512, Algorithm::Sha512),
    ] {
        let mut digest = authentihash(&unsigned, algorithm);
        let right = signature_of(oid, &digest);
        let signatures = right.signatures.unwrap();
        assert_eq!(signatures[0].digest_matches, Some(true), "{algorithm:?}");
        assert_eq!(signatures[0].digest_algorithm.as_deref(), Some(algorithm.name()));
        assert_eq!(right.authentihash_sha1.unwrap().len(), 40);
        assert_eq!(right.authentihash_md5.unwrap().len(), 32);
        digest[0] ^= 1;
        let wrong = signature_of(oid, &digest).signatures.unwrap();
        assert_eq!(wrong[0].digest_matches, Some(false), "{algorithm:?}");
        digest.pop();
        assert_eq!(signature_of(oid, &digest).signatures.unwrap()[0].digest_matches, Some(false));
    }
    let unknown = signature_of(MD2, &[0; 16]).signatures.unwrap();
    assert_eq!((unknown[0].digest_algorithm.as_deref(), unknown[0].digest_matches), (Some("md2"), None));
}

#[test]
fn a_file_without_signature_has_one_authentihash_and_a_file_in_windows_has_none() {
    let file = builder(true).build();
    let sample = extracted(&file, FULL);
    assert_eq!(sample.authentihash_sha256, Some(hex(&authentihash(&file, Algorithm::Sha256))));
    assert_eq!((sample.authentihash_sha1, sample.authentihash_md5), (None, None));
    assert_eq!((sample.signatures, sample.win_certificates), (None, None));
    let cut =
        extracted(&file, Options { classic: false, max_file_size: 1_000, tlsh: false, part: Part::All });
    assert_eq!((cut.status.as_str(), cut.authentihash_sha256), ("partial", None));
    // A table behind what is held of the file is not behind the file.
    let file = with_table(&builder(true), &entry(&signed(&[], &[])));
    let cut =
        extracted(&file, Options { classic: false, max_file_size: 1_000, tlsh: false, part: Part::All });
    assert_eq!((cut.signatures, cut.limits_hit), (None, vec!["max_file_size".to_owned()]));
    assert!(!cut.problems.iter().any(|problem| problem.stage == "certificate"));
}

#[test]
fn what_the_signer_says_is_read_and_the_certificate_found() {
    let bmp: Vec<u8> = "Prógram".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let link = tlv(0xa1, &tlv(0x80, b"http://example.com/"));
    let opus = sequence(&[tlv(0xa0, &tlv(0x80, &bmp)), link]);
    let attributes = [
        attribute(OPUS_INFO, &opus),
        attribute(SIGNING_TIME, &tlv(0x17, b"210902183259Z")),
        attribute(MESSAGE_DIGEST, &tlv(4, &[0; 32])),
    ];
    let (signature, problems) = read_one(&signed(&attributes, &[]));
    // What is signed is of other content.
    assert_eq!((kinds(&problems), problems.broken), (vec!["content_digest"], false));
    assert_eq!(signature.signer.as_deref(), Some("CN=signer"));
    assert_eq!(signature.signer_issuer.as_deref(), Some("CN=ca"));
    assert_eq!(signature.signer_serial.as_deref(), Some("7"));
    assert_eq!(signature.program_name.as_deref(), Some("Prógram"));
    assert_eq!(signature.url.as_deref(), Some("http://example.com/"));
    assert_eq!(signature.signing_time.unwrap().to_string(), "2021-09-02T18:32:59");
    assert_eq!(signature.digest, Some("ab".repeat(32)));
    assert_eq!(signature.content_digest_matches, Some(false));
    assert_eq!((signature.countersignature, signature.page_hashes), (None, None));
    assert_eq!((signature.nested, signature.file_offset), (false, TABLE_OFFSET as i64 + 8));
}

#[test]
fn the_message_digest_is_that_of_the_content_octets() {
    let content = indirect_data(SHA256, &[0xab; 32], &[]);
    // Behind the type (12 bytes), the explicit tag and the sequence's own header.
    let signed_bytes = &content[2 + INDIRECT_DATA.len() + 4..];
    let digest = digest_parts(&[signed_bytes], &[Algorithm::Sha256]).remove(0);
    let (signature, _) = read_one(&signed(&[attribute(MESSAGE_DIGEST, &tlv(4, &digest))], &[]));
    assert_eq!(signature.content_digest_matches, Some(true));
}

#[test]
fn a_countersignature_gives_time_and_countersigner_of_both_kinds() {
    let own = attribute(SIGNING_TIME, &tlv(0x17, b"210902183259Z"));
    let pkcs9_time = attribute(SIGNING_TIME, &tlv(0x17, b"210903000000Z"));
    let pkcs9 = attribute(COUNTERSIGNATURE, &signer_info(7, SHA1, &[pkcs9_time], &[]));
    let token = timestamp_token(b"20210904000000.5Z", 8, &[certificate("ca", 8, "authority")]);
    let rfc3161 = attribute(TIMESTAMP, &token);

    let (signature, problems) = read_one(&signed(std::slice::from_ref(&own), std::slice::from_ref(&pkcs9)));
    assert_eq!(signature.countersignature.as_deref(), Some("pkcs9"));
    assert_eq!(signature.countersigner.as_deref(), Some("CN=signer"));
    assert_eq!(signature.signing_time.unwrap().to_string(), "2021-09-03T00:00:00");
    assert_eq!(problems.list, []);

    let (signature, problems) = read_one(&signed(std::slice::from_ref(&own), std::slice::from_ref(&rfc3161)));
    assert_eq!(signature.countersignature.as_deref(), Some("rfc3161"));
    assert_eq!(signature.countersigner.as_deref(), Some("CN=authority"));
    assert_eq!(signature.countersignature_time, signature.signing_time);
    assert_eq!(signature.signing_time.unwrap().to_string(), "2021-09-04T00:00:00");
    assert_eq!(problems.list, []);

    let (signature, problems) = read_one(&signed(std::slice::from_ref(&own), &[pkcs9, rfc3161]));
    assert_eq!(signature.countersignature.as_deref(), Some("pkcs9"));
    assert_eq!(kinds(&problems), ["several_countersignatures"]);

    let broken = attribute(TIMESTAMP, &sequence(&[]));
    let (signature, problems) = read_one(&signed(&[own], &[broken]));
    assert_eq!(signature.countersignature_time, None);
    assert_eq!(signature.signing_time.unwrap().to_string(), "2021-09-02T18:32:59");
    assert_eq!(kinds(&problems), ["countersignature_broken", "countersignature_time"]);
}

#[test]
fn nested_signatures_follow_those_around_them_and_end_at_a_depth() {
    let two = signed(&[], &[attribute(NESTED, &[signed(&[], &[]), signed(&[], &[])].concat())]);
    let (list, problems) = read(&[entry(&two), entry(&signed(&[], &[]))].concat());
    assert_eq!(list.iter().map(|one| one.nested).collect::<Vec<_>>(), [false, false, true, true]);
    assert_eq!(problems.list, []);

    let mut deep = signed(&[], &[]);
    for _ in 0..30 {
        deep = signed(&[], &[attribute(NESTED, &deep)]);
    }
    let (list, problems) = read(&entry(&deep));
    assert_eq!(list.len(), MAX_SIGNATURE_DEPTH + 1);
    assert_eq!(problems.limits_hit, ["signature_depth"]);

    let (_, problems) = read_one(&signed(&[], &[attribute(NESTED, &sequence(&[]))]));
    assert_eq!(kinds(&problems), ["nested_broken"]);
}

#[test]
fn certificates_say_where_they_were_found_and_classic_has_only_those_of_the_table() {
    let token = timestamp_token(b"20210904000000Z", 8, &[certificate("ca", 8, "authority")]);
    let nested = signed(&[], &[attribute(TIMESTAMP, &token)]);
    let outer = signed(&[], &[attribute(NESTED, &nested)]);
    let file = with_table(&builder(false), &[entry(&outer), entry(&signed(&[], &[]))].concat());
    let found = |classic: bool| -> Vec<(String, String)> {
        let sample = extracted(&file, Options { classic, ..FULL });
        let certificates = sample.certificates.unwrap();
        certificates.into_iter().map(|one| (one.source, one.subject.unwrap())).collect()
    };
    let table = ["signature", "signature"].map(|source| (source.to_owned(), "CN=signer".to_owned()));
    assert_eq!(found(true), table);
    let further = [("nested", "CN=signer"), ("timestamp", "CN=authority")];
    let further = further.map(|(source, subject)| (source.to_owned(), subject.to_owned()));
    assert_eq!(found(false), [table, further].concat());
}

#[test]
fn page_hashes_are_named_by_their_algorithm() {
    let class = tlv(4, b"\xa6\xb5\x86\xd5\xb4\xa1\x24\x66\xae\x05\xa2\x17\xda\x8e\x60\xd6");
    let kind = b"\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x03\x02".to_vec();
    let hashes = tlv(0x31, &sequence(&[kind, tlv(0x31, &tlv(4, &[0; 48]))]));
    let moniker = tlv(0xa1, &[class, tlv(4, &hashes)].concat());
    let image_data = sequence(&[tlv(3, &[0]), tlv(0xa0, &moniker)]);
    let content = indirect_data(SHA256, &[0; 32], &image_data);
    let (signature, _) = read_one(&pkcs7(&content, &[], &[signer_info(7, SHA256, &[], &[])]));
    assert_eq!(signature.page_hashes.as_deref(), Some("sha256"));
}

#[test]
fn what_is_missing_or_broken_is_null_with_a_problem() {
    let content = indirect_data(SHA256, &[0xab; 32], &[]);
    let (signature, problems) = read_one(&pkcs7(&content, &[], &[]));
    assert_eq!((signature.digest, signature.signer), (Some("ab".repeat(32)), None));
    assert_eq!(kinds(&problems), ["no_signer"]);

    let info = signer_info(7, SHA256, &[], &[]);
    let (signature, problems) = read_one(&pkcs7(&content, &[], &[info.clone(), info.clone()]));
    assert_eq!((signature.signer, signature.signer_serial.as_deref()), (None, Some("7")));
    assert_eq!(kinds(&problems), ["several_signers"]);

    for (content, kind) in [
        (sequence(&[]), "content_type"),
        (indirect_data(SHA256, &[0; 65], &[]), "digest_broken"),
        (indirect_data(b"\x05\x00", &[0; 20], &[]), "digest_broken"),
        (sequence(&[INDIRECT_DATA.to_vec(), tlv(0xa0, b"\x02\x01\x01")]), "content_broken"),
    ] {
        let (_, problems) = read_one(&pkcs7(&content, &[], std::slice::from_ref(&info)));
        assert_eq!(kinds(&problems), [kind]);
    }
    let opus = attribute(OPUS_INFO, &sequence(&[tlv(0xa0, &tlv(12, b"utf8"))]));
    let (signature, problems) = read_one(&signed(&[opus, sequence(&[])], &[]));
    assert_eq!(signature.program_name, None);
    assert_eq!(kinds(&problems), ["attribute_broken", "opus_info_broken"]);
}

#[test]
fn limits_cut_and_say_so() {
    let many = attribute(NESTED, &signed(&[], &[]).repeat(MAX_SIGNATURES + 1));
    let (list, problems) = read(&entry(&signed(&[], &[many])));
    assert_eq!((list.len(), problems.limits_hit), (MAX_SIGNATURES, vec!["signatures".to_owned()]));

    let (list, problems) = read(&entry(&signed(&[], &[]).repeat(MAX_SIGNATURES + 1)));
    assert_eq!((list.len(), problems.limits_hit), (MAX_SIGNATURES, vec!["signatures".to_owned()]));

    let attributes = vec![attribute(SIGNING_TIME, &[]); MAX_SIGNER_ATTRIBUTES + 1];
    let (_, problems) = read_one(&signed(&attributes, &[]));
    assert_eq!(problems.limits_hit, ["signer_attributes"]);

    let long = attribute(OPUS_INFO, &sequence(&[tlv(0xa0, &tlv(0x81, &[b'x'; 10_000]))]));
    let (signature, problems) = read_one(&signed(&[long], &[]));
    assert_eq!(signature.program_name.unwrap().len(), 8_192);
    assert_eq!(problems.limits_hit, ["signature_text_bytes"]);

    let large = attribute(SIGNING_TIME, &vec![0; MAX_SIGNATURE_BYTES]);
    let (list, problems) = read(&entry(&signed(&[], &[large])));
    assert_eq!((list.len(), problems.limits_hit), (0, vec!["signature_bytes".to_owned()]));
}

#[test]
fn no_changed_byte_panics_and_each_gives_the_same_twice() {
    let token = timestamp_token(b"20210904000000Z", 8, &[certificate("ca", 8, "authority")]);
    let nested = signed(&[], &[attribute(TIMESTAMP, &token)]);
    let table = entry(&signed(&[], &[attribute(NESTED, &nested)]));
    for at in 0..table.len() {
        for value in [0x00, 0x1f, 0x30, 0x80, 0x84, 0xff] {
            let mut changed = table.clone();
            changed[at] = value;
            assert_eq!(read(&changed).0, read(&changed).0, "0x{value:02x} at {at}");
        }
        read(&table[..at]);
    }
}

/// SHA-256 authentihashes by signify 0.7.1 of the files that the first test builds.
const SIGNIFY: &[(&str, bool, &str)] = &[
    ("unsigned", false, "7d7128d3efb4e0d5fa25e200969accab8f16b7fcd22866738bdcb6ffbcec55a5"),
    ("unsigned", true, "97e334070dc6d8f6b64828fe504429f02756242ebe514b453d3d9023779ec752"),
    ("signed", false, "7d7128d3efb4e0d5fa25e200969accab8f16b7fcd22866738bdcb6ffbcec55a5"),
    ("signed", true, "97e334070dc6d8f6b64828fe504429f02756242ebe514b453d3d9023779ec752"),
    ("data behind the table", true, "c744afcabb038b1c02060446f4e6d0928b53bcb42f2fddbcc133cd618db3600d"),
    ("table past the end", true, "97e334070dc6d8f6b64828fe504429f02756242ebe514b453d3d9023779ec752"),
    ("table in the headers", true, "97e334070dc6d8f6b64828fe504429f02756242ebe514b453d3d9023779ec752"),
    ("table of no bytes", true, "97e334070dc6d8f6b64828fe504429f02756242ebe514b453d3d9023779ec752"),
    ("header without the entry", true, "bd7dad7e4e8d7ab2be43c51294dc083fb2ce22e3ba15332657fb18a7546a7e91"),
    (
        "header that ends before the entry",
        true,
        "c52aa65cbed14bb735d1d25165252889fcb150c143339962bc79118403de7849",
    ),
    (
        "length that is no multiple of eight",
        true,
        "fed73deaeb7b03958f6045bc43a44d40572eb60c2882e8b76354699737f3c713",
    ),
];
