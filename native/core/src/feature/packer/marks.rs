//! Finds the byte marks of `tables::MARKS` at their places.

use memchr::memmem;

use crate::limits::{MAX_MARK_BYTES, MAX_MARK_SECTIONS, MAX_MARK_TABLE_BYTES};
use crate::pe::{Image, directory};
use crate::schema::{Sample, Section};
use crate::work;

use super::Hints;
use super::tables::{MARKS, Mark, Place};

/// Adds a hint for each mark that is found.
pub(super) fn marks(image: &Image<'_>, sample: &Sample, hints: &mut Hints) {
    for (place, name, marks) in MARKS {
        let areas = areas(*place, image, sample, hints);
        let area_bytes: usize = areas.iter().map(|area| area.len()).sum();
        work::pass(area_bytes * marks.len());
        for Mark { bytes, at, shown, product } in *marks {
            let is_there = |area: &&[u8]| match at {
                Some(at) => area.get(*at..).is_some_and(|area| area.starts_with(bytes)),
                None => memmem::find(area, bytes).is_some(),
            };
            if areas.iter().any(is_there) {
                hints.add(*product, format!("{shown} in {name}"));
            }
        }
    }
}

/// The bytes of `place`, cut to their bounds.
fn areas<'a>(place: Place, image: &Image<'a>, sample: &Sample, hints: &Hints) -> Vec<&'a [u8]> {
    let bytes = image.bytes();
    let of_sections = |test: fn(&Section) -> bool| {
        let sections = image.sections().iter().filter(|section| test(section)).take(MAX_MARK_SECTIONS);
        let data = sections.map(|section| bytes.get(image.section_window(section)).unwrap_or_default());
        data.collect::<Vec<_>>()
    };
    let of_directory = |index: usize, max: usize| {
        let (rva, size) = image.directory(index)?;
        image.data_at(rva.into(), max.min(size as usize))
    };
    match place {
        Place::File => vec![first(bytes, MAX_MARK_BYTES)],
        Place::Overlay => {
            let start = sample.overlay.as_ref().and_then(|overlay| usize::try_from(overlay.file_offset).ok());
            let overlay = start.and_then(|start| bytes.get(start..));
            overlay.map(|overlay| first(overlay, MAX_MARK_BYTES)).into_iter().collect()
        }
        Place::End => {
            let signature = image.certificate_table().map_or(bytes.len(), |range| range.start as usize);
            let end = bytes.get(..signature).unwrap_or(bytes);
            vec![last(end, MAX_MARK_BYTES)]
        }
        Place::Code => of_sections(|section| section.executable).iter().map(|data| first(data, 64)).collect(),
        Place::WritableData => {
            let data = of_sections(|section| section.writable && !section.executable);
            data.iter().map(|data| first(data, MAX_MARK_BYTES)).collect()
        }
        Place::ConstantData => {
            let data = of_sections(|section| {
                !section.writable
                    && !section.executable
                    && !matches!(section.name.as_str(), ".rsrc" | ".reloc")
            });
            let both_ends = data.iter().flat_map(|data| {
                let start = first(data, MAX_MARK_BYTES);
                let rest = data.get(start.len()..).unwrap_or_default();
                [start, last(rest, MAX_MARK_BYTES)]
            });
            both_ends.collect()
        }
        Place::ResourceNames => of_directory(directory::RESOURCE, MAX_MARK_BYTES).into_iter().collect(),
        Place::DelphiResources if hints.has("Delphi or C++Builder") => {
            of_directory(directory::RESOURCE, MAX_MARK_TABLE_BYTES).into_iter().collect()
        }
        Place::AutoItResources if hints.has("AutoIt") => {
            of_directory(directory::RESOURCE, MAX_MARK_TABLE_BYTES).into_iter().collect()
        }
        Place::Metadata => metadata(image).into_iter().collect(),
        Place::DelphiResources | Place::AutoItResources => Vec::new(),
    }
}

/// CLR metadata: RVA and size stand at 8 in the COR20 header.
fn metadata<'a>(image: &Image<'a>) -> Option<&'a [u8]> {
    let (header, _) = image.directory(directory::COM_DESCRIPTOR)?;
    let (fields, _) = image.data_at(u64::from(header) + 8, 8)?.as_chunks::<4>();
    let [rva, size] = fields.first_chunk::<2>()?.map(u32::from_le_bytes);
    image.data_at(rva.into(), MAX_MARK_TABLE_BYTES.min(size as usize))
}

fn first(bytes: &[u8], max: usize) -> &[u8] {
    bytes.get(..max).unwrap_or(bytes)
}

fn last(bytes: &[u8], max: usize) -> &[u8] {
    bytes.get(bytes.len().saturating_sub(max)..).unwrap_or(bytes)
}
