//! Changed files through the whole extraction: no panic, bounded steps and memory, the same record twice.
//!
//! Each case follows from the seed and its number alone. By hand: `MERC_MUTATIONS` asks for another number
//! of cases, `MERC_SEED` for other ones, `MERC_CASE` for a single one, which is written to a file, and
//! `MERC_SEED_FILES` for changes of a folder's files in place of the tricks.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that panics has failed

mod support {
    pub mod clr_builder;
    pub mod counting_allocator;
    pub mod directory_builder;
    pub mod extraction;
    pub mod mutation;
    pub mod pe_builder;
    pub mod pivots_builder;
    pub mod resource_builder;
    pub mod signature_builder;
    pub mod trick_files;
}

use std::cell::Cell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};

use merc_core::extract::Options;
use merc_core::schema::Sample;
use merc_core::work;
use support::counting_allocator::{Counting, peak_of};
use support::extraction::{FULL, extracted};
use support::mutation::{Random, mutant};
use support::trick_files::tricks;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CASES: u64 = 20_000;
const SEED: u64 = 0x6d65_7263;

/// Steps that a file may cost whatever its size. A resource tree ends at 262,144, and three later stages look
/// at its 65,536 leaves: 458,752 in all. Verifying signatures ends at 400,000. Import tables and their hashes
/// reach 321,411.
const STEPS: u64 = 900_000;

/// Steps that a byte may cost. Thunks of four bytes are looked up, read and hashed; 1.2 are the most.
const STEPS_PER_BYTE: u64 = 2;

/// Bytes that may be held for a file whatever its size: 65,536 resources, the longest list, take 21.5 MB.
const MEMORY: u64 = 24 << 20;

/// Bytes that may be held for a byte of the file, which is one of them. A section header of 40 bytes
/// becomes a row of 300, up to 2,048.
const MEMORY_PER_BYTE: u64 = 8;

/// Tricks that cost more steps are looked at as they are and not changed.
const MAX_SEED_STEPS: u64 = 12_000;

thread_local! {
    static PANICS: Cell<u32> = const { Cell::new(0) };
}

/// What a run of the extraction gave and cost.
#[derive(Debug, PartialEq)]
struct Run {
    sample: Sample,
    /// Hash of the strings and where they are.
    strings: u64,
    steps: u64,
}

fn run(file: &[u8], options: Options) -> Result<(Run, u64), String> {
    let mut strings = DefaultHasher::new();
    let mut sink = |encoding, offset, text: &[u8]| (encoding as u8, offset, text).hash(&mut strings);
    let steps = work::taken();
    let panics = PANICS.get();
    let extraction = || peak_of(|| extracted(file, options, &mut sink));
    let (sample, peak) = catch_unwind(AssertUnwindSafe(extraction)).map_err(|_| "a panic escaped")?;
    let steps = work::taken() - steps;
    if PANICS.get() > panics {
        return Err("a stage panicked".to_owned());
    }
    Ok((Run { sample, strings: strings.finish(), steps }, peak))
}

/// The steps and the memory that the file cost, where nothing is wrong.
fn check(file: &[u8], options: Options) -> Result<(u64, u64), String> {
    let (first, peak) = run(file, options)?;
    let (second, _) = run(file, options)?;
    if first != second {
        return Err("another record the second time".to_owned());
    }
    let sample = first.sample;
    let is_row = matches!(sample.status.as_str(), "ok" | "partial" | "not_pe") && sample.sha256.is_some();
    if !is_row || sample.file_size != file.len() as i64 {
        return Err(format!("no row: {}, {} bytes", sample.status, sample.file_size));
    }
    let size = file.len() as u64;
    if first.steps > STEPS + STEPS_PER_BYTE * size {
        return Err(format!("{} steps for {size} bytes", first.steps));
    }
    if peak > MEMORY + MEMORY_PER_BYTE * size {
        return Err(format!("{peak} bytes of memory for {size} bytes"));
    }
    Ok((first.steps, peak))
}

/// Most runs are full ones; the others are as users ask for them.
fn options(random: &mut Random) -> Options {
    match random.below(16) {
        0 | 1 => Options { classic: true, ..FULL },
        2 => Options { tlsh: true, ..FULL },
        3 => Options { max_file_size: random.below(3_000) as u64, ..FULL },
        _ => FULL,
    }
}

fn count_panics() {
    let shown = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.set(PANICS.get() + 1);
        shown(panic);
    }));
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

#[test]
fn every_trick_and_every_change_of_one_gives_the_same_row_twice_without_a_panic_and_within_bounds() {
    count_panics();
    let (cases, seed, only) =
        (number("MERC_MUTATIONS").unwrap_or(CASES), number("MERC_SEED").unwrap_or(SEED), number("MERC_CASE"));
    let mut seeds = Vec::new();
    let (mut most_steps, mut most_memory) = (0, 0);
    let mut note = |(steps, memory): (u64, u64)| {
        most_steps = steps.max(most_steps);
        most_memory = memory.max(most_memory);
    };
    for trick in tricks() {
        if only.is_none() {
            for file in &trick.files {
                let cost = check(file, FULL).unwrap_or_else(|wrong| panic!("{}: {wrong}", trick.name));
                note(cost);
            }
        }
        let file = trick.files.into_iter().last().unwrap();
        let began = work::taken();
        extracted(&file, FULL, &mut |_, _, _: &[u8]| {});
        if work::taken() - began <= MAX_SEED_STEPS {
            seeds.push(file);
        }
    }
    if let Ok(folder) = std::env::var("MERC_SEED_FILES") {
        let mut paths: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        seeds = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    }
    for case in only.map_or(0..cases, |case| case..case + 1) {
        let mut random = Random(seed ^ case.wrapping_mul(0xd134_2543_de82_ef95));
        let options = options(&mut random);
        let file = mutant(&seeds, &mut random);
        if only.is_some() {
            let path = std::env::temp_dir().join(format!("merc-hostile-{seed}-{case}"));
            std::fs::write(&path, &file).unwrap();
            println!("{}", path.display());
        }
        let cost = check(&file, options).unwrap_or_else(|wrong| {
            panic!("{wrong}\nto see it again: MERC_SEED={seed} MERC_CASE={case} cargo test -p merc-core --test hostile")
        });
        note(cost);
    }
    println!("at most {most_steps} steps and {most_memory} bytes of memory");
}
