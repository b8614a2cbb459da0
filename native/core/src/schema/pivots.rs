//! Columns that samples are grouped and told apart by: stub, Rich data, entry point, checksum, overlay, hints.

use crate::column::{Bytes, Timestamp, columns};

columns! {
    /// What stands between `IMAGE_DOS_HEADER` and the PE signature.
    pub struct DosStub {
        /// Bytes, Rich data among them.
        pub size: i64,
        /// SHA-256 of these bytes, lower-case hex; null where the stub is longer than any real one (limit `dos_stub`).
        pub sha256: Option<String>,
    }

    /// Rich data: which tools made the objects that were linked.
    pub struct Rich {
        /// The key that masks it, which is the checksum its linker computed.
        pub key: i64,
        /// Where `DanS` stands, bytes from the start of the file.
        pub file_offset: i64,
        /// One a tool, in file order.
        pub entries: Vec<RichEntry>,
        /// MD5 of the unmasked bytes from `DanS` up to `Rich`, as pefile has it.
        pub hash: String,
        /// The checksum over DOS header, stub and entries equals the key; false where one was changed or copied.
        pub checksum_ok: bool,
    }

    /// One tool of the Rich data.
    pub struct RichEntry {
        /// Product, as 0x102 for the linker of Visual C++ 14.
        pub product_id: i32,
        /// Build of the product.
        pub build: i32,
        /// Objects made with it.
        pub count: i64,
    }

    /// The COFF symbol table and the string table behind it.
    pub struct CoffSymbolTable {
        /// Where it stands, bytes from the start of the file.
        pub file_offset: i64,
        /// Symbols in the file, without their auxiliary records; `headers.number_of_symbols` counts records and may lie.
        pub symbol_count: i64,
        /// Bytes of the string table with its length field, as it says; null where the file ends before it.
        pub string_table_size: Option<i64>,
    }

    /// Where execution begins.
    pub struct EntryPoint {
        /// `AddressOfEntryPoint`.
        pub rva: i64,
        /// Bytes from the start of the file; null where the file holds nothing for it.
        pub file_offset: Option<i64>,
        /// Name of the section that holds it; null where none does.
        pub section: Option<String>,
        /// Its first 64 bytes, fewer where the section's data ends.
        pub bytes: Option<Bytes>,
    }

    /// `CheckSum` of the optional header.
    pub struct Checksum {
        /// As stored; 0 is the linker's default.
        pub stored: i64,
        /// As Microsoft's `CheckSumMappedFile` computes it; null where the file was not held whole.
        pub computed: Option<i64>,
    }

    /// One `IMAGE_BOUND_IMPORT_DESCRIPTOR`.
    pub struct BoundImport {
        /// The DLL's name as written; bytes that are not UTF-8 as `\xNN`.
        pub dll: String,
        /// `TimeDateStamp` of the DLL that was bound to, UTC.
        pub timestamp: Timestamp,
        /// DLLs that its functions were forwarded to.
        pub forwarders: Vec<BoundForwarder>,
    }

    /// One `IMAGE_BOUND_FORWARDER_REF`.
    pub struct BoundForwarder {
        /// The DLL's name as written.
        pub dll: String,
        /// `TimeDateStamp` of that DLL, UTC.
        pub timestamp: Timestamp,
    }

    /// What follows the image in the file; the certificate table counts as overlay, as in pefile and yara-x.
    pub struct Overlay {
        /// Bytes from the start of the file.
        pub file_offset: i64,
        /// Bytes.
        pub size: i64,
        /// Shannon entropy in bits a byte, 0 to 8; null where the file was not held whole.
        pub entropy: Option<f64>,
        /// SHA-256, lower-case hex; null where the file was not held whole.
        pub sha256: Option<String>,
        /// What libmagic 5.44 says of it.
        pub magic: Option<String>,
    }

    /// A sign of what packed, protected, compiled or wrapped the program.
    pub struct PackerHint {
        /// The product, as `UPX`.
        pub name: String,
        /// `packer`, `protector`, `installer`, `archive`, `bundler`, `compiler` or `runtime`.
        pub kind: String,
        /// What it was told from.
        pub evidence: String,
    }
}
