//! A part of samples made of pages that are there already: what a reader gets back, and how it is laid out.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::slice::from_ref;
use std::sync::Arc;

use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Float64Array, Int32Array, Int64Array, ListArray, RecordBatch, StringArray};
use merc_core::hash::sha256;
use merc_core::limits::SAMPLES_ROW_GROUP_ROWS;
use merc_core::output::Written;
use merc_core::output::samples::{SamplesPart, write_samples};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::properties::WriterProperties;
use parquet::file::statistics::Statistics;

/// Files of a test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("samples-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Writes a file with a row group for each batch.
    fn file(&self, name: &str, dictionary: bool, groups: impl IntoIterator<Item = RecordBatch>) -> PathBuf {
        let path = self.0.join(name);
        let mut groups = groups.into_iter().peekable();
        let schema = groups.peek().unwrap().schema();
        let properties = WriterProperties::builder().set_dictionary_enabled(dictionary).build();
        let mut writer =
            ArrowWriter::try_new(File::create(&path).unwrap(), schema, Some(properties)).unwrap();
        for group in groups {
            writer.write(&group).unwrap();
            writer.flush().unwrap();
        }
        writer.close().unwrap();
        path
    }

    /// Writes a part of records and of the store's own columns.
    fn part(&self, records: &[PathBuf], own: &Path) -> io::Result<PathBuf> {
        let target = self.0.join("part.parquet");
        let column = |(name, source): (&str, Option<usize>)| (name.to_owned(), source);
        let columns =
            [("number", Some(0)), ("label", None), ("list", Some(0)), ("share", Some(0)), ("status", None)];
        let metadata = [("plan".to_owned(), "abc".to_owned())];
        let part = SamplesPart {
            sources: &[records.to_vec()],
            renewed: own,
            columns: &columns.map(column),
            created_by: "merc 0.1.0",
            metadata: &metadata,
        };
        write_samples(&part, &target).map(|_| target)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn batch(columns: [(&str, ArrayRef); 3]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap()
}

/// Rows of records: a number and a share, missing now and then, and a list, missing or empty now and then.
fn records(rows: Range<i32>) -> RecordBatch {
    let list = |row| (row % 7 != 3).then(|| (0..row % 3).map(move |n| Some(i64::from(row * n))));
    let number = |row| (row % 5 != 0).then_some(i64::from(1_000 - row));
    let share = |row| (row % 4 != 0).then_some(f64::from(row) / 8.0);
    batch([
        ("list", Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(rows.clone().map(list)))),
        ("number", Arc::new(rows.clone().map(number).collect::<Int64Array>())),
        ("share", Arc::new(rows.map(share).collect::<Float64Array>())),
    ])
}

/// Rows of the store's own columns.
fn own(rows: Range<i32>) -> RecordBatch {
    let label =
        |row| (row % 3 != 0).then(|| format!("label of {row}, which is long enough to be compressed"));
    batch([
        ("status", Arc::new(StringArray::from_iter_values(rows.clone().map(|row| format!("s{}", row % 2))))),
        ("label", Arc::new(rows.clone().map(label).collect::<StringArray>())),
        ("unused", Arc::new(Int32Array::from_iter_values(rows))),
    ])
}

/// The columns `number`, `label`, `list`, `share` and `status` as they must be read back.
fn expected(rows: Range<i32>) -> Vec<ArrayRef> {
    let (records, own) = (records(rows.clone()), own(rows));
    vec![
        records.column(1).clone(),
        own.column(1).clone(),
        records.column(0).clone(),
        records.column(2).clone(),
        own.column(0).clone(),
    ]
}

fn read(path: &Path) -> Vec<ArrayRef> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let batches: Vec<_> = reader.with_batch_size(100_000).build().unwrap().map(Result::unwrap).collect();
    assert_eq!(batches.len(), 1);
    batches[0].columns().to_vec()
}

fn footer(path: &Path) -> ParquetMetaData {
    ParquetMetaDataReader::new().parse_and_finish(&File::open(path).unwrap()).unwrap()
}

/// Rows of the row groups of a part.
fn groups(path: &Path) -> Vec<i64> {
    footer(path).row_groups().iter().map(RowGroupMetaData::num_rows).collect()
}

/// Whether columns have the same values, whatever the elements of their lists are called.
fn same(left: &[ArrayRef], right: &[ArrayRef]) -> bool {
    let row = |array: &ArrayRef, row| format!("{:?}", array.slice(row, 1));
    let rows = |array: &ArrayRef| (0..array.len()).map(|number| row(array, number)).collect::<Vec<_>>();
    left.iter().map(rows).eq(right.iter().map(rows))
}

#[test]
fn files_of_records_are_one_row_group_whose_values_and_ranges_are_theirs() {
    let folder = Folder::new("one");
    let sources = [
        folder.file("a", false, [records(0..100)]),
        folder.file("b", false, [records(100..101), records(101..350)]),
    ];
    let part = folder.part(&sources, &folder.file("own", true, [own(0..350)])).unwrap();
    assert!(same(&read(&part), &expected(0..350)));
    assert_eq!(groups(&part), [350]);
    let footer = footer(&part);
    let chunks = footer.row_group(0).columns();
    // Of 0 to 349 those are missing that 5 divides, and of the shares those that 4 divides.
    let Some(Statistics::Int64(number)) = chunks[0].statistics() else { panic!() };
    assert_eq!(
        (number.min_opt(), number.max_opt(), number.null_count_opt()),
        (Some(&651), Some(&999), Some(70))
    );
    let Some(Statistics::Double(share)) = chunks[3].statistics() else { panic!() };
    assert_eq!(
        (share.min_opt(), share.max_opt(), share.null_count_opt()),
        (Some(&0.125), Some(&43.625), Some(88))
    );
    assert!(chunks.iter().all(|chunk| chunk.dictionary_page_offset().is_none()));
    assert_eq!(footer.file_metadata().created_by(), Some("merc 0.1.0"));
    assert_eq!(footer.file_metadata().key_value_metadata().unwrap()[0].value.as_deref(), Some("abc"));
}

#[test]
fn rows_without_a_value_take_no_part_in_the_range_and_files_without_rows_none_in_the_part() {
    let folder = Folder::new("nulls");
    // Of the rows 0 and 20 neither number nor share is there.
    let sources = [
        folder.file("none", false, [records(0..0)]),
        folder.file("missing", false, [records(0..1), records(20..21)]),
        folder.file("there", false, [records(1..3)]),
    ];
    let rows = [own(0..1), own(20..21), own(1..3)];
    let part = folder.part(&sources, &folder.file("own", true, rows)).unwrap();
    assert_eq!(groups(&part), [4]);
    let footer = footer(&part);
    let Some(Statistics::Int64(number)) = footer.row_group(0).column(0).statistics() else { panic!() };
    assert_eq!(
        (number.min_opt(), number.max_opt(), number.null_count_opt()),
        (Some(&998), Some(&999), Some(2))
    );
    let none = folder.part(&sources[..1], &folder.file("own", true, [own(0..0)])).unwrap();
    assert_eq!(groups(&none), [0; 0]);
}

#[test]
fn a_part_of_a_part_has_its_bytes() {
    let folder = Folder::new("again");
    let sources = [folder.file("a", false, [records(0..10)]), folder.file("b", false, [records(10..30)])];
    let own = folder.file("own", true, [own(0..30)]);
    let part = folder.part(&sources, &own).unwrap();
    let first = std::fs::read(&part).unwrap();
    let source = folder.0.join("first");
    std::fs::rename(&part, &source).unwrap();
    assert!(std::fs::read(folder.part(&[source], &own).unwrap()).unwrap() == first);
}

#[test]
fn row_groups_end_before_they_are_too_long() {
    let folder = Folder::new("long");
    let most = SAMPLES_ROW_GROUP_ROWS as i32;
    let ends = [0, 1_000, most, most + 200, 2 * most + 201];
    let sources =
        ends.windows(2).map(|end| folder.file(&end[1].to_string(), false, [records(end[0]..end[1])]));
    let rows = 0..2 * most + 201;
    let part =
        folder.part(&sources.collect::<Vec<_>>(), &folder.file("own", true, [own(rows.clone())])).unwrap();
    // A source that is too long by itself stays as it is.
    assert_eq!(groups(&part), [i64::from(most), 200, i64::from(most) + 1]);
    assert!(same(&read(&part), &expected(rows)));
}

#[test]
fn pages_with_a_dictionary_stay_alone() {
    let folder = Folder::new("dictionary");
    let sources = [
        folder.file("a", false, [records(0..10)]),
        folder.file("b", true, [records(10..20), records(20..30)]),
        folder.file("c", false, [records(30..40), records(40..50)]),
    ];
    let part = folder.part(&sources, &folder.file("own", true, [own(0..50)])).unwrap();
    assert_eq!(groups(&part), [10, 10, 10, 20]);
    assert!(same(&read(&part), &expected(0..50)));
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let folder = Folder::new("refused");
    let (a, b) = (folder.file("a", false, [records(0..10)]), folder.file("b", false, [own(10..20)]));
    let refusal = |sources: &[PathBuf], rows: Range<i32>| {
        folder.part(sources, &folder.file("own", true, [own(rows)])).unwrap_err().to_string()
    };
    assert!(refusal(from_ref(&a), 0..9).contains("9 rows of labels for 10 samples"));
    assert!(refusal(from_ref(&b), 0..10).contains("no column number"));
    assert!(refusal(&[a.clone(), b], 0..20).contains("sources differ in the column"));
    let bytes = std::fs::read(&a).unwrap();
    let cut = folder.0.join("cut");
    std::fs::write(&cut, &bytes[..bytes.len() - 1]).unwrap();
    refusal(&[cut], 0..10);
}

#[test]
fn lists_of_sources_meet_row_by_row_and_must_have_the_same_row_groups() {
    let folder = Folder::new("lists");
    let own = folder.file("own", true, [own(0..30)]);
    let write = |second: &[Range<i32>]| {
        let first = vec![folder.file("a", false, [records(0..10), records(10..30)])];
        let second = vec![folder.file("b", false, second.iter().map(|rows| records(rows.clone())))];
        let columns = [("list".to_owned(), Some(1)), ("number".to_owned(), Some(0))];
        let sources = [first, second];
        let part = SamplesPart {
            sources: &sources,
            renewed: &own,
            columns: &columns,
            created_by: "",
            metadata: &[],
        };
        let target = folder.0.join("part");
        write_samples(&part, &target).map(|written| (written, read(&target)))
    };
    let (written, columns) = write(&[100..110, 110..130]).unwrap();
    let bytes = std::fs::read(folder.0.join("part")).unwrap();
    assert_eq!(written, Written { rows: 30, bytes: bytes.len() as u64, sha256: sha256(&bytes) });
    assert!(same(&columns, &[records(100..130).column(0).clone(), records(0..30).column(1).clone()]));
    assert!(write(&[100..111, 111..130]).unwrap_err().to_string().contains("different rows"));
}
