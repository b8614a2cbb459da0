// The headers of a PE file, as `merc features` describes their columns.

export interface DosHeader {
  readonly e_magic: number;
  readonly e_cblp: number;
  readonly e_cp: number;
  readonly e_crlc: number;
  readonly e_cparhdr: number;
  readonly e_minalloc: number;
  readonly e_maxalloc: number;
  readonly e_ss: number;
  readonly e_sp: number;
  readonly e_csum: number;
  readonly e_ip: number;
  readonly e_cs: number;
  readonly e_lfarlc: number;
  readonly e_ovno: number;
  readonly e_res: readonly number[];
  readonly e_oemid: number;
  readonly e_oeminfo: number;
  readonly e_res2: readonly number[];
  readonly e_lfanew: number;
}

export interface CoffHeader {
  readonly machine: number;
  readonly number_of_sections: number;
  readonly time_date_stamp: number;
  readonly pointer_to_symbol_table: number;
  readonly number_of_symbols: number;
  readonly size_of_optional_header: number;
  readonly characteristics: number;
  readonly characteristics_names: readonly string[];
}

export interface OptionalHeader {
  readonly magic: number;
  readonly major_linker_version: number | null;
  readonly minor_linker_version: number | null;
  readonly size_of_code: number | null;
  readonly size_of_initialized_data: number | null;
  readonly size_of_uninitialized_data: number | null;
  readonly address_of_entry_point: number | null;
  readonly base_of_code: number | null;
  readonly base_of_data: number | null;
  readonly image_base: bigint | null;
  readonly section_alignment: number | null;
  readonly file_alignment: number | null;
  readonly major_operating_system_version: number | null;
  readonly minor_operating_system_version: number | null;
  readonly major_image_version: number | null;
  readonly minor_image_version: number | null;
  readonly major_subsystem_version: number | null;
  readonly minor_subsystem_version: number | null;
  readonly win32_version_value: number | null;
  readonly size_of_image: number | null;
  readonly size_of_headers: number | null;
  readonly check_sum: number | null;
  readonly subsystem: number | null;
  readonly dll_characteristics: number | null;
  readonly dll_characteristics_names: readonly string[];
  readonly size_of_stack_reserve: bigint | null;
  readonly size_of_stack_commit: bigint | null;
  readonly size_of_heap_reserve: bigint | null;
  readonly size_of_heap_commit: bigint | null;
  readonly loader_flags: number | null;
  readonly number_of_rva_and_sizes: number | null;
}

export interface DataDirectory {
  readonly name: string;
  readonly virtual_address: number;
  readonly size: number;
}
