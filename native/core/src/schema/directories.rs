//! Columns of the debug, TLS, relocation and exception directories.

use crate::column::columns;

columns! {
    /// One `IMAGE_DEBUG_DIRECTORY`, and what its type says its data is.
    pub struct DebugEntry {
        /// `Type`.
        pub debug_type: i64,
        /// Its name, as `IMAGE_DEBUG_TYPE_CODEVIEW`.
        pub type_name: Option<String>,
        /// Reserved, should be 0.
        pub characteristics: i64,
        /// Seconds since 1970, or a hash.
        pub time_date_stamp: i64,
        /// Version of the data's format, major.
        pub major_version: i32,
        /// Version of the data's format, minor; 0x504d marks a portable PDB.
        pub minor_version: i32,
        /// Bytes of data.
        pub size_of_data: i64,
        /// RVA of the data; 0 where it is not mapped.
        pub address_of_raw_data: i64,
        /// File offset of the data.
        pub pointer_to_raw_data: i64,
        /// Of a `CodeView` entry: which PDB belongs to the file.
        pub codeview: Option<CodeView>,
        /// Of a POGO entry: the linker's groups of sections.
        pub pogo: Option<Pogo>,
        /// Of a Repro entry: hash of the linker's input, lower-case hex; lld writes none.
        pub repro_hash: Option<String>,
        /// Of a VC feature entry: how the objects were compiled.
        pub vc_feature: Option<VcFeature>,
        /// Of an entry of extended DLL characteristics: the flags.
        pub ex_dll_characteristics: Option<i64>,
        /// Their names, as `IMAGE_DLLCHARACTERISTICS_EX_CET_COMPAT`.
        pub ex_dll_characteristics_names: Option<Vec<String>>,
        /// Of a PDB checksum entry.
        pub pdb_checksum: Option<PdbChecksum>,
        /// Of an FPO entry: records of functions without a frame pointer.
        pub fpo_entries: Option<i64>,
        /// Of a MISC entry: `IMAGE_DEBUG_MISC.Data`, the name of the image.
        pub misc_name: Option<String>,
        /// Of an embedded portable PDB: its size unpacked, bytes.
        pub embedded_pdb_size: Option<i64>,
    }

    /// `CodeView` record: where a debugger finds the PDB.
    pub struct CodeView {
        /// `RSDS` (PDB 7.0), `NB10` (PDB 2.0), or another that says the data is in the image itself.
        pub signature: String,
        /// GUID of an RSDS record, as `8710ffcf-6909-461b-95b1-eebe8d718cd2`.
        pub guid: Option<String>,
        /// Signature of an NB10 record: seconds since 1970.
        pub timestamp: Option<i64>,
        /// How often the PDB was written.
        pub age: Option<i64>,
        /// Path of the PDB; bytes that are not UTF-8 as `\xNN`.
        pub path: Option<String>,
    }

    /// Profile guided optimization record; linkers write it without profiles too.
    pub struct Pogo {
        /// `LTCG`, `PGU`, `PGI`, `PGO`, `SPGO`, or empty.
        pub signature: String,
        /// Its groups, in their order.
        pub entries: Vec<PogoEntry>,
    }

    /// One group of a POGO record.
    pub struct PogoEntry {
        /// RVA where the group begins.
        pub rva: i64,
        /// Bytes.
        pub size: i64,
        /// Name, as `.text$mn`.
        pub name: String,
    }

    /// How many objects of an image were compiled in which way.
    pub struct VcFeature {
        /// Before VC++ 11.00.
        pub pre_vcpp: Option<i64>,
        /// C and C++.
        pub c_and_cpp: Option<i64>,
        /// With `/GS`.
        pub guard_stack: Option<i64>,
        /// With `/sdl`.
        pub sdl: Option<i64>,
        /// With `/guard:cf`.
        pub guard_cf: Option<i64>,
    }

    /// Hash over the PDB that belongs to the file.
    pub struct PdbChecksum {
        /// Name of the algorithm, as `SHA256`.
        pub algorithm: String,
        /// Lower-case hex.
        pub value: String,
    }

    /// `IMAGE_TLS_DIRECTORY`; its addresses are virtual addresses, not RVAs.
    pub struct Tls {
        /// Start of the template.
        pub start_address_of_raw_data: u64,
        /// End of the template.
        pub end_address_of_raw_data: u64,
        /// Where the loader puts the index.
        pub address_of_index: u64,
        /// The table of callbacks; 0 for none.
        pub address_of_callbacks: u64,
        /// Bytes of zeros after the template.
        pub size_of_zero_fill: i64,
        /// Alignment of the template.
        pub characteristics: i64,
        /// The callbacks up to the zero entry, in their order.
        pub callbacks: Vec<TlsCallback>,
    }

    /// One TLS callback: runs before the entry point.
    pub struct TlsCallback {
        /// Virtual address as written.
        pub address: u64,
        /// RVA; null where the address lies below the image base or more than 4 GiB above it.
        pub rva: Option<i64>,
    }

    /// Base relocations, counted.
    pub struct Relocations {
        /// `IMAGE_BASE_RELOCATION` blocks.
        pub blocks: i64,
        /// Blocks of them without an entry.
        pub empty_blocks: i64,
        /// Entries of all blocks, padding included.
        pub entries: i64,
        /// How many entries have which type; types that do not occur are left out.
        pub types: Vec<RelocationType>,
    }

    /// Relocations of one type.
    pub struct RelocationType {
        /// Number, 0 to 15.
        pub relocation_type: i32,
        /// Name on the file's machine, as `IMAGE_REL_BASED_DIR64`.
        pub name: Option<String>,
        /// Entries.
        pub count: i64,
    }

    /// Function table of the exception directory, and its unwind records, counted.
    pub struct Exceptions {
        /// What the entries are: `x64`, `arm64` or `arm`.
        pub format: String,
        /// Functions that the directory's bytes hold.
        pub entries: i64,
        /// Functions whose unwind record is in the entry itself (ARM, ARM64).
        pub packed: i64,
        /// Unwind records read; two functions may share one, which counts twice.
        pub unwind_records: i64,
        /// Functions whose unwind record could not be read.
        pub unwind_unreadable: i64,
        /// How many of the records read have which version.
        pub unwind_versions: Vec<UnwindVersion>,
        /// Records read that name an exception handler.
        pub exception_handlers: i64,
        /// Records read that name a termination handler (x64).
        pub termination_handlers: i64,
        /// Records read that continue another function's (x64).
        pub chained: i64,
        /// Bytes of unwind codes in the records read, padding left out.
        pub unwind_code_bytes: i64,
    }

    /// Unwind records of one version.
    pub struct UnwindVersion {
        /// Version; 1 to 3 on x64, 0 on ARM.
        pub version: i32,
        /// Records.
        pub count: i64,
    }
}
