//! Digests against hashlib and the crates `md-5`, `sha1`, `sha2`, at lengths around block edges, on every path of this machine.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use md5::Md5;
use merc_core::cpu::paths;
use merc_core::hash::{Algorithm, AlgorithmSet, DigestSet, Digests, Job, JobDigests, digest_jobs_by};
use merc_core::hash::{cpu_path, digest_jobs, hex};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// Of `bytes(i % 251 for i in range(n))` by Python's hashlib: n, MD5, SHA-1, SHA-256.
const HASHLIB: &str = include_str!("fixtures/digests.tsv");

/// Lengths around the ends of blocks and of what the padding leaves of them.
const EDGES: [usize; 27] = [
    0, 1, 3, 55, 56, 57, 63, 64, 65, 111, 112, 113, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129,
    1023, 1024, 1025, 16_384,
];

/// `i % 251` for every place `i`.
fn message(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place % 251) as u8).collect()
}

fn line(length: usize, digests: &DigestSet) -> String {
    format!("{length}\t{}\t{}\t{}", hex(&digests.md5), hex(&digests.sha1), hex(&digests.sha256))
}

fn sets() -> impl Iterator<Item = AlgorithmSet> {
    (0..32_u32).map(|bits| {
        let chosen = |(place, _): &(usize, Algorithm)| bits >> place & 1 != 0;
        Algorithm::ALL.into_iter().enumerate().filter(chosen).map(|(_, algorithm)| algorithm).collect()
    })
}

/// One message by these crates.
fn expected(message: &[u8], algorithms: AlgorithmSet) -> JobDigests {
    let wanted = |algorithm| algorithms.contains(algorithm);
    JobDigests {
        md5: wanted(Algorithm::Md5).then(|| Md5::digest(message).into()),
        sha1: wanted(Algorithm::Sha1).then(|| Sha1::digest(message).into()),
        sha256: wanted(Algorithm::Sha256).then(|| Sha256::digest(message).into()),
        sha384: wanted(Algorithm::Sha384).then(|| Sha384::digest(message).into()),
        sha512: wanted(Algorithm::Sha512).then(|| Sha512::digest(message).into()),
    }
}

/// A message cut in two, the second of which may be empty.
fn halves(message: &[u8], at: usize) -> [&[u8]; 2] {
    let (first, second) = message.split_at(at.min(message.len()));
    [first, second]
}

/// xorshift64: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end
    }

    fn message(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.below(256) as u8).collect()
    }

    /// Cuts of `message`, some of them empty.
    fn cut<'a>(&mut self, message: &'a [u8]) -> Vec<&'a [u8]> {
        let mut places: Vec<usize> = (0..self.below(7)).map(|_| self.below(message.len() + 1)).collect();
        let repeated = places.clone();
        places.extend(repeated.iter().take(self.below(3)));
        places.extend([0, message.len()]);
        places.sort_unstable();
        places.windows(2).map(|ends| &message[ends[0]..ends[1]]).collect()
    }
}

#[test]
fn digests_are_those_of_hashlib_at_every_block_edge() {
    let mut messages = Vec::new();
    for expected in HASHLIB.lines() {
        let length: usize = expected.split('\t').next().unwrap().parse().unwrap();
        let message = message(length);
        assert_eq!(line(length, &Digests::of(&message)), expected);
        let mut digests = Digests::default();
        message.chunks(63).for_each(|window| digests.update(window));
        assert_eq!(line(length, &digests.finish()), expected, "in windows of 63");
        messages.push(message);
    }
    let jobs: Vec<_> = messages.iter().map(|message| Job::new(message, AlgorithmSet::FILE)).collect();
    for path in paths() {
        for (found, expected) in digest_jobs_by(path, &jobs).iter().zip(HASHLIB.lines()) {
            let length = expected.split('\t').next().unwrap().parse().unwrap();
            let (md5, sha1, sha256) = (found.md5.unwrap(), found.sha1.unwrap(), found.sha256.unwrap());
            assert_eq!(line(length, &DigestSet { md5, sha1, sha256 }), expected, "{path:?}");
        }
    }
}

#[test]
fn every_set_of_algorithms_gets_its_digests_and_no_others_at_every_block_edge() {
    let mut random = Random(1);
    let messages: Vec<_> = EDGES.iter().map(|length| random.message(*length)).collect();
    for set in sets() {
        let jobs: Vec<_> = messages.iter().map(|message| Job::new(message, set)).collect();
        let expected: Vec<_> = messages.iter().map(|message| expected(message, set)).collect();
        for path in paths() {
            assert_eq!(digest_jobs_by(path, &jobs), expected, "{path:?} {set:?}");
        }
    }
}

#[test]
fn any_number_of_jobs_fills_the_lanes() {
    let mut random = Random(2);
    for count in 0..=70 {
        let messages: Vec<_> = (0..count).map(|job| random.message(job * 7)).collect();
        let jobs: Vec<_> = messages.iter().map(|message| Job::new(message, AlgorithmSet::FILE)).collect();
        let expected: Vec<_> = messages.iter().map(|message| expected(message, AlgorithmSet::FILE)).collect();
        for path in paths() {
            assert_eq!(digest_jobs_by(path, &jobs), expected, "{path:?}, {count} jobs");
        }
    }
}

#[test]
fn jobs_of_any_lengths_sets_and_cuts_have_their_own_digests_in_any_order() {
    let sets: Vec<_> = sets().collect();
    let mut random = Random(3);
    for round in 0..20 {
        let count = 1 + random.below(120);
        let messages: Vec<_> = (0..count)
            .map(|_| {
                let longest = [70, 200, 5_000, 60_000][random.below(4)];
                let length = random.below(longest);
                random.message(length)
            })
            .collect();
        let parts: Vec<_> = messages.iter().map(|message| random.cut(message)).collect();
        let mut jobs = Vec::new();
        let mut answers = Vec::new();
        for (message, parts) in messages.iter().zip(&parts) {
            let set = sets[random.below(sets.len())];
            jobs.push(Job::of_parts(parts, set));
            answers.push(expected(message, set));
        }
        for path in paths() {
            assert_eq!(digest_jobs_by(path, &jobs), answers, "{path:?}, round {round}");
        }
        jobs.reverse();
        answers.reverse();
        assert_eq!(digest_jobs(&jobs), answers, "round {round} reversed");
    }
}

#[test]
fn a_message_may_be_cut_at_every_place() {
    let mut random = Random(4);
    let message = random.message(200);
    let cuts: Vec<_> =
        (0..=200).map(|cut| [&message[..cut / 2], &message[cut / 2..cut], &[], &message[cut..]]).collect();
    let jobs: Vec<_> = cuts.iter().map(|parts| Job::of_parts(parts, AlgorithmSet::FILE)).collect();
    for path in paths() {
        for (cut, digests) in digest_jobs_by(path, &jobs).iter().enumerate() {
            assert_eq!(*digests, expected(&message, AlgorithmSet::FILE), "{path:?}, cut at {cut}");
        }
    }
    let nothing = [Job::of_parts(&[], AlgorithmSet::FILE), Job::of_parts(&[&[], &[]], AlgorithmSet::FILE)];
    for path in paths() {
        assert_eq!(digest_jobs_by(path, &nothing), [expected(&[], AlgorithmSet::FILE); 2], "{path:?}");
    }
}

#[test]
fn messages_that_outlast_all_others_are_finished_together_or_alone() {
    let mut random = Random(5);
    let sets: Vec<_> = sets().collect();
    for count in 1..=6 {
        let long = (0..count).map(|job| (1 << 20) + 1 - 150_000 * job);
        let lengths = long.chain((0..60).map(|job| job * 50));
        let messages: Vec<_> = lengths.map(|length| random.message(length)).collect();
        // Four of all three functions go together.
        let is_other = |place: usize| place == 1 && count != 4;
        let set_of =
            |place: usize| if is_other(place) { sets[count % sets.len()] } else { AlgorithmSet::FILE };
        let jobs: Vec<_> =
            messages.iter().enumerate().map(|(place, message)| Job::new(message, set_of(place))).collect();
        let expected: Vec<_> =
            messages.iter().enumerate().map(|(place, message)| expected(message, set_of(place))).collect();
        for path in paths() {
            assert_eq!(digest_jobs_by(path, &jobs), expected, "{count} long, {path:?}");
        }
        // Blocks across two parts come at different times.
        let parts: Vec<_> =
            messages.iter().zip(1..).map(|(message, cut)| halves(message, 70_001 * cut)).collect();
        let jobs: Vec<_> =
            parts.iter().enumerate().map(|(place, parts)| Job::of_parts(parts, set_of(place))).collect();
        for path in paths() {
            assert_eq!(digest_jobs_by(path, &jobs), expected, "{count} long, in parts, {path:?}");
        }
    }
}

#[test]
fn the_instructions_in_use_are_documented_ones_and_where_an_emulator_has_others_those() {
    let documented = ["avx512", "avx2+sha-ni", "avx2", "sha-ni", "armv8-sha2", "portable"];
    assert!(documented.contains(&cpu_path()));
    // Set by `emulated`.
    if let Ok(expected) = std::env::var("MERC_INSTRUCTIONS") {
        assert_eq!(cpu_path(), expected);
    }
}
