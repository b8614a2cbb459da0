//! Several files of strings as one, row group by row group, without decoding a page.
//!
//! Promise: the same rows in the order of the sources, with their statistics and page indexes, and
//! memory of one footer at a time. A reader finds what it found in the sources.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use parquet::column::writer::ColumnCloseResult;
use parquet::errors::Result;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaDataReader};
use parquet::file::writer::SerializedFileWriter;

use super::into_io;
use super::part_file::{PartFile, Written};
use super::strings::{properties, schema};

/// Writes the row groups of `sources`, files of this schema with ascending samples, into `target`.
///
/// # Errors
/// Where a source cannot be read or is of another schema, and where `target` cannot be written.
pub fn concat_strings(
    sources: &[impl AsRef<Path>],
    target: &Path,
    created_by: &str,
    metadata: &[(String, String)],
) -> io::Result<Written> {
    let properties = Arc::new(properties(created_by, metadata));
    let mut file = SerializedFileWriter::new(
        PartFile::create(target)?,
        Arc::new(schema().map_err(into_io)?),
        properties,
    )
    .map_err(into_io)?;
    let mut rows = 0;
    for source in sources {
        let source = File::open(source)?;
        rows += append(&mut file, &source).map_err(into_io)?;
    }
    file.finish().map_err(into_io)?;
    Ok(file.inner().finish(rows))
}

fn append(file: &mut SerializedFileWriter<PartFile>, source: &File) -> Result<u64> {
    let footer = ParquetMetaDataReader::new()
        .with_page_index_policy(PageIndexPolicy::Optional)
        .parse_and_finish(source)?;
    let indexes = footer.page_index();
    let mut rows = 0;
    for (number, group) in footer.row_groups().iter().enumerate() {
        let mut target = file.next_row_group()?;
        for (column, chunk) in group.columns().iter().enumerate() {
            let close = ColumnCloseResult {
                bytes_written: chunk.compressed_size() as u64,
                rows_written: group.num_rows() as u64,
                metadata: chunk.clone(),
                bloom_filter: None,
                column_index: indexes.and_then(|index| index.column_index(number, column)).cloned(),
                offset_index: indexes.and_then(|index| index.offset_index(number, column)).cloned(),
            };
            // Refuses a chunk of another column than comes next in the schema.
            target.append_column(source, close)?;
        }
        target.close()?;
        rows += group.num_rows() as u64;
    }
    Ok(rows)
}
