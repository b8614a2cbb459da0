//! Digests against hashlib, at lengths around block and piece edges.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use merc_core::hash::{Algorithm, DigestSet, Digests, cpu_path, digest_each, digest_parts, hex};

/// `i % 251` for every place `i`.
fn message(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place % 251) as u8).collect()
}

/// Of `bytes(i % 251 for i in range(n))` by Python's hashlib: n, MD5, SHA-1, SHA-256.
const HASHLIB: &str = include_str!("fixtures/digests.tsv");

fn line(length: usize, digests: &DigestSet) -> String {
    format!("{length}\t{}\t{}\t{}", hex(&digests.md5), hex(&digests.sha1), hex(&digests.sha256))
}

#[test]
fn digests_are_those_of_hashlib_at_every_block_edge() {
    for expected in HASHLIB.lines() {
        let length: usize = expected.split('\t').next().unwrap().parse().unwrap();
        let message = message(length);
        assert_eq!(line(length, &Digests::of(&message)), expected);
        let mut digests = Digests::default();
        message.chunks(63).for_each(|window| digests.update(window));
        assert_eq!(line(length, &digests.finish()), expected, "in windows of 63");
    }
}

#[test]
fn a_batch_gives_every_message_back_with_its_own_digests() {
    let lengths = [0, 65, 1, 130, 64];
    let mut seen = vec![false; lengths.len()];
    digest_each(lengths.map(message), |index, message, digests| {
        assert_eq!(message.len(), lengths[index]);
        assert_eq!(digests, Digests::of(&message));
        assert!(!std::mem::replace(&mut seen[index], true));
    });
    assert!(seen.iter().all(|&seen| seen));
}

#[test]
fn the_path_is_one_of_those_documented() {
    assert!(["portable", "sha-ni", "armv8-sha2"].contains(&cpu_path()));
}

#[test]
fn parts_have_the_digests_of_their_concatenation_in_the_order_asked_for() {
    let message = message(200_000);
    let parts = [&message[..1], &message[1..1], &message[1..131_073], &message[131_073..]];
    let algorithms =
        [Algorithm::Sha512, Algorithm::Md5, Algorithm::Sha384, Algorithm::Sha1, Algorithm::Sha256];
    let digests = digest_parts(&parts, &algorithms);
    assert_eq!(digests.len(), 5);
    for ((digest, algorithm), expected) in digests.iter().zip(algorithms).zip(PARTS_BY_HASHLIB) {
        assert_eq!(hex(digest), expected, "{algorithm:?}");
    }
    assert_eq!(hex(&digest_parts(&[], &[Algorithm::Md5])[0]), "d41d8cd98f00b204e9800998ecf8427e");
}

/// Of `bytes(i % 251 for i in range(200_000))` by Python's hashlib.
const PARTS_BY_HASHLIB: [&str; 5] = [
    "251276bec7ec8a9792e3c5c581f15a8c82453b37941a26617fe2fed4e757a11f8ecd7667fc391298c2792e14f19231d2efe31410b898ea43e494bf83f7092dfa",
    "415d6e662118c229c6ad3f950c24702a",
    "8044b00924d5cc247db52235d55752c4ddeced766f209ab58201103f60fdde2866e473ec7761f97dd4fbfd272b43b1a6",
    "4fa3b414b52f18a8b007acc492540659f310282d",
    "e24bc62381f1224fbbb74688663f8f9743b9680b193edd666835e97b06e730eb",
];
