//! Columns of the section table and the directories.

use crate::column::{Bytes, columns};

columns! {
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
        /// The name that `/4` or `//AAAAAA` points to in the COFF string table; null where the name stands by itself.
        pub long_name: Option<String>,
        /// Shannon entropy of the data in bits a byte, 0 to 8; the data is `SizeOfRawData` bytes from
        /// `PointerToRawData` rounded down to 512, as far as the file goes.
        pub entropy: Option<f64>,
        /// Chi-squared of the data's byte values against equal shares; near 255 for random bytes, null without data.
        pub chi2: Option<f64>,
        /// MD5 of the data, lower-case hex.
        pub md5: Option<String>,
        /// SHA-256 of the data, lower-case hex.
        pub sha256: Option<String>,
    }

    /// One `IMAGE_IMPORT_DESCRIPTOR`.
    pub struct Import {
        /// The DLL's name as written; bytes that are not UTF-8 as `\xNN`.
        pub dll: String,
        /// From the delay import directory.
        pub delayed: bool,
        /// `TimeDateStamp` of the descriptor: 0, -1 (4294967295) where bound, or the bound DLL's time.
        pub time_date_stamp: i64,
        /// `ForwarderChain`; none in a delay descriptor.
        pub forwarder_chain: Option<i64>,
        /// RVA of the lookup table (ILT); 0 where there is none.
        pub lookup_table_rva: i64,
        /// RVA of the address table (IAT); function `i` is called through entry `i`, of 4 or, in PE32+, 8 bytes.
        pub address_table_rva: i64,
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

    /// `IMAGE_EXPORT_DIRECTORY`.
    pub struct ExportDirectory {
        /// The DLL's own name; null where it cannot be read.
        pub dll: Option<String>,
        /// Reserved, 0.
        pub characteristics: i64,
        /// Seconds since 1970, or a hash.
        pub time_date_stamp: i64,
        /// Version, major.
        pub major_version: i32,
        /// Version, minor.
        pub minor_version: i32,
        /// `Base`: the first ordinal.
        pub base: i64,
        /// Slots of the address table, empty ones too.
        pub number_of_functions: i64,
        /// Entries of the name table.
        pub number_of_names: i64,
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
}
