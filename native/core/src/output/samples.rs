//! A part of samples from what is there already: the pages of records as they are, and the columns
//! that only the store knows, its labels among them.
//!
//! Promise: a pure function of the rows and where batches end. No page of a record is decoded, and
//! memory holds one column of a row group, the store's columns of it and the footers.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor, Type, TypePtr};

use super::compressor::Compressor;
use super::row_group::{EncodedRows, LEVEL, RowGroupEncoder, append, parquet_schema, with_statistics};
use super::{footer, into_io};
use crate::limits::SAMPLES_ROW_GROUP_ROWS;

/// What a part is made of.
#[derive(Debug)]
pub struct SamplesPart<'a> {
    /// Files of samples, each list in row order and all lists of the same rows.
    pub sources: &'a [Vec<PathBuf>],
    /// File of as many rows with the columns that no source has.
    pub own: &'a Path,
    /// Columns in order, each with the list that it is taken from; from `own` without one.
    pub columns: &'a [(String, Option<usize>)],
    /// `created_by` of the part.
    pub created_by: &'a str,
    /// Key-value metadata of the part.
    pub metadata: &'a [(String, String)],
}

/// Writes the part; the number of its rows. Row groups of sources become one while it is not too long.
///
/// # Errors
/// Where a source cannot be read, has not the columns or not the rows of the others, and where `target`
/// cannot be written.
pub fn write_samples(part: &SamplesPart, target: &Path) -> io::Result<u64> {
    let open = |paths: &Vec<PathBuf>| Source::open(paths);
    let sources = part.sources.iter().map(open).collect::<io::Result<Vec<_>>>()?;
    let own = OwnColumns::open(part.own)?;
    write(part, &sources, &own, File::create(target)?).map_err(into_io)
}

fn write(part: &SamplesPart, sources: &[Source], own: &OwnColumns, target: File) -> Result<u64> {
    let rows = common_rows(sources)?;
    let total = rows.iter().sum::<usize>();
    if own.rows() != total {
        return Err(general(format!("{} rows of labels for {total} samples", own.rows())));
    }
    let columns = part.columns.iter().map(|(name, from)| {
        let schema = match from {
            None => Some(&own.schema),
            Some(source) => sources.get(*source).and_then(|source| source.schema.as_deref()),
        };
        let (field, leaves) = schema
            .and_then(|schema| column(schema, name))
            .ok_or_else(|| general(format!("no column {name}")))?;
        Ok((field, leaves, *from))
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let fields = columns.iter().map(|(field, ..)| field.clone()).collect();
    let schema = Arc::new(Type::group_type_builder("samples").with_fields(fields).build()?);
    let properties = footer(part.created_by, part.metadata).build();
    let mut file = SerializedFileWriter::new(target, schema, Arc::new(properties))?;
    let mut compressor = Compressor::new(LEVEL)?;
    let mut before = 0;
    for groups in merged(&rows, |group| sources.iter().any(|source| source.has_dictionary(group))) {
        let in_group = rows.iter().skip(groups.start).take(groups.len()).sum();
        let encoded = own.encoded(before, in_group)?;
        let mut group = file.next_row_group()?;
        for (_, leaves, from) in &columns {
            match from.and_then(|source| sources.get(source)) {
                None => {
                    for chunk in encoded.chunks().iter().skip(leaves.start).take(leaves.len()) {
                        encoded.append(chunk, &mut compressor, &mut group)?;
                    }
                }
                Some(source) => {
                    for leaf in leaves.clone() {
                        source.splice(leaf, groups.clone(), &mut group)?;
                    }
                }
            }
        }
        group.close()?;
        before += in_group;
    }
    file.finish()?;
    Ok(total as u64)
}

/// Rows of each row group, which all sources have the same.
fn common_rows(sources: &[Source]) -> Result<Vec<usize>> {
    let mut lists = sources.iter().map(Source::rows);
    let first = lists.next().unwrap_or_default();
    if lists.all(|list| list == first) {
        Ok(first)
    } else {
        Err(general("sources of different rows".to_owned()))
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
            let file = Rc::new(File::open(path)?);
            let footer = ParquetMetaDataReader::new().parse_and_finish(file.as_ref()).map_err(into_io)?;
            source.schema.get_or_insert_with(|| footer.file_metadata().schema_descr_ptr());
            source.groups.extend(footer.row_groups().iter().map(|group| (file.clone(), group.clone())));
        }
        Ok(source)
    }

    fn rows(&self) -> Vec<usize> {
        self.groups.iter().map(|(_, group)| group.num_rows() as usize).collect()
    }

    fn has_dictionary(&self, group: usize) -> bool {
        let chunks = self.groups.get(group).map_or(&[][..], |(_, group)| group.columns());
        chunks.iter().any(|chunk| chunk.dictionary_page_offset().is_some())
    }

    /// Writes the chunks of a column in consecutive row groups as one.
    fn splice(
        &self,
        leaf: usize,
        groups: Range<usize>,
        target: &mut SerializedRowGroupWriter<'_, File>,
    ) -> Result<()> {
        let mut bytes = Vec::new();
        let mut spliced: Option<ColumnChunkMetaData> = None;
        let mut rows = 0;
        for (file, group) in self.groups.iter().skip(groups.start).take(groups.len()) {
            let chunk =
                group.columns().get(leaf).ok_or_else(|| general(format!("no leaf {leaf} in a source")))?;
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
        return Err(general(format!("sources differ in the column {}", next.column_path())));
    }
    let statistics = before.statistics().zip(next.statistics()).and_then(|(a, b)| joined_statistics(a, b));
    let joined = ColumnChunkMetaData::builder(before.column_descr_ptr())
        .set_compression_codec(before.compression_codec())
        .set_encodings(before.encodings().chain(next.encodings()).collect())
        .set_num_values(before.num_values() + next.num_values())
        .set_total_compressed_size(before.compressed_size() + next.compressed_size())
        .set_total_uncompressed_size(before.uncompressed_size() + next.uncompressed_size())
        .set_data_page_offset(before.data_page_offset());
    with_statistics(joined, statistics)
}

/// Statistics of the types that have them (see `row_group`).
fn joined_statistics(a: &Statistics, b: &Statistics) -> Option<Statistics> {
    let nulls = a.null_count_opt().zip(b.null_count_opt()).map(|(a, b)| a + b);
    match (a, b) {
        (Statistics::Int32(a), Statistics::Int32(b)) => {
            let (least, greatest) = (least(a.min_opt(), b.min_opt()), greatest(a.max_opt(), b.max_opt()));
            Some(Statistics::int32(least, greatest, None, nulls, false))
        }
        (Statistics::Int64(a), Statistics::Int64(b)) => {
            let (least, greatest) = (least(a.min_opt(), b.min_opt()), greatest(a.max_opt(), b.max_opt()));
            Some(Statistics::int64(least, greatest, None, nulls, false))
        }
        (Statistics::Double(a), Statistics::Double(b)) => {
            let (least, greatest) = (least(a.min_opt(), b.min_opt()), greatest(a.max_opt(), b.max_opt()));
            Some(Statistics::double(least, greatest, None, nulls, false))
        }
        _ => None,
    }
}

/// The lesser of two that may be missing, as where all values are null.
fn least<T: PartialOrd + Copy>(a: Option<&T>, b: Option<&T>) -> Option<T> {
    [a, b].into_iter().flatten().copied().reduce(|a, b| if b < a { b } else { a })
}

fn greatest<T: PartialOrd + Copy>(a: Option<&T>, b: Option<&T>) -> Option<T> {
    [a, b].into_iter().flatten().copied().reduce(|a, b| if b > a { b } else { a })
}

/// The store's columns, read from a file that it has written.
struct OwnColumns {
    file: File,
    footer: ArrowReaderMetadata,
    /// As they will be written.
    schema: SchemaDescriptor,
}

impl OwnColumns {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let footer = ArrowReaderMetadata::load(&file, ArrowReaderOptions::default()).map_err(into_io)?;
        let schema = parquet_schema(footer.schema()).map_err(into_io)?;
        Ok(Self { file, footer, schema })
    }

    fn rows(&self) -> usize {
        self.footer.metadata().file_metadata().num_rows() as usize
    }

    fn encoded(&self, before: usize, rows: usize) -> Result<EncodedRows> {
        let mut encoder = RowGroupEncoder::new(self.footer.schema())?;
        let reader =
            ParquetRecordBatchReaderBuilder::new_with_metadata(self.file.try_clone()?, self.footer.clone())
                .with_offset(before)
                .with_limit(rows)
                .build()?;
        for batch in reader {
            encoder.write(&batch?)?;
        }
        encoder.finish()
    }
}

fn general(message: String) -> ParquetError {
    ParquetError::General(message)
}
