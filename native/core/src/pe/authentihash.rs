//! Which bytes of a file Authenticode hashes.
//!
//! signify's rule: everything but the checksum, the certificate table's directory entry and the
//! certificate table, each only where `SizeOfOptionalHeader` and the file hold it. Nothing is padded
//! to 8 bytes. A certificate table that lies in the headers or past the end of the file is data.

use std::ops::Range;

use crate::pe::header::CHECK_SUM;
use crate::pe::{Image, directory};

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
    let Some(header) = image.optional_header_range() else {
        return ranges;
    };
    let check_sum = header.start + CHECK_SUM as u64;
    if header.end < check_sum + 4 {
        return ranges;
    }
    ranges.push(check_sum..check_sum + 4);

    let security = image.directories().get(directory::SECURITY);
    let Some(((address, size), entry)) = security.zip(image.directory_entry(directory::SECURITY)) else {
        return ranges;
    };
    ranges.push(entry);

    let table = u64::from(*address)..u64::from(*address) + u64::from(*size);
    if *size > 0 && table.start >= header.end && table.end <= image.bytes().len() as u64 {
        ranges.push(table);
    }
    ranges
}
