//! What extracting a file asks of the allocator, against the counts that were reviewed and committed.
//!
//! `MERC_GOLDEN=refresh cargo test -p merc-core --test allocations` writes the counts anew. They are those of
//! a second extraction, after which all tables that a thread keeps are made, and of the portable path:
//! lanes take a few more for a whole batch. On 32 bits the same values take fewer bytes, which are not kept.

#![cfg(target_pointer_width = "64")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that panics has failed

mod support {
    pub mod clr_builder;
    pub mod counting_allocator;
    pub mod directory_builder;
    pub mod extraction;
    pub mod pe_builder;
    pub mod pivots_builder;
    pub mod resource_builder;
    pub mod signature_builder;
    pub mod trick_files;
    pub mod whole_files;
}

use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::Command;

use merc_core::cpu;
use merc_core::extract::Options;
use merc_core::hash::{AlgorithmSet, Job, digest_jobs_by};
use support::counting_allocator::{Asked, Counting, asked_by};
use support::extraction::{FULL, extracted};
use support::trick_files::tricks;
use support::whole_files::whole_files;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/allocations.tsv");

const HEAD: &str = "file\tallocations\tbytes\tallocations of classic\tbytes of classic\n";

fn asked(files: &[Vec<u8>], options: Options) -> Asked {
    let mut asked = Asked::default();
    for file in files {
        let extraction = || extracted(file, options, &mut |_, _, _: &[u8]| {});
        extraction();
        asked += asked_by(extraction).1;
    }
    asked
}

fn counts() -> String {
    let tricks = tricks().into_iter().map(|trick| (trick.name, trick.files));
    let whole = whole_files().into_iter().map(|(name, file)| (name, vec![file]));
    let mut counts = HEAD.to_owned();
    for (name, files) in tricks.chain(whole) {
        let [full, classic] = [false, true].map(|classic| asked(&files, Options { classic, ..FULL }));
        let Asked { times, bytes } = full;
        writeln!(counts, "{name}\t{times}\t{bytes}\t{}\t{}", classic.times, classic.bytes).unwrap();
    }
    counts
}

fn by_name(counts: &str) -> BTreeMap<&str, &str> {
    counts.lines().skip(1).map(|line| line.split_once('\t').unwrap()).collect()
}

/// A line for each file whose counts are others.
fn differences(reviewed: &str, now: &str) -> Vec<String> {
    let (reviewed, now) = (by_name(reviewed), by_name(now));
    let said = |counts: &BTreeMap<&str, &str>, name: &str| match counts.get(name) {
        Some(line) => {
            let cells: Vec<_> = line.split('\t').collect();
            format!("{} allocations of {} bytes, classic {} of {}", cells[0], cells[1], cells[2], cells[3])
        }
        None => "not counted".to_owned(),
    };
    let names: std::collections::BTreeSet<_> = reviewed.keys().chain(now.keys()).collect();
    let differs = names.into_iter().filter(|name| reviewed.get(**name) != now.get(**name));
    differs
        .map(|name| format!("{name}: {}\n    are now {}", said(&reviewed, name), said(&now, name)))
        .collect()
}

#[test]
fn a_file_asks_of_the_allocator_what_was_reviewed() {
    if std::env::var(cpu::VARIABLE).as_deref() != Ok("portable") {
        // The path is chosen once a process.
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", "--nocapture", "a_file_asks_of_the_allocator_what_was_reviewed"]);
        assert!(again.env(cpu::VARIABLE, "portable").status().unwrap().success(), "differences as above");
        return;
    }
    let now = counts();
    if std::env::var("MERC_GOLDEN").is_ok_and(|value| value == "refresh") {
        std::fs::write(FIXTURE, &now).unwrap();
    }
    let reviewed = std::fs::read_to_string(FIXTURE).unwrap_or_default().replace("\r\n", "\n");
    let different = differences(&reviewed, &now);
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn lanes_ask_no_more_often_for_many_messages_than_for_what_fills_them() {
    let message = [7; 100];
    for path in cpu::paths() {
        let asked = |count| {
            let jobs = vec![Job::new(&message, AlgorithmSet::FILE); count];
            asked_by(|| digest_jobs_by(path, &jobs)).1.times
        };
        assert_eq!(asked(64), asked(4_096), "{path:?}");
    }
}
