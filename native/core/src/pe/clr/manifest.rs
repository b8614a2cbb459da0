//! What the manifest of an assembly says: its identity, what it refers to, what it carries
//! (ECMA-335 II.22.2, II.22.5, II.22.24, II.22.31).

use crate::column::Bytes;
use crate::hash::{hex, sha1};
use crate::limits::{MAX_CLR_PUBLIC_KEY, MAX_CLR_ROWS};
use crate::pe::fields::dwords;
use crate::pe::walk::Walk;
use crate::schema::{Assembly, AssemblyRef, ClrResource};

use super::Metadata;
use super::layout::{self, tag};
use super::tables::Row;

/// `AssemblyFlags`: a reference holds the whole public key.
const PUBLIC_KEY: u32 = 1;

/// `ManifestResourceAttributes`: the bits of visibility, and their value for a public one.
const VISIBILITY: u32 = 7;
const PUBLIC: u32 = 1;

impl Metadata<'_> {
    /// The first row of `Assembly`; the standard allows one.
    pub(super) fn assembly(&self, walk: &mut Walk<'_, '_, '_>) -> Option<Assembly> {
        let row = self.tables.rows(layout::ASSEMBLY).next()?;
        let key = self.key(row.value(6), walk);
        Some(Assembly {
            name: self.heaps.text(row.value(7), walk),
            version: version(row, 1),
            culture: self.heaps.text(row.value(8), walk),
            public_key: key.map(|key| Bytes(key.to_vec())),
            public_key_token: key.map(token),
            flags: row.value(5).into(),
            hash_algorithm: row.value(0).into(),
        })
    }

    /// The rows of `AssemblyRef`.
    pub(super) fn assembly_refs(&self, walk: &mut Walk<'_, '_, '_>) -> Option<Vec<AssemblyRef>> {
        self.list(layout::ASSEMBLY_REF, MAX_CLR_ROWS, walk, |row, walk| {
            let is_whole = row.value(4) & PUBLIC_KEY != 0;
            Some(AssemblyRef {
                name: self.heaps.text(row.value(6), walk),
                version: version(row, 0),
                culture: self.heaps.text(row.value(7), walk),
                public_key_token: self
                    .key(row.value(5), walk)
                    .map(|key| if is_whole { token(key) } else { hex(key) }),
            })
        })
    }

    /// The names of `ModuleRef`.
    pub(super) fn module_refs(&self, walk: &mut Walk<'_, '_, '_>) -> Option<Vec<String>> {
        self.list(layout::MODULE_REF, MAX_CLR_ROWS, walk, |row, walk| {
            let name = self.heaps.text(row.value(0), walk);
            // A name that there was no room for is not one that is empty.
            if walk.is_spent() { None } else { Some(name.unwrap_or_default()) }
        })
    }

    /// The rows of `ManifestResource`; `rva` and `size` are where the CLR header says the data is.
    pub(super) fn resources(
        &self,
        (rva, size): (u32, u32),
        walk: &mut Walk<'_, '_, '_>,
    ) -> Option<Vec<ClrResource>> {
        let data = walk.image.data_at(rva.into(), size as usize).filter(|_| rva != 0).unwrap_or_default();
        let start = walk.image.offset_of(rva.into()).filter(|_| rva != 0);
        self.list(layout::MANIFEST_RESOURCE, MAX_CLR_ROWS, walk, |row, walk| {
            let mut resource = ClrResource {
                name: self.heaps.text(row.value(2), walk),
                public: row.value(1) & VISIBILITY == PUBLIC,
                ..ClrResource::default()
            };
            if row.value(3) != 0 {
                resource.location = self.location(row, walk);
                return Some(resource);
            }
            let offset = row.value(0) as usize;
            let counted = data.get(offset..).and_then(|data| Some((dwords::<1>(data)?, data.get(4..)?)));
            let file_offset = start.map(|start| start.saturating_add(offset as u64));
            if let Some(([length], rest)) = counted {
                resource.file_offset = file_offset.map(|offset| offset.saturating_add(4) as i64);
                resource.size = Some(length.into());
                if rest.len() < length as usize {
                    let detail = format!("{} of {length} bytes", rest.len());
                    walk.note("resource_truncated", file_offset, detail);
                }
            } else {
                walk.note("resource_unmapped", file_offset, format!("{offset:#x} of {size:#x}"));
            }
            Some(resource)
        })
    }

    /// Name of the file or assembly that holds a resource.
    fn location(&self, resource: Row<'_, '_>, walk: &mut Walk<'_, '_, '_>) -> Option<String> {
        let named = |tag, table, column| {
            let number = resource.coded(3, tag)?;
            self.tables.row(table, number).map(|row| row.value(column))
        };
        let index = named(tag::HELD_BY_FILE, layout::FILE, 1)
            .or_else(|| named(tag::HELD_BY_ASSEMBLY, layout::ASSEMBLY_REF, 6));
        if index.is_none() {
            walk.note("resource_location", None, format!("{:#x}", resource.value(3)));
        }
        self.heaps.text(index?, walk)
    }

    /// A public key or a token; `None` where it is empty or longer than keys are.
    fn key(&self, index: u32, walk: &mut Walk<'_, '_, '_>) -> Option<&[u8]> {
        let key = self.heaps.blob(index, walk).filter(|key| !key.is_empty())?;
        if key.len() > MAX_CLR_PUBLIC_KEY {
            walk.limit("clr_public_key");
            return None;
        }
        walk.keep(key.len()).then_some(key)
    }
}

/// Token of a public key (ECMA-335 II.6.3).
fn token(key: &[u8]) -> String {
    let token: Vec<u8> = sha1(key).into_iter().rev().take(8).collect();
    hex(&token)
}

/// Four words from `column` on.
fn version(row: Row<'_, '_>, column: usize) -> String {
    let part = |index| row.value(column + index);
    format!("{}.{}.{}.{}", part(0), part(1), part(2), part(3))
}
