//! Rows of samples as the column chunks of one row group: one page a column, which can stand behind
//! pages of other rows in a longer chunk.
//!
//! Promise: the same rows give the same bytes, in however many pieces they come, and beyond what is
//! encoded memory holds a few times the largest column. The crate encodes; its own compression makes a
//! context for every column of every file, which for pages of some kilobytes costs more than
//! compressing them: so that is done here, after it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Schema, SchemaRef};
use bytes::buf::Reader;
use bytes::{Buf as _, Bytes};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{
    ArrowColumnWriter, ArrowRowGroupWriterFactory, PageKey, PageStore, PageStoreArgs, PageStoreFactory,
    compute_leaves,
};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageReader as _, PageWriter as _};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ColumnChunkMetaDataBuilder};
use parquet::file::properties::EnabledStatistics;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{
    SerializedFileWriter, SerializedPageWriter, SerializedRowGroupWriter, TrackedWrite,
};
use parquet::schema::types::{ColumnPath, SchemaDescriptor};

use super::compressor::Compressor;
use super::properties;

/// Level of zstd: these are a tenth of the output's bytes, and read more often than the strings.
pub(super) const LEVEL: i32 = 3;

/// Bytes of values below which a page stays as it is encoded: a frame's own bytes eat what it saves.
const MIN_COMPRESSED: usize = 64;

/// Columns of rows as they are written.
pub(super) fn parquet_schema(schema: &Schema) -> Result<SchemaDescriptor> {
    ArrowSchemaConverter::new().with_coerce_types(true).convert(schema)
}

/// Rows on their way into a row group.
pub(super) struct RowGroupEncoder {
    schema: SchemaRef,
    columns: Vec<Option<ArrowColumnWriter>>,
    pages: ClosedPages,
    rows: usize,
}

impl RowGroupEncoder {
    pub(super) fn new(schema: &SchemaRef) -> Result<Self> {
        let mut properties = properties()
            .set_compression(Compression::UNCOMPRESSED)
            // A chunk has one dictionary: pages that have none can follow each other. zstd finds what repeats.
            .set_dictionary_enabled(false)
            .set_encoding(Encoding::PLAIN)
            // The format's names within lists.
            .set_coerce_types(true)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_offset_index_disabled(true)
            // One page, wherever the rows were cut on their way here.
            .set_data_page_size_limit(usize::MAX)
            .set_data_page_row_count_limit(usize::MAX);
        for field in schema.fields().iter().filter(|field| has_statistics(field.data_type())) {
            let column = ColumnPath::new(vec![field.name().clone()]);
            properties = properties.set_column_statistics_enabled(column, EnabledStatistics::Chunk);
        }
        let root = parquet_schema(schema)?.root_schema_ptr();
        // The crate makes columns for a file; this one is nowhere.
        let file = SerializedFileWriter::new(io::sink(), root, Arc::new(properties.build()))?;
        let pages = ClosedPages::default();
        let columns = ArrowRowGroupWriterFactory::new(&file, schema.clone())
            .with_page_store_factory(Arc::new(pages.clone()))
            .create_column_writers(0)?;
        Ok(Self { schema: schema.clone(), columns: columns.into_iter().map(Some).collect(), pages, rows: 0 })
    }

    pub(super) fn write(&mut self, rows: &RecordBatch) -> Result<()> {
        let mut columns = self.columns.iter_mut().flatten();
        for (field, column) in self.schema.fields().iter().zip(rows.columns()) {
            for leaf in compute_leaves(field, column)? {
                columns.next().map_or(Ok(()), |column| column.write(&leaf))?;
            }
        }
        self.rows += rows.num_rows();
        Ok(())
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Leaves of the schema.
    pub(super) fn leaves(&self) -> usize {
        self.columns.len()
    }

    /// Writes a leaf, once, as the next column of `group`: compressed, and gone from here.
    pub(super) fn append<W: Write + Send>(
        &mut self,
        leaf: usize,
        compressor: &mut Compressor,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<()> {
        let column = self.columns.get_mut(leaf).and_then(Option::take);
        let column = column.ok_or_else(|| ParquetError::General(format!("no leaf {leaf} to write")))?;
        let chunk = column.close()?.close().metadata.clone();
        let mut pages = SerializedPageReader::new(Arc::new(self.pages.take()), &chunk, self.rows, None)?;
        let mut written = TrackedWrite::new(Vec::new());
        let mut uncompressed = 0;
        while let Some(page) = pages.get_next_page()? {
            let page = compressed(page, compressor)?;
            uncompressed += SerializedPageWriter::new(&mut written).write_page(page)?.uncompressed_size;
        }
        let bytes = written.into_inner()?;
        let metadata = ColumnChunkMetaData::builder(chunk.column_descr_ptr())
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(LEVEL)?))
            .set_encodings_mask(*chunk.encodings_mask())
            .set_num_values(chunk.num_values())
            .set_total_compressed_size(bytes.len() as i64)
            .set_total_uncompressed_size(uncompressed as i64)
            .set_data_page_offset(0);
        append(bytes, self.rows as u64, with_statistics(metadata, chunk.statistics().cloned())?, group)
    }
}

/// Columns that a reader may skip a row group by, for what it costs to know their range.
fn has_statistics(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Int32 | DataType::Int64 | DataType::Float64)
}

/// Writes a chunk whose pages are `bytes` as the next column of `group`.
pub(super) fn append<W: Write + Send>(
    bytes: Vec<u8>,
    rows: u64,
    metadata: ColumnChunkMetaData,
    group: &mut SerializedRowGroupWriter<'_, W>,
) -> Result<()> {
    let close = ColumnCloseResult {
        bytes_written: bytes.len() as u64,
        rows_written: rows,
        metadata,
        bloom_filter: None,
        column_index: None,
        offset_index: None,
    };
    group.append_column(&Bytes::from(bytes), close)
}

/// The metadata of a chunk, with statistics where there are any.
pub(super) fn with_statistics(
    metadata: ColumnChunkMetaDataBuilder,
    statistics: Option<Statistics>,
) -> Result<ColumnChunkMetaData> {
    match statistics {
        Some(statistics) => metadata.set_statistics(statistics).build(),
        None => metadata.build(),
    }
}

/// A page whose values, not its levels, are compressed where that makes them shorter.
fn compressed(mut page: Page, compressor: &mut Compressor) -> Result<CompressedPage> {
    let uncompressed = page.buffer().len();
    if let Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, is_compressed, .. } = &mut page {
        let levels = (*def_levels_byte_len + *rep_levels_byte_len) as usize;
        let values = buf.slice(levels..);
        *is_compressed = false;
        if values.len() >= MIN_COMPRESSED {
            let shorter = compressor.compress(&values)?;
            if shorter.len() < values.len() {
                *buf = [&buf.slice(..levels), shorter].concat().into();
                *is_compressed = true;
            }
        }
    }
    Ok(CompressedPage::new(page, uncompressed))
}

/// What a column that is closed gives: of each page its header and its data. All columns have one, since
/// they are closed one after the other, and a page is full no earlier.
#[derive(Debug, Clone, Default)]
struct ClosedPages(Arc<Mutex<Vec<Bytes>>>);

impl ClosedPages {
    fn take(&self) -> Blobs {
        Blobs(std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl PageStoreFactory for ClosedPages {
    fn create(&self, _: &PageStoreArgs<'_>) -> Result<Box<dyn PageStore>> {
        Ok(Box::new(self.clone()))
    }
}

impl PageStore for ClosedPages {
    fn put(&mut self, blob: Bytes) -> Result<PageKey> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(blob);
        Ok(PageKey::new(0))
    }

    fn take(&mut self, _: PageKey) -> Result<Bytes> {
        Err(ParquetError::General("pages are taken by whoever closes their column".to_owned()))
    }
}

/// A chunk in pieces, none of which is copied.
struct Blobs(Vec<Bytes>);

impl Blobs {
    /// What there is from `start` to the end of a piece.
    fn from(&self, start: u64) -> Result<Bytes> {
        let mut before = 0;
        for blob in &self.0 {
            let end = before + blob.len() as u64;
            if (before..end).contains(&start) {
                return Ok(blob.slice((start - before) as usize..));
            }
            before = end;
        }
        Err(ParquetError::EOF(format!("nothing at {start} of {before} bytes")))
    }
}

impl Length for Blobs {
    fn len(&self) -> u64 {
        self.0.iter().map(|blob| blob.len() as u64).sum()
    }
}

impl ChunkReader for Blobs {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(self.from(start)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        if length == 0 {
            return Ok(Bytes::new());
        }
        let mut blob = self.from(start)?;
        blob.truncate(length);
        Ok(blob)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use arrow_array::{ArrayRef, Int64Array, StringArray};

    use super::*;

    fn rows() -> RecordBatch {
        let texts = (0..1_000).map(|row| format!("text {}", row / 3));
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
        let few: ArrayRef = Arc::new((0..1_000).map(|row| (row == 7).then_some(1)).collect::<Int64Array>());
        RecordBatch::try_from_iter_with_nullable([("texts", texts, true), ("few", few, true)]).unwrap()
    }

    fn written(pieces: &[usize]) -> (Vec<u8>, Vec<ColumnChunkMetaData>) {
        let rows = rows();
        let mut encoder = RowGroupEncoder::new(&rows.schema()).unwrap();
        let mut before = 0;
        for &piece in pieces {
            encoder.write(&rows.slice(before, piece)).unwrap();
            before += piece;
        }
        let schema = parquet_schema(&rows.schema()).unwrap().root_schema_ptr();
        let properties = Arc::new(super::properties().build());
        let mut file = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
        let mut compressor = Compressor::new(LEVEL).unwrap();
        let mut group = file.next_row_group().unwrap();
        for leaf in 0..encoder.leaves() {
            encoder.append(leaf, &mut compressor, &mut group).unwrap();
        }
        let chunks = group.close().unwrap().columns().to_vec();
        (file.into_inner().unwrap(), chunks)
    }

    #[test]
    fn the_bytes_do_not_tell_in_what_pieces_the_rows_came() {
        let (whole, _) = written(&[1_000]);
        assert!(written(&[1, 500, 0, 499]).0 == whole);
    }

    #[test]
    fn values_are_compressed_where_that_makes_them_shorter_and_both_kinds_are_pages_of_one_codec() {
        let (_, chunks) = written(&[1_000]);
        let [texts, few] = &chunks[..] else { panic!("{} chunks", chunks.len()) };
        // 4 bytes of length before each of 1,000 texts of 6 to 8 bytes.
        assert!(texts.uncompressed_size() > 11_000 && texts.compressed_size() < 3_500, "{texts:?}");
        assert_eq!(few.uncompressed_size(), few.compressed_size());
        assert_eq!(texts.compression(), few.compression());
    }
}
