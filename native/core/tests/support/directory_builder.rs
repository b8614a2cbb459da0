//! Builds files with one debug, TLS, load configuration, relocation or exception directory at `RVA`.

#![allow(dead_code, unreachable_pub)] // each test binary uses its part

use super::pe_builder::{PeBuilder, dwords, put};

/// Where a directory begins: RVA of the only section, which lies at file offset 0x400.
pub const RVA: u32 = 0x1000;

/// The builder's image base.
pub const BASE: u64 = 0x40_0000;

/// Little-endian bytes of `values`.
pub fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// A file whose directory `index` of `size` bytes begins its only section, which holds `data`.
pub fn with_directory(wide: bool, index: usize, size: u32, data: Vec<u8>) -> PeBuilder {
    let file = PeBuilder::with_data(wide, data).directory(index, RVA, size);
    let size_of_image = file.optional_header() + 56;
    file.patch(size_of_image, &0x8_0000_u32.to_le_bytes())
}

/// A debug directory with a record for each type and its data.
pub fn debug_file(records: &[(u32, &[u8])]) -> PeBuilder {
    let mut data = vec![0; records.len() * 28];
    for (index, (kind, record)) in records.iter().enumerate() {
        let (rva, offset) = (RVA + data.len() as u32, 0x400 + data.len() as u32);
        put(&mut data, index * 28 + 12, &dwords(&[*kind, record.len() as u32, rva, offset]));
        data.extend_from_slice(record);
    }
    with_directory(true, 6, records.len() as u32 * 28, data)
}

/// A TLS directory whose callback table holds `callbacks` and ends with the section.
pub fn tls_file(wide: bool, callbacks: &[u64]) -> PeBuilder {
    let width = if wide { 8 } else { 4 };
    let directory_size = 4 * width + 8;
    let pointer = |value: u64| value.to_le_bytes().into_iter().take(width);
    let table = BASE + u64::from(RVA) + directory_size as u64;
    let mut data: Vec<u8> = [BASE, BASE, BASE, table].into_iter().flat_map(pointer).collect();
    data.extend_from_slice(&[0; 8]);
    data.extend(callbacks.iter().copied().flat_map(pointer));
    with_directory(wide, 9, directory_size as u32, data)
}

/// A load configuration of PE32+ with every known field, all 0.
pub fn load_config_64() -> Vec<u8> {
    let mut data = vec![0; 328];
    put(&mut data, 0, &328_u32.to_le_bytes());
    data
}

/// One block of base relocations.
pub fn reloc_block(page: u32, entries: &[u16]) -> Vec<u8> {
    [dwords(&[page, 8 + 2 * entries.len() as u32]), words(entries)].concat()
}
