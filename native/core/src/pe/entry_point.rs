//! Where execution begins: RVA, file offset, section and first bytes.
//!
//! That the entry point lies outside every section, in one without execute permission or in one that can
//! be written is an oddity; that the file holds no byte for it is a problem.

use crate::column::Bytes;
use crate::problems::Problems;
use crate::schema::EntryPoint;

use super::Image;

/// Enough for signatures of packers' entry code.
const BYTES: usize = 64;

/// The entry point; `None` where its RVA is 0 or the header ends before it.
pub fn entry_point(image: &Image<'_>, problems: &mut Problems) -> Option<EntryPoint> {
    let rva = image.optional_header()?.address_of_entry_point.filter(|rva| *rva != 0)?;
    let address = u64::try_from(rva).ok()?;
    let bytes = image.data_at(address, BYTES).filter(|bytes| !bytes.is_empty());
    let file_offset = image.offset_of(address).filter(|_| bytes.is_some());
    if bytes.is_none() {
        problems.add("entry_point", "unmapped", None, format!("{rva:#x}"));
    }
    let section = image.section_at(address);
    match section {
        None => problems.odd("entry_point", "outside_sections", file_offset, format!("{rva:#x}")),
        Some(section) => {
            if !section.executable {
                problems.odd("entry_point", "not_executable", file_offset, section.name.clone());
            }
            if section.writable {
                problems.odd("entry_point", "writable", file_offset, section.name.clone());
            }
        }
    }
    Some(EntryPoint {
        rva,
        file_offset: file_offset.map(|offset| offset as i64),
        section: section.map(|section| section.name.clone()),
        bytes: bytes.map(|bytes| Bytes(bytes.to_vec())),
    })
}
