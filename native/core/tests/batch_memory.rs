//! What a batch of records as large as they may be costs in memory.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that panics has failed

mod support {
    pub mod counting_allocator;
    pub mod pe_builder;
}

use std::fs::File;
use std::path::{Path, PathBuf};

use merc_core::batch::{Target, extract_batch};
use merc_core::extract::{FileRef, Options, Part};
use merc_core::input::Buffers;
use merc_core::limits::{MAX_BATCH_RECORD_BYTES, RECORD_SHARE, WORKER_MEMORY};
use parquet::file::metadata::{ParquetMetaDataReader, RowGroupMetaData};
use support::counting_allocator::{Counting, peak_of};
use support::pe_builder::{PeBuilder, Thunk, imports};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Letters that compression finds nothing in.
fn letters(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        b'!' + (state >> 32) as u8 % 90
    };
    (0..length).map(|_| letter()).collect()
}

/// A file whose record is just under its share, for the names that it imports.
fn file(seed: u64) -> Vec<u8> {
    let names: Vec<_> = (0..15).map(|name| letters(seed * 100 + name, 4_000)).collect();
    let thunks: Vec<_> = names.iter().map(|name| Thunk::Name(0, name)).collect();
    PeBuilder::with_data(false, imports(0x1000, false, &[(b"a.dll", &thunks)]))
        .directory(1, 0x1000, 40)
        .build()
}

#[test]
fn a_batch_of_records_that_all_take_their_share_fits_a_worker() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("batch-memory-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let files: Vec<(PathBuf, FileRef)> = (1..=512)
        .map(|sample_id| {
            let path = folder.join(sample_id.to_string());
            std::fs::write(&path, file(sample_id as u64)).unwrap();
            (path, FileRef { sample_id, path: String::new(), path_raw: None, planned: None })
        })
        .collect();
    let (records, strings) = (folder.join("records"), folder.join("strings"));
    let target = Target { records: &records, strings: &strings, created_by: "", metadata: &[] };
    let options = Options { classic: false, max_file_size: 1 << 30, tlsh: false, part: Part::All };
    let mut buffers = Buffers::default();
    let (summary, peak) = peak_of(|| extract_batch(&files, options, None, &target, &mut buffers).unwrap());
    let footer = ParquetMetaDataReader::new().parse_and_finish(&File::open(&records).unwrap()).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!((summary.rows, summary.problems.get("limit.record_size")), (512, None));
    let encoded: i64 = footer.row_groups().iter().map(RowGroupMetaData::total_byte_size).sum();
    // Nearly all of the share is there.
    assert!((512 * (RECORD_SHARE - 6_000)..=512 * RECORD_SHARE).contains(&(encoded as usize)), "{encoded}");
    // Beside the files it costs six times what it is, and there is room for the text of strings too.
    let (held, records) = (512 * 66_000, 6 * MAX_BATCH_RECORD_BYTES);
    assert!(peak as usize <= held + records, "{peak}");
    assert!(records + (128 << 20) < WORKER_MEMORY as usize);
}
