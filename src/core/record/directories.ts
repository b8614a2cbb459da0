// The debug, TLS, relocation and exception directories. Addresses are bigint where the schema has 64 bits.

export interface DebugEntry {
  readonly debug_type: number;
  readonly type_name: string | null;
  readonly characteristics: number;
  readonly time_date_stamp: number;
  readonly major_version: number;
  readonly minor_version: number;
  readonly size_of_data: number;
  readonly address_of_raw_data: number;
  readonly pointer_to_raw_data: number;
  readonly codeview: CodeView | null;
  readonly pogo: Pogo | null;
  readonly repro_hash: string | null;
  readonly vc_feature: VcFeature | null;
  readonly ex_dll_characteristics: number | null;
  readonly ex_dll_characteristics_names: readonly string[] | null;
  readonly pdb_checksum: PdbChecksum | null;
  readonly fpo_entries: number | null;
  readonly misc_name: string | null;
  readonly embedded_pdb_size: number | null;
}

export interface CodeView {
  readonly signature: string;
  readonly guid: string | null;
  readonly timestamp: number | null;
  readonly age: number | null;
  readonly path: string | null;
}

export interface Pogo {
  readonly signature: string;
  readonly entries: readonly PogoEntry[];
}

export interface PogoEntry {
  readonly rva: number;
  readonly size: number;
  readonly name: string;
}

export interface VcFeature {
  readonly pre_vcpp: number | null;
  readonly c_and_cpp: number | null;
  readonly guard_stack: number | null;
  readonly sdl: number | null;
  readonly guard_cf: number | null;
}

export interface PdbChecksum {
  readonly algorithm: string;
  readonly value: string;
}

export interface Tls {
  readonly start_address_of_raw_data: bigint;
  readonly end_address_of_raw_data: bigint;
  readonly address_of_index: bigint;
  readonly address_of_callbacks: bigint;
  readonly size_of_zero_fill: number;
  readonly characteristics: number;
  readonly callbacks: readonly TlsCallback[];
}

export interface TlsCallback {
  readonly address: bigint;
  readonly rva: number | null;
}

export interface Relocations {
  readonly blocks: number;
  readonly empty_blocks: number;
  readonly entries: number;
  readonly types: readonly RelocationType[];
}

export interface RelocationType {
  readonly relocation_type: number;
  readonly name: string | null;
  readonly count: number;
}

export interface Exceptions {
  readonly format: string;
  readonly entries: number;
  readonly packed: number;
  readonly unwind_records: number;
  readonly unwind_unreadable: number;
  readonly unwind_versions: readonly UnwindVersion[];
  readonly exception_handlers: number;
  readonly termination_handlers: number;
  readonly chained: number;
  readonly unwind_code_bytes: number;
}

export interface UnwindVersion {
  readonly version: number;
  readonly count: number;
}
