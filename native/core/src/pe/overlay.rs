//! Where the image ends in the file and something else begins, by pefile's rule.
//!
//! The largest end of optional header, section data and data directories that lies within the file. The
//! certificate table is no part of the image, so that it counts as overlay.

use super::{Image, directory};

/// File offset of the first byte behind the image in a file of `file_size` bytes; `None` where there is none.
pub fn start(image: &Image<'_>, file_size: u64) -> Option<u64> {
    let header = image.optional_header_range().map(|header| (header.start, header.end - header.start));
    let sections =
        image.sections().iter().map(|section| (section.raw_offset as u64, section.raw_size as u64));
    let directories = image.directories().iter().enumerate();
    let directories = directories
        .filter(|(index, _)| *index != directory::SECURITY)
        .filter_map(|(_, &(rva, size))| Some((image.offset_of(rva.into())?, u64::from(size))));
    let ends = header.into_iter().chain(sections).chain(directories);
    let ends = ends.map(|(offset, size)| offset.saturating_add(size)).filter(|end| *end <= file_size);
    ends.max().filter(|end| *end < file_size)
}
