// The load configuration directory; what an older linker did not know is null.

export interface LoadConfig {
  readonly size: number;
  readonly time_date_stamp: number | null;
  readonly major_version: number | null;
  readonly minor_version: number | null;
  readonly global_flags_clear: number | null;
  readonly global_flags_set: number | null;
  readonly critical_section_default_timeout: number | null;
  readonly de_commit_free_block_threshold: bigint | null;
  readonly de_commit_total_free_threshold: bigint | null;
  readonly lock_prefix_table: bigint | null;
  readonly maximum_allocation_size: bigint | null;
  readonly virtual_memory_threshold: bigint | null;
  readonly process_affinity_mask: bigint | null;
  readonly process_heap_flags: number | null;
  readonly csd_version: number | null;
  readonly dependent_load_flags: number | null;
  readonly edit_list: bigint | null;
  readonly security_cookie: bigint | null;
  readonly se_handler_table: bigint | null;
  readonly se_handler_count: bigint | null;
  readonly guard_cf_check_function_pointer: bigint | null;
  readonly guard_cf_dispatch_function_pointer: bigint | null;
  readonly guard_cf_function_table: bigint | null;
  readonly guard_cf_function_count: bigint | null;
  readonly guard_flags: number | null;
  readonly guard_flags_names: readonly string[] | null;
  readonly code_integrity_flags: number | null;
  readonly code_integrity_catalog: number | null;
  readonly code_integrity_catalog_offset: number | null;
  readonly code_integrity_reserved: number | null;
  readonly guard_address_taken_iat_entry_table: bigint | null;
  readonly guard_address_taken_iat_entry_count: bigint | null;
  readonly guard_long_jump_target_table: bigint | null;
  readonly guard_long_jump_target_count: bigint | null;
  readonly dynamic_value_reloc_table: bigint | null;
  readonly chpe_metadata_pointer: bigint | null;
  readonly guard_rf_failure_routine: bigint | null;
  readonly guard_rf_failure_routine_function_pointer: bigint | null;
  readonly dynamic_value_reloc_table_offset: number | null;
  readonly dynamic_value_reloc_table_section: number | null;
  readonly reserved2: number | null;
  readonly guard_rf_verify_stack_pointer_function_pointer: bigint | null;
  readonly hot_patch_table_offset: number | null;
  readonly reserved3: number | null;
  readonly enclave_configuration_pointer: bigint | null;
  readonly volatile_metadata_pointer: bigint | null;
  readonly guard_eh_continuation_table: bigint | null;
  readonly guard_eh_continuation_count: bigint | null;
  readonly guard_xfg_check_function_pointer: bigint | null;
  readonly guard_xfg_dispatch_function_pointer: bigint | null;
  readonly guard_xfg_table_dispatch_function_pointer: bigint | null;
  readonly cast_guard_os_determined_failure_mode: bigint | null;
  readonly guard_memcpy_function_pointer: bigint | null;
  readonly uma_function_pointers: bigint | null;
  readonly tables: readonly LoadConfigTable[];
  readonly dynamic_relocations: DynamicRelocations | null;
  readonly chpe_version: number | null;
}

export interface LoadConfigTable {
  readonly name: string;
  readonly rva: number | null;
  readonly entry_size: number;
  readonly declared: bigint;
  readonly present: number;
}

export interface DynamicRelocations {
  readonly version: number;
  readonly size: number;
  readonly symbols: readonly bigint[];
}
