//! The section table.
//!
//! Gives the section headers in table order, as goblin reads them; stops where pefile does: at a header
//! of zeros, at one that cannot be a section, at the end of the file. Long names stay as `/4`; they and
//! what the data says are filled in by `coff` and `feature::parts`.

use goblin::pe::section_table::{SIZEOF_SECTION_TABLE, SectionTable};

use crate::column::Bytes;
use crate::limits::MAX_SECTIONS;
use crate::problems::Problems;
use crate::schema::Section;
use crate::work;

use super::{rva, text};

const IMAGE_SCN_CNT_CODE: u32 = 0x20;
const IMAGE_SCN_MEM_EXECUTE: u32 = 0x2000_0000;
const IMAGE_SCN_MEM_READ: u32 = 0x4000_0000;
const IMAGE_SCN_MEM_WRITE: u32 = 0x8000_0000;

/// The headers at the file offset `table`, at most `declared`.
pub(super) fn sections(
    bytes: &[u8],
    (table, declared): (usize, u16),
    file_alignment: i64,
    problems: &mut Problems,
) -> Vec<Section> {
    let mut sections = Vec::new();
    for index in 0..usize::from(declared) {
        if index >= MAX_SECTIONS {
            problems.limit("sections");
            break;
        }
        work::steps(1);
        let offset = table.saturating_add(index * SIZEOF_SECTION_TABLE);
        let Some(header) = bytes.get(offset..).and_then(|rest| rest.first_chunk()) else {
            problems.add("section", "table_truncated", offset as u64, format!("{index} of {declared}"));
            break;
        };
        if header == &[0; SIZEOF_SECTION_TABLE] {
            problems.add("section", "header_empty", offset as u64, format!("{index} of {declared}"));
            break;
        }
        let Some(section) = section(header) else { break };
        if is_implausible(&section, file_alignment, bytes.len()) {
            problems.add("section", "header_implausible", offset as u64, format!("{index} of {declared}"));
            break;
        }
        sections.push(section);
    }
    sections
}

/// pefile's test for a table that has run into other bytes: three of five values that no loader takes.
/// Without it a wrong `NumberOfSections` fills the list with code and moves what real sections map.
fn is_implausible(section: &Section, file_alignment: i64, file_len: usize) -> bool {
    const FAR: i64 = 0x1000_0000;
    let file_len = file_len as i64;
    let signs = [
        section.raw_offset + section.raw_size > file_len,
        rva::sector(section.raw_offset) > file_len,
        section.virtual_size > FAR,
        section.virtual_address > FAR,
        file_alignment != 0 && section.raw_offset % file_alignment != 0,
    ];
    signs.into_iter().filter(|sign| *sign).count() >= 3
}

/// goblin refuses a name as `/x` and follows one as `/4` into the string table, whatever its
/// length: it is given a copy without a name.
fn section(header: &[u8; SIZEOF_SECTION_TABLE]) -> Option<Section> {
    let (name, _) = header.split_first_chunk::<8>()?;
    let mut nameless = *header;
    nameless.first_chunk_mut::<8>()?.fill(0);
    let fields = SectionTable::parse(&nameless, &mut 0, 0).ok()?;
    Some(Section {
        name: text::stripped(name),
        name_raw: Bytes(name.to_vec()),
        virtual_address: fields.virtual_address.into(),
        virtual_size: fields.virtual_size.into(),
        raw_offset: fields.pointer_to_raw_data.into(),
        raw_size: fields.size_of_raw_data.into(),
        pointer_to_relocations: fields.pointer_to_relocations.into(),
        pointer_to_linenumbers: fields.pointer_to_linenumbers.into(),
        number_of_relocations: fields.number_of_relocations.into(),
        number_of_linenumbers: fields.number_of_linenumbers.into(),
        characteristics: fields.characteristics.into(),
        contains_code: fields.characteristics & IMAGE_SCN_CNT_CODE != 0,
        executable: fields.characteristics & IMAGE_SCN_MEM_EXECUTE != 0,
        readable: fields.characteristics & IMAGE_SCN_MEM_READ != 0,
        writable: fields.characteristics & IMAGE_SCN_MEM_WRITE != 0,
        ..Section::default()
    })
}
