//! RVA to file offset, by pefile's rules.
//!
//! A section begins at its `VirtualAddress` rounded down to the alignment and at its
//! `PointerToRawData` rounded down to 0x200, and ends where the next one begins; the first in
//! address order wins. What no section holds lies in the file where its RVA says, which covers
//! headers and files without sections. A lookup is two binary searches whatever the sections claim.

use std::ops::Range;

use crate::schema::Section;
use crate::work;

/// Below this `SectionAlignment` Windows maps the file as it is, aligned by `FileAlignment`.
const PAGE: i64 = 0x1000;

/// The loader reads whole sectors, whatever `FileAlignment` says.
const SECTOR: i64 = 0x200;

/// Where each section lies in memory and in the file.
#[derive(Debug)]
pub(super) struct RvaMap {
    spans: Vec<Span>,
    file_len: u64,
}

#[derive(Debug)]
struct Span {
    start: u64,
    end: u64,
    /// Largest `end` up to and with this span: the first span where it passes an RVA is the first
    /// that ends behind that RVA.
    reach: u64,
    raw_start: u64,
    raw_end: u64,
    /// Its place in the section table.
    index: usize,
}

impl RvaMap {
    /// Map of a file of `file_len` bytes.
    pub(super) fn new(
        sections: &[Section],
        section_alignment: i64,
        file_alignment: i64,
        file_len: usize,
    ) -> Self {
        let mut sorted: Vec<(usize, &Section)> = sections.iter().enumerate().collect();
        sorted.sort_by_key(|(_, section)| section.virtual_address);
        work::steps(sorted.len());
        let next_addresses = sorted.iter().skip(1).map(|(_, next)| Some(next.virtual_address)).chain([None]);

        let mut reach = 0;
        let spans = sorted.iter().zip(next_addresses).map(|(&(index, section), next)| {
            let start = align(section.virtual_address, section_alignment, file_alignment);
            let raw_start = raw_start(section, section_alignment);
            let size = if file_len as i64 - raw_start < section.raw_size {
                section.virtual_size
            } else {
                section.raw_size.max(section.virtual_size)
            };
            let end = match next {
                Some(next) if next > section.virtual_address => next.min(start + size),
                _ => start + size,
            };
            reach = reach.max(end as u64);
            Span {
                start: start as u64,
                end: end as u64,
                reach,
                raw_start: raw_start as u64,
                raw_end: (section.raw_offset + section.raw_size) as u64,
                index,
            }
        });
        Self { spans: spans.collect(), file_len: file_len as u64 }
    }

    /// Range of the file that begins with the byte at `rva` and ends with its section's data; empty
    /// where memory holds zeros that the file does not, `None` where nothing is mapped.
    pub(super) fn locate(&self, rva: u64) -> Option<Range<usize>> {
        let (start, end) = match self.span(rva) {
            Some(span) => (rva - span.start + span.raw_start, span.raw_end.min(self.file_len)),
            None if rva < self.file_len => (rva, self.file_len),
            None => return None,
        };
        Some(start as usize..end.max(start) as usize)
    }

    /// Place in the section table of the section that holds `rva`.
    pub(super) fn section(&self, rva: u64) -> Option<usize> {
        self.span(rva).map(|span| span.index)
    }

    fn span(&self, rva: u64) -> Option<&Span> {
        let first = self.spans.partition_point(|span| span.reach <= rva);
        self.spans.get(first).filter(|span| span.start <= rva && rva < span.end)
    }
}

fn align(address: i64, section_alignment: i64, file_alignment: i64) -> i64 {
    let alignment = if section_alignment < PAGE { file_alignment } else { section_alignment };
    if alignment == 0 { address } else { address - address % alignment }
}

/// First byte of the section in the file: rounded down to a sector, but where a file of low
/// alignment is mapped as it is.
pub(super) fn raw_start(section: &Section, section_alignment: i64) -> i64 {
    if section_alignment < PAGE && section.raw_offset == section.virtual_address {
        section.virtual_address
    } else {
        sector(section.raw_offset)
    }
}

/// File offset of the sector that holds `offset`.
pub(super) fn sector(offset: i64) -> i64 {
    offset & !(SECTOR - 1)
}
