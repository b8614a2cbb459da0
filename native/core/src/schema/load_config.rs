//! Columns of the load configuration.

use crate::column::columns;

columns! {
    /// `IMAGE_LOAD_CONFIG_DIRECTORY`: a field behind `size` or behind the data is null. Tables and pointers
    /// are virtual addresses, 0 for none.
    pub struct LoadConfig {
        /// `Size`: how much of the structure the linker knew, bytes.
        pub size: i64,
        /// Seconds since 1970, or a hash.
        pub time_date_stamp: Option<i64>,
        /// Version, major.
        pub major_version: Option<i32>,
        /// Version, minor.
        pub minor_version: Option<i32>,
        /// Global flags to clear.
        pub global_flags_clear: Option<i64>,
        /// Global flags to set.
        pub global_flags_set: Option<i64>,
        /// Timeout of critical sections, milliseconds.
        pub critical_section_default_timeout: Option<i64>,
        /// Free block above which memory is given back, bytes.
        pub de_commit_free_block_threshold: Option<u64>,
        /// Free memory above which memory is given back, bytes.
        pub de_commit_total_free_threshold: Option<u64>,
        /// Table of `LOCK` prefixes that one processor does without.
        pub lock_prefix_table: Option<u64>,
        /// Largest allocation, bytes.
        pub maximum_allocation_size: Option<u64>,
        /// Largest block of a heap, bytes.
        pub virtual_memory_threshold: Option<u64>,
        /// Processors to run on.
        pub process_affinity_mask: Option<u64>,
        /// Flags of the process heap.
        pub process_heap_flags: Option<i64>,
        /// Service pack.
        pub csd_version: Option<i32>,
        /// `LOAD_LIBRARY_` flags for the imports.
        pub dependent_load_flags: Option<i32>,
        /// Reserved.
        pub edit_list: Option<u64>,
        /// The cookie of `/GS`.
        pub security_cookie: Option<u64>,
        /// Table of safe exception handlers (x86).
        pub se_handler_table: Option<u64>,
        /// Its entries as declared.
        pub se_handler_count: Option<u64>,
        /// Pointer to the check of control flow guard.
        pub guard_cf_check_function_pointer: Option<u64>,
        /// Pointer to its dispatch.
        pub guard_cf_dispatch_function_pointer: Option<u64>,
        /// Table of valid call targets.
        pub guard_cf_function_table: Option<u64>,
        /// Its entries as declared.
        pub guard_cf_function_count: Option<u64>,
        /// Flags of control flow guard; the highest four bits are the bytes by which table entries exceed 4.
        pub guard_flags: Option<i64>,
        /// Their names, as `IMAGE_GUARD_CF_INSTRUMENTED`.
        pub guard_flags_names: Option<Vec<String>>,
        /// `IMAGE_LOAD_CONFIG_CODE_INTEGRITY.Flags`.
        pub code_integrity_flags: Option<i32>,
        /// `IMAGE_LOAD_CONFIG_CODE_INTEGRITY.Catalog`.
        pub code_integrity_catalog: Option<i32>,
        /// `IMAGE_LOAD_CONFIG_CODE_INTEGRITY.CatalogOffset`.
        pub code_integrity_catalog_offset: Option<i64>,
        /// `IMAGE_LOAD_CONFIG_CODE_INTEGRITY.Reserved`.
        pub code_integrity_reserved: Option<i64>,
        /// Table of imports whose address is taken.
        pub guard_address_taken_iat_entry_table: Option<u64>,
        /// Its entries as declared.
        pub guard_address_taken_iat_entry_count: Option<u64>,
        /// Table of valid `longjmp` targets.
        pub guard_long_jump_target_table: Option<u64>,
        /// Its entries as declared.
        pub guard_long_jump_target_count: Option<u64>,
        /// Dynamic value relocation table.
        pub dynamic_value_reloc_table: Option<u64>,
        /// Metadata of a hybrid image (CHPE, ARM64EC).
        pub chpe_metadata_pointer: Option<u64>,
        /// Failure routine of return flow guard.
        pub guard_rf_failure_routine: Option<u64>,
        /// Pointer to it.
        pub guard_rf_failure_routine_function_pointer: Option<u64>,
        /// Offset of the dynamic value relocation table in its section.
        pub dynamic_value_reloc_table_offset: Option<i64>,
        /// Number of that section, from 1; 0 for none.
        pub dynamic_value_reloc_table_section: Option<i32>,
        /// Reserved.
        pub reserved2: Option<i32>,
        /// Pointer to the stack check of return flow guard.
        pub guard_rf_verify_stack_pointer_function_pointer: Option<u64>,
        /// Offset of the hot patch table.
        pub hot_patch_table_offset: Option<i64>,
        /// Reserved.
        pub reserved3: Option<i64>,
        /// `IMAGE_ENCLAVE_CONFIG` of an enclave.
        pub enclave_configuration_pointer: Option<u64>,
        /// Table of volatile accesses.
        pub volatile_metadata_pointer: Option<u64>,
        /// Table of valid continuations of exceptions.
        pub guard_eh_continuation_table: Option<u64>,
        /// Its entries as declared.
        pub guard_eh_continuation_count: Option<u64>,
        /// Pointer to the check of XFG.
        pub guard_xfg_check_function_pointer: Option<u64>,
        /// Pointer to its dispatch.
        pub guard_xfg_dispatch_function_pointer: Option<u64>,
        /// Pointer to its dispatch through tables.
        pub guard_xfg_table_dispatch_function_pointer: Option<u64>,
        /// Failure mode of `CastGuard`.
        pub cast_guard_os_determined_failure_mode: Option<u64>,
        /// Pointer to the guarded `memcpy`.
        pub guard_memcpy_function_pointer: Option<u64>,
        /// Pointers of user mode access.
        pub uma_function_pointers: Option<u64>,
        /// The tables that the fields point to; those whose address is 0 are left out.
        pub tables: Vec<LoadConfigTable>,
        /// The dynamic value relocation table.
        pub dynamic_relocations: Option<DynamicRelocations>,
        /// `Version` of the metadata of a hybrid image.
        pub chpe_version: Option<i64>,
    }

    /// A table of the load configuration, counted.
    pub struct LoadConfigTable {
        /// `seh_handlers`, `guard_cf_functions`, `guard_iat_entries`, `guard_long_jump_targets`,
        /// `guard_eh_continuations`, `volatile_accesses` or `volatile_ranges`.
        pub name: String,
        /// RVA; null where the address lies outside the image.
        pub rva: Option<i64>,
        /// Bytes of an entry.
        pub entry_size: i32,
        /// Entries as declared.
        pub declared: u64,
        /// Entries that the file holds, no more than declared.
        pub present: i64,
    }

    /// `IMAGE_DYNAMIC_RELOCATION_TABLE`, without its fixups.
    pub struct DynamicRelocations {
        /// 1 or 2.
        pub version: i64,
        /// Bytes after the table's own header.
        pub size: i64,
        /// The kinds of its relocations, in their order: below 16 a number of the SDK
        /// (`IMAGE_DYNAMIC_RELOCATION_`), above an address.
        pub symbols: Vec<u64>,
    }
}
