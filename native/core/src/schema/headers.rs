//! Columns of the headers.

use crate::column::columns;

columns! {
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
}
