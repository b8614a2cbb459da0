//! Any bytes through the whole extraction: no panic, and the same record twice.

#![no_main]

use libfuzzer_sys::fuzz_target;
use merc_core::extract::{FileRef, Options, Part, extract_from};
use merc_core::input::{Buffers, Opened};
use merc_core::schema::Sample;
use merc_core::work;

fn extracted(bytes: &[u8], options: Options) -> Sample {
    let file = FileRef { sample_id: 1, path: "sample".to_owned(), path_raw: None, planned: None };
    let open = || Ok(Opened { bytes, size: bytes.len() as u64, mtime: 0 });
    extract_from(open, &file, options, &mut Buffers::default(), &mut |_, _, _: &[u8]| {})
}

// libFuzzer's own hook ends the process at every panic, those that a stage catches too.
fuzz_target!(|bytes: &[u8]| {
    // Files of an even length also go through the windows and the options that few runs ask for.
    let is_odd = bytes.len() % 2 == 1;
    let max_file_size = if is_odd { 1 << 30 } else { bytes.len() as u64 / 2 };
    for options in [
        Options { classic: false, max_file_size: 1 << 30, tlsh: false, part: Part::All },
        Options { classic: !is_odd, max_file_size, tlsh: is_odd, part: Part::All },
    ] {
        let before = work::taken();
        let sample = extracted(bytes, options);
        let steps = work::taken() - before;
        // The bound of `tests/hostile.rs`, doubled: a fuzzer finds what adds up.
        assert!(steps <= 1_800_000 + 4 * bytes.len() as u64, "{steps} steps");
        assert!(sample.status != "failed" && sample.file_size == bytes.len() as i64);
        assert_eq!(sample, extracted(bytes, options));
    }
});
