//! The section table.
//!
//! Gives every section header that is in the file, in table order, as goblin reads it; stops where
//! the loader would (a header of zeros) and at the end of the file. Long names stay as `/4`.

use goblin::pe::section_table::{SIZEOF_SECTION_TABLE, SectionTable};

use crate::column::Bytes;
use crate::limits::MAX_SECTIONS;
use crate::problems::Problems;
use crate::schema::Section;

use super::text;

const IMAGE_SCN_CNT_CODE: u32 = 0x20;
const IMAGE_SCN_MEM_EXECUTE: u32 = 0x2000_0000;
const IMAGE_SCN_MEM_READ: u32 = 0x4000_0000;
const IMAGE_SCN_MEM_WRITE: u32 = 0x8000_0000;

/// The headers at `table`, at most `declared`.
pub(super) fn sections(bytes: &[u8], table: usize, declared: u16, problems: &mut Problems) -> Vec<Section> {
    let mut sections = Vec::new();
    for index in 0..usize::from(declared) {
        if index >= MAX_SECTIONS {
            problems.limit("sections");
            break;
        }
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
        sections.push(section);
    }
    sections
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
    })
}
