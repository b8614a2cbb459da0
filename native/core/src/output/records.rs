//! A batch's records as one Parquet file, for the store to join with the dataset.
//!
//! Uncompressed: the file lives for seconds in the work folder and is read once.

use std::fs::File;
use std::path::Path;

use arrow_array::{Array, RecordBatch, cast::AsArray};
use arrow_schema::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use crate::column::Column;
use crate::features::CLASSIC;
use crate::schema::Sample;

/// Writes `samples` to `path`; with `classic` only the classic columns.
pub fn write(path: &Path, samples: &[Sample], classic: bool) -> Result<(), ParquetError> {
    let rows = Sample::array(&samples.iter().map(Some).collect::<Vec<_>>());
    let rows = rows.as_struct();
    let (fields, columns): (Vec<_>, Vec<_>) = rows
        .fields()
        .iter()
        .zip(rows.columns())
        .filter(|(field, _)| !classic || CLASSIC.contains(&field.name().as_str()))
        .map(|(field, column)| (Field::new(field.name(), column.data_type().clone(), true), column.clone()))
        .unzip();
    let batch = RecordBatch::try_new(Schema::new(fields).into(), columns)?;
    let properties = WriterProperties::builder().set_compression(Compression::UNCOMPRESSED).build();
    let mut writer = ArrowWriter::try_new(File::create(path)?, batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}
