//! A PE file: borrowed bytes, headers and sections read once, everything else on demand.
//!
//! `Image::parse` reads the headers; directories are read by one module each. Nothing here knows of
//! columns assembled elsewhere, of hashes or of output.

use std::ops::Range;

use crate::problems::Problems;
use crate::schema::{CoffHeader, DataDirectory, DosHeader, OptionalHeader, Section};

pub mod certificate;
mod distinguished_name;
pub mod export;
mod header;
pub mod import;
pub mod names;
mod ordinals;
mod pem;
mod pkcs7;
mod rva;
mod section;
mod text;
mod thunk;
mod walk;
mod x509;

/// Indices of the data directories.
pub mod directory {
    /// Export directory.
    pub const EXPORT: usize = 0;
    /// Import directory.
    pub const IMPORT: usize = 1;
    /// Certificate table, at a file offset.
    pub const SECURITY: usize = 4;
}

/// One PE file.
#[derive(Debug)]
pub struct Image<'a> {
    bytes: &'a [u8],
    headers: header::Headers,
    sections: Vec<Section>,
    map: rva::RvaMap,
}

impl<'a> Image<'a> {
    /// Reads headers and section table; `None` where `bytes` is not a PE: no `MZ`, or no `PE\0\0`
    /// where `e_lfanew` points. A broken PE is an image with problems.
    pub fn parse(bytes: &'a [u8], problems: &mut Problems) -> Option<Self> {
        let headers = header::headers(bytes, problems)?;
        let alignment = |field: fn(&OptionalHeader) -> Option<i64>| {
            headers.optional.as_ref().and_then(field).unwrap_or(0)
        };
        let section_alignment = alignment(|optional| optional.section_alignment);
        let file_alignment = alignment(|optional| optional.file_alignment);
        let sections = section::sections(bytes, headers.section_table, file_alignment, problems);
        let map = rva::RvaMap::new(&sections, section_alignment, file_alignment, bytes.len());
        Some(Self { bytes, headers, sections, map })
    }

    /// The whole file.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// `IMAGE_DOS_HEADER`.
    pub fn dos_header(&self) -> &DosHeader {
        &self.headers.dos
    }

    /// `IMAGE_FILE_HEADER`; `None` where the file ends in it.
    pub fn coff_header(&self) -> Option<&CoffHeader> {
        self.headers.coff.as_ref()
    }

    /// `IMAGE_OPTIONAL_HEADER`; `None` where the file ends before its magic.
    pub fn optional_header(&self) -> Option<&OptionalHeader> {
        self.headers.optional.as_ref()
    }

    /// The directories that the header holds, at most 16.
    pub fn data_directories(&self) -> Vec<DataDirectory> {
        let named = names::DIRECTORIES.iter().zip(&self.headers.directories);
        named
            .map(|(name, (address, size))| DataDirectory {
                name: (*name).to_owned(),
                virtual_address: i64::from(*address),
                size: i64::from(*size),
            })
            .collect()
    }

    /// The section table in its order; what the header declares is in `coff_header`.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The optional header is PE32+; every other magic is read as PE32, as pefile and yara-x do.
    pub fn is_64bit(&self) -> bool {
        self.optional_header().is_some_and(|optional| optional.magic == 0x20b)
    }

    /// RVA and size of a data directory; `None` where the header has none or its address is 0.
    pub fn directory(&self, index: usize) -> Option<(u32, u32)> {
        self.headers.directories.get(index).copied().filter(|(address, _)| *address != 0)
    }

    /// File range that the certificate table claims, which the file may not hold.
    pub fn certificate_table(&self) -> Option<Range<u64>> {
        let (offset, size) = self.directory(directory::SECURITY)?;
        Some(u64::from(offset)..u64::from(offset) + u64::from(size))
    }

    /// File offset of the byte at `rva`, which may lie behind the file's end.
    pub fn offset_of(&self, rva: u64) -> Option<u64> {
        self.map.locate(rva).map(|range| range.start as u64)
    }

    /// At most `len` bytes from `rva` on, fewer where its section's data ends, none where only memory
    /// holds zeros; `None` where nothing is mapped.
    pub fn data_at(&self, rva: u64, len: usize) -> Option<&'a [u8]> {
        let range = self.map.locate(rva)?;
        let data = self.bytes.get(range).unwrap_or_default();
        Some(data.get(..len).unwrap_or(data))
    }

    /// Bytes from `rva` to the next NUL, at most `max`; `None` where nothing is mapped.
    pub fn text_at(&self, rva: u64, max: usize) -> Option<&'a [u8]> {
        let data = self.data_at(rva, max)?;
        data.split(|byte| *byte == 0).next()
    }
}
