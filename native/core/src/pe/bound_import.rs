//! The bound import directory: the DLLs whose addresses were written into the file, and when those were made.
//!
//! Names lie at 16-bit offsets from the directory's start. Ends at the descriptor of zeros, or, with a
//! problem, at one whose name is no text.

use crate::column::Timestamp;
use crate::problems::Problems;
use crate::schema::{BoundForwarder, BoundImport};

use super::walk::Walk;
use super::{Image, directory};

/// `IMAGE_BOUND_IMPORT_DESCRIPTOR` and `IMAGE_BOUND_FORWARDER_REF` alike.
const ENTRY_SIZE: u64 = 8;

/// The bound imports; `None` where there is no such directory, or, with a problem, none that can be read.
pub fn bound_imports(image: &Image<'_>, problems: &mut Problems) -> Option<Vec<BoundImport>> {
    let (start, _) = image.directory(directory::BOUND_IMPORT)?;
    let start = u64::from(start);
    let mut walk = Walk::new(image, "bound_import", problems);
    let mut imports = Vec::new();
    let mut rva = start;
    while walk.step() {
        let Some(entry) = entry(image, rva) else {
            walk.note("descriptors_unterminated", image.offset_of(rva), format!("{rva:#x}"));
            return (rva != start).then_some(imports);
        };
        rva += ENTRY_SIZE;
        let (time, name, forwarder_count) = entry;
        if entry == (0, 0, 0) {
            break;
        }
        let Some(dll) = name_at(&mut walk, start, name) else { break };
        let mut import = BoundImport { dll, timestamp: Timestamp(time.into()), forwarders: Vec::new() };
        let next = rva + ENTRY_SIZE * u64::from(forwarder_count);
        while rva < next {
            let Some((time, name, _)) = entry_of(&mut walk, rva) else { break };
            rva += ENTRY_SIZE;
            let Some(dll) = name_at(&mut walk, start, name) else { break };
            import.forwarders.push(BoundForwarder { dll, timestamp: Timestamp(time.into()) });
        }
        let is_whole = import.forwarders.len() == usize::from(forwarder_count);
        imports.push(import);
        if !is_whole {
            break;
        }
    }
    Some(imports)
}

fn entry_of(walk: &mut Walk<'_, '_, '_>, rva: u64) -> Option<(u32, u16, u16)> {
    if !walk.step() {
        return None;
    }
    let entry = entry(walk.image, rva);
    if entry.is_none() {
        walk.note("forwarders_truncated", walk.image.offset_of(rva), format!("{rva:#x}"));
    }
    entry
}

/// `TimeDateStamp`, `OffsetModuleName` and `NumberOfModuleForwarderRefs` or `Reserved`.
fn entry(image: &Image<'_>, rva: u64) -> Option<(u32, u16, u16)> {
    let data = image.data_at(rva, ENTRY_SIZE as usize)?;
    let (time, rest) = data.split_first_chunk::<4>()?;
    let (name, rest) = rest.split_first_chunk::<2>()?;
    let (count, _) = rest.split_first_chunk::<2>()?;
    Some((u32::from_le_bytes(*time), u16::from_le_bytes(*name), u16::from_le_bytes(*count)))
}

fn name_at(walk: &mut Walk<'_, '_, '_>, start: u64, offset: u16) -> Option<String> {
    let rva = start + u64::from(offset);
    let name = walk.name_at(rva)?;
    let is_text = !name.is_empty() && name.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if !is_text {
        walk.note("name_implausible", walk.image.offset_of(rva), name);
        return None;
    }
    Some(name)
}
