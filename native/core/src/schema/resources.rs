//! Columns of the resource directory and of what is read from single resources.

use crate::column::{Timestamp, columns};

columns! {
    /// `IMAGE_RESOURCE_DIRECTORY` of the root.
    pub struct ResourceDirectory {
        /// Reserved, should be 0.
        pub characteristics: i64,
        /// `TimeDateStamp`, UTC; null where it is 0, as most linkers leave it.
        pub timestamp: Option<Timestamp>,
        /// `MajorVersion`.
        pub major_version: i32,
        /// `MinorVersion`.
        pub minor_version: i32,
        /// Types with a name.
        pub number_of_named_entries: i32,
        /// Types with a number.
        pub number_of_id_entries: i32,
    }

    /// One leaf of the resource tree.
    pub struct Resource {
        /// As `RT_ICON`; a number without a name as its digits, as `240`, a name as it is written; null where the tree has none that can be read.
        pub r#type: Option<String>,
        /// A number as its digits, a name as it is written; null where the tree has none that can be read.
        pub name: Option<String>,
        /// The Windows LANGID as a number: 1033 (0x409) is English (United States), 0 is neutral; its low ten bits are the primary language.
        pub language: Option<i64>,
        /// Codepage of its text as the entry claims, 0 where it says nothing.
        pub codepage: i64,
        /// RVA of its bytes.
        pub rva: i64,
        /// Where its bytes lie in the file; null where the RVA maps to nothing.
        pub file_offset: Option<i64>,
        /// Bytes, as the entry claims.
        pub size: i64,
        /// Shannon entropy in bits a byte; this and the two below are null where the file does not hold all bytes.
        pub entropy: Option<f64>,
        /// SHA-256 of its bytes, lower-case hex.
        pub sha256: Option<String>,
        /// What libmagic 5.44 says of its bytes; of those that are not PE its first phrase.
        pub magic: Option<String>,
    }

    /// `VS_VERSIONINFO`; the fixed part is that of the first resource that has one, strings and translations are of all.
    pub struct VersionInfo {
        /// `dwFileVersionMS` and `LS` as `a.b.c.d`; the text that Windows shows is the string `FileVersion`.
        pub file_version: Option<String>,
        /// `dwProductVersionMS` and `LS` as `a.b.c.d`.
        pub product_version: Option<String>,
        /// `dwFileFlags` as far as `dwFileFlagsMask` declares them valid.
        pub file_flags: Option<i64>,
        /// The flags' names, as `VS_FF_DEBUG`.
        pub file_flags_names: Vec<String>,
        /// `dwFileOS`.
        pub file_os: Option<i64>,
        /// Name of the system, as `VOS_NT_WINDOWS32`.
        pub file_os_name: Option<String>,
        /// `dwFileType`.
        pub file_type: Option<i64>,
        /// Name of the type, as `VFT_DLL`.
        pub file_type_name: Option<String>,
        /// `dwFileSubtype`.
        pub file_subtype: Option<i64>,
        /// `dwFileDateMS` and `LS`, UTC; null where they are 0, as most compilers leave them.
        pub file_date: Option<Timestamp>,
        /// Every string of every table, in file order.
        pub strings: Vec<VersionString>,
        /// Every pair of every `Translation`, in file order.
        pub translations: Vec<Translation>,
    }

    /// One `String` of a `StringTable`.
    pub struct VersionString {
        /// Key of its table: language and codepage in hex, as `040904b0`.
        pub block: String,
        /// As `OriginalFilename`.
        pub name: String,
        /// Its text up to the first NUL.
        pub value: String,
    }

    /// A language and codepage that the file claims to support.
    pub struct Translation {
        /// LANGID.
        pub language: i32,
        /// Codepage; 1200 is UTF-16.
        pub codepage: i32,
    }

    /// The first application manifest (`RT_MANIFEST`).
    pub struct Manifest {
        /// Its XML.
        pub text: String,
        /// `level` of its `requestedExecutionLevel`, as `requireAdministrator`; null where it asks for none.
        pub requested_execution_level: Option<String>,
        /// `uiAccess` of its `requestedExecutionLevel`; null where it is neither `true` nor `false`.
        pub ui_access: Option<bool>,
    }
}
