//! Static strings as Parquet, one row a string, written straight from the scan.
//!
//! Promise: the same calls give the same bytes, and memory is bounded by a page of text and a row
//! group of compressed pages. Strings wait in one arena a page, which is compressed while it is
//! still in the cache. The pages are encoded here and not by the crate's column writers, which go
//! value by value: twice the CPU for the same file. The file's name, fsync and place in the output
//! are the caller's.

use std::io;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Encoding as PageEncoding, LogicalType, Repetition, Type as Physical};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::WriterProperties;
use parquet::file::statistics::ValueStatistics;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnDescPtr, Type};

use self::chunk::{Chunk, LEVEL};
use super::compressor::Compressor;
use super::part_file::{PartFile, Written};
use super::{described, into_io};
use crate::limits::{STRING_ROW_GROUP_BYTES, STRING_ROW_GROUP_ROWS};
use crate::profile::{self, Stage};
use crate::text::scan::{Encoding, StringSink};

mod chunk;
mod delta;

/// Rows of a page, the same for all columns: what a reader decodes to find one sample's first row.
const PAGE_ROWS: usize = 20_000;

/// Bytes of text that end a page.
const PAGE_BYTES: usize = 1 << 20;

/// Writes a file of strings: `begin` a sample, push its strings, `finish` at the end.
///
/// The first error is kept and given by `finish`, and what comes after it is dropped: a scan could
/// do no better with it.
pub struct StringsWriter {
    file: SerializedFileWriter<PartFile>,
    failed: Option<ParquetError>,
    page: PageRows,
    group: Group,
    compressor: Compressor,
    rows: u64,
}

/// The rows of the page to come.
#[derive(Default)]
struct PageRows {
    /// Samples and how many rows each has, in order.
    samples: Vec<(i32, usize)>,
    /// Encodings and how many rows in sequence have each.
    encodings: Vec<(Encoding, usize)>,
    file_offsets: Vec<i64>,
    lengths: Vec<i32>,
    text: Vec<u8>,
}

/// The pages of the row group to come, a chunk a column.
struct Group {
    rows: usize,
    text_bytes: usize,
    samples: Option<(i32, i32)>,
    columns: [ColumnDescPtr; 4],
    chunks: [Chunk; 4],
    /// A page as it is before compression.
    plain: Vec<u8>,
}

impl StringsWriter {
    /// Creates the file; `created_by` and `metadata` go into its footer as they are.
    pub fn create(path: &Path, created_by: &str, metadata: &[(String, String)]) -> io::Result<Self> {
        Self::new(PartFile::create(path)?, created_by, metadata).map_err(into_io)
    }

    fn new(file: PartFile, created_by: &str, metadata: &[(String, String)]) -> Result<Self> {
        let file =
            SerializedFileWriter::new(file, Arc::new(schema()?), Arc::new(properties(created_by, metadata)))?;
        let mut compressor = Compressor::new(LEVEL)?;
        let column = |index| file.schema_descr().column(index);
        let group = Group::new([0, 1, 2, 3].map(column), &mut compressor)?;
        Ok(Self { file, failed: None, page: PageRows::default(), group, compressor, rows: 0 })
    }

    /// The strings that follow are of this sample; numbers ascend.
    pub fn begin(&mut self, sample_id: i32) {
        if let Some(&(last, _)) = self.page.samples.last()
            && last >= sample_id
        {
            let message = format!("sample {sample_id} after {last}: samples of a strings file ascend");
            self.failed.get_or_insert(ParquetError::General(message));
        }
        match self.page.samples.last_mut() {
            // It has no strings, and a batch of such samples no bound.
            Some(last) if last.1 == 0 => last.0 = sample_id,
            _ => self.page.samples.push((sample_id, 0)),
        }
    }

    /// Writes what is left and the footer.
    pub fn finish(mut self) -> io::Result<Written> {
        self.end_page(true);
        if let Some(error) = self.failed {
            return Err(into_io(error));
        }
        self.file.finish().map_err(into_io)?;
        Ok(self.file.inner().finish(self.rows))
    }

    /// Ends the page, and with it the row group where that is full.
    #[cold]
    fn end_page(&mut self, ends_group: bool) {
        if self.failed.is_none()
            && let Err(error) = profile::during(Stage::Strings, || self.write_page(ends_group))
        {
            self.failed = Some(error);
        }
        self.page.clear();
    }

    fn write_page(&mut self, ends_group: bool) -> Result<()> {
        let Self { file, page, group, compressor, .. } = self;
        if !page.lengths.is_empty() {
            group.add(page, compressor)?;
        }
        if ends_group && group.rows > 0 {
            let next = Group::new(group.columns.clone(), compressor)?;
            std::mem::replace(group, next).write(file)?;
        }
        Ok(())
    }
}

impl StringSink for StringsWriter {
    #[inline]
    fn push(&mut self, encoding: Encoding, file_offset: u64, text: &[u8]) {
        let (rows, text_bytes) = (self.page.lengths.len(), self.page.text.len() + text.len());
        let ends_group = self.group.rows + rows >= STRING_ROW_GROUP_ROWS
            || self.group.text_bytes + text_bytes > STRING_ROW_GROUP_BYTES;
        if ends_group || rows >= PAGE_ROWS || (text_bytes > PAGE_BYTES && rows > 0) {
            self.end_page(ends_group);
        }
        let page = &mut self.page;
        match page.encodings.last_mut() {
            Some((last, rows)) if *last == encoding => *rows += 1,
            _ => page.encodings.push((encoding, 1)),
        }
        if let Some((_, rows)) = page.samples.last_mut() {
            *rows += 1;
        }
        page.file_offsets.push(file_offset as i64);
        page.lengths.push(text.len() as i32);
        append(&mut page.text, text);
        self.rows += 1;
    }
}

/// Appends a string. Nearly all are short, and go as two words that may overlap: a call for each costs
/// more than the copy.
#[inline]
fn append(text: &mut Vec<u8>, string: &[u8]) {
    match string.len() {
        8..=16 => append_ends::<8>(text, string),
        4..=7 => append_ends::<4>(text, string),
        17..=32 => append_ends::<16>(text, string),
        _ => text.extend_from_slice(string),
    }
}

/// Appends a string of `N` to twice `N` bytes by its first and its last `N`.
#[inline]
fn append_ends<const N: usize>(text: &mut Vec<u8>, string: &[u8]) {
    let end = text.len() + string.len();
    if let (Some(first), Some(last)) = (string.first_chunk::<N>(), string.last_chunk::<N>()) {
        text.extend_from_slice(first);
        text.truncate(end - N);
        text.extend_from_slice(last);
    }
}

impl PageRows {
    fn clear(&mut self) {
        // The sample goes on in the next page.
        let sample = self.samples.last().map(|&(sample_id, _)| (sample_id, 0));
        self.samples.clear();
        self.samples.extend(sample);
        self.encodings.clear();
        self.file_offsets.clear();
        self.lengths.clear();
        self.text.clear();
    }

    fn sample_ids(&self) -> Vec<i32> {
        self.samples.iter().flat_map(|&(sample_id, rows)| std::iter::repeat_n(sample_id, rows)).collect()
    }
}

impl Group {
    fn new(columns: [ColumnDescPtr; 4], compressor: &mut Compressor) -> Result<Self> {
        let [sample_id, file_offset, encoding, value] = &columns;
        let mut encoding = Chunk::new(encoding, PageEncoding::RLE_DICTIONARY)?;
        let mut names = Vec::new();
        for name in [Encoding::Ascii, Encoding::Utf16Le].map(Encoding::name) {
            names.extend((name.len() as u32).to_le_bytes());
            names.extend(name.as_bytes());
        }
        encoding.dictionary(2, &names, compressor)?;
        let chunks = [
            Chunk::new(sample_id, PageEncoding::DELTA_BINARY_PACKED)?,
            // zstd takes an eighth of it away, 2.4 % of the file, at the price of a quarter of the text's time.
            Chunk::plain(file_offset, PageEncoding::DELTA_BINARY_PACKED)?,
            encoding,
            Chunk::new(value, PageEncoding::DELTA_LENGTH_BYTE_ARRAY)?,
        ];
        Ok(Self { rows: 0, text_bytes: 0, samples: None, columns, chunks, plain: Vec::new() })
    }

    /// Adds a page to each column.
    fn add(&mut self, page: &PageRows, compressor: &mut Compressor) -> Result<()> {
        if !page.text.is_ascii() {
            return Err(ParquetError::General("a string that is not ASCII".to_owned()));
        }
        let rows = page.lengths.len();
        let [sample_id, file_offset, encoding, value] = &mut self.chunks;
        let plain = &mut self.plain;

        let ids = page.sample_ids();
        if let (Some(&least), Some(&greatest)) = (ids.first(), ids.last()) {
            self.samples = Some((self.samples.map_or(least, |(first, _)| first), greatest));
            plain.clear();
            delta::int32(&ids, plain);
            let range = (&least.to_le_bytes()[..], &greatest.to_le_bytes()[..]);
            sample_id.page(rows, plain, Some(range), compressor)?;
        }

        plain.clear();
        delta::int64(&page.file_offsets, plain);
        file_offset.page(rows, plain, None, compressor)?;

        plain.clear();
        plain.push(1); // bits of an index into the dictionary
        for &(encoding, rows) in &page.encodings {
            delta::varint((rows as u64) << 1, plain);
            plain.push(u8::from(encoding == Encoding::Utf16Le));
        }
        encoding.page(rows, plain, None, compressor)?;

        plain.clear();
        delta::int32(&page.lengths, plain);
        plain.extend_from_slice(&page.text);
        value.page(rows, plain, None, compressor)?;

        self.rows += rows;
        self.text_bytes += page.text.len();
        Ok(())
    }

    fn write(self, file: &mut SerializedFileWriter<PartFile>) -> Result<()> {
        let mut group = file.next_row_group()?;
        let (least, greatest) = self.samples.unzip();
        let statistics = ValueStatistics::new(least, greatest, None, Some(0), false);
        let mut statistics = Some(statistics.with_backwards_compatible_min_max(true).into());
        for (chunk, column) in self.chunks.into_iter().zip(self.columns) {
            chunk.append(column, statistics.take(), &mut group)?;
        }
        group.close()?;
        Ok(())
    }
}

pub(super) fn schema() -> Result<Type> {
    let column = |name: &str, physical, logical| {
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(logical)
            .build()
            .map(Arc::new)
    };
    let fields = vec![
        column("sample_id", Physical::INT32, None)?,
        column("file_offset", Physical::INT64, None)?,
        column("encoding", Physical::BYTE_ARRAY, Some(LogicalType::String))?,
        column("value", Physical::BYTE_ARRAY, Some(LogicalType::String))?,
    ];
    Type::group_type_builder("strings").with_fields(fields).build()
}

/// What of the footer does not follow from the chunks.
pub(super) fn properties(created_by: &str, metadata: &[(String, String)]) -> WriterProperties {
    let ascending = SortingColumn { column_idx: 0, descending: false, nulls_first: false };
    described(WriterProperties::builder(), created_by, metadata)
        .set_sorting_columns(Some(vec![ascending]))
        .build()
}

#[cfg(test)]
mod tests {
    use super::append;

    #[test]
    fn a_string_of_any_length_is_appended_as_it_is() {
        let bytes: Vec<u8> = (0..=99).collect();
        for length in 0..bytes.len() {
            let (string, _) = bytes.split_at(length);
            let mut text = b"before".to_vec();
            append(&mut text, string);
            append(&mut text, b"after");
            assert_eq!(text, [b"before", string, b"after"].concat(), "{length}");
        }
    }
}
