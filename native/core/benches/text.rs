//! CPU seconds per GB of hashing, histogram, string scan and strings output over a folder of files.
//!
//! `cargo bench -p merc-core --bench text -- FOLDER [megabytes]`; one core, files in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::hint::black_box;
use std::path::Path;

use cpu_time::ThreadTime;
use merc_core::hash::{Digests, cpu_path};
use merc_core::output::strings::StringsWriter;
use merc_core::text::histogram::Histogram;
use merc_core::text::scan::{Encoding, scan};

const ROUNDS: usize = 5;

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let folder = arguments.first().expect("a folder of files");
    let limit = arguments.get(1).map_or(400, |megabytes| megabytes.parse::<usize>().unwrap()) * 1_000_000;
    let files = load(Path::new(folder), limit);
    let bytes: usize = files.iter().map(Vec::len).sum();
    println!("{} files, {bytes} bytes, hashes: {}", files.len(), cpu_path());

    stage("hash", bytes, || files.iter().for_each(|file| _ = black_box(Digests::of(file))));
    stage("histogram", bytes, || files.iter().for_each(|file| _ = black_box(Histogram::of(file).entropy())));
    stage("scan", bytes, || {
        for file in &files {
            black_box(scan(file, &mut |_: Encoding, offset: u64, text: &[u8]| {
                _ = black_box((offset, text.len()));
            }));
        }
    });
    let path = std::env::temp_dir().join(format!("merc-bench-{}.parquet", std::process::id()));
    stage("scan + write", bytes, || {
        let mut writer = StringsWriter::create(&path, "bench", &[]).unwrap();
        for (id, file) in files.iter().enumerate() {
            writer.begin(id as i32);
            scan(file, &mut writer);
        }
        black_box(writer.finish().unwrap());
    });
    println!("{} bytes written", std::fs::metadata(&path).unwrap().len());
    std::fs::remove_file(&path).unwrap();
}

/// Every k-th file in name order, so that a part of the folder stands for the whole.
fn load(folder: &Path, limit: usize) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let whole: u64 = paths.iter().map(|path| std::fs::metadata(path).unwrap().len()).sum();
    let step = (whole as usize).div_ceil(limit).max(1);
    paths.iter().step_by(step).map(|path| std::fs::read(path).unwrap()).collect()
}

/// Best and median of the rounds.
fn stage(name: &str, bytes: usize, mut run: impl FnMut()) {
    let mut seconds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = ThreadTime::now();
            run();
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    let gigabytes = bytes as f64 / 1e9;
    let (best, median) = (seconds[0], seconds[ROUNDS / 2]);
    println!(
        "{name:14} {:6.2} GB/s best, {:6.3} s/GB best, {:6.3} s/GB median",
        gigabytes / best,
        best / gigabytes,
        median / gigabytes
    );
}
