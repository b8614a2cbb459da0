//! Static strings as Parquet, one row a string, written straight from the scan.
//!
//! Promise: the same calls give the same bytes, and memory is bounded by one row group. Text waits
//! in one arena that becomes the column as it is; no string is an allocation of its own. Columns go
//! through the crate's Arrow column writers: its plain ones count a reference for every value and
//! look each `encoding` up alone, a third more CPU for the same file. The file's name, fsync and
//! place in the output are the caller's.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{Array, ArrayRef, DictionaryArray, Int8Array, Int32Array, Int64Array, StringArray};
use arrow_buffer::{Buffer, OffsetBuffer};
use arrow_schema::{Field, Schema};
use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{
    Compression, Encoding as PageEncoding, LogicalType, Repetition, Type as Physical, ZstdLevel,
};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, Type};

use crate::limits::{STRING_ROW_GROUP_BYTES, STRING_ROW_GROUP_ROWS};
use crate::text::scan::{Encoding, StringSink};

/// What a file of strings holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StringsSummary {
    /// Strings.
    pub rows: u64,
    /// Bytes of their text.
    pub text_bytes: u64,
    /// Bytes of the file.
    pub file_bytes: u64,
}

/// Writes a file of strings: `begin` a sample, push its strings, `finish` at the end.
///
/// The first error is kept and given by `finish`, and what comes after it is dropped: a scan could
/// do no better with it.
pub struct StringsWriter {
    file: SerializedFileWriter<File>,
    failed: Option<ParquetError>,
    group: Group,
    summary: StringsSummary,
}

/// The rows of the row group to come.
#[derive(Default)]
struct Group {
    /// Samples and how many rows each has, in order.
    samples: Vec<(i32, usize)>,
    /// Encodings and how many rows in sequence have each.
    encodings: Vec<(Encoding, usize)>,
    file_offsets: Vec<i64>,
    lengths: Vec<u32>,
    arena: Vec<u8>,
}

impl StringsWriter {
    /// Creates the file; `created_by` and `metadata` go into its footer as they are.
    pub fn create(path: &Path, created_by: &str, metadata: &[(String, String)]) -> io::Result<Self> {
        let file = File::create(path)?;
        let schema = schema().map_err(into_io)?;
        let properties = properties(created_by, metadata).map_err(into_io)?;
        let file =
            SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties)).map_err(into_io)?;
        Ok(Self { file, failed: None, group: Group::default(), summary: StringsSummary::default() })
    }

    /// The strings that follow are of this sample; numbers ascend.
    pub fn begin(&mut self, sample_id: i32) {
        if let Some(&(last, _)) = self.group.samples.last()
            && last >= sample_id
        {
            let message = format!("sample {sample_id} after {last}: samples of a strings file ascend");
            self.failed.get_or_insert(ParquetError::General(message));
        }
        self.group.samples.push((sample_id, 0));
    }

    /// Writes what is left and the footer.
    pub fn finish(mut self) -> io::Result<StringsSummary> {
        self.flush();
        if let Some(error) = self.failed {
            return Err(into_io(error));
        }
        self.file.finish().map_err(into_io)?;
        self.summary.file_bytes = self.file.bytes_written() as u64;
        Ok(self.summary)
    }

    #[cold]
    fn flush(&mut self) {
        let group = std::mem::take(&mut self.group);
        // The sample goes on in the next group.
        let sample = group.samples.last().map(|&(sample_id, _)| (sample_id, 0));
        match (&self.failed, group.file_offsets.is_empty()) {
            (None, false) => match write_group(&mut self.file, group) {
                Ok(emptied) => self.group = emptied,
                Err(error) => self.failed = Some(error),
            },
            (None, true) => self.group = group,
            (Some(_), _) => {}
        }
        self.group.samples.clear();
        self.group.samples.extend(sample);
    }
}

impl StringSink for StringsWriter {
    #[inline]
    fn push(&mut self, encoding: Encoding, file_offset: u64, text: &[u8]) {
        if self.group.file_offsets.len() >= STRING_ROW_GROUP_ROWS
            || self.group.arena.len() + text.len() > STRING_ROW_GROUP_BYTES
        {
            self.flush();
        }
        let group = &mut self.group;
        match group.encodings.last_mut() {
            Some((last, rows)) if *last == encoding => *rows += 1,
            _ => group.encodings.push((encoding, 1)),
        }
        if let Some((_, rows)) = group.samples.last_mut() {
            *rows += 1;
        }
        group.file_offsets.push(file_offset as i64);
        group.lengths.push(text.len() as u32);
        group.arena.extend_from_slice(text);
        self.summary.rows += 1;
        self.summary.text_bytes += text.len() as u64;
    }
}

/// Writes one row group, a column at a time, and gives its arena back, empty.
fn write_group(file: &mut SerializedFileWriter<File>, group: Group) -> Result<Group> {
    let sample_ids: Vec<i32> = repeated(&group.samples);
    let names = StringArray::from_iter_values([Encoding::Ascii, Encoding::Utf16Le].map(Encoding::name));
    let keys: Vec<(i8, usize)> = group
        .encodings
        .iter()
        .map(|&(encoding, rows)| (i8::from(encoding == Encoding::Utf16Le), rows))
        .collect();
    let keys = repeated(&keys);
    let offsets = OffsetBuffer::from_lengths(group.lengths.iter().map(|&length| length as usize));
    let arena = Buffer::from_vec(group.arena);
    let columns: [ArrayRef; 4] = [
        Arc::new(Int32Array::from(sample_ids)),
        Arc::new(Int64Array::from(group.file_offsets)),
        Arc::new(DictionaryArray::<Int8Type>::try_new(Int8Array::from(keys), Arc::new(names))?),
        Arc::new(StringArray::try_new(offsets, arena.clone(), None)?),
    ];
    let fields = ["sample_id", "file_offset", "encoding", "value"];
    let fields: Vec<Field> = fields
        .iter()
        .zip(&columns)
        .map(|(name, column)| Field::new(*name, column.data_type().clone(), false))
        .collect();
    let writers = ArrowRowGroupWriterFactory::new(file, Arc::new(Schema::new(fields.clone())))
        .create_column_writers(file.flushed_row_groups().len())?;
    let mut row_group = file.next_row_group()?;
    for ((mut writer, column), field) in writers.into_iter().zip(columns).zip(&fields) {
        for leaf in compute_leaves(field, &column)? {
            writer.write(&leaf)?;
        }
        drop(column);
        writer.close()?.append_to_row_group(&mut row_group)?;
    }
    row_group.close()?;
    let mut arena = arena.into_vec::<u8>().unwrap_or_default();
    arena.clear();
    Ok(Group { arena, ..Group::default() })
}

fn repeated<T: Copy>(runs: &[(T, usize)]) -> Vec<T> {
    runs.iter().flat_map(|&(value, rows)| std::iter::repeat_n(value, rows)).collect()
}

fn schema() -> Result<Type> {
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

fn properties(created_by: &str, metadata: &[(String, String)]) -> Result<WriterProperties> {
    let metadata = metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    let [sample_id, file_offset, encoding, value] =
        ["sample_id", "file_offset", "encoding", "value"].map(ColumnPath::from);
    Ok(WriterProperties::builder()
        .set_created_by(created_by.to_owned())
        .set_key_value_metadata(Some(metadata))
        .set_sorting_columns(Some(vec![SortingColumn {
            column_idx: 0,
            descending: false,
            nulls_first: false,
        }]))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_column_statistics_enabled(sample_id.clone(), EnabledStatistics::Page)
        .set_column_encoding(sample_id, PageEncoding::DELTA_BINARY_PACKED)
        .set_column_encoding(file_offset, PageEncoding::DELTA_BINARY_PACKED)
        .set_column_dictionary_enabled(encoding, true)
        .set_column_encoding(value, PageEncoding::DELTA_LENGTH_BYTE_ARRAY)
        .build())
}

fn into_io(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(source) => io::Error::other(source),
        },
        error => io::Error::other(error),
    }
}
