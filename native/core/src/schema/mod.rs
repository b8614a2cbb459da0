//! The one list of what a sample yields: every column of `samples`, its type and its meaning.
//!
//! The structs are the records that extraction fills, the JSON of `merc show`, the Parquet of
//! `output::records` and the text of `docs/FEATURES.md`; nothing else names a column. Integers are
//! widened so that SQL arithmetic cannot overflow: 8 and 16 bits to INTEGER, 32 bits to BIGINT,
//! 64 bits to UBIGINT. Optional means: absent or unreadable, and `problems` says which.

use crate::column::{Bytes, Timestamp, columns};

mod headers;
mod tables;
mod trust;

pub use headers::{CoffHeader, DataDirectory, DosHeader, OptionalHeader};
pub use tables::{Export, Import, ImportedFunction, Section};
pub use trust::{Certificate, NameAttribute};

/// Version of the columns. An output holds one version only.
pub const SCHEMA_VERSION: u32 = 1;

columns! {
    /// One row of `samples`: what one file is.
    pub struct Sample {
        /// Number of the sample within its output: unique, never reused, ascending in every part.
        pub sample_id: i32,
        /// Name on disk, the dataset's id for its samples.
        pub file_name: String,
        /// Path below the scanned root, `/`-separated; bytes that are not UTF-8 as `\xNN`.
        pub path: String,
        /// The path's own bytes, only where they are not UTF-8.
        pub path_raw: Option<Bytes>,
        /// Bytes read.
        pub file_size: i64,
        /// MD5 of the file, lower-case hex.
        pub md5: Option<String>,
        /// SHA-1 of the file, lower-case hex.
        pub sha1: Option<String>,
        /// SHA-256 of the file, lower-case hex.
        pub sha256: Option<String>,
        /// Shannon entropy of the file in bits a byte, 0 to 8; an empty file has 0.
        pub entropy: Option<f64>,
        /// How often each of the 256 byte values occurs.
        pub byte_histogram: Option<Vec<i64>>,
        /// What libmagic 5.44 says of the file; of files that are not PE its first phrase.
        pub magic: Option<String>,

        /// `ok`, `partial` (something is broken or was cut), `not_pe`, `failed` (could not be read) or `crashed`.
        pub status: String,
        /// Everything odd, broken or cut, in the order it was met.
        pub problems: Vec<Problem>,
        /// Names of the limits that cut something; each is in the documentation with its reason.
        pub limits_hit: Vec<String>,

        /// `IMAGE_DOS_HEADER`.
        pub dos_header: Option<DosHeader>,
        /// `IMAGE_FILE_HEADER` (COFF), all fields.
        pub headers: Option<CoffHeader>,
        /// `IMAGE_OPTIONAL_HEADER`, all fields; a truncated one holds what is there.
        pub headers_optional: Option<OptionalHeader>,
        /// `IMAGE_DATA_DIRECTORY` entries that the header holds, at most 16.
        pub data_directories: Option<Vec<DataDirectory>>,
        /// The optional header is PE32+.
        pub is_64bit: Option<bool>,
        /// `IMAGE_FILE_DLL` is set.
        pub is_dll: Option<bool>,
        /// Name of the subsystem, as `IMAGE_SUBSYSTEM_WINDOWS_GUI`.
        pub subsystem_name: Option<String>,
        /// Name of the machine, as `IMAGE_FILE_MACHINE_AMD64`.
        pub machine_name: Option<String>,
        /// `TimeDateStamp` of the COFF header, UTC; a hash of the contents in reproducible builds.
        pub coff_timestamp: Option<Timestamp>,

        /// The section table, in its order.
        pub sections: Option<Vec<Section>>,
        /// The import directory: one entry a descriptor that asks for something, order and duplicates kept.
        pub imports: Option<Vec<Import>>,
        /// The export directory in pefile's order: a row a name in name table order, then the nameless by ordinal.
        pub exports: Option<Vec<Export>>,

        /// Every certificate of every PKCS#7 in the certificate table, in its order.
        pub certificates: Option<Vec<Certificate>>,

        /// Number of static strings in ASCII (rows in `strings`).
        pub string_count_ascii: Option<i64>,
        /// Number of static strings in UTF-16LE.
        pub string_count_wide: Option<i64>,
        /// Bytes of text in all static strings, as UTF-8.
        pub string_bytes: Option<i64>,
    }

    /// Something odd, broken or cut in a file.
    pub struct Problem {
        /// Part of the extraction that met it: `read`, `header`, `section`, `import`, `export`, `certificate`, ...
        pub stage: String,
        /// What it is, a word that can be counted, as `rva_unmapped`.
        pub kind: String,
        /// Where in the file, bytes from its start.
        pub file_offset: Option<i64>,
        /// The values that show it.
        pub detail: Option<String>,
    }
}
