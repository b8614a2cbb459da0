//! Writing: records and strings become Parquet files in the caller's work folder.

use std::io;

use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};

mod compressor;
pub mod concat;
pub mod records;
mod row_group;
pub mod samples;
pub mod strings;

/// A part's footer: who wrote it, and what it says of itself.
fn footer(created_by: &str, metadata: &[(String, String)]) -> WriterPropertiesBuilder {
    let metadata = metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    WriterProperties::builder().set_created_by(created_by.to_owned()).set_key_value_metadata(Some(metadata))
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
