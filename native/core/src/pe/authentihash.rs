//! Which bytes of a file Authenticode hashes.
//!
//! signify's rule: everything but the checksum, the certificate table's directory entry and the
//! certificate table, each only where `SizeOfOptionalHeader` and the file hold it. Nothing is padded
//! to 8 bytes. A certificate table that lies in the headers or past the end of the file is data.

use std::ops::Range;

use crate::pe::{Image, directory};

/// `PE\0\0` and `IMAGE_FILE_HEADER`.
const FILE_HEADER_END: u64 = 24;
/// Offset of `CheckSum` in the optional header.
const CHECK_SUM: u64 = 64;
/// Bytes of a data directory entry.
const ENTRY_SIZE: u64 = 8;

/// The bytes of `image` that are hashed, in file order.
pub fn hashed_parts<'a>(image: &Image<'a>) -> Vec<&'a [u8]> {
    let bytes = image.bytes();
    let mut parts = Vec::new();
    let mut start = 0;
    for left_out in left_out(image) {
        let end = (left_out.start as usize).min(bytes.len());
        parts.push(bytes.get(start..end).unwrap_or_default());
        start = (left_out.end as usize).min(bytes.len());
    }
    parts.push(bytes.get(start..).unwrap_or_default());
    parts
}

/// The ranges that are not hashed, in file order.
fn left_out(image: &Image) -> Vec<Range<u64>> {
    let mut ranges = Vec::new();
    let Some(coff) = image.coff_header() else {
        return ranges;
    };
    let header = image.dos_header().e_lfanew as u64 + FILE_HEADER_END;
    let header_end = header + coff.size_of_optional_header as u64;
    let check_sum = header + CHECK_SUM..header + CHECK_SUM + 4;
    if header_end < check_sum.end {
        return ranges;
    }
    ranges.push(check_sum);

    let directories = header + if image.is_64bit() { 112 } else { 96 };
    let entry = directories + directory::SECURITY as u64 * ENTRY_SIZE;
    let Some((address, size)) = image.headers.directories.get(directory::SECURITY) else {
        return ranges;
    };
    if header_end < entry + ENTRY_SIZE {
        return ranges;
    }
    ranges.push(entry..entry + ENTRY_SIZE);

    let table = u64::from(*address)..u64::from(*address) + u64::from(*size);
    if *size > 0 && table.start >= header_end && table.end <= image.bytes().len() as u64 {
        ranges.push(table);
    }
    ranges
}
