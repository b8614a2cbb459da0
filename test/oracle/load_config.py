"""The load configuration, field by field and its tables counted, and the TLS directory, as LIEF reads them."""

# LIEF's name where it is not merc's.
RENAMED = {
    "time_date_stamp": "timedatestamp",
    "de_commit_free_block_threshold": "decommit_free_block_threshold",
    "de_commit_total_free_threshold": "decommit_total_free_threshold",
    "edit_list": "editlist",
    "dynamic_value_reloc_table_offset": "dynamic_value_reloctable_offset",
    "dynamic_value_reloc_table_section": "dynamic_value_reloctable_section",
    "guard_rf_verify_stack_pointer_function_pointer": "guard_rf_verify_stackpointer_function_pointer",
    "hot_patch_table_offset": "hotpatch_table_offset",
    "enclave_configuration_pointer": "enclave_configuration_ptr",
}
FIELDS = """size time_date_stamp major_version minor_version global_flags_clear global_flags_set
critical_section_default_timeout de_commit_free_block_threshold de_commit_total_free_threshold lock_prefix_table
maximum_allocation_size virtual_memory_threshold process_affinity_mask process_heap_flags csd_version
dependent_load_flags edit_list security_cookie se_handler_table se_handler_count guard_cf_check_function_pointer
guard_cf_function_table guard_cf_function_count guard_flags guard_address_taken_iat_entry_table
guard_address_taken_iat_entry_count guard_long_jump_target_table guard_long_jump_target_count
dynamic_value_reloc_table chpe_metadata_pointer guard_rf_failure_routine guard_rf_failure_routine_function_pointer
dynamic_value_reloc_table_offset dynamic_value_reloc_table_section reserved2
guard_rf_verify_stack_pointer_function_pointer hot_patch_table_offset reserved3 enclave_configuration_pointer
volatile_metadata_pointer guard_eh_continuation_table guard_eh_continuation_count guard_xfg_check_function_pointer
guard_xfg_dispatch_function_pointer guard_xfg_table_dispatch_function_pointer
cast_guard_os_determined_failure_mode guard_memcpy_function_pointer uma_function_pointers""".split()
CODE_INTEGRITY = "flags catalog catalog_offset reserved".split()
TABLES = {
    "seh_handlers": "seh_functions",
    "guard_cf_functions": "guard_cf_functions",
    "guard_iat_entries": "guard_address_taken_iat_entries",
    "guard_long_jump_targets": "guard_long_jump_targets",
    "guard_eh_continuations": "guard_eh_continuation_functions",
}
LISTS = {
    "guard_flags_names": lambda config: sorted(f"IMAGE_GUARD_{flag.name}" for flag in config.guard_cf_flags_list),
    "dynamic_relocations": lambda config: [(table.version, table.symbol) for table in config.dynamic_relocations],
}
TLS = {
    "start_address_of_raw_data": lambda tls: tls.addressof_raw_data[0],
    "end_address_of_raw_data": lambda tls: tls.addressof_raw_data[1],
    "address_of_index": lambda tls: tls.addressof_index,
    "address_of_callbacks": lambda tls: tls.addressof_callbacks,
    "size_of_zero_fill": lambda tls: tls.sizeof_zero_fill,
    "characteristics": lambda tls: tls.characteristics,
    "callbacks": lambda tls: list(tls.callbacks),
}


def load_config(opened):
    config = opened.lief.load_configuration
    integrity = config and config.code_integrity
    return {
        **{f"load_config.{name}": config and getattr(config, RENAMED.get(name, name)) for name in FIELDS},
        **{f"load_config.code_integrity_{name}": integrity and getattr(integrity, name) for name in CODE_INTEGRITY},
        **{f"load_config.tables.{name}": len(getattr(config, its)) if config else 0 for name, its in TABLES.items()},
        **{f"load_config.{name}": value(config) if config else [] for name, value in LISTS.items()},
        "load_config.chpe_version": config.chpe_metadata.version if config and config.chpe_metadata else None,
    }


def tls(opened):
    found = opened.lief.tls
    values = {f"tls.{name}": None if found is None else value(found) for name, value in TLS.items()}
    values["tls.callbacks"] = values["tls.callbacks"] or []
    return values
