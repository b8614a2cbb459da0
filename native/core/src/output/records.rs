//! A batch's records as one Parquet file, whose pages the store takes over as they are.
//!
//! Promise: memory and file are bounded by what a batch may hold, and the bytes follow from the rows:
//! one row group, one page a column.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{RecordBatch, cast::AsArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedFileWriter;

use crate::column::Column;
use crate::features::CLASSIC;
use crate::limits::{MAX_BATCH_RECORD_BYTES, RECORD_SHARE, RECORDS_CHUNK_BYTES};
use crate::schema::Sample;

use super::compressor::Compressor;
use super::properties;
use super::row_group::{LEVEL, RowGroupEncoder, parquet_schema};

/// Writes records in the order in which they are pushed.
pub struct RecordsWriter {
    file: File,
    rows: RowGroupEncoder,
    schema: SchemaRef,
    classic: bool,
    waiting: Vec<Sample>,
    waiting_bytes: usize,
    batch_bytes: usize,
}

impl RecordsWriter {
    /// Creates the file; with `classic` it gets the classic columns only.
    pub fn create(path: &Path, classic: bool) -> Result<Self, ParquetError> {
        let DataType::Struct(fields) = Sample::data_type() else { unreachable!() };
        let fields: Vec<Field> =
            fields.iter().filter(|field| kept(field, classic)).map(|field| field.as_ref().clone()).collect();
        let schema: SchemaRef = Schema::new(fields).into();
        let rows = RowGroupEncoder::new(&schema)?;
        let file = File::create(path)?;
        Ok(Self { file, rows, schema, classic, waiting: Vec::new(), waiting_bytes: 0, batch_bytes: 0 })
    }

    /// Takes a record into the batch: as much of it as there is room for stays. Its bytes.
    pub fn admit(&mut self, sample: &mut Sample) -> usize {
        let mut bytes = sample.heap_bytes();
        if bytes > RECORD_SHARE && self.batch_bytes + bytes > MAX_BATCH_RECORD_BYTES {
            give_up_lists(sample);
            bytes = sample.heap_bytes();
        }
        self.batch_bytes += bytes;
        bytes
    }

    /// Takes a record that was admitted, with so many bytes; its digests, which came since, are few.
    pub fn push(&mut self, sample: Sample, bytes: usize) -> Result<(), ParquetError> {
        if self.waiting_bytes + bytes > RECORDS_CHUNK_BYTES {
            self.encode()?;
        }
        self.waiting_bytes += bytes;
        self.waiting.push(sample);
        Ok(())
    }

    /// Writes the file.
    pub fn finish(mut self) -> Result<(), ParquetError> {
        self.encode()?;
        let schema = parquet_schema(&self.schema)?.root_schema_ptr();
        let mut file = SerializedFileWriter::new(self.file, schema, Arc::new(properties().build()))?;
        if self.rows.rows() > 0 {
            let mut compressor = Compressor::new(LEVEL)?;
            let mut group = file.next_row_group()?;
            for leaf in 0..self.rows.leaves() {
                self.rows.append(leaf, &mut compressor, &mut group)?;
            }
            group.close()?;
        }
        file.finish()?;
        Ok(())
    }

    fn encode(&mut self) -> Result<(), ParquetError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let rows = Sample::array(&self.waiting.iter().map(Some).collect::<Vec<_>>());
        let rows = rows.as_struct();
        let columns = rows.fields().iter().zip(rows.columns());
        let columns = columns
            .filter(|(field, _)| kept(field, self.classic))
            .map(|(_, column)| column.clone())
            .collect();
        let batch = RecordBatch::try_new(self.schema.clone(), columns)?;
        self.rows.write(&batch)?;
        self.waiting.clear();
        self.waiting_bytes = 0;
        Ok(())
    }
}

fn kept(field: &Field, classic: bool) -> bool {
    !classic || CLASSIC.contains(&field.name().as_str())
}

/// Takes out what makes a record large, and says so.
fn give_up_lists(sample: &mut Sample) {
    sample.imports = None;
    sample.exports = None;
    sample.resources = None;
    sample.version_info = None;
    sample.manifest = None;
    sample.clr = None;
    sample.bound_imports = None;
    sample.signatures = None;
    sample.certificates = None;
    sample.limits_hit.push("record_size".to_owned());
    if sample.status == "ok" {
        "partial".clone_into(&mut sample.status);
    }
}
