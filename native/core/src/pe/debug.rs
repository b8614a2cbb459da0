//! The debug directory: its entries, each with the data that its type gives it.
//!
//! An entry's fields are given whatever its data holds; data that is missing or cut costs its own
//! columns only. What the data means is `debug_record`'s.

use crate::limits::MAX_DEBUG_ENTRIES;
use crate::problems::Problems;
use crate::schema::DebugEntry;

use super::directory_names::DEBUG_TYPES;
use super::fields::Fields;
use super::walk::Walk;
use super::{Image, debug_record, directory, names};

/// `IMAGE_DEBUG_DIRECTORY`.
const ENTRY_SIZE: usize = 28;

/// The entries; `None` where there is no debug directory, or, with a problem, none that can be read.
pub fn debug(image: &Image<'_>, problems: &mut Problems) -> Option<Vec<DebugEntry>> {
    let (start, size) = image.directory(directory::DEBUG)?;
    let (start, size) = (u64::from(start), size as usize);
    let data = image.data_at(start, size).unwrap_or_default();
    let declared = size / ENTRY_SIZE;
    let (entries, _) = data.as_chunks::<ENTRY_SIZE>();
    let kept = entries.get(..MAX_DEBUG_ENTRIES).unwrap_or(entries);
    if kept.len() < entries.len() {
        problems.limit("debug_entries");
    }
    let mut walk = Walk::new(image, "debug", problems);
    if entries.len() < declared {
        walk.note("directory_truncated", image.offset_of(start), format!("{start:#x}, {declared} entries"));
    }
    if entries.is_empty() && declared > 0 {
        return None;
    }
    let list = kept.iter().zip(0..);
    Some(
        list.filter_map(|(bytes, index)| entry(&mut walk, bytes, start + index * ENTRY_SIZE as u64))
            .collect(),
    )
}

fn entry(walk: &mut Walk<'_, '_, '_>, bytes: &[u8; ENTRY_SIZE], rva: u64) -> Option<DebugEntry> {
    let mut fields = Fields::new(bytes, false);
    let (characteristics, time_date_stamp) = (fields.dword()?, fields.dword()?);
    let (major_version, minor_version) = (fields.word()?, fields.word()?);
    let debug_type = fields.dword()?;
    let mut entry = DebugEntry {
        debug_type,
        type_name: names::name(DEBUG_TYPES, debug_type as u32).map(str::to_owned),
        characteristics,
        time_date_stamp,
        major_version,
        minor_version,
        size_of_data: fields.dword()?,
        address_of_raw_data: fields.dword()?,
        pointer_to_raw_data: fields.dword()?,
        ..DebugEntry::default()
    };
    let data = record(walk.image, &entry);
    if (data.len() as i64) < entry.size_of_data {
        let detail = format!("type {debug_type}, {} of {} bytes", data.len(), entry.size_of_data);
        walk.note("data_truncated", walk.image.offset_of(rva), detail);
    }
    debug_record::decode(walk, data, &mut entry);
    Some(entry)
}

/// The entry's data as far as the file holds it. Its file offset goes before its RVA, as in pefile and
/// in debuggers: data behind the sections is not mapped.
fn record<'a>(image: &Image<'a>, entry: &DebugEntry) -> &'a [u8] {
    let size = entry.size_of_data as usize;
    if entry.pointer_to_raw_data != 0 {
        let data = image.bytes().get(entry.pointer_to_raw_data as usize..).unwrap_or_default();
        return data.get(..size).unwrap_or(data);
    }
    let address = Some(entry.address_of_raw_data as u64).filter(|address| *address != 0);
    address.and_then(|address| image.data_at(address, size)).unwrap_or_default()
}
