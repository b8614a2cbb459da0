//! Thunk tables: the functions that one import descriptor, delayed or not, asks of its DLL.
//!
//! Reads the lookup table, or the address table where that one is empty or broken. Ends where pefile
//! ends a table; what stands in front of a broken entry is kept, which pefile throws away.

use std::ops::Range;

use crate::schema::ImportedFunction;

use super::ordinals;
use super::walk::Walk;

/// The entries of one table.
struct Table {
    thunks: Vec<u64>,
    /// Why it ended without its zero entry.
    broken: Option<(&'static str, u64)>,
}

/// What the addresses in descriptors and thunks are.
pub(super) enum AddressSpace {
    /// RVAs.
    Relative,
    /// Virtual addresses of the image that is loaded at this range; others, as 0, are left as they are.
    Virtual(Range<u64>),
}

impl AddressSpace {
    pub(super) fn rva(&self, address: u64) -> u64 {
        match self {
            Self::Virtual(image) if image.contains(&address) => address - image.start,
            _ => address,
        }
    }
}

/// Functions of the descriptor whose lookup and address table are at these RVAs (0: none).
pub(super) fn functions(
    walk: &mut Walk<'_, '_, '_>,
    [lookup, address]: [u64; 2],
    space: &AddressSpace,
    dll: &[u8],
) -> Vec<ImportedFunction> {
    let wide = walk.image.is_64bit();
    let ordinal_flag = if wide { 1 << 63 } else { 1 << 31 };
    let thunks = choose(walk, [lookup, address], space, ordinal_flag);

    let mut functions = Vec::with_capacity(thunks.len());
    for thunk in thunks {
        if thunk & ordinal_flag != 0 {
            let ordinal = thunk as u16;
            let name = ordinals::name(dll, ordinal).map(str::to_owned);
            functions.push(ImportedFunction { name, ordinal: Some(ordinal.into()), hint: None });
            continue;
        }
        let hint = walk.image.data_at(thunk, 2).and_then(|hint| hint.first_chunk());
        let Some(name) = walk.name_at(thunk.saturating_add(2)) else { break };
        if name.is_empty() {
            walk.note("name_empty", walk.image.offset_of(thunk), format!("{thunk:#x}"));
            continue;
        }
        let hint = hint.map(|hint| u16::from_le_bytes(*hint).into());
        functions.push(ImportedFunction { name: Some(name), ordinal: None, hint });
    }
    functions
}

fn choose(
    walk: &mut Walk<'_, '_, '_>,
    [lookup, address]: [u64; 2],
    space: &AddressSpace,
    ordinal_flag: u64,
) -> Vec<u64> {
    let first = table(walk, lookup, space, ordinal_flag);
    if first.broken.is_none() && !first.thunks.is_empty() {
        return first.thunks;
    }
    let second = table(walk, address, space, ordinal_flag);
    if let Some((kind, rva)) = first.broken.or(second.broken) {
        walk.note(kind, walk.image.offset_of(rva), format!("{rva:#x}"));
    }
    let second_is_better = !second.thunks.is_empty() && second.broken.is_none();
    if first.thunks.is_empty() || second_is_better { second.thunks } else { first.thunks }
}

fn table(walk: &mut Walk<'_, '_, '_>, start: u64, space: &AddressSpace, ordinal_flag: u64) -> Table {
    let mut thunks = Vec::new();
    if start == 0 {
        return Table { thunks, broken: None };
    }
    let width = if walk.image.is_64bit() { 8 } else { 4 };
    let data = walk.image.data_at(start, usize::MAX).unwrap_or_default();
    let mut rva = start;
    for entry in data.chunks_exact(width) {
        let thunk = entry.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte));
        let thunk = space.rva(thunk);
        // An entry that points into its own table is data, not an import; pefile met such a file.
        if thunk == 0 || !walk.step() || (start..=rva).contains(&thunk) {
            return Table { thunks, broken: None };
        }
        if thunk & ordinal_flag != 0 && thunk & 0x7fff_ffff > 0xffff {
            return Table { thunks, broken: Some(("thunk_ordinal", rva)) };
        }
        if thunk & ordinal_flag == 0 && walk.image.offset_of(thunk).is_none() {
            return Table { thunks, broken: Some(("thunk_unmapped", rva)) };
        }
        thunks.push(thunk);
        rva += width as u64;
    }
    Table { thunks, broken: Some(("thunks_unterminated", rva)) }
}
