//! Writing: records and strings become Parquet files in the caller's work folder.

pub mod concat;
pub mod records;
pub mod strings;
