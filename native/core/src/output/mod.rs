//! Writing Parquet: records and strings of a batch, and parts from the pages that are there then.

use std::io;

use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};

mod compressor;
pub mod concat;
mod part_file;
pub mod records;
mod row_group;
pub mod samples;
pub mod strings;

pub use part_file::Written;

/// A file with pages of the second version.
fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder().set_writer_version(WriterVersion::PARQUET_2_0)
}

/// What a part's footer says of it, and who wrote it.
fn described(
    properties: WriterPropertiesBuilder,
    created_by: &str,
    metadata: &[(String, String)],
) -> WriterPropertiesBuilder {
    let metadata = metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    properties.set_created_by(created_by.to_owned()).set_key_value_metadata(Some(metadata))
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
