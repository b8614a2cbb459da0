// Resources, version information and manifest.

export interface ResourceDirectory {
  readonly characteristics: number;
  readonly timestamp: string | null;
  readonly major_version: number;
  readonly minor_version: number;
  readonly number_of_named_entries: number;
  readonly number_of_id_entries: number;
}

export interface Resource {
  readonly type: string | null;
  readonly name: string | null;
  readonly language: number | null;
  readonly codepage: number;
  readonly rva: number;
  readonly file_offset: number | null;
  readonly size: number;
  readonly entropy: number | null;
  readonly sha256: string | null;
  readonly magic: string | null;
}

export interface VersionInfo {
  readonly file_version: string | null;
  readonly product_version: string | null;
  readonly file_flags: number | null;
  readonly file_flags_names: readonly string[];
  readonly file_os: number | null;
  readonly file_os_name: string | null;
  readonly file_type: number | null;
  readonly file_type_name: string | null;
  readonly file_subtype: number | null;
  readonly file_date: string | null;
  readonly strings: readonly VersionString[];
  readonly translations: readonly Translation[];
}

export interface VersionString {
  readonly block: string;
  readonly name: string;
  readonly value: string;
}

export interface Translation {
  readonly language: number;
  readonly codepage: number;
}

export interface Manifest {
  readonly text: string;
  readonly requested_execution_level: string | null;
  readonly ui_access: boolean | null;
}
