// PE32+ files made byte by byte: small, harmless (there is no code in them), and known to the byte.

export interface PeSection {
  /** At most eight bytes. */
  readonly name: string | Uint8Array;
  readonly characteristics: number;
  readonly data?: Buffer;
}

export interface PeParts {
  readonly sections: readonly PeSection[];
  /** Functions by name or ordinal; they get a section `.idata`. */
  readonly imports?: readonly { readonly dll: string; readonly functions: readonly (string | number)[] }[];
  /** Exported names in sorted order; they get a section `.edata`. */
  readonly exports?: readonly string[];
  readonly stackReserve?: bigint;
}

export const CODE = 0x6000_0020;
export const DATA = 0xc000_0040;
export const READ_ONLY = 0x4000_0040;

const PE_HEADER = 0x40;
const OPTIONAL_HEADER = PE_HEADER + 24;
const SECTION_TABLE = OPTIONAL_HEADER + 240;
const HEADERS = 0x400;
const FILE_ALIGNMENT = 0x200;
const PAGE = 0x1000;

export function buildPe({ sections, imports = [], exports = [], stackReserve = 0x10_0000n }: PeParts): Buffer {
  const rva = (index: number) => PAGE * (index + 1);
  const all: PeSection[] = [...sections];
  const directories: [index: number, rva: number, size: number][] = [];
  const add = (directory: number, name: string, data: Buffer) => {
    directories.push([directory, rva(all.length), data.length]);
    all.push({ name, characteristics: READ_ONLY, data });
  };
  if (exports.length > 0) add(0, '.edata', exportData(exports, rva(all.length)));
  if (imports.length > 0) add(1, '.idata', importData(imports, rva(all.length)));

  const header = Buffer.alloc(HEADERS);
  header.write('MZ', 0, 'latin1');
  header.writeUInt32LE(PE_HEADER, 0x3c);
  header.write('PE', PE_HEADER, 'latin1');
  header.writeUInt16LE(0x8664, PE_HEADER + 4);
  header.writeUInt16LE(all.length, PE_HEADER + 6);
  header.writeUInt32LE(1_500_000_000, PE_HEADER + 8);
  header.writeUInt16LE(240, PE_HEADER + 20);
  header.writeUInt16LE(0x22, PE_HEADER + 22);
  header.writeUInt16LE(0x20b, OPTIONAL_HEADER);
  header.writeUInt32LE(0x200, OPTIONAL_HEADER + 4);
  header.writeUInt32LE(rva(0), OPTIONAL_HEADER + 16);
  header.writeBigUInt64LE(0x1_4000_0000n, OPTIONAL_HEADER + 24);
  header.writeUInt32LE(PAGE, OPTIONAL_HEADER + 32);
  header.writeUInt32LE(FILE_ALIGNMENT, OPTIONAL_HEADER + 36);
  header.writeUInt16LE(6, OPTIONAL_HEADER + 48);
  header.writeUInt32LE(rva(all.length), OPTIONAL_HEADER + 56);
  header.writeUInt32LE(HEADERS, OPTIONAL_HEADER + 60);
  header.writeUInt16LE(3, OPTIONAL_HEADER + 68);
  header.writeBigUInt64LE(stackReserve, OPTIONAL_HEADER + 72);
  header.writeBigUInt64LE(0x1000n, OPTIONAL_HEADER + 80);
  header.writeBigUInt64LE(0x10_0000n, OPTIONAL_HEADER + 88);
  header.writeBigUInt64LE(0x1000n, OPTIONAL_HEADER + 96);
  header.writeUInt32LE(16, OPTIONAL_HEADER + 108);
  for (const [index, address, size] of directories) {
    header.writeUInt32LE(address, OPTIONAL_HEADER + 112 + index * 8);
    header.writeUInt32LE(size, OPTIONAL_HEADER + 116 + index * 8);
  }

  const bodies: Buffer[] = [];
  let offset = HEADERS;
  for (const [index, { name, characteristics, data = Buffer.alloc(0) }] of all.entries()) {
    const at = SECTION_TABLE + index * 40;
    const body = Buffer.concat([data, Buffer.alloc(-data.length & (FILE_ALIGNMENT - 1))]);
    header.set(Buffer.from(name as string).subarray(0, 8), at);
    header.writeUInt32LE(data.length, at + 8);
    header.writeUInt32LE(rva(index), at + 12);
    header.writeUInt32LE(body.length, at + 16);
    header.writeUInt32LE(body.length === 0 ? 0 : offset, at + 20);
    header.writeUInt32LE(characteristics, at + 36);
    bodies.push(body);
    offset += body.length;
  }
  return Buffer.concat([header, ...bodies]);
}

function importData(imports: NonNullable<PeParts['imports']>, base: number): Buffer {
  const data = Buffer.alloc(PAGE);
  let end = (imports.length + 1) * 20;
  const place = (size: number) => (end += size) - size;
  for (const [index, { dll, functions }] of imports.entries()) {
    const thunks = place((functions.length + 1) * 8);
    for (const [slot, wanted] of functions.entries()) {
      if (typeof wanted === 'number') data.writeBigUInt64LE(0x8000_0000_0000_0000n | BigInt(wanted), thunks + slot * 8);
      else {
        const name = place(2 + wanted.length + 1);
        data.write(wanted, name + 2, 'latin1');
        data.writeBigUInt64LE(BigInt(base + name), thunks + slot * 8);
      }
    }
    const name = place(dll.length + 1);
    data.write(dll, name, 'latin1');
    data.writeUInt32LE(base + thunks, index * 20);
    data.writeUInt32LE(base + name, index * 20 + 12);
    data.writeUInt32LE(base + thunks, index * 20 + 16);
  }
  return data.subarray(0, end);
}

function exportData(names: readonly string[], base: number): Buffer {
  const [functions, pointers, ordinals] = [40, 40 + names.length * 4, 40 + names.length * 8];
  const data = Buffer.alloc(PAGE);
  let end = ordinals + names.length * 2;
  const placeText = (text: string) => {
    const at = end;
    data.write(text, at, 'latin1');
    end += text.length + 1;
    return base + at;
  };
  data.writeUInt32LE(placeText('fixture.dll'), 12);
  data.writeUInt32LE(1, 16);
  data.writeUInt32LE(names.length, 20);
  data.writeUInt32LE(names.length, 24);
  data.writeUInt32LE(base + functions, 28);
  data.writeUInt32LE(base + pointers, 32);
  data.writeUInt32LE(base + ordinals, 36);
  for (const [index, name] of names.entries()) {
    data.writeUInt32LE(PAGE, functions + index * 4);
    data.writeUInt32LE(placeText(name), pointers + index * 4);
    data.writeUInt16LE(index, ordinals + index * 2);
  }
  return data.subarray(0, end);
}
