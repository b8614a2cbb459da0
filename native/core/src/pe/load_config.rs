//! The load configuration directory.
//!
//! Gives the fields that the structure's own `Size` covers and the file holds; the directory's `Size`
//! counts only where the structure states none, since linkers left 64 there for Windows XP. What the
//! fields point to is `load_config_table`'s.

use crate::problems::Problems;
use crate::schema::LoadConfig;

use super::directory_names::GUARD_FLAGS;
use super::fields::Fields;
use super::{Image, directory, load_config_table, names};

/// Bytes of the structure up to `UmaFunctionPointers`, PE32+ and PE32.
const KNOWN_SIZES: [usize; 2] = [328, 196];

/// The load configuration; `None` where there is none, or, with a problem, where it cannot be read.
pub fn load_config(image: &Image<'_>, problems: &mut Problems) -> Option<LoadConfig> {
    let (start, directory_size) = image.directory(directory::LOAD_CONFIG)?;
    let start = u64::from(start);
    let wide = image.is_64bit();
    let [known, known_narrow] = KNOWN_SIZES;
    let known = if wide { known } else { known_narrow };
    let data = image.data_at(start, known).unwrap_or_default();
    let mut fields = Fields::new(data, wide);
    let Some(size) = fields.dword() else {
        problems.add("load_config", "directory_truncated", image.offset_of(start), format!("{start:#x}"));
        return None;
    };
    let covered = if size == 0 { directory_size as usize } else { size as usize };
    if data.len() < covered.min(known) {
        let detail = format!("{} of {covered} bytes", data.len());
        problems.add("load_config", "directory_truncated", image.offset_of(start), detail);
    }
    if covered > known {
        let detail = format!("{covered} bytes, {known} known");
        problems.odd("load_config", "size_unknown", image.offset_of(start), detail);
    }
    let mut fields = Fields::new(data.get(..covered).unwrap_or(data), wide);
    fields.dword();
    let mut config = to_structure(&mut fields, wide);
    config.size = size;
    load_config_table::tables(image, &mut config, problems);
    Some(config)
}

/// The fields after `Size`; those of a struct expression are read in the order in which they stand.
fn to_structure(fields: &mut Fields<'_>, wide: bool) -> LoadConfig {
    let head = LoadConfig {
        time_date_stamp: fields.dword(),
        major_version: fields.word(),
        minor_version: fields.word(),
        global_flags_clear: fields.dword(),
        global_flags_set: fields.dword(),
        critical_section_default_timeout: fields.dword(),
        de_commit_free_block_threshold: fields.pointer(),
        de_commit_total_free_threshold: fields.pointer(),
        lock_prefix_table: fields.pointer(),
        maximum_allocation_size: fields.pointer(),
        virtual_memory_threshold: fields.pointer(),
        ..LoadConfig::default()
    };
    // The two change places between PE32 and PE32+.
    let mask_first = if wide { fields.pointer() } else { None };
    let process_heap_flags = fields.dword();
    let process_affinity_mask = if wide { mask_first } else { fields.pointer() };
    let middle = LoadConfig {
        process_affinity_mask,
        process_heap_flags,
        csd_version: fields.word(),
        dependent_load_flags: fields.word(),
        edit_list: fields.pointer(),
        security_cookie: fields.pointer(),
        se_handler_table: fields.pointer(),
        se_handler_count: fields.pointer(),
        guard_cf_check_function_pointer: fields.pointer(),
        guard_cf_dispatch_function_pointer: fields.pointer(),
        guard_cf_function_table: fields.pointer(),
        guard_cf_function_count: fields.pointer(),
        guard_flags: fields.dword(),
        ..head
    };
    let guard_flags = middle.guard_flags;
    LoadConfig {
        guard_flags_names: guard_flags.map(|flags| names::flags(GUARD_FLAGS, flags as u32)),
        code_integrity_flags: fields.word(),
        code_integrity_catalog: fields.word(),
        code_integrity_catalog_offset: fields.dword(),
        code_integrity_reserved: fields.dword(),
        guard_address_taken_iat_entry_table: fields.pointer(),
        guard_address_taken_iat_entry_count: fields.pointer(),
        guard_long_jump_target_table: fields.pointer(),
        guard_long_jump_target_count: fields.pointer(),
        dynamic_value_reloc_table: fields.pointer(),
        chpe_metadata_pointer: fields.pointer(),
        guard_rf_failure_routine: fields.pointer(),
        guard_rf_failure_routine_function_pointer: fields.pointer(),
        dynamic_value_reloc_table_offset: fields.dword(),
        dynamic_value_reloc_table_section: fields.word(),
        reserved2: fields.word(),
        guard_rf_verify_stack_pointer_function_pointer: fields.pointer(),
        hot_patch_table_offset: fields.dword(),
        reserved3: fields.dword(),
        enclave_configuration_pointer: fields.pointer(),
        volatile_metadata_pointer: fields.pointer(),
        guard_eh_continuation_table: fields.pointer(),
        guard_eh_continuation_count: fields.pointer(),
        guard_xfg_check_function_pointer: fields.pointer(),
        guard_xfg_dispatch_function_pointer: fields.pointer(),
        guard_xfg_table_dispatch_function_pointer: fields.pointer(),
        cast_guard_os_determined_failure_mode: fields.pointer(),
        guard_memcpy_function_pointer: fields.pointer(),
        uma_function_pointers: fields.pointer(),
        ..middle
    }
}
