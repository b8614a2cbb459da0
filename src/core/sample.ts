// One extracted file as the library gives it: the record of the schema, whose every column is
// described by `merc features`. 64-bit fields are bigint, whatever their value; times are ISO 8601
// in UTC, bytes are lower-case hex.

import type { Clr } from './record/clr.ts';
import type { DebugEntry, Exceptions, Relocations, Tls } from './record/directories.ts';
import type { CoffHeader, DataDirectory, DosHeader, OptionalHeader } from './record/headers.ts';
import type { LoadConfig } from './record/load-config.ts';
import type { BoundImport, Checksum, CoffSymbolTable, DosStub, EntryPoint, Overlay, PackerHint, Rich } from './record/pivots.ts';
import type { Manifest, Resource, ResourceDirectory, VersionInfo } from './record/resources.ts';
import type { Export, ExportDirectory, Import, Section } from './record/tables.ts';
import type { Certificate, Signature, WinCertificate } from './record/trust.ts';

export type * from './record/clr.ts';
export type * from './record/directories.ts';
export type * from './record/headers.ts';
export type * from './record/load-config.ts';
export type * from './record/pivots.ts';
export type * from './record/resources.ts';
export type * from './record/tables.ts';
export type * from './record/trust.ts';

export interface Problem {
  readonly stage: string;
  readonly kind: string;
  readonly file_offset: number | null;
  readonly detail: string | null;
}

/** A record, without the columns of a dataset that a run joins to it. */
export interface Sample {
  readonly sample_id: number;
  readonly file_name: string;
  readonly path: string;
  readonly path_raw: string | null;
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
  readonly dos_header: DosHeader | null;
  readonly headers: CoffHeader | null;
  readonly headers_optional: OptionalHeader | null;
  readonly data_directories: readonly DataDirectory[] | null;
  readonly is_64bit: boolean | null;
  readonly is_dll: boolean | null;
  readonly subsystem_name: string | null;
  readonly machine_name: string | null;
  readonly coff_timestamp: string | null;
  readonly sections: readonly Section[] | null;
  readonly imports: readonly Import[] | null;
  readonly exports: readonly Export[] | null;
  readonly export_directory: ExportDirectory | null;
  readonly clr: Clr | null;
  readonly resources: readonly Resource[] | null;
  readonly resource_directory: ResourceDirectory | null;
  readonly version_info: VersionInfo | null;
  readonly manifest: Manifest | null;
  readonly icon_hash: string | null;
  readonly debug: readonly DebugEntry[] | null;
  readonly pdb_path: string | null;
  readonly pdb_guid: string | null;
  readonly pdb_age: number | null;
  readonly tls: Tls | null;
  readonly load_config: LoadConfig | null;
  readonly relocations: Relocations | null;
  readonly exceptions: Exceptions | null;
  readonly certificates: readonly Certificate[] | null;
  readonly win_certificates: readonly WinCertificate[] | null;
  readonly signatures: readonly Signature[] | null;
  readonly authentihash_sha256: string | null;
  readonly authentihash_sha1: string | null;
  readonly authentihash_md5: string | null;
  readonly dos_stub: DosStub | null;
  readonly rich: Rich | null;
  readonly rich_hash: string | null;
  readonly coff_symbol_table: CoffSymbolTable | null;
  readonly entry_point: EntryPoint | null;
  readonly checksum: Checksum | null;
  readonly is_driver: boolean | null;
  readonly bound_imports: readonly BoundImport[] | null;
  readonly imphash: string | null;
  readonly exphash: string | null;
  readonly overlay: Overlay | null;
  readonly tlsh: string | null;
  readonly packer_hints: readonly PackerHint[] | null;
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
