//! The base relocation directory, counted.
//!
//! Blocks without an entry count too. Nothing is allocated; the walk goes once over the directory's
//! bytes.

use crate::limits::MAX_RELOCATIONS;
use crate::problems::Problems;
use crate::schema::{RelocationType, Relocations};
use crate::work;

use super::fields::dwords;
use super::{Image, directory, directory_names};

/// `IMAGE_BASE_RELOCATION`.
const BLOCK_HEADER_SIZE: usize = 8;

/// The counts; `None` where there is no relocation directory, or, with a problem, none that can be read.
pub fn relocations(image: &Image<'_>, problems: &mut Problems) -> Option<Relocations> {
    let (start, size) = image.directory(directory::BASERELOC)?;
    let start = u64::from(start);
    let data = image.data_at(start, size as usize).unwrap_or_default();
    if data.len() < size as usize {
        let detail = format!("{start:#x}, {} of {size} bytes", data.len());
        problems.add("relocation", "directory_truncated", image.offset_of(start), detail);
        if data.len() < BLOCK_HEADER_SIZE {
            return None;
        }
    }
    let size_of_image =
        image.optional_header().and_then(|optional| optional.size_of_image).unwrap_or(i64::MAX);
    let mut counts = Relocations::default();
    let mut types = [0_i64; 16];
    let (mut rest, mut is_noted) = (data, false);
    let first = image.offset_of(start);
    while let Some([page, block_size]) = dwords(rest) {
        let at = first.map(|offset| offset + (data.len() - rest.len()) as u64);
        if (block_size as usize) < BLOCK_HEADER_SIZE {
            // Zeros end a padded directory; pefile counts them as the last, empty block.
            if page == 0 && block_size == 0 {
                count(&[], &mut types, &mut counts);
            } else {
                problems.add("relocation", "block_size", at, block_size.to_string());
            }
            break;
        }
        if i64::from(page) >= size_of_image && !is_noted {
            is_noted = true;
            problems.odd("relocation", "block_outside_image", at, format!("{page:#x}"));
        }
        let Some(block) = rest.get(BLOCK_HEADER_SIZE..block_size as usize) else {
            let detail = format!("{} of {block_size} bytes", rest.len());
            problems.add("relocation", "block_truncated", at, detail);
            count(rest.get(BLOCK_HEADER_SIZE..).unwrap_or_default(), &mut types, &mut counts);
            break;
        };
        if counts.blocks + counts.entries + (block.len() / 2) as i64 > MAX_RELOCATIONS {
            problems.limit("relocations");
            break;
        }
        count(block, &mut types, &mut counts);
        rest = rest.get(block_size as usize..).unwrap_or_default();
    }
    let machine = image.coff_header().map_or(0, |coff| coff.machine);
    counts.types = types
        .iter()
        .zip(0..)
        .filter(|(count, _)| **count > 0)
        .map(|(count, kind)| RelocationType {
            relocation_type: kind,
            name: directory_names::relocation(machine, kind as u32).map(str::to_owned),
            count: *count,
        })
        .collect();
    Some(counts)
}

fn count(block: &[u8], types: &mut [i64; 16], counts: &mut Relocations) {
    let (entries, _) = block.as_chunks::<2>();
    work::steps(1);
    work::pass(block.len());
    for entry in entries {
        if let Some(count) = types.get_mut(usize::from(u16::from_le_bytes(*entry) >> 12)) {
            *count += 1;
        }
    }
    counts.blocks += 1;
    counts.entries += entries.len() as i64;
    counts.empty_blocks += i64::from(entries.is_empty());
}
