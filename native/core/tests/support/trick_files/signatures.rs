//! Certificate tables and signatures.

use super::super::pe_builder::PeBuilder;
use super::super::signature_builder::{
    COUNTERSIGNATURE, MESSAGE_DIGEST, NESTED, SHA1, SHA256, TIMESTAMP, attribute, certificate, entry,
    indirect_data, pkcs7, signer_info, timestamp_token, tlv,
};
use super::{Trick, one};

const SECURITY: usize = 4;

/// A file whose certificate table is `table`, of which the header claims `more` bytes than there are.
fn with_table(table: &[u8], more: u32) -> Vec<u8> {
    let file = PeBuilder::with_data(true, (0..=255).cycle().take(0x200).collect());
    let offset = file.build().len();
    file.directory(SECURITY, offset as u32, table.len() as u32 + more).patch(offset, table).build()
}

fn signed(algorithm: &[u8], unsigned: &[Vec<u8>]) -> Vec<u8> {
    let digest = attribute(MESSAGE_DIGEST, &tlv(4, &[0xab; 32]));
    let info = signer_info(7, algorithm, &[digest], unsigned);
    pkcs7(&indirect_data(algorithm, &[0xab; 32], &[]), &[certificate("ca", 7, "signer")], &[info])
}

fn nested() -> Vec<u8> {
    let token = timestamp_token(b"20200102030405Z", 9, &[certificate("ca", 9, "tsa")]);
    let inner = signed(SHA256, &[attribute(TIMESTAMP, &token)]);
    let counter = signer_info(9, SHA1, &[], &[]);
    signed(SHA1, &[attribute(NESTED, &inner), attribute(COUNTERSIGNATURE, &counter)])
}

/// A file with a signature that was made with a key (`fixtures/signatures`).
fn made(name: &str) -> Vec<u8> {
    let cases: serde_json::Value =
        serde_json::from_str(include_str!("../../fixtures/signatures/signatures.json")).unwrap();
    let case = cases.as_array().unwrap().iter().find(|case| case["name"] == name).unwrap();
    let digits = case["pkcs7"].as_str().unwrap().as_bytes().chunks(2);
    let digit = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    with_table(&entry(&digits.map(digit).collect::<Vec<_>>()), 0)
}

pub(super) fn tricks() -> Vec<Trick> {
    let table = entry(&nested());
    let mut long = entry(&signed(SHA256, &[]));
    long[..4].copy_from_slice(&[0xff; 4]);
    let mut odd = entry(&signed(SHA256, &[]));
    odd[4..8].copy_from_slice(&[0x77, 0x77, 9, 0]);
    // Indefinite lengths, one inside the other, that nothing closes.
    let endless = entry(&[0x30, 0x80].repeat(2_000));
    let file = PeBuilder::with_data(true, vec![7; 0x200]);
    vec![
        one("signature_nested", with_table(&table, 0)),
        one("signature_of_rsa", made("rsa 2048 sha256")),
        one("signature_of_rsa_md5", made("rsa 1024 md5")),
        one("signature_of_p256", made("p256 sha256")),
        one("signature_of_p384", made("p384 sha1")),
        one("signature_of_other_padding", made("rsa pss")),
        one("signature_of_a_large_key", made("rsa 8200")),
        one("certificate_table_partly_past_the_end", with_table(&table, 0x1000)),
        one("certificate_table_cut", with_table(&table[..table.len() / 2], 0)),
        one("certificate_table_past_the_end", file.clone().directory(SECURITY, 0x7fff_fff0, 0x100).build()),
        one("certificate_table_of_everything", file.directory(SECURITY, 1, u32::MAX).build()),
        one("certificate_entry_past_the_end", with_table(&long, 0)),
        one("certificate_entry_odd_kind", with_table(&[odd, table].concat(), 0)),
        one("certificate_entries_of_8_bytes", with_table(&[8, 0, 0, 0, 0, 2, 2, 0].repeat(100), 0)),
        one("certificate_endless_nesting", with_table(&endless, 0)),
    ]
}
