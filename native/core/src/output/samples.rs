//! A part of samples from what is there already: the pages of other files of samples as they are, and
//! columns that are given anew, labels among them.
//!
//! Promise: a pure function of the rows and of where batches end. No page that is taken over is decoded,
//! and memory holds one column of a row group, the new columns of it and the footers.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Encoding, SortOrder};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor, Type, TypePtr};

use super::compressor::Compressor;
use super::part_file::{PartFile, Written};
use super::row_group::{LEVEL, RowGroupEncoder, append, parquet_schema, with_statistics};
use super::{described, into_io, properties};
use crate::limits::SAMPLES_ROW_GROUP_ROWS;

/// What a part is made of.
#[derive(Debug)]
pub struct SamplesPart<'a> {
    /// Files of samples, each list in row order and all lists of the same rows.
    pub sources: &'a [Vec<PathBuf>],
    /// File of as many rows with the columns that are given anew.
    pub renewed: &'a Path,
    /// Columns in order, each with the list that it is taken from; from `renewed` without one.
    pub columns: &'a [(String, Option<usize>)],
    /// `created_by` of the part.
    pub created_by: &'a str,
    /// Key-value metadata of the part.
    pub metadata: &'a [(String, String)],
}

/// Writes the part. Row groups of sources become one while it is not too long.
///
/// # Errors
/// Where a source cannot be read, has not the columns or not the rows of the others, and where `target`
/// cannot be written; with the path where it is about one file.
pub fn write_samples(part: &SamplesPart, target: &Path) -> io::Result<Written> {
    let open = |paths: &Vec<PathBuf>| Source::open(paths);
    let sources = part.sources.iter().map(open).collect::<io::Result<Vec<_>>>()?;
    let renewed = Renewed::open(part.renewed).map_err(at(part.renewed))?;
    let file = PartFile::create(target).map_err(at(target))?;
    write(part, &sources, renewed, file).map_err(into_io)
}

fn write(part: &SamplesPart, sources: &[Source], mut renewed: Renewed, target: PartFile) -> Result<Written> {
    let rows = common_rows(sources)?;
    let total = rows.iter().sum::<usize>();
    if renewed.rows != total {
        return Err(refused(format!("{} rows of labels for {total} samples", renewed.rows)));
    }
    let columns = part.columns.iter().map(|(name, from)| {
        let schema = match from {
            None => Some(&renewed.columns),
            Some(source) => sources.get(*source).and_then(|source| source.schema.as_deref()),
        };
        let found = schema.and_then(|schema| column(schema, name));
        let (field, leaves) = found.ok_or_else(|| refused(format!("no column {name}")))?;
        Ok((field, leaves, *from))
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let fields = columns.iter().map(|(field, ..)| field.clone()).collect();
    let schema = Arc::new(Type::group_type_builder("samples").with_fields(fields).build()?);
    let properties = described(properties(), part.created_by, part.metadata).build();
    let mut file = SerializedFileWriter::new(target, schema, Arc::new(properties))?;
    let mut compressor = Compressor::new(LEVEL)?;
    for groups in merged(&rows, |group| sources.iter().any(|source| source.has_dictionary(group))) {
        let mut encoder = renewed.next(rows.iter().skip(groups.start).take(groups.len()).sum())?;
        let mut group = file.next_row_group()?;
        for (_, leaves, from) in &columns {
            for leaf in leaves.clone() {
                match from.and_then(|source| sources.get(source)) {
                    None => encoder.append(leaf, &mut compressor, &mut group)?,
                    Some(source) => source.splice(leaf, groups.clone(), &mut group)?,
                }
            }
        }
        group.close()?;
    }
    file.finish()?;
    Ok(file.inner().finish(total as u64))
}

/// Rows of each row group, which all sources have the same.
fn common_rows(sources: &[Source]) -> Result<Vec<usize>> {
    let mut lists = sources.iter().map(Source::rows);
    let first = lists.next().unwrap_or_default();
    if lists.all(|list| list == first) {
        Ok(first)
    } else {
        Err(refused("sources of different rows".to_owned()))
    }
}

/// Row groups that become one, in order: as many as there is room for, and none together with one that must stand `alone`.
fn merged(rows: &[usize], alone: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let mut merged: Vec<Range<usize>> = Vec::new();
    let mut in_last = 0;
    for (group, &rows) in rows.iter().enumerate() {
        match merged.last_mut() {
            Some(last) if in_last + rows <= SAMPLES_ROW_GROUP_ROWS && !alone(group) && !alone(last.start) => {
                last.end += 1;
                in_last += rows;
            }
            _ => {
                merged.push(group..group + 1);
                in_last = rows;
            }
        }
    }
    merged
}

/// A column of a schema by its name, and its leaves.
fn column(schema: &SchemaDescriptor, name: &str) -> Option<(TypePtr, Range<usize>)> {
    let mut fields = schema.root_schema().get_fields().iter().enumerate();
    let (root, field) = fields.find(|(_, field)| field.name() == name)?;
    let of = |leaf: &usize| schema.get_column_root_idx(*leaf) == root;
    let first = (0..schema.num_columns()).find(of)?;
    let leaves = (first..schema.num_columns()).take_while(of).count();
    Some((field.clone(), first..first + leaves))
}

/// Files of samples, one after the other.
#[derive(Default)]
struct Source {
    schema: Option<SchemaDescPtr>,
    groups: Vec<(Rc<File>, RowGroupMetaData)>,
}

impl Source {
    fn open(paths: &[PathBuf]) -> io::Result<Self> {
        let mut source = Self::default();
        for path in paths {
            source.add(path).map_err(at(path))?;
        }
        Ok(source)
    }

    fn add(&mut self, path: &Path) -> io::Result<()> {
        let file = Rc::new(File::open(path)?);
        let footer = ParquetMetaDataReader::new().parse_and_finish(file.as_ref()).map_err(into_io)?;
        let bytes = file.metadata()?.len();
        for group in footer.row_groups() {
            if group.num_rows() < 0 || !group.columns().iter().all(|chunk| is_within(chunk, bytes)) {
                return Err(io::Error::other("its footer does not fit the file"));
            }
            if group.num_rows() > 0 {
                self.groups.push((file.clone(), group.clone()));
            }
        }
        self.schema.get_or_insert_with(|| footer.file_metadata().schema_descr_ptr());
        Ok(())
    }

    fn rows(&self) -> Vec<usize> {
        self.groups.iter().map(|(_, group)| group.num_rows() as usize).collect()
    }

    fn has_dictionary(&self, group: usize) -> bool {
        let chunks = self.groups.get(group).map_or(&[][..], |(_, group)| group.columns());
        let is_coded = |encoding| matches!(encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY);
        chunks.iter().any(|chunk| chunk.dictionary_page_offset().is_some() || chunk.encodings().any(is_coded))
    }

    /// Writes the chunks of a leaf in consecutive row groups as one.
    fn splice(
        &self,
        leaf: usize,
        groups: Range<usize>,
        target: &mut SerializedRowGroupWriter<'_, PartFile>,
    ) -> Result<()> {
        let mut bytes = Vec::new();
        let mut spliced: Option<ColumnChunkMetaData> = None;
        let mut rows = 0;
        for (file, group) in self.groups.iter().skip(groups.start).take(groups.len()) {
            let chunk =
                group.columns().get(leaf).ok_or_else(|| refused(format!("a source without leaf {leaf}")))?;
            let (start, length) = chunk.byte_range();
            file.as_ref().seek(SeekFrom::Start(start))?;
            file.as_ref().take(length).read_to_end(&mut bytes)?;
            rows += group.num_rows() as u64;
            spliced = Some(match spliced {
                None => begun(chunk)?,
                Some(before) => joined(&before, chunk)?,
            });
        }
        let Some(metadata) = spliced else { return Ok(()) };
        // Refuses a chunk of another column than comes next in the schema, and one that was cut short.
        append(bytes, rows, metadata, target)
    }
}

/// Whether a chunk lies within a file of so many bytes.
fn is_within(chunk: &ColumnChunkMetaData, bytes: u64) -> bool {
    let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
    let ends = [start, chunk.data_page_offset(), start.saturating_add(chunk.compressed_size())];
    chunk.compressed_size() >= 0 && ends.iter().all(|&end| (0..=bytes as i64).contains(&end))
}

/// The metadata of a chunk that stands at the beginning of its bytes.
fn begun(chunk: &ColumnChunkMetaData) -> Result<ColumnChunkMetaData> {
    let start = chunk.byte_range().0 as i64;
    let dictionary = chunk.dictionary_page_offset().map(|offset| offset - start);
    let begun = chunk.clone().into_builder().set_data_page_offset(chunk.data_page_offset() - start);
    begun.set_dictionary_page_offset(dictionary).build()
}

/// The metadata of a chunk that goes on with the pages of another.
fn joined(before: &ColumnChunkMetaData, next: &ColumnChunkMetaData) -> Result<ColumnChunkMetaData> {
    if before.column_descr() != next.column_descr() || before.compression() != next.compression() {
        return Err(refused(format!("sources differ in the column {}", next.column_path())));
    }
    let joined = ColumnChunkMetaData::builder(before.column_descr_ptr())
        .set_compression_codec(before.compression_codec())
        .set_encodings(before.encodings().chain(next.encodings()).collect())
        .set_num_values(before.num_values() + next.num_values())
        .set_total_compressed_size(before.compressed_size() + next.compressed_size())
        .set_total_uncompressed_size(before.uncompressed_size() + next.uncompressed_size())
        .set_data_page_offset(before.data_page_offset());
    with_statistics(joined, joined_statistics(before, next))
}

/// Statistics of two chunks together, of the types that have them (see `row_group`).
fn joined_statistics(before: &ColumnChunkMetaData, next: &ColumnChunkMetaData) -> Option<Statistics> {
    // Texts and unsigned numbers have their ranges in another order.
    if !matches!(before.column_descr().sort_order(), SortOrder::SIGNED | SortOrder::TOTAL_ORDER) {
        return None;
    }
    // A chunk without a range has none, unless all its values are null.
    let has_range = |chunk: &ColumnChunkMetaData, statistics: &Statistics| {
        let nulls = statistics.null_count_opt();
        statistics.min_bytes_opt().zip(statistics.max_bytes_opt()).is_some()
            || nulls == Some(chunk.num_values() as u64)
    };
    let (a, b) = (before.statistics()?, next.statistics()?);
    if !has_range(before, a) || !has_range(next, b) {
        return None;
    }
    let nulls = a.null_count_opt().zip(b.null_count_opt()).map(|(a, b)| a + b);
    Some(match (a, b) {
        (Statistics::Int32(a), Statistics::Int32(b)) => {
            let [least, greatest] = range([a.min_opt(), b.min_opt()], [a.max_opt(), b.max_opt()]);
            Statistics::int32(least, greatest, None, nulls, false)
        }
        (Statistics::Int64(a), Statistics::Int64(b)) => {
            let [least, greatest] = range([a.min_opt(), b.min_opt()], [a.max_opt(), b.max_opt()]);
            Statistics::int64(least, greatest, None, nulls, false)
        }
        (Statistics::Double(a), Statistics::Double(b)) => {
            let [least, greatest] = range([a.min_opt(), b.min_opt()], [a.max_opt(), b.max_opt()]);
            // Of NaN nothing is less or greater.
            if [least, greatest].into_iter().flatten().any(f64::is_nan) {
                return None;
            }
            Statistics::double(least, greatest, None, nulls, false)
        }
        _ => return None,
    })
}

/// The least of those that are there, and the greatest.
fn range<T: PartialOrd + Copy>(least: [Option<&T>; 2], greatest: [Option<&T>; 2]) -> [Option<T>; 2] {
    [
        least.into_iter().flatten().copied().reduce(|a, b| if b < a { b } else { a }),
        greatest.into_iter().flatten().copied().reduce(|a, b| if b > a { b } else { a }),
    ]
}

/// The columns that are given anew, read as they are wanted.
struct Renewed {
    rows: usize,
    schema: SchemaRef,
    /// As they will be written.
    columns: SchemaDescriptor,
    reader: ParquetRecordBatchReader,
    /// What was read and not wanted yet.
    rest: Option<RecordBatch>,
}

impl Renewed {
    fn open(path: &Path) -> io::Result<Self> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?).map_err(into_io)?;
        let rows = builder.metadata().file_metadata().num_rows() as usize;
        let schema = builder.schema().clone();
        let columns = parquet_schema(&schema).map_err(into_io)?;
        let reader = builder.with_batch_size(SAMPLES_ROW_GROUP_ROWS).build().map_err(into_io)?;
        Ok(Self { rows, schema, columns, reader, rest: None })
    }

    /// The next `rows`.
    fn next(&mut self, rows: usize) -> Result<RowGroupEncoder> {
        let mut encoder = RowGroupEncoder::new(&self.schema)?;
        while encoder.rows() < rows {
            let batch = match self.rest.take() {
                Some(batch) => batch,
                None => {
                    self.reader.next().ok_or_else(|| refused("labels that end too soon".to_owned()))??
                }
            };
            let taken = batch.num_rows().min(rows - encoder.rows());
            encoder.write(&batch.slice(0, taken))?;
            self.rest = (taken < batch.num_rows()).then(|| batch.slice(taken, batch.num_rows() - taken));
        }
        Ok(encoder)
    }
}

fn refused(message: String) -> ParquetError {
    ParquetError::General(message)
}

/// An error with the file that it is about.
fn at(path: &Path) -> impl Fn(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
