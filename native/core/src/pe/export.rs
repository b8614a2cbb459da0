//! The export directory.
//!
//! Gives the exports as pefile orders them: first the name table, one row a name, then what has an
//! ordinal only. An entry of address 0 exports nothing. The directory's `Size` is only what tells
//! a forwarder from an address.

use crate::problems::Problems;
use crate::schema::{Export, ExportDirectory};

use super::fields::dwords;
use super::walk::Walk;
use super::{Image, directory, text};

const DIRECTORY_SIZE: usize = 40;

/// The exports; `None` where there is no export directory, or, with a problem, none that can be read.
pub fn exports(image: &Image<'_>, problems: &mut Problems) -> Option<Vec<Export>> {
    let (start, size) = image.directory(directory::EXPORT)?;
    let start = u64::from(start);
    let mut walk = Walk::new(image, "export", problems);
    let data = image.data_at(start, DIRECTORY_SIZE).unwrap_or_default();
    let Some([_, _, _, _, base, function_count, name_count, functions, names, name_ordinals]) = dwords(data)
    else {
        walk.note("directory_truncated", image.offset_of(start), format!("{start:#x}"));
        return None;
    };
    let (functions, _) = table(&mut walk, functions, function_count, 4).as_chunks::<4>();
    let (names, _) = table(&mut walk, names, name_count, 4).as_chunks::<4>();
    let (name_ordinals, _) = table(&mut walk, name_ordinals, name_count, 2).as_chunks::<2>();

    let mut exports = Vec::new();
    let mut seen = vec![false; functions.len()];
    let row = |walk: &mut Walk<'_, '_, '_>, name, index: usize, rva: u32| {
        let is_text = (start..start + u64::from(size)).contains(&rva.into());
        let forwarder = if is_text { walk.name_at(rva.into()) } else { None };
        Export { name, ordinal: i64::from(base) + index as i64, rva: rva.into(), forwarder }
    };
    for (name, index) in names.iter().zip(name_ordinals) {
        if !walk.step() {
            return Some(exports);
        }
        let index = usize::from(u16::from_le_bytes(*index));
        let Some((rva, is_seen)) = functions.get(index).zip(seen.get_mut(index)) else {
            walk.note("name_ordinal", None, format!("{index} of {}", functions.len()));
            continue;
        };
        let rva = u32::from_le_bytes(*rva);
        if rva != 0 {
            *is_seen = true;
            let name = walk.name_at(u32::from_le_bytes(*name).into());
            exports.push(row(&mut walk, name, index, rva));
        }
    }
    for (index, (rva, is_seen)) in functions.iter().zip(seen).enumerate() {
        if !walk.step() {
            break;
        }
        let rva = u32::from_le_bytes(*rva);
        if rva != 0 && !is_seen {
            exports.push(row(&mut walk, None, index, rva));
        }
    }
    Some(exports)
}

/// What the directory says of itself; `None` where there is none or it cannot be read, which `exports` notes.
pub fn export_directory(image: &Image<'_>) -> Option<ExportDirectory> {
    let (start, _) = image.directory(directory::EXPORT)?;
    let [characteristics, time_date_stamp, version, name, base, functions, names] =
        dwords(image.data_at(start.into(), DIRECTORY_SIZE)?)?;
    let dll = image.text_at(name.into()).filter(|text| name != 0 && !text.is_empty());
    Some(ExportDirectory {
        dll: dll.map(text::escaped),
        characteristics: characteristics.into(),
        time_date_stamp: time_date_stamp.into(),
        major_version: (version & 0xffff) as i32,
        minor_version: (version >> 16) as i32,
        base: base.into(),
        number_of_functions: functions.into(),
        number_of_names: names.into(),
    })
}

/// Bytes of a table of `count` entries of `width` bytes, as far as the file holds them; a table at
/// RVA 0 is absent, not the headers that stand there.
fn table<'a>(walk: &mut Walk<'_, 'a, '_>, rva: u32, count: u32, width: usize) -> &'a [u8] {
    let wanted = (count as usize).saturating_mul(width);
    let data = walk.image.data_at(rva.into(), wanted).filter(|_| rva != 0).unwrap_or_default();
    if data.len() < wanted {
        walk.note("table_truncated", walk.image.offset_of(rva.into()), format!("{rva:#x}, {count} entries"));
    }
    data
}
