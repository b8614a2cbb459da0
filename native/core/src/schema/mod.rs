//! The one list of what a sample yields: every column of `samples`, its type and its meaning.
//!
//! The structs are the records that extraction fills, the JSON of `merc show`, the Parquet of
//! `output::records` and the text of `docs/FEATURES.md`; nothing else names a column. Integers are
//! widened so that SQL arithmetic cannot overflow: 8 and 16 bits to INTEGER, 32 bits to BIGINT,
//! 64 bits to UBIGINT. Optional means: absent or unreadable, and `problems` says which.

use crate::column::{Bytes, Timestamp, columns};

mod clr;
mod headers;
mod pivots;
mod resources;
mod signature;
mod tables;
mod trust;

pub use clr::{Assembly, AssemblyRef, Clr, ClrResource, ClrStream, ClrTable};
pub use headers::{CoffHeader, DataDirectory, DosHeader, OptionalHeader};
pub use pivots::{
    BoundForwarder, BoundImport, Checksum, CoffSymbolTable, DosStub, EntryPoint, Overlay, PackerHint, Rich,
    RichEntry,
};
pub use resources::{Manifest, Resource, ResourceDirectory, Translation, VersionInfo, VersionString};
pub use signature::{Signature, WinCertificate};
mod directories;
mod load_config;

pub use directories::{
    CodeView, DebugEntry, Exceptions, PdbChecksum, Pogo, PogoEntry, RelocationType, Relocations, Tls,
    TlsCallback, UnwindVersion, VcFeature,
};
pub use load_config::{DynamicRelocations, LoadConfig, LoadConfigTable};
pub use tables::{Export, ExportDirectory, Import, ImportedFunction, Section};
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
        /// The export directory itself.
        pub export_directory: Option<ExportDirectory>,

        /// The CLR header and what the metadata of a .NET file says (ECMA-335).
        pub clr: Option<Clr>,
        /// The leaves of the resource tree, in its order.
        pub resources: Option<Vec<Resource>>,
        /// Root of the resource tree.
        pub resource_directory: Option<ResourceDirectory>,
        /// Version information.
        pub version_info: Option<VersionInfo>,
        /// Application manifest.
        pub manifest: Option<Manifest>,
        /// SHA-256 of the largest image of the first icon group, lower-case hex.
        pub icon_hash: Option<String>,

        /// Every certificate of every PKCS#7: of the certificate table in its order, then of nested signatures and timestamps.
        /// The debug directory, in its order.
        pub debug: Option<Vec<DebugEntry>>,
        /// Path of the PDB that the first `CodeView` entry with an RSDS or NB10 record names.
        pub pdb_path: Option<String>,
        /// GUID of that record, where it is an RSDS.
        pub pdb_guid: Option<String>,
        /// Age of that record.
        pub pdb_age: Option<i64>,
        /// `IMAGE_TLS_DIRECTORY` and its callbacks.
        pub tls: Option<Tls>,
        /// `IMAGE_LOAD_CONFIG_DIRECTORY`, and its tables counted.
        pub load_config: Option<LoadConfig>,
        /// Base relocations, counted.
        pub relocations: Option<Relocations>,
        /// Function table and unwind records, counted.
        pub exceptions: Option<Exceptions>,

        /// Every certificate of every PKCS#7 in the certificate table, in its order.
        pub certificates: Option<Vec<Certificate>>,
        /// `WIN_CERTIFICATE` headers of the certificate table.
        pub win_certificates: Option<Vec<WinCertificate>>,
        /// Authenticode signatures, nested ones behind those around them; what they say and whether their bytes hold together; no chain is verified.
        pub signatures: Option<Vec<Signature>>,
        /// SHA-256 of what Authenticode hashes, signed or not, lower-case hex; null where the file was not read whole.
        pub authentihash_sha256: Option<String>,
        /// SHA-1 of the same; signed files only.
        pub authentihash_sha1: Option<String>,
        /// MD5 of the same; signed files only.
        pub authentihash_md5: Option<String>,

        /// The bytes between `IMAGE_DOS_HEADER` and the PE signature; null where there are none.
        pub dos_stub: Option<DosStub>,
        /// Rich data that Microsoft's linker leaves in the stub; null where there is none.
        pub rich: Option<Rich>,
        /// MD5 of the unmasked Rich data, as in `rich.hash`.
        pub rich_hash: Option<String>,
        /// The COFF symbol table; null where the header has none.
        pub coff_symbol_table: Option<CoffSymbolTable>,
        /// The entry point; null where its RVA is 0, as in DLLs without code.
        pub entry_point: Option<EntryPoint>,
        /// The checksum as stored and as computed.
        pub checksum: Option<Checksum>,
        /// pefile's rule: imports from `ntoskrnl.exe`, `hal.dll`, `ndis.sys`, `bootvid.dll` or `kdcom.dll`, or a
        /// section `PAGE` or `PAGED` with a native subsystem.
        pub is_driver: Option<bool>,
        /// The bound import directory; null where there is none.
        pub bound_imports: Option<Vec<BoundImport>>,
        /// MD5 of the imports as `dll.function`, equal to yara-x; without delay imports; null without imports.
        pub imphash: Option<String>,
        /// MD5 of the exported names in lower case, joined by commas, as pefile's; null without names.
        pub exphash: Option<String>,
        /// What follows the image in the file; null where nothing does.
        pub overlay: Option<Overlay>,
        /// TLSH (128 buckets, 1-byte checksum, `T1`) of the whole file, with `--with tlsh` only; null where the file is
        /// shorter than 50 bytes or too uniform.
        pub tlsh: Option<String>,
        /// Signs of packers, installers, compilers and runtimes, each with what shows it; empty where none was seen.
        pub packer_hints: Option<Vec<PackerHint>>,

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
