//! GB of messages per CPU second by each path and choice of algorithms, against the crates `md-5`, `sha1`
//! and `sha2` in the same run.
//!
//! `cargo bench -p merc-core --bench hash`; one core, messages in memory. The paths take turns, so that
//! other load on the machine meets all of them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::hint::black_box;

use cpu_time::ThreadTime;
use md5::Md5;
use merc_core::cpu;
use merc_core::hash::{AlgorithmSet, Job, cpu_path, digest_jobs_by};
use sha1::Sha1;
use sha2::{Digest, Sha256};

const ROUNDS: usize = 5;

fn main() {
    println!("chosen: {}", cpu_path());
    let bytes: Vec<u8> =
        (0..64_000_000_u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let even = |length: usize| bytes.chunks_exact(length).collect::<Vec<_>>();
    set("512 of 20 KB", &even(20_000)[..512]);
    set("64 of 1 MB", &even(1_000_000));
    set("like a folder", &folder(&bytes));
    set("16,000 of 500 B", &even(500)[..16_000]);
    for count in [1, 2, 3, 4, 9, 10, 12] {
        set(&format!("{count} of 4 MB"), &even(4_000_000)[..count]);
    }
    set("2 of 16 MB, 8 of 4 MB", &[&even(16_000_000)[..2], &even(4_000_000)[..8]].concat());
}

/// Lengths as in a folder of programs: each half as many as those half as long.
fn folder(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut messages = Vec::new();
    for place in 1_usize.. {
        let length = (4_000 + place % 7 * 531) << place.trailing_zeros().min(11);
        let Some((message, rest)) = bytes.split_at_checked(length) else { break };
        messages.push(message);
        bytes = rest;
    }
    messages
}

fn set(name: &str, messages: &[&[u8]]) {
    let bytes: usize = messages.iter().map(|message| message.len()).sum();
    println!("{name}: {} messages, {bytes} bytes", messages.len());
    let choices = [
        ("md5", AlgorithmSet::MD5),
        ("sha1", AlgorithmSet::SHA1),
        ("sha256", AlgorithmSet::SHA256),
        ("all three", AlgorithmSet::FILE),
    ];
    for (choice, algorithms) in choices {
        let jobs: Vec<_> = messages.iter().map(|message| Job::new(message, algorithms)).collect();
        let paths: Vec<_> = cpu::paths().collect();
        let mut seconds = vec![[0.0; ROUNDS]; paths.len() + 1];
        for round in 0..ROUNDS {
            seconds[0][round] = timed(bytes, || messages.iter().for_each(|message| one(message, algorithms)));
            for (path, seconds) in paths.iter().zip(&mut seconds[1..]) {
                seconds[round] = timed(bytes, || _ = black_box(digest_jobs_by(*path, &jobs)));
            }
        }
        print!("  {choice:10}");
        for (path, seconds) in
            ["crates"].into_iter().chain(paths.iter().map(|path| path.name())).zip(&mut seconds)
        {
            seconds.sort_by(f64::total_cmp);
            print!("  {path} {:5.2}", bytes as f64 / 1e9 / seconds[ROUNDS / 2]);
        }
        println!();
    }
}

/// One message by the crates, one algorithm after the other.
fn one(message: &[u8], algorithms: AlgorithmSet) {
    if algorithms == AlgorithmSet::MD5 || algorithms == AlgorithmSet::FILE {
        black_box(Md5::digest(message));
    }
    if algorithms == AlgorithmSet::SHA1 || algorithms == AlgorithmSet::FILE {
        black_box(Sha1::digest(message));
    }
    if algorithms == AlgorithmSet::SHA256 || algorithms == AlgorithmSet::FILE {
        black_box(Sha256::digest(message));
    }
}

/// CPU seconds of one run; of a short one the mean of several, for the clock ticks every 4 ms.
fn timed(bytes: usize, mut run: impl FnMut()) -> f64 {
    let times = 100_000_000_usize.div_ceil(bytes);
    let start = ThreadTime::now();
    (0..times).for_each(|_| run());
    start.elapsed().as_secs_f64() / times as f64
}
