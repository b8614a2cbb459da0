//! Builds Rich data and the directories of delay and bound imports for tests.

#![allow(dead_code, unreachable_pub)] // each test binary uses its part

use super::pe_builder::{Thunk, append_text, dwords, put, thunk_table};

/// Rich data to stand behind `before`, with the checksum of Microsoft's linker as its key.
pub fn rich(before: &[u8], tools: &[(u16, u16, u32)]) -> Vec<u8> {
    let mut key = before.len() as u32;
    for (offset, byte) in before.iter().enumerate().filter(|(offset, _)| !(0x3c..0x40).contains(offset)) {
        key = key.wrapping_add(u32::from(*byte).rotate_left(offset as u32 % 32));
    }
    let mut clear = vec![u32::from_le_bytes(*b"DanS"), 0, 0, 0];
    for (product_id, build, count) in tools {
        let tool = u32::from(*product_id) << 16 | u32::from(*build);
        key = key.wrapping_add(tool.rotate_left(count % 32));
        clear.extend([tool, *count]);
    }
    let mut words: Vec<u32> = clear.iter().map(|word| word ^ key).collect();
    words.extend([u32::from_le_bytes(*b"Rich"), key]);
    dwords(&words)
}

/// What the addresses of delay imports are.
pub enum Space {
    Rva,
    /// Virtual addresses of an image at this base, with attributes 0.
    Virtual(u32),
}

/// A delay import directory for `rva`: descriptors, then of each DLL its name, hints and tables.
pub fn delay_imports(rva: u32, wide: bool, space: &Space, dlls: &[(&[u8], &[Thunk<'_>])]) -> Vec<u8> {
    let (attributes, base) = match space {
        Space::Rva => (1, rva),
        Space::Virtual(base) => (0, rva + base),
    };
    let mut data = vec![0; (dlls.len() + 1) * 32];
    for (index, (dll, thunks)) in dlls.iter().enumerate() {
        let name = append_text(&mut data, base, dll);
        let entries = thunk_table(&mut data, base, wide, thunks);
        let table = base + data.len() as u32;
        data.extend_from_slice(&entries);
        put(&mut data, index * 32, &dwords(&[attributes, name, 0, table, table, 0, 0, 0]));
    }
    data
}

/// A DLL and its time.
pub type Bound<'a> = (&'a str, u32);

/// A bound import directory: of each DLL its time and the forwarders with theirs.
pub fn bound_imports(dlls: &[(&str, u32, &[Bound<'_>])]) -> Vec<u8> {
    let entries: usize = dlls.iter().map(|(_, _, forwarders)| 1 + forwarders.len()).sum();
    let mut names = (entries + 1) * 8;
    let (mut table, mut text) = (Vec::new(), Vec::new());
    let mut entry = |name: &str, time: u32, count: usize| {
        table.extend_from_slice(&time.to_le_bytes());
        table.extend_from_slice(&(names as u16).to_le_bytes());
        table.extend_from_slice(&(count as u16).to_le_bytes());
        text.extend_from_slice(name.as_bytes());
        text.push(0);
        names += name.len() + 1;
    };
    for (name, time, forwarders) in dlls {
        entry(name, *time, forwarders.len());
        for (name, time) in *forwarders {
            entry(name, *time, 0);
        }
    }
    [table, vec![0; 8], text].concat()
}
