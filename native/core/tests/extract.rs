//! One file through the whole extraction: whole or in windows, changed, unreadable, hostile names.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/pe_builder.rs"]
mod pe_builder;

use std::fs;
use std::path::{Path, PathBuf};

use merc_core::batch::{Target, extract_batch};
use merc_core::extract::{FileRef, Options, Part, extract, extract_from};
use merc_core::hash::{Digests, hex};
use merc_core::input::{Buffers, Opened};
use merc_core::schema::Sample;
use merc_core::text::scan::Encoding;

const WHOLE: Options = Options { classic: false, max_file_size: 1 << 30, tlsh: false, part: Part::All };

type Strings = Vec<(Encoding, u64, Vec<u8>)>;

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("merc-extract-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn reference(path: &str, planned: Option<(u64, i64)>) -> FileRef {
    FileRef { sample_id: 1, path: path.to_owned(), path_raw: None, planned }
}

fn extracted(location: &Path, options: Options, planned: Option<(u64, i64)>) -> (Sample, Strings) {
    let mut strings = Strings::new();
    let mut sink = |encoding, offset, text: &[u8]| strings.push((encoding, offset, text.to_vec()));
    let sample =
        extract(location, &reference("a/sample", planned), options, &mut Buffers::default(), &mut sink);
    (sample, strings)
}

#[cfg(unix)]
#[test]
fn a_fifo_in_the_place_of_a_file_is_a_row_that_failed_and_is_not_waited_for() {
    let folder = Folder::new("fifo");
    let path = folder.0.join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    let (done, outcome) = std::sync::mpsc::channel();
    let location = path.clone();
    // On a thread: an open that waits for a writer would hold the test for ever.
    let reader = std::thread::spawn(move || done.send(extracted(&location, WHOLE, Some((5, 0))).0).is_ok());
    let sample = outcome.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
    assert!(reader.join().unwrap());
    assert_eq!((sample.status.as_str(), sample.sha256), ("failed", None));
    assert_eq!(sample.problems[0].detail.as_deref(), Some("not a regular file"));
}

/// Text, wide text and bytes that repeat with no common period, some 3 MB.
fn mixed() -> Vec<u8> {
    let mut bytes = Vec::new();
    for i in 0..40_000_u32 {
        bytes.extend_from_slice(format!("string number {i}").as_bytes());
        bytes.extend_from_slice(&i.to_le_bytes());
        bytes.extend("wide".bytes().chain((i % 10).to_string().bytes()).flat_map(|byte| [byte, 0]));
        bytes.extend(std::iter::repeat_n(0xEE, i as usize % 97));
    }
    bytes
}

fn kinds(sample: &Sample) -> Vec<String> {
    sample.problems.iter().map(|problem| format!("{}.{}", problem.stage, problem.kind)).collect()
}

#[test]
fn a_file_in_windows_has_the_digests_and_strings_of_the_same_file_whole() {
    let folder = Folder::new("windows");
    let path = folder.file("mixed", &mixed());
    let (whole, strings) = extracted(&path, WHOLE, None);
    assert!(strings.len() > 70_000);
    for max_file_size in [0, 1, 4_096, 1_000_003] {
        let (windowed, same) = extracted(&path, Options { max_file_size, ..WHOLE }, None);
        assert_eq!(windowed.sha256, whole.sha256);
        assert_eq!((&windowed.md5, &windowed.sha1), (&whole.md5, &whole.sha1));
        assert_eq!((windowed.entropy, &windowed.byte_histogram), (whole.entropy, &whole.byte_histogram));
        assert_eq!(same, strings);
        assert_eq!(windowed.limits_hit, ["max_file_size"]);
        assert_eq!(windowed.file_size, whole.file_size);
    }
    assert!(whole.limits_hit.is_empty());
}

#[test]
fn a_large_pe_is_parsed_from_its_first_window() {
    let folder = Folder::new("large");
    let mut bytes = pe_builder::PeBuilder::with_data(true, vec![0xCC; 600]).build();
    bytes.resize(200_000, b'x');
    let path = folder.file("large", &bytes);
    let (sample, _) = extracted(&path, Options { max_file_size: 100_000, ..WHOLE }, None);
    assert_eq!(sample.status, "partial");
    assert!(sample.headers.is_some() && sample.sections.is_some());
    assert_eq!(sample.limits_hit, ["max_file_size"]);
}

#[test]
fn a_file_that_differs_from_its_plan_is_read_as_it_is_and_says_so() {
    let folder = Folder::new("changed");
    let path = folder.file("text", b"hello world");
    let mtime = fs::metadata(&path).unwrap().modified().unwrap();
    let mtime = mtime.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    assert_eq!(kinds(&extracted(&path, WHOLE, Some((11, mtime))).0), [""; 0]);
    for planned in [(10, mtime), (11, mtime + 1)] {
        let (sample, _) = extracted(&path, WHOLE, Some(planned));
        assert_eq!(kinds(&sample), ["read.changed"]);
        assert_eq!(sample.file_size, 11);
        assert_eq!(sample.md5.as_deref(), Some("5eb63bbbe01eeed093cb22bb8f5acdc3"));
    }
}

#[test]
fn a_file_that_shrinks_or_grows_while_it_is_read_gives_what_was_read_up_to_its_first_size() {
    for (claimed, read) in [(100, b"hello world".as_slice()), (5, b"hello")] {
        for max_file_size in [1 << 30, 0] {
            let open = || Ok(Opened { bytes: b"hello world".as_slice(), size: claimed, mtime: 0 });
            let options = Options { max_file_size, ..WHOLE };
            let mut sink = |_: Encoding, _: u64, _: &[u8]| {};
            let sample =
                extract_from(open, &reference("a", None), options, &mut Buffers::default(), &mut sink);
            assert_eq!(sample.file_size, read.len() as i64);
            assert_eq!(sample.md5, Some(hex(&Digests::of(read).md5)));
            let is_noted = kinds(&sample).contains(&"read.changed".to_owned());
            assert_eq!(is_noted, claimed == 100, "{claimed} {max_file_size}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_a_row_that_failed() {
    let folder = Folder::new("unreadable");
    for location in [folder.0.join("missing"), folder.0.clone()] {
        let (sample, strings) = extracted(&location, WHOLE, Some((5, 5)));
        assert_eq!((sample.status.as_str(), sample.sha256, sample.entropy), ("failed", None, None));
        assert_eq!(sample.problems.len(), 1);
        assert!(strings.is_empty());
    }
}

#[test]
fn an_empty_file_is_no_pe_and_has_the_digests_of_nothing() {
    let folder = Folder::new("empty");
    let (sample, _) = extracted(&folder.file("empty", b""), WHOLE, None);
    assert_eq!((sample.status.as_str(), sample.magic.as_deref()), ("not_pe", Some("empty")));
    assert_eq!(sample.entropy, Some(0.0));
    assert_eq!(
        sample.sha256.as_deref(),
        Some("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    );
}

#[test]
fn the_same_batch_twice_gives_the_same_bytes() {
    let folder = Folder::new("twice");
    let files: Vec<_> = [
        mixed(),
        pe_builder::PeBuilder::with_data(true, vec![0xCC; 600]).build(),
        Vec::new(),
        b"MZ".to_vec(),
    ]
    .iter()
    .enumerate()
    .map(|(i, bytes)| {
        let path = folder.file(&i.to_string(), bytes);
        (path, FileRef { sample_id: i as i32 + 1, ..reference(&i.to_string(), None) })
    })
    .collect();
    let run = |name: &str| {
        let (records, strings) = (folder.0.join(format!("{name}-r")), folder.0.join(format!("{name}-s")));
        let metadata = [("merc_plan_hash".to_owned(), "00".to_owned())];
        let target = Target { records: &records, strings: &strings, created_by: "test", metadata: &metadata };
        let summary = extract_batch(&files, WHOLE, None, &target, &mut Buffers::default()).unwrap();
        assert_eq!(summary.rows, 4);
        assert_eq!(summary.statuses["not_pe"], 3);
        (fs::read(records).unwrap(), fs::read(strings).unwrap())
    };
    assert_eq!(run("one"), run("two"));
}

#[test]
fn small_files_with_huge_records_cannot_fill_the_memory_of_a_batch() {
    // One string of 4,000 characters that 500 imports name: 22 KB of file, 2 MB of record.
    let name = 0x1000 + 40 + 501 * 4;
    let mut data = pe_builder::dwords(&[0x1028, 0, 0, name + 2, 0x1028]);
    data.extend([0; 20]);
    data.extend(pe_builder::dwords(&[name]).repeat(500));
    data.extend([0; 6]);
    data.extend([b'a'; 4_000]);
    data.extend([0; 8]);
    let bytes = pe_builder::PeBuilder::with_data(false, data).directory(1, 0x1000, 0).build();
    let folder = Folder::new("budget");
    let path = folder.file("hostile", &bytes);
    let files: Vec<_> = (1..=100)
        .map(|sample_id| (path.clone(), FileRef { sample_id, ..reference("hostile", None) }))
        .collect();
    let (records, strings) = (folder.0.join("r"), folder.0.join("s"));
    let target = Target { records: &records, strings: &strings, created_by: "test", metadata: &[] };
    let summary = extract_batch(&files, WHOLE, None, &target, &mut Buffers::default()).unwrap();
    assert_eq!(summary.rows, 100);
    let cut = summary.problems["limit.record_size"];
    assert!((80..90).contains(&cut), "{cut} of 100 records gave their lists up");
}

#[test]
fn a_part_has_its_own_columns_as_the_whole_extraction_has_them_and_no_others() {
    let folder = Folder::new("parts");
    let path = folder
        .file("a", &[pe_builder::PeBuilder::with_data(true, vec![0xCC; 600]).build(), mixed()].concat());
    for max_file_size in [1 << 30, 4_096] {
        let options = Options { max_file_size, tlsh: true, ..WHOLE };
        let (all, all_strings) = extracted(&path, options, None);
        let part = |part| extracted(&path, Options { part, ..options }, None);
        let [(pe, pe_strings), (hashes, no_strings), (strings, same)] =
            [Part::Pe, Part::Hashes, Part::Strings].map(part);
        assert_eq!((pe_strings.len(), no_strings.len()), (0, 0));
        assert_eq!(same, all_strings);
        assert_eq!((&strings.md5, &strings.entropy, &strings.headers), (&None, &None, &None));
        assert_eq!((&hashes.headers, &hashes.string_bytes, &hashes.magic), (&None, &None, &None));
        assert_eq!((&pe.md5, &pe.tlsh, &pe.byte_histogram, &pe.string_bytes), (&None, &None, &None, &None));
        let joined = Sample {
            md5: hashes.md5,
            sha1: hashes.sha1,
            sha256: hashes.sha256,
            entropy: hashes.entropy,
            byte_histogram: hashes.byte_histogram,
            tlsh: hashes.tlsh,
            string_count_ascii: strings.string_count_ascii,
            string_count_wide: strings.string_count_wide,
            string_bytes: strings.string_bytes,
            ..pe
        };
        assert_eq!(format!("{joined:?}"), format!("{all:?}"));
    }
}
