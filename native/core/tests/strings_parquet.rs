//! The Parquet file of strings: what a reader gets back, and how it is laid out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use merc_core::hash::sha256;
use merc_core::limits::{STRING_ROW_GROUP_BYTES, STRING_ROW_GROUP_ROWS};
use merc_core::output::Written;
use merc_core::output::concat::concat_strings;
use merc_core::output::strings::StringsWriter;
use merc_core::text::scan::{Encoding, StringSink, scan};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, Encoding as PageEncoding};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};

type Row = (i32, i64, String, String);

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.parquet", std::process::id()))
}

fn write(name: &str, fill: impl FnOnce(&mut StringsWriter)) -> (PathBuf, Written) {
    let path = path(name);
    let metadata = [("plan".to_owned(), "abc".to_owned())];
    let mut writer = StringsWriter::create(&path, "merc 0.1.0", &metadata).unwrap();
    fill(&mut writer);
    let written = writer.finish().unwrap();
    assert_is_of(&path, &written);
    (path, written)
}

fn assert_is_of(path: &Path, written: &Written) {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!((written.bytes, written.sha256), (bytes.len() as u64, sha256(&bytes)));
}

fn rows(path: &Path) -> Vec<Row> {
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap();
    let mut rows = Vec::new();
    for batch in reader.map(Result::unwrap) {
        let (ids, offsets) =
            (batch.column(0).as_primitive::<Int32Type>(), batch.column(1).as_primitive::<Int64Type>());
        let (encodings, values) = (batch.column(2).as_string::<i32>(), batch.column(3).as_string::<i32>());
        rows.extend((0..batch.num_rows()).map(|row| {
            (
                ids.value(row),
                offsets.value(row),
                encodings.value(row).to_owned(),
                values.value(row).to_owned(),
            )
        }));
    }
    rows
}

fn footer(path: &Path) -> ParquetMetaData {
    ParquetMetaDataReader::new()
        .with_page_index_policy(PageIndexPolicy::Required)
        .parse_and_finish(&File::open(path).unwrap())
        .unwrap()
}

#[test]
fn a_reader_gets_the_strings_of_the_scan_back() {
    let file = include_bytes!("fixtures/strings.bin");
    let (path, written) = write("scan", |writer| {
        for sample_id in [3, 4, 9] {
            writer.begin(sample_id);
            if sample_id != 4 {
                scan(file, writer);
            }
        }
    });
    let mut expected = Vec::new();
    for sample_id in [3, 9] {
        scan(file, &mut |encoding: Encoding, offset: u64, text: &[u8]| {
            let text = String::from_utf8(text.to_vec()).unwrap();
            expected.push((sample_id, offset as i64, encoding.name().to_owned(), text));
        });
    }
    assert_eq!(rows(&path), expected);
    assert_eq!(written.rows as usize, expected.len());
    std::fs::remove_file(path).unwrap();
}

#[test]
fn columns_are_encoded_as_asked_and_only_sample_id_has_statistics() {
    let (path, _) = write("layout", |writer| {
        for sample_id in 0..50 {
            writer.begin(sample_id);
            scan(include_bytes!("fixtures/strings.bin"), writer);
        }
    });
    let footer = footer(&path);
    assert_eq!(footer.file_metadata().created_by(), Some("merc 0.1.0"));
    let metadata = footer.file_metadata().key_value_metadata().unwrap();
    assert_eq!(
        (metadata.len(), metadata[0].key.as_str(), metadata[0].value.as_deref()),
        (1, "plan", Some("abc"))
    );
    let group = footer.row_group(0);
    let expected = [
        ("sample_id", PageEncoding::DELTA_BINARY_PACKED),
        ("file_offset", PageEncoding::DELTA_BINARY_PACKED),
        ("encoding", PageEncoding::RLE_DICTIONARY),
        ("value", PageEncoding::DELTA_LENGTH_BYTE_ARRAY),
    ];
    for (column, (name, encoding)) in group.columns().iter().zip(expected) {
        assert_eq!(column.column_path().string(), name);
        assert!(column.encodings().any(|has| has == encoding), "{name}");
        assert_eq!(column.dictionary_page_offset().is_some(), name == "encoding");
        // Packed differences of places are left as they are.
        assert_eq!(matches!(column.compression(), Compression::ZSTD(_)), name != "file_offset", "{name}");
        assert_eq!(column.statistics().is_some(), name == "sample_id");
        assert_eq!(column.column_index_offset().is_some(), name == "sample_id");
        assert!(column.offset_index_offset().is_some(), "{name}");
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_row_group_ends_at_its_rows_and_at_its_bytes_and_a_sample_goes_on_in_the_next() {
    let (path_rows, _) = write("rows", |writer| {
        writer.begin(1);
        (0..STRING_ROW_GROUP_ROWS as u64 + 2).for_each(|at| writer.push(Encoding::Ascii, at, b"abcd"));
        writer.begin(2);
        writer.push(Encoding::Utf16Le, 0, b"efgh");
    });
    let groups =
        |path| footer(path).row_groups().iter().map(|group| group.num_rows() as usize).collect::<Vec<_>>();
    assert_eq!(groups(&path_rows), [STRING_ROW_GROUP_ROWS, 3]);
    let rows = rows(&path_rows);
    let last = |back: usize| rows[rows.len() - back].clone();
    assert_eq!(last(2), (1, STRING_ROW_GROUP_ROWS as i64 + 1, "ascii".into(), "abcd".into()));
    assert_eq!(last(1), (2, 0, "utf16le".into(), "efgh".into()));

    let third = vec![b'x'; STRING_ROW_GROUP_BYTES / 3];
    let (path_bytes, _) = write("bytes", |writer| {
        writer.begin(1);
        (0..4).for_each(|at| writer.push(Encoding::Ascii, at, &third));
    });
    assert_eq!(groups(&path_bytes), [3, 1]);
    for path in [path_rows, path_bytes] {
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn the_same_calls_give_the_same_bytes_and_no_calls_a_file_without_rows() {
    let fill = |writer: &mut StringsWriter| {
        writer.begin(7);
        scan(include_bytes!("fixtures/strings.bin"), writer);
    };
    let (one, _) = write("one", fill);
    let (two, _) = write("two", fill);
    assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap());
    let (empty, summary) = write("empty", |writer| writer.begin(1));
    assert_eq!((summary.rows, rows(&empty).len()), (0, 0));
    for path in [one, two, empty] {
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn samples_that_do_not_ascend_fail_the_file() {
    let path = path("order");
    let mut writer = StringsWriter::create(&path, "merc", &[]).unwrap();
    writer.begin(2);
    writer.begin(2);
    writer.push(Encoding::Ascii, 0, b"abcd");
    assert!(writer.finish().unwrap_err().to_string().contains("sample 2 after 2"));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn files_put_together_keep_every_row_group_with_its_statistics_and_page_index() {
    let file = include_bytes!("fixtures/strings.bin");
    let sources = [("first", [1, 2]), ("none", [0, 0]), ("second", [5, 6])].map(|(name, samples)| {
        write(name, |writer| {
            for sample_id in samples.into_iter().filter(|&sample_id| sample_id > 0) {
                writer.begin(sample_id);
                scan(file, writer);
            }
        })
        .0
    });
    let target = path("together");
    let metadata = [("plan".to_owned(), "def".to_owned())];
    let expected: Vec<Row> = sources.iter().flat_map(|source| rows(source)).collect();
    let written = concat_strings(&sources, &target, "merc 0.1.0", &metadata).unwrap();
    assert_eq!(written.rows as usize, expected.len());
    assert_is_of(&target, &written);
    assert_eq!(rows(&target), expected);
    let together = footer(&target);
    assert_eq!(together.num_row_groups(), 2);
    assert_eq!(together.file_metadata().key_value_metadata().unwrap()[0].value.as_deref(), Some("def"));
    for (group, source) in [(0, 0), (1, 2)] {
        let of = footer(&sources[source]);
        for column in 0..4 {
            let (old, new) = (of.row_group(0).column(column), together.row_group(group).column(column));
            let range = |chunk: &parquet::file::metadata::ColumnChunkMetaData| {
                chunk.statistics().map(|range| {
                    (range.min_bytes_opt().map(<[u8]>::to_vec), range.max_bytes_opt().map(<[u8]>::to_vec))
                })
            };
            assert_eq!(range(old), range(new));
            let index = |footer: &ParquetMetaData, group: usize| {
                let index = footer.page_index().unwrap();
                let offsets = index.offset_index(group, column).unwrap();
                let first = offsets.page_locations()[0].offset;
                let pages: Vec<_> = offsets
                    .page_locations()
                    .iter()
                    .map(|page| (page.offset - first, page.compressed_page_size, page.first_row_index))
                    .collect();
                (pages, index.column_index(group, column).cloned())
            };
            assert_eq!(index(&of, 0), index(&together, group));
        }
    }
    let other = path("other-schema");
    std::fs::write(&other, b"PAR1 is no footer").unwrap();
    assert!(concat_strings(&[other], &target, "merc 0.1.0", &metadata).is_err());
}
