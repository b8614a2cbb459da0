// One extracted file as the library gives it: the record of the schema, whose every column is
// described by `merc features`. 64-bit fields are bigint, whatever their value; times are ISO 8601
// in UTC, bytes are lower-case hex.

export interface Problem {
  readonly stage: string;
  readonly kind: string;
  readonly file_offset: number | null;
  readonly detail: string | null;
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

type OptionalNumbers =
  | 'major_linker_version'
  | 'minor_linker_version'
  | 'size_of_code'
  | 'size_of_initialized_data'
  | 'size_of_uninitialized_data'
  | 'address_of_entry_point'
  | 'base_of_code'
  | 'base_of_data'
  | 'section_alignment'
  | 'file_alignment'
  | 'major_operating_system_version'
  | 'minor_operating_system_version'
  | 'major_image_version'
  | 'minor_image_version'
  | 'major_subsystem_version'
  | 'minor_subsystem_version'
  | 'win32_version_value'
  | 'size_of_image'
  | 'size_of_headers'
  | 'check_sum'
  | 'subsystem'
  | 'dll_characteristics'
  | 'loader_flags'
  | 'number_of_rva_and_sizes';
type OptionalBigints = 'image_base' | 'size_of_stack_reserve' | 'size_of_stack_commit' | 'size_of_heap_reserve' | 'size_of_heap_commit';

export type OptionalHeader = Readonly<Record<OptionalNumbers, number | null> & Record<OptionalBigints, bigint | null>> & {
  readonly magic: number;
  readonly dll_characteristics_names: readonly string[];
};

export interface Section {
  readonly name: string;
  readonly name_raw: string;
  readonly virtual_address: number;
  readonly virtual_size: number;
  readonly raw_offset: number;
  readonly raw_size: number;
  readonly pointer_to_relocations: number;
  readonly pointer_to_linenumbers: number;
  readonly number_of_relocations: number;
  readonly number_of_linenumbers: number;
  readonly characteristics: number;
  readonly contains_code: boolean;
  readonly executable: boolean;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly entropy?: number | null;
}

export interface ImportedFunction {
  readonly name: string | null;
  readonly ordinal: number | null;
  readonly hint: number | null;
}

export interface Import {
  readonly dll: string;
  readonly delayed: boolean;
  readonly functions: readonly ImportedFunction[];
}

export interface Export {
  readonly name: string | null;
  readonly ordinal: number;
  readonly rva: number;
  readonly forwarder: string | null;
}

export interface NameAttribute {
  readonly name: string;
  readonly value: string;
}

export interface Certificate {
  readonly subject: string | null;
  readonly subject_parts: readonly NameAttribute[];
  readonly issuer: string | null;
  readonly issuer_parts: readonly NameAttribute[];
  /** Decimal; of any size. */
  readonly serial: string | null;
  readonly fingerprint: string;
  readonly not_before: string | null;
  readonly not_after: string | null;
  readonly public_key: string | null;
  readonly certificate: string;
  readonly algorithm: string | null;
}

/** A record. What has no column here yet is there all the same, under the schema's name. */
export interface Sample {
  readonly [column: string]: unknown;
  readonly file_name: string;
  readonly file_size: number;
  readonly md5: string | null;
  readonly sha1: string | null;
  readonly sha256: string | null;
  readonly entropy: number | null;
  readonly byte_histogram: readonly number[] | null;
  readonly magic: string | null;
  readonly status: 'ok' | 'partial' | 'not_pe' | 'failed' | 'crashed';
  readonly problems: readonly Problem[];
  readonly limits_hit: readonly string[];
  readonly dos_header: Readonly<Record<string, number | readonly number[]>> | null;
  readonly headers: CoffHeader | null;
  readonly headers_optional: OptionalHeader | null;
  readonly data_directories: readonly { readonly name: string; readonly virtual_address: number; readonly size: number }[] | null;
  readonly is_64bit: boolean | null;
  readonly is_dll: boolean | null;
  readonly subsystem_name: string | null;
  readonly machine_name: string | null;
  readonly coff_timestamp: string | null;
  readonly sections: readonly Section[] | null;
  readonly imports: readonly Import[] | null;
  readonly exports: readonly Export[] | null;
  readonly certificates: readonly Certificate[] | null;
  readonly string_count_ascii: number | null;
  readonly string_count_wide: number | null;
  readonly string_bytes: number | null;
}

/** A static string and where it stands. */
export interface StaticString {
  readonly file_offset: number;
  readonly encoding: 'ascii' | 'utf16le';
  readonly value: string;
}
