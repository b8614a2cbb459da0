// The CLR header and the metadata of a .NET file.

export interface Clr {
  readonly major_runtime_version: number;
  readonly minor_runtime_version: number;
  readonly flags: number;
  readonly flag_names: readonly string[];
  readonly entry_point_token: number | null;
  readonly entry_point_rva: number | null;
  readonly strong_name_size: number;
  readonly has_native_header: boolean;
  readonly metadata_version: string | null;
  readonly streams: readonly ClrStream[] | null;
  readonly table_rows: readonly ClrTable[] | null;
  readonly module_name: string | null;
  readonly mvid: string | null;
  readonly guids: readonly string[] | null;
  readonly typelib: string | null;
  readonly assembly: Assembly | null;
  readonly assembly_refs: readonly AssemblyRef[] | null;
  readonly module_refs: readonly string[] | null;
  readonly resources: readonly ClrResource[] | null;
  readonly constants: readonly string[] | null;
  readonly field_offsets: readonly number[] | null;
  readonly user_string_count: number | null;
}

export interface ClrStream {
  readonly name: string;
  readonly file_offset: number;
  readonly size: number;
}

export interface ClrTable {
  readonly name: string;
  readonly rows: number;
}

export interface Assembly {
  readonly name: string | null;
  readonly version: string;
  readonly culture: string | null;
  readonly public_key: string | null;
  readonly public_key_token: string | null;
  readonly flags: number;
  readonly hash_algorithm: number;
}

export interface AssemblyRef {
  readonly name: string | null;
  readonly version: string;
  readonly culture: string | null;
  readonly public_key_token: string | null;
}

export interface ClrResource {
  readonly name: string | null;
  readonly public: boolean;
  readonly location: string | null;
  readonly file_offset: number | null;
  readonly size: number | null;
}
