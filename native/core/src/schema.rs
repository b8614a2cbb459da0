//! The one list of what a sample yields: every column of `samples`, its type and its meaning.
//!
//! The structs are the records that extraction fills, the JSON of `merc show`, the Parquet of
//! `output::records` and the text of `docs/FEATURES.md`; nothing else names a column. Integers are
//! widened so that SQL arithmetic cannot overflow: 8 and 16 bits to INTEGER, 32 bits to BIGINT,
//! 64 bits to UBIGINT. Optional means: absent or unreadable, and `problems` says which.

use crate::column::{Bytes, Timestamp, columns};

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

    /// `IMAGE_DOS_HEADER`: names without the Hungarian prefixes are the Windows SDK's.
    pub struct DosHeader {
        /// `MZ`.
        pub e_magic: i32,
        /// Bytes on the last page.
        pub e_cblp: i32,
        /// Pages in the file.
        pub e_cp: i32,
        /// Relocations.
        pub e_crlc: i32,
        /// Size of the header in paragraphs.
        pub e_cparhdr: i32,
        /// Minimum extra paragraphs.
        pub e_minalloc: i32,
        /// Maximum extra paragraphs.
        pub e_maxalloc: i32,
        /// Initial SS.
        pub e_ss: i32,
        /// Initial SP.
        pub e_sp: i32,
        /// Checksum.
        pub e_csum: i32,
        /// Initial IP.
        pub e_ip: i32,
        /// Initial CS.
        pub e_cs: i32,
        /// Offset of the relocation table.
        pub e_lfarlc: i32,
        /// Overlay number.
        pub e_ovno: i32,
        /// Reserved words, 4.
        pub e_res: Vec<i32>,
        /// OEM identifier.
        pub e_oemid: i32,
        /// OEM information.
        pub e_oeminfo: i32,
        /// Reserved words, 10.
        pub e_res2: Vec<i32>,
        /// File offset of the PE signature.
        pub e_lfanew: i64,
    }

    /// `IMAGE_FILE_HEADER`.
    pub struct CoffHeader {
        /// Target machine, as 0x8664.
        pub machine: i32,
        /// Sections that the header declares; `sections` holds those that could be read.
        pub number_of_sections: i32,
        /// Seconds since 1970, or a hash.
        pub time_date_stamp: i64,
        /// File offset of the COFF symbol table.
        pub pointer_to_symbol_table: i64,
        /// Symbols in that table.
        pub number_of_symbols: i64,
        /// Bytes of the optional header.
        pub size_of_optional_header: i32,
        /// Flags.
        pub characteristics: i32,
        /// The flags' names, as `IMAGE_FILE_EXECUTABLE_IMAGE`.
        pub characteristics_names: Vec<String>,
    }

    /// `IMAGE_OPTIONAL_HEADER32` or `64`; a field behind the end of the file is null. `SizeOfOptionalHeader`
    /// bounds no field, as in the loader.
    pub struct OptionalHeader {
        /// 0x10b (PE32), 0x20b (PE32+) or 0x107 (ROM).
        pub magic: i32,
        /// Linker version, major.
        pub major_linker_version: Option<i32>,
        /// Linker version, minor.
        pub minor_linker_version: Option<i32>,
        /// Bytes of code.
        pub size_of_code: Option<i64>,
        /// Bytes of initialized data.
        pub size_of_initialized_data: Option<i64>,
        /// Bytes of uninitialized data.
        pub size_of_uninitialized_data: Option<i64>,
        /// RVA of the entry point.
        pub address_of_entry_point: Option<i64>,
        /// RVA of the code.
        pub base_of_code: Option<i64>,
        /// RVA of the data; PE32 only.
        pub base_of_data: Option<i64>,
        /// Preferred load address.
        pub image_base: Option<u64>,
        /// Alignment of sections in memory, bytes.
        pub section_alignment: Option<i64>,
        /// Alignment of sections in the file, bytes.
        pub file_alignment: Option<i64>,
        /// Operating system version, major.
        pub major_operating_system_version: Option<i32>,
        /// Operating system version, minor.
        pub minor_operating_system_version: Option<i32>,
        /// Image version, major.
        pub major_image_version: Option<i32>,
        /// Image version, minor.
        pub minor_image_version: Option<i32>,
        /// Subsystem version, major.
        pub major_subsystem_version: Option<i32>,
        /// Subsystem version, minor.
        pub minor_subsystem_version: Option<i32>,
        /// Reserved, should be 0.
        pub win32_version_value: Option<i64>,
        /// Bytes of the image in memory.
        pub size_of_image: Option<i64>,
        /// Bytes of all headers.
        pub size_of_headers: Option<i64>,
        /// Checksum as stored.
        pub check_sum: Option<i64>,
        /// Subsystem number.
        pub subsystem: Option<i32>,
        /// Flags.
        pub dll_characteristics: Option<i32>,
        /// The flags' names, as `IMAGE_DLLCHARACTERISTICS_NX_COMPAT`.
        pub dll_characteristics_names: Vec<String>,
        /// Bytes of stack to reserve.
        pub size_of_stack_reserve: Option<u64>,
        /// Bytes of stack to commit.
        pub size_of_stack_commit: Option<u64>,
        /// Bytes of heap to reserve.
        pub size_of_heap_reserve: Option<u64>,
        /// Bytes of heap to commit.
        pub size_of_heap_commit: Option<u64>,
        /// Reserved, should be 0.
        pub loader_flags: Option<i64>,
        /// Data directories that the header declares.
        pub number_of_rva_and_sizes: Option<i64>,
    }

    /// `IMAGE_DATA_DIRECTORY`.
    pub struct DataDirectory {
        /// As `IMAGE_DIRECTORY_ENTRY_IMPORT`.
        pub name: String,
        /// RVA; a file offset for the certificate table.
        pub virtual_address: i64,
        /// Bytes.
        pub size: i64,
    }

    /// `IMAGE_SECTION_HEADER`.
    pub struct Section {
        /// The eight bytes as UTF-8, invalid bytes dropped, NULs removed.
        pub name: String,
        /// The eight bytes themselves.
        pub name_raw: Bytes,
        /// RVA.
        pub virtual_address: i64,
        /// `Misc.VirtualSize`, bytes in memory.
        pub virtual_size: i64,
        /// `PointerToRawData`.
        pub raw_offset: i64,
        /// `SizeOfRawData`.
        pub raw_size: i64,
        /// `PointerToRelocations`.
        pub pointer_to_relocations: i64,
        /// `PointerToLinenumbers`.
        pub pointer_to_linenumbers: i64,
        /// `NumberOfRelocations`.
        pub number_of_relocations: i32,
        /// `NumberOfLinenumbers`.
        pub number_of_linenumbers: i32,
        /// Flags.
        pub characteristics: i64,
        /// `IMAGE_SCN_CNT_CODE` (0x20).
        pub contains_code: bool,
        /// `IMAGE_SCN_MEM_EXECUTE` (0x20000000).
        pub executable: bool,
        /// `IMAGE_SCN_MEM_READ` (0x40000000).
        pub readable: bool,
        /// `IMAGE_SCN_MEM_WRITE` (0x80000000).
        pub writable: bool,
    }

    /// One `IMAGE_IMPORT_DESCRIPTOR`.
    pub struct Import {
        /// The DLL's name as written; bytes that are not UTF-8 as `\xNN`.
        pub dll: String,
        /// From the delay import directory.
        pub delayed: bool,
        /// Its functions, in thunk order.
        pub functions: Vec<ImportedFunction>,
    }

    /// One imported function.
    pub struct ImportedFunction {
        /// Its name; for an import by ordinal the name that the `ws2_32`, `wsock32` and `oleaut32` tables give, else null.
        pub name: Option<String>,
        /// Its ordinal, where it is imported by ordinal.
        pub ordinal: Option<i32>,
        /// Its hint, where it is imported by name.
        pub hint: Option<i32>,
    }

    /// One exported function or datum.
    pub struct Export {
        /// Its name; null where it is exported by ordinal only.
        pub name: Option<String>,
        /// `Base` + index, without a 16-bit wrap.
        pub ordinal: i64,
        /// RVA of what is exported; of the forwarder's text where it is one.
        pub rva: i64,
        /// `DLL.Function` or `DLL.#Ordinal`, where the export is forwarded.
        pub forwarder: Option<String>,
    }

    /// One X.509 certificate (RFC 5280).
    pub struct Certificate {
        /// Subject as RFC 4514 text, last RDN first.
        pub subject: Option<String>,
        /// Subject attribute by attribute, in the certificate's order.
        pub subject_parts: Vec<NameAttribute>,
        /// Issuer as RFC 4514 text.
        pub issuer: Option<String>,
        /// Issuer attribute by attribute.
        pub issuer_parts: Vec<NameAttribute>,
        /// Serial number in decimal; of any size.
        pub serial: Option<String>,
        /// SHA-256 of the DER, lower-case hex.
        pub fingerprint: String,
        /// Start of validity, UTC.
        pub not_before: Option<Timestamp>,
        /// End of validity, UTC.
        pub not_after: Option<Timestamp>,
        /// The public key (`SubjectPublicKeyInfo`) as PEM.
        pub public_key: Option<String>,
        /// The certificate as PEM.
        pub certificate: String,
        /// Signature algorithm: name, or dotted OID where there is none.
        pub algorithm: Option<String>,
    }

    /// One attribute of a distinguished name.
    pub struct NameAttribute {
        /// Short name of RFC 4514 (`CN`, `O`, `C`, ...), else the dotted OID.
        pub name: String,
        /// Its value as text.
        pub value: String,
    }
}
