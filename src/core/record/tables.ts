// The tables of a PE file: sections, imports, exports.

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
  readonly long_name: string | null;
  readonly entropy: number | null;
  readonly chi2: number | null;
  readonly md5: string | null;
  readonly sha256: string | null;
}

export interface Import {
  readonly dll: string;
  readonly delayed: boolean;
  readonly time_date_stamp: number;
  readonly forwarder_chain: number | null;
  readonly lookup_table_rva: number;
  readonly address_table_rva: number;
  readonly functions: readonly ImportedFunction[];
}

export interface ImportedFunction {
  readonly name: string | null;
  readonly ordinal: number | null;
  readonly hint: number | null;
}

export interface ExportDirectory {
  readonly dll: string | null;
  readonly characteristics: number;
  readonly time_date_stamp: number;
  readonly major_version: number;
  readonly minor_version: number;
  readonly base: number;
  readonly number_of_functions: number;
  readonly number_of_names: number;
}

export interface Export {
  readonly name: string | null;
  readonly ordinal: number;
  readonly rva: number;
  readonly forwarder: string | null;
}
