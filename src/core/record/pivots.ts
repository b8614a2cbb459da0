// What relates files to each other and places them: Rich data, entry point, checksum, overlay, hints.

export interface DosStub {
  readonly size: number;
  readonly sha256: string | null;
}

export interface Rich {
  readonly key: number;
  readonly file_offset: number;
  readonly entries: readonly RichEntry[];
  readonly hash: string;
  readonly checksum_ok: boolean;
}

export interface RichEntry {
  readonly product_id: number;
  readonly build: number;
  readonly count: number;
}

export interface CoffSymbolTable {
  readonly file_offset: number;
  readonly symbol_count: number;
  readonly string_table_size: number | null;
}

export interface EntryPoint {
  readonly rva: number;
  readonly file_offset: number | null;
  readonly section: string | null;
  readonly bytes: string | null;
}

export interface Checksum {
  readonly stored: number;
  readonly computed: number | null;
}

export interface BoundImport {
  readonly dll: string;
  readonly timestamp: string;
  readonly forwarders: readonly BoundForwarder[];
}

export interface BoundForwarder {
  readonly dll: string;
  readonly timestamp: string;
}

export interface Overlay {
  readonly file_offset: number;
  readonly size: number;
  readonly entropy: number | null;
  readonly sha256: string | null;
  readonly magic: string | null;
}

export interface PackerHint {
  readonly name: string;
  readonly kind: string;
  readonly evidence: string;
}
