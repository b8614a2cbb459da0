//! The import directory.
//!
//! Gives every descriptor that asks for something, in order, duplicates too, up to the descriptor of
//! zeros. The directory's `Size` is not looked at: neither Windows nor pefile does.

use crate::problems::Problems;
use crate::schema::Import;

use super::fields::dwords;
use super::thunk::{self, AddressSpace};
use super::walk::{Descriptor, Walk};
use super::{Image, directory};

const DESCRIPTOR_SIZE: usize = 20;

/// The imports; `None` where there is no import directory, or, with a problem, none that can be read.
pub fn imports(image: &Image<'_>, problems: &mut Problems) -> Option<Vec<Import>> {
    let (start, _) = image.directory(directory::IMPORT)?;
    let mut walk = Walk::new(image, "import", problems);
    let mut imports = Vec::new();
    let mut rva = u64::from(start);
    while walk.step() {
        let descriptor = match walk.descriptor::<DESCRIPTOR_SIZE>(rva) {
            Descriptor::Entry(descriptor) => descriptor,
            Descriptor::Cut if rva == u64::from(start) => return None,
            Descriptor::Cut | Descriptor::Zeros => break,
        };
        if let Some(import) = import(&mut walk, descriptor, rva) {
            imports.push(import);
        }
        rva += DESCRIPTOR_SIZE as u64;
    }
    Some(imports)
}

fn import(walk: &mut Walk<'_, '_, '_>, descriptor: &[u8; DESCRIPTOR_SIZE], rva: u64) -> Option<Import> {
    let [lookup, time_date_stamp, forwarder_chain, name, address] = dwords(descriptor)?;
    let dll = walk.name_at(name.into())?;
    if dll.is_empty() {
        walk.note("dll_empty", walk.image.offset_of(rva), format!("{name:#x}"));
        return None;
    }
    let tables = [lookup, address].map(u64::from);
    let functions = thunk::functions(walk, tables, &AddressSpace::Relative, dll.as_bytes());
    if functions.is_empty() {
        walk.note("descriptor_empty", walk.image.offset_of(rva), dll);
        return None;
    }
    Some(Import {
        dll,
        delayed: false,
        time_date_stamp: time_date_stamp.into(),
        forwarder_chain: Some(forwarder_chain.into()),
        lookup_table_rva: lookup.into(),
        address_table_rva: address.into(),
        functions,
    })
}
