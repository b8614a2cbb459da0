//! The delay import directory.
//!
//! Descriptors hold RVAs, or, with `grAttrs` 0 in a 32-bit x86 file, the virtual addresses of linkers
//! before Visual C++ 7; those are brought back to RVAs where they lie in the image. Gives descriptors up
//! to the one of zeros, whatever the directory's `Size`.

use crate::problems::Problems;
use crate::schema::Import;

use super::fields::dwords;
use super::thunk::{self, AddressSpace};
use super::walk::{Descriptor, Walk};
use super::{Image, directory};

const DESCRIPTOR_SIZE: usize = 32;
const I386: i32 = 0x14c;

/// Descriptors without a function after which the walk gives up: it is in other bytes. pefile's number.
const MAX_EMPTY: usize = 6;

/// The delayed imports; `None` where there is no such directory, or, with a problem, none that can be read.
pub fn delay_imports(image: &Image<'_>, problems: &mut Problems) -> Option<Vec<Import>> {
    let (start, _) = image.directory(directory::DELAY_IMPORT)?;
    let mut walk = Walk::new(image, "delay_import", problems);
    let mut imports = Vec::new();
    let (mut rva, mut empty) = (u64::from(start), 0);
    while walk.step() && empty < MAX_EMPTY {
        let descriptor = match walk.descriptor::<DESCRIPTOR_SIZE>(rva) {
            Descriptor::Entry(descriptor) => descriptor,
            Descriptor::Cut if rva == u64::from(start) => return None,
            Descriptor::Cut | Descriptor::Zeros => break,
        };
        match import(&mut walk, descriptor, rva) {
            Some(import) => imports.push(import),
            None => empty += 1,
        }
        rva += DESCRIPTOR_SIZE as u64;
    }
    Some(imports)
}

fn import(walk: &mut Walk<'_, '_, '_>, descriptor: &[u8; DESCRIPTOR_SIZE], rva: u64) -> Option<Import> {
    let [attributes, name, _module, address, lookup, _bound, _unload, time_date_stamp] = dwords(descriptor)?;
    let is_i386 = walk.image.coff_header().is_some_and(|coff| coff.machine == I386);
    let space = if attributes == 0 && is_i386 {
        let optional = walk.image.optional_header();
        let base = optional.and_then(|optional| optional.image_base).unwrap_or(0);
        let size = optional.and_then(|optional| optional.size_of_image).unwrap_or(0) as u64;
        AddressSpace::Virtual(base..base.saturating_add(size))
    } else {
        AddressSpace::Relative
    };
    let dll = walk.name_at(space.rva(name.into()))?;
    if dll.is_empty() {
        walk.note("dll_empty", walk.image.offset_of(rva), format!("{name:#x}"));
        return None;
    }
    let tables = [lookup, address].map(|table| space.rva(table.into()));
    let functions = thunk::functions(walk, tables, &space, dll.as_bytes());
    if functions.is_empty() {
        walk.note("descriptor_empty", walk.image.offset_of(rva), dll);
        return None;
    }
    let [lookup_table_rva, address_table_rva] = tables.map(|rva| rva as i64);
    Some(Import {
        dll,
        delayed: true,
        time_date_stamp: time_date_stamp.into(),
        forwarder_chain: None,
        lookup_table_rva,
        address_table_rva,
        functions,
    })
}
