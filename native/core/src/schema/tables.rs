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
}
