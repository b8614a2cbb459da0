//! Bytes through the whole extraction, without a file.

#![allow(dead_code, unreachable_pub)] // each test binary uses its part

use merc_core::extract::{FileRef, Options, Part, extract_from};
use merc_core::input::{Buffers, Opened};
use merc_core::schema::Sample;
use merc_core::text::scan::StringSink;

pub const FULL: Options = Options { classic: false, max_file_size: 1 << 30, tlsh: false, part: Part::All };

/// The record of a file that holds `bytes`; its strings go to `strings`.
pub fn extracted(bytes: &[u8], options: Options, strings: &mut impl StringSink) -> Sample {
    let file = FileRef { sample_id: 1, path: "sample".to_owned(), path_raw: None, planned: None };
    let open = || Ok(Opened { bytes, size: bytes.len() as u64, mtime: 0 });
    extract_from(open, &file, options, &mut Buffers::default(), strings)
}
