//! Builds PE files for tests: valid by default, and wrong in exactly the places a test sets.
//!
//! Lays out headers, then each section at its raw offset. `imports` and `exports` make the bytes of a
//! directory for a given RVA; a test puts them into a section and points a directory there.

#![allow(dead_code, unreachable_pub)] // each test binary uses its part
#![allow(clippy::indexing_slicing)] // a test that panics has failed

/// One section; its data goes to `raw_offset`.
#[derive(Clone, Default)]
pub struct SectionSpec {
    pub name: [u8; 8],
    pub virtual_address: u32,
    pub virtual_size: u32,
    pub raw_offset: u32,
    /// `SizeOfRawData`; `None` for the length of `data`.
    pub raw_size: Option<u32>,
    pub characteristics: u32,
    pub data: Vec<u8>,
}

/// A PE to be; `Option`s override what would be right.
#[derive(Clone)]
pub struct PeBuilder {
    pub wide: bool,
    pub e_lfanew: u32,
    pub machine: u16,
    pub characteristics: u16,
    pub section_alignment: u32,
    pub file_alignment: u32,
    pub image_base: u64,
    pub subsystem: u16,
    pub directories: [(u32, u32); 16],
    pub sections: Vec<SectionSpec>,
    pub magic: Option<u16>,
    pub number_of_sections: Option<u16>,
    pub size_of_optional_header: Option<u16>,
    pub number_of_rva_and_sizes: Option<u32>,
    /// Bytes at file offsets, written last.
    pub patches: Vec<(usize, Vec<u8>)>,
}

impl PeBuilder {
    pub fn new(wide: bool) -> Self {
        Self {
            wide,
            e_lfanew: 0x80,
            machine: if wide { 0x8664 } else { 0x14c },
            characteristics: 0x102,
            section_alignment: 0x1000,
            file_alignment: 0x200,
            image_base: 0x40_0000,
            subsystem: 3,
            directories: [(0, 0); 16],
            sections: Vec::new(),
            magic: None,
            number_of_sections: None,
            size_of_optional_header: None,
            number_of_rva_and_sizes: None,
            patches: Vec::new(),
        }
    }

    /// A file with one section at RVA 0x1000, file offset 0x400, that holds `data`.
    pub fn with_data(wide: bool, data: Vec<u8>) -> Self {
        let section = SectionSpec {
            name: *b".data\0\0\0",
            virtual_address: 0x1000,
            virtual_size: data.len() as u32,
            raw_offset: 0x400,
            characteristics: 0xc000_0040,
            data,
            ..SectionSpec::default()
        };
        Self { sections: vec![section], ..Self::new(wide) }
    }

    /// Points data directory `index` at `rva`.
    pub fn directory(mut self, index: usize, rva: u32, size: u32) -> Self {
        self.directories[index] = (rva, size);
        self
    }

    /// Overwrites bytes at a file offset.
    pub fn patch(mut self, offset: usize, bytes: &[u8]) -> Self {
        self.patches.push((offset, bytes.to_vec()));
        self
    }

    fn fixed_size(&self) -> usize {
        if self.wide { 112 } else { 96 }
    }

    /// File offset of the optional header.
    pub fn optional_header(&self) -> usize {
        self.e_lfanew as usize + 24
    }

    /// File offset of the section table.
    pub fn section_table(&self) -> usize {
        let size = self.size_of_optional_header.map_or(self.fixed_size() + 128, usize::from);
        self.optional_header() + size
    }

    /// The file.
    pub fn build(&self) -> Vec<u8> {
        let mut file = vec![0; 0x40];
        put(&mut file, 0, b"MZ");
        put(&mut file, 0x3c, &self.e_lfanew.to_le_bytes());
        let nt = self.e_lfanew as usize;
        let sections = self.number_of_sections.unwrap_or(self.sections.len() as u16);
        let optional_size = self.size_of_optional_header.unwrap_or(self.fixed_size() as u16 + 128);
        put(&mut file, nt, b"PE\0\0");
        put(&mut file, nt + 4, &self.machine.to_le_bytes());
        put(&mut file, nt + 6, &sections.to_le_bytes());
        put(&mut file, nt + 20, &optional_size.to_le_bytes());
        put(&mut file, nt + 22, &self.characteristics.to_le_bytes());

        let opt = self.optional_header();
        let magic = self.magic.unwrap_or(if self.wide { 0x20b } else { 0x10b });
        put(&mut file, opt, &magic.to_le_bytes());
        if self.wide {
            put(&mut file, opt + 24, &self.image_base.to_le_bytes());
        } else {
            put(&mut file, opt + 28, &(self.image_base as u32).to_le_bytes());
        }
        put(&mut file, opt + 32, &self.section_alignment.to_le_bytes());
        put(&mut file, opt + 36, &self.file_alignment.to_le_bytes());
        put(&mut file, opt + 68, &self.subsystem.to_le_bytes());
        let directories = opt + self.fixed_size();
        let count = self.number_of_rva_and_sizes.unwrap_or(16);
        put(&mut file, directories - 4, &count.to_le_bytes());
        for (index, (rva, size)) in self.directories.iter().enumerate() {
            put(&mut file, directories + index * 8, &[rva.to_le_bytes(), size.to_le_bytes()].concat());
        }

        for (index, section) in self.sections.iter().enumerate() {
            let header = self.section_table() + index * 40;
            let raw_size = section.raw_size.unwrap_or(section.data.len() as u32);
            put(&mut file, header, &section.name);
            let fields = [section.virtual_size, section.virtual_address, raw_size, section.raw_offset];
            put(&mut file, header + 8, &dwords(&fields));
            put(&mut file, header + 36, &section.characteristics.to_le_bytes());
        }
        for section in &self.sections {
            put(&mut file, section.raw_offset as usize, &section.data);
        }
        for (offset, bytes) in &self.patches {
            put(&mut file, *offset, bytes);
        }
        file
    }
}

/// Writes `bytes` at `offset`, growing the file with zeros.
pub fn put(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    if file.len() < offset + bytes.len() {
        file.resize(offset + bytes.len(), 0);
    }
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
}

/// Little-endian bytes of `values`.
pub fn dwords(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// What a descriptor imports.
pub enum Thunk<'a> {
    Name(u16, &'a [u8]),
    Ordinal(u16),
}

/// An import directory for `rva`: descriptors, then of each DLL its lookup table, address table and names.
pub fn imports(rva: u32, wide: bool, dlls: &[(&[u8], &[Thunk<'_>])]) -> Vec<u8> {
    let mut data = vec![0; (dlls.len() + 1) * 20];
    for (index, (dll, thunks)) in dlls.iter().enumerate() {
        let name = append_text(&mut data, rva, dll);
        let entries = thunk_table(&mut data, rva, wide, thunks);
        let lookup = rva + data.len() as u32;
        let address = lookup + entries.len() as u32;
        data.extend_from_slice(&entries);
        data.extend_from_slice(&entries);
        put(&mut data, index * 20, &dwords(&[lookup, 0, 0, name, address]));
    }
    data
}

/// A table of `thunks`, whose hints and names are added to `data`, which lies at `base`.
pub fn thunk_table(data: &mut Vec<u8>, base: u32, wide: bool, thunks: &[Thunk<'_>]) -> Vec<u8> {
    let width = if wide { 8 } else { 4 };
    let mut table = Vec::new();
    for thunk in thunks {
        let entry = match thunk {
            Thunk::Ordinal(ordinal) => u64::from(*ordinal) | if wide { 1 << 63 } else { 1 << 31 },
            Thunk::Name(hint, text) => {
                let text = [&hint.to_le_bytes(), *text].concat();
                append_text(data, base, &text).into()
            }
        };
        table.extend_from_slice(&entry.to_le_bytes()[..width]);
    }
    table.extend_from_slice(&[0; 8][..width]);
    table
}

/// What an export table entry holds.
pub enum Target<'a> {
    Rva(u32),
    Forwarder(&'a [u8]),
}

/// An export directory for `rva` with names in the given order; its length is the directory's size.
pub fn exports(rva: u32, base: u32, targets: &[Target<'_>], names: &[(&[u8], u16)]) -> Vec<u8> {
    let functions = 40;
    let name_table = functions + targets.len() * 4;
    let ordinals = name_table + names.len() * 4;
    let mut data = vec![0; ordinals + names.len() * 2];
    for (index, target) in targets.iter().enumerate() {
        let entry = match target {
            Target::Rva(entry) => *entry,
            Target::Forwarder(text) => append_text(&mut data, rva, text),
        };
        put(&mut data, functions + index * 4, &entry.to_le_bytes());
    }
    for (index, (name, target)) in names.iter().enumerate() {
        let entry = append_text(&mut data, rva, name);
        put(&mut data, name_table + index * 4, &entry.to_le_bytes());
        put(&mut data, ordinals + index * 2, &target.to_le_bytes());
    }
    let counts = [base, targets.len() as u32, names.len() as u32];
    let tables = [functions, name_table, ordinals].map(|offset| rva + offset as u32);
    put(&mut data, 16, &dwords(&[counts, tables].concat()));
    data
}

/// Adds `text` and its NUL to `data`, which lies at `rva`, and gives its place.
pub fn append_text(data: &mut Vec<u8>, rva: u32, text: &[u8]) -> u32 {
    let entry = rva + data.len() as u32;
    data.extend_from_slice(text);
    data.push(0);
    entry
}
