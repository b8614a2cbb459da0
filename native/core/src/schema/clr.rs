//! Columns of .NET files: the CLR header and the metadata's manifest.

use crate::column::{Bytes, columns};

columns! {
    /// `IMAGE_COR20_HEADER` and the metadata it points to (ECMA-335 II.24, II.25.3.3).
    pub struct Clr {
        /// `MajorRuntimeVersion`.
        pub major_runtime_version: i32,
        /// `MinorRuntimeVersion`.
        pub minor_runtime_version: i32,
        /// `Flags`.
        pub flags: i64,
        /// Names of the flags set, as `COMIMAGE_FLAGS_ILONLY`.
        pub flag_names: Vec<String>,
        /// Metadata token of the managed entry point, of a method or a file.
        pub entry_point_token: Option<i64>,
        /// RVA of the entry point where it is native code (`COMIMAGE_FLAGS_NATIVE_ENTRYPOINT`).
        pub entry_point_rva: Option<i64>,
        /// Bytes of the strong name signature; 0 where there is none.
        pub strong_name_size: i64,
        /// `ManagedNativeHeader` is set: compiled ahead of time (`ReadyToRun` or NGEN).
        pub has_native_header: bool,
        /// Version text of the metadata, as `v4.0.30319`.
        pub metadata_version: Option<String>,
        /// The metadata's streams, in their order.
        pub streams: Option<Vec<ClrStream>>,
        /// The metadata tables that the file has, and the rows it declares for each.
        pub table_rows: Option<Vec<ClrTable>>,
        /// Name of the module.
        pub module_name: Option<String>,
        /// GUID of this build of the module.
        pub mvid: Option<String>,
        /// The `#GUID` heap, the MVID among them.
        pub guids: Option<Vec<String>>,
        /// Value of the assembly's `GuidAttribute`, the id of its type library.
        pub typelib: Option<String>,
        /// The assembly that the file is the manifest of; null in a module of another.
        pub assembly: Option<Assembly>,
        /// Assemblies referred to.
        pub assembly_refs: Option<Vec<AssemblyRef>>,
        /// Modules referred to, native DLLs of P/Invoke among them.
        pub module_refs: Option<Vec<String>>,
        /// Manifest resources.
        pub resources: Option<Vec<ClrResource>>,
        /// Default values of type string of fields, parameters and properties.
        pub constants: Option<Vec<String>>,
        /// File offsets of the data that static fields begin with (`FieldRVA`).
        pub field_offsets: Option<Vec<i64>>,
        /// Strings in the `#US` heap that are not empty; they themselves are in `strings`.
        pub user_string_count: Option<i64>,
    }

    /// One metadata stream.
    pub struct ClrStream {
        /// Its name, as `#~`.
        pub name: String,
        /// Where it begins, bytes from the start of the file.
        pub file_offset: i64,
        /// Bytes.
        pub size: i64,
    }

    /// One metadata table.
    pub struct ClrTable {
        /// Its name in ECMA-335 II.22, else its number as `0x30`.
        pub name: String,
        /// Rows declared.
        pub rows: i64,
    }

    /// The row of the `Assembly` table.
    pub struct Assembly {
        /// Simple name.
        pub name: Option<String>,
        /// `major.minor.build.revision`.
        pub version: String,
        /// Culture; null where it is neutral.
        pub culture: Option<String>,
        /// Public key; null where the assembly has no strong name.
        pub public_key: Option<Bytes>,
        /// Last 8 bytes of the key's SHA-1, in reverse, as hex.
        pub public_key_token: Option<String>,
        /// `AssemblyFlags`.
        pub flags: i64,
        /// `AssemblyHashAlgorithm`, 0x8004 for SHA-1.
        pub hash_algorithm: i64,
    }

    /// A row of the `AssemblyRef` table.
    pub struct AssemblyRef {
        /// Simple name.
        pub name: Option<String>,
        /// `major.minor.build.revision`.
        pub version: String,
        /// Culture; null where it is neutral.
        pub culture: Option<String>,
        /// Public key token as hex, computed where the row holds the whole key; null where there is none.
        pub public_key_token: Option<String>,
    }

    /// A row of the `ManifestResource` table.
    pub struct ClrResource {
        /// Its name.
        pub name: Option<String>,
        /// Visible outside the assembly.
        pub public: bool,
        /// File or assembly that holds it; null where this file does.
        pub location: Option<String>,
        /// Where its data begins, bytes from the start of the file; null where another file holds it.
        pub file_offset: Option<i64>,
        /// Bytes it declares.
        pub size: Option<i64>,
    }
}
