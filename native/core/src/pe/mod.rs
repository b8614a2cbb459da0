//! A PE file: borrowed bytes, headers and sections read once, everything else on demand.
//!
//! `Image::parse` reads the headers; directories are read by one module each. Nothing here knows of
//! columns assembled elsewhere, of hashes or of output.

use std::ops::Range;

use crate::limits::MAX_NAME;
use crate::problems::Problems;
use crate::schema::{CoffHeader, DataDirectory, DosHeader, OptionalHeader, Section};

mod authenticode;
pub mod authentihash;
pub mod bound_import;
pub mod certificate;
pub mod certificate_table;
pub mod checksum;
pub mod clr;
pub mod coff;
mod countersignature;
pub mod debug;
mod debug_record;
pub mod delay_import;
mod directory_names;
mod distinguished_name;
pub mod entry_point;
pub mod exception;
pub mod export;
mod fields;
mod header;
pub mod icon;
pub mod import;
pub mod load_config;
mod load_config_table;
pub mod manifest;
pub mod names;
mod ordinals;
pub mod overlay;
mod pem;
mod pkcs7;
mod public_key;
pub mod relocation;
pub mod resource;
mod resource_names;
pub mod resource_tree;
pub mod rich;
mod rva;
mod section;
pub mod section_layout;
pub mod signature;
mod signer;
pub(crate) mod text;
mod thunk;
pub mod tls;
mod verification;
pub mod version_info;
mod walk;
mod x509;

/// Indices of the data directories.
pub mod directory {
    /// Export directory.
    pub const EXPORT: usize = 0;
    /// Import directory.
    pub const IMPORT: usize = 1;
    /// Resource directory.
    pub const RESOURCE: usize = 2;
    /// Exception directory: the function table.
    pub const EXCEPTION: usize = 3;
    /// Certificate table, at a file offset.
    pub const SECURITY: usize = 4;
    /// Base relocations.
    pub const BASERELOC: usize = 5;
    /// Debug directory.
    pub const DEBUG: usize = 6;
    /// TLS directory.
    pub const TLS: usize = 9;
    /// Load configuration.
    pub const LOAD_CONFIG: usize = 10;
    /// Bound import directory.
    pub const BOUND_IMPORT: usize = 11;
    /// Delay import directory.
    pub const DELAY_IMPORT: usize = 13;
    /// CLR header.
    pub const COM_DESCRIPTOR: usize = 14;
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

    /// RVA and size of the directories as they stand, those of address 0 too.
    pub fn directories(&self) -> &[(u32, u32)] {
        &self.headers.directories
    }

    /// File offset of the PE signature.
    pub fn nt_offset(&self) -> usize {
        self.headers.dos.e_lfanew as usize
    }

    /// File offset of the optional header.
    pub fn optional_header_offset(&self) -> usize {
        self.nt_offset() + header::FILE_HEADER_END
    }

    /// File range that the file header gives the optional header, which the file may not hold; `None` where
    /// it ends in the file header.
    pub fn optional_header_range(&self) -> Option<Range<u64>> {
        let start = self.optional_header_offset() as u64;
        Some(start..start + self.coff_header()?.size_of_optional_header as u64)
    }

    /// File range of a directory's entry, declared or not; `None` where `optional_header_range` has no room
    /// for it.
    pub fn directory_entry(&self, index: usize) -> Option<Range<u64>> {
        let header = self.optional_header_range()?;
        let offset = header::directories_offset(self.is_64bit()) + index * header::DIRECTORY_SIZE;
        let start = header.start + offset as u64;
        let end = start + header::DIRECTORY_SIZE as u64;
        (end <= header.end).then_some(start..end)
    }

    /// The section that holds `rva`; as in `offset_of` the first in address order where several do.
    pub fn section_at(&self, rva: u64) -> Option<&Section> {
        self.sections.get(self.map.section(rva)?)
    }

    /// File range of a section's data: `SizeOfRawData` bytes from the sector it begins in, as far as the
    /// file goes and no further than the section says.
    pub fn section_window(&self, section: &Section) -> Range<usize> {
        let alignment = self.optional_header().and_then(|optional| optional.section_alignment).unwrap_or(0);
        let start = rva::raw_start(section, alignment) as usize;
        let end = (start as i64).saturating_add(section.raw_size).min(self.bytes.len() as i64) as usize;
        start.min(end)..end
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

    /// RVA of a virtual address; `None` below the image base or 4 GiB above it.
    pub fn rva_of(&self, address: u64) -> Option<u64> {
        let image_base = self.optional_header().and_then(|optional| optional.image_base).unwrap_or(0);
        address.checked_sub(image_base).filter(|rva| u32::try_from(*rva).is_ok())
    }

    /// At most `len` bytes from `rva` on, fewer where its section's data ends, none where only memory
    /// holds zeros; `None` where nothing is mapped.
    pub fn data_at(&self, rva: u64, len: usize) -> Option<&'a [u8]> {
        let range = self.map.locate(rva)?;
        let data = self.bytes.get(range).unwrap_or_default();
        Some(data.get(..len).unwrap_or(data))
    }

    /// Bytes from `rva` to the next NUL, at most `MAX_NAME`; `None` where nothing is mapped.
    pub fn text_at(&self, rva: u64) -> Option<&'a [u8]> {
        self.data_at(rva, MAX_NAME).map(text::until_nul)
    }
}
