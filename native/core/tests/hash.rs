//! Digests against hashlib, at lengths around block and piece edges.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use merc_core::hash::{DigestSet, Digests, cpu_path, digest_each, hex};

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
