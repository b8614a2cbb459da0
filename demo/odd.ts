// The demo set's odd files, assembled byte by byte: what a folder of real samples also holds. They
// are made here so that no binary of anyone's is committed; none of them is ever executed.

/** The odd files in the order in which they are numbered; `real` is a whole PE file to cut. */
export function oddFiles(real: Buffer): Buffer[] {
  return [
    Buffer.alloc(0),
    Buffer.from(real.subarray(0, Math.floor(real.length / 2))),
    Buffer.from('Notes on the samples in this folder.\nThis file is text and no executable.\n'),
    tinyPe(),
    dosProgram(),
  ];
}

/**
 * The smallest PE32 that Windows XP's loader and pefile accept: 97 bytes. The PE header lies over the
 * DOS header (`e_lfanew` is `SectionAlignment`, both 4), the one section header over the optional
 * header (`SizeOfOptionalHeader` is 4), and the file ends within `Subsystem`.
 */
export function tinyPe(): Buffer {
  const bytes = Buffer.alloc(97);
  bytes.write('MZ', 0, 'latin1');
  bytes.write('PE', 4, 'latin1');
  bytes.writeUInt16LE(0x14c, 8); // Machine: i386
  bytes.writeUInt16LE(1, 10); // NumberOfSections
  bytes.writeUInt32LE(0xc3_58_2a_6a, 12); // TimeDateStamp, and the code: push 42, pop eax, ret
  bytes.writeUInt16LE(4, 24); // SizeOfOptionalHeader
  bytes.writeUInt16LE(0x103, 26); // Characteristics: 32-bit, executable, no relocations
  bytes.writeUInt16LE(0x10b, 28); // Magic: PE32
  bytes.writeUInt32LE(4, 40); // SizeOfUninitializedData, and the section's VirtualSize
  bytes.writeUInt32LE(12, 44); // AddressOfEntryPoint, and the section's VirtualAddress
  bytes.writeUInt32LE(4, 48); // BaseOfCode, and the section's SizeOfRawData
  bytes.writeUInt32LE(12, 52); // BaseOfData, and the section's PointerToRawData
  bytes.writeUInt32LE(0x400000, 56); // ImageBase
  bytes.writeUInt32LE(4, 60); // SectionAlignment, and e_lfanew
  bytes.writeUInt32LE(4, 64); // FileAlignment
  bytes.writeUInt16LE(4, 76); // MajorSubsystemVersion
  bytes.writeUInt32LE(0x68, 84); // SizeOfImage
  bytes.writeUInt32LE(0x2c, 88); // SizeOfHeaders
  bytes.writeUInt8(2, 96); // Subsystem: Windows GUI, its low byte alone
  return bytes;
}

/** A DOS program without a PE header: 64 bytes of `IMAGE_DOS_HEADER`, then `mov ah, 4ch; int 21h`. */
export function dosProgram(): Buffer {
  const bytes = Buffer.alloc(68);
  bytes.write('MZ', 0, 'latin1');
  bytes.writeUInt16LE(68, 2); // e_cblp
  bytes.writeUInt16LE(1, 4); // e_cp
  bytes.writeUInt16LE(4, 8); // e_cparhdr
  bytes.writeUInt16LE(0xffff, 12); // e_maxalloc
  bytes.writeUInt16LE(0x1c, 24); // e_lfarlc
  bytes.set([0xb4, 0x4c, 0xcd, 0x21], 64);
  return bytes;
}
