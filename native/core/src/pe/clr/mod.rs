//! The CLR header and the metadata of .NET files (ECMA-335 II.24, II.25.3.3).
//!
//! Gives what the header says whatever the metadata is like, and of broken metadata what can be
//! read. The types and methods of the metadata are not read.

mod heaps;
mod layout;
mod manifest;
mod root;
mod tables;
mod value;

use crate::limits::MAX_CLR_STEPS;
use crate::problems::Problems;
use crate::schema::{Clr, ClrStream};

use super::fields::dwords;
use super::walk::Walk;
use super::{Image, directory, names};
use heaps::Heaps;
use root::Root;
use tables::{Row, Tables};

/// `cb` of `IMAGE_COR20_HEADER`.
const HEADER_SIZE: u32 = 72;

/// The entry point is native code at an RVA.
const NATIVE_ENTRYPOINT: u32 = 0x10;

/// `Flags` of the header (`corhdr.h`).
const FLAGS: &[(u32, &str)] = &[
    (0x0000_0001, "COMIMAGE_FLAGS_ILONLY"),
    (0x0000_0002, "COMIMAGE_FLAGS_32BITREQUIRED"),
    (0x0000_0004, "COMIMAGE_FLAGS_IL_LIBRARY"),
    (0x0000_0008, "COMIMAGE_FLAGS_STRONGNAMESIGNED"),
    (NATIVE_ENTRYPOINT, "COMIMAGE_FLAGS_NATIVE_ENTRYPOINT"),
    (0x0001_0000, "COMIMAGE_FLAGS_TRACKDEBUGDATA"),
    (0x0002_0000, "COMIMAGE_FLAGS_32BITPREFERRED"),
];

/// Tables and what they point into.
#[derive(Debug)]
struct Metadata<'a> {
    tables: Tables<'a>,
    heaps: Heaps<'a>,
}

impl Metadata<'_> {
    /// What `read` makes of the rows of `table`, at most `most`: as many as the walk reaches, and `None` where
    /// it is spent before there is one.
    fn list<T>(
        &self,
        table: usize,
        most: usize,
        walk: &mut Walk<'_, '_, '_>,
        read: impl Fn(Row<'_, '_>, &mut Walk<'_, '_, '_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut list = Vec::new();
        let mut rows = self.tables.rows(table).peekable();
        let has_rows = rows.peek().is_some();
        for row in rows {
            if !walk.step() || !walk.has_room(list.len(), most, "clr_rows") {
                break;
            }
            list.extend(read(row, walk));
        }
        let is_unread = has_rows && list.is_empty() && walk.is_spent();
        (!is_unread).then_some(list)
    }
}

/// What is .NET in a file; `None` where nothing is, or, with a problem, the header cannot be read.
pub fn clr(image: &Image<'_>, problems: &mut Problems) -> Option<Clr> {
    let mut walk = Walk::with_steps(image, "clr", MAX_CLR_STEPS, problems);
    let walk = &mut walk;
    let rva = header_rva(walk)?;
    let offset = image.offset_of(rva.into());
    let data = image.data_at(rva.into(), HEADER_SIZE as usize);
    let Some(header) = data.and_then(dwords::<18>) else {
        let kind = if data.is_some() { "header_truncated" } else { "header_unmapped" };
        walk.note(kind, offset, format!("{rva:#x}"));
        return None;
    };
    let [size, versions, metadata_rva, metadata_size, flags, entry_point, rest @ ..] = header;
    let [resources_rva, resources_size, _, strong_name_size, _, _, _, _, _, _, native_header, _] = rest;
    if size != HEADER_SIZE {
        walk.odd("header_size", offset, format!("{size}"));
    }
    let is_native = flags & NATIVE_ENTRYPOINT != 0;
    let entry_point = (entry_point != 0).then_some(i64::from(entry_point));
    let mut clr = Clr {
        major_runtime_version: (versions & 0xffff) as i32,
        minor_runtime_version: (versions >> 16) as i32,
        flags: flags.into(),
        flag_names: names::flags(FLAGS, flags),
        entry_point_token: entry_point.filter(|_| !is_native),
        entry_point_rva: entry_point.filter(|_| is_native),
        strong_name_size: strong_name_size.into(),
        has_native_header: native_header != 0,
        ..Clr::default()
    };
    if let Some(root) = Root::read(metadata_rva, metadata_size, walk) {
        fill(&mut clr, &root, (resources_rva, resources_size), walk);
    }
    Some(clr)
}

/// RVA of the header. The runtime reads the directory without a look at `NumberOfRvaAndSizes`, and
/// so does yara-x: a file that declares fewer directories is still a .NET file, if the optional
/// header has room for the directory and a CLR header is there.
fn header_rva(walk: &mut Walk<'_, '_, '_>) -> Option<u32> {
    let image = walk.image;
    if let Some((rva, _)) = image.directory(directory::COM_DESCRIPTOR) {
        return Some(rva);
    }
    if image.directories().len() > directory::COM_DESCRIPTOR {
        return None;
    }
    let offset = image.directory_entry(directory::COM_DESCRIPTOR)?.start;
    let [rva] = dwords(image.bytes().get(usize::try_from(offset).ok()?..)?)?;
    let [size] = dwords(image.data_at(rva.into(), 4).filter(|_| rva != 0)?)?;
    if size != HEADER_SIZE {
        return None;
    }
    walk.odd("directory_undeclared", Some(offset), format!("{rva:#x}"));
    Some(rva)
}

fn fill(clr: &mut Clr, root: &Root<'_>, resources: (u32, u32), walk: &mut Walk<'_, '_, '_>) {
    clr.metadata_version = Some(root.version.clone());
    let streams = root.streams.iter().map(|stream| ClrStream {
        name: stream.name.clone(),
        file_offset: stream.file_offset.unwrap_or(0) as i64,
        size: stream.size.into(),
    });
    clr.streams = Some(streams.collect());
    let heaps = Heaps::new(root);
    clr.guids = heaps.guids(walk);
    if let Some(tables) = tables(root, walk) {
        let metadata = Metadata { tables, heaps };
        clr.table_rows = Some(metadata.tables.declared());
        (clr.module_name, clr.mvid) = metadata.module(walk);
        clr.assembly = metadata.assembly(walk);
        clr.assembly_refs = metadata.assembly_refs(walk);
        clr.module_refs = metadata.module_refs(walk);
        clr.resources = metadata.resources(resources, walk);
        clr.field_offsets = metadata.field_offsets(walk);
        clr.typelib = metadata.typelib(walk);
        clr.constants = metadata.constants(walk);
        clr.user_string_count = metadata.heaps.user_string_count(walk);
    } else {
        clr.user_string_count = heaps.user_string_count(walk);
    }
}

fn tables<'a>(root: &Root<'a>, walk: &mut Walk<'_, '_, '_>) -> Option<Tables<'a>> {
    let Some(stream) = root.tables() else {
        walk.note("tables_missing", None, format!("{} streams", root.streams.len()));
        return None;
    };
    // The empty stream `#JTD` beside `#-` makes every index four bytes wide.
    let is_wide = stream.name == "#-" && root.stream("#JTD").is_some();
    let tables = Tables::read(stream.data, stream.file_offset, is_wide, walk)?;
    for table in [layout::MODULE, layout::ASSEMBLY] {
        if tables.count(table) > 1 {
            walk.odd("table_repeated", stream.file_offset, format!("{} rows", tables.count(table)));
        }
    }
    Some(tables)
}
