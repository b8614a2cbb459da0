//! The resource list: a row a leaf, with what its bytes are.
//!
//! Every byte range is looked at once, however many leaves name it, and all ranges together are
//! bounded by the size of the file, so that overlapping leaves cost little more than disjoint ones.

use crate::limits::{MAGIC_BYTES, MAX_RESOURCE_MAGIC_COST, RESOURCE_BYTES_PER_FILE_BYTE};
use crate::problems::Problems;
use crate::schema::Resource;
use crate::shared::{Shared, SharedRanges};
use crate::text::histogram::Histogram;
use crate::text::magic::magic;

use super::resource_names::RESOURCE_TYPES;
use super::resource_tree::{Id, Leaf};
use super::walk::Walk;
use super::{Image, names};

/// One row for each of `leaves`, in their order, `sha256` still null; and the bytes that are to be hashed
/// for it, with the rows they belong to.
pub fn resources<'a>(
    image: &Image<'a>,
    leaves: &[Leaf],
    problems: &mut Problems,
) -> (Vec<Resource>, Vec<Shared<'a>>) {
    let mut walk = Walk::new(image, "resource", problems);
    let file_len = image.bytes().len();
    let mut to_hash = file_len.saturating_mul(RESOURCE_BYTES_PER_FILE_BYTE);
    let mut to_tell = file_len.saturating_add(1 << 20).min(MAX_RESOURCE_MAGIC_COST);
    let mut known = SharedRanges::default();
    let mut rows: Vec<Resource> = Vec::with_capacity(leaves.len());
    for (place, leaf) in leaves.iter().enumerate() {
        let mut row = row(leaf, &mut walk);
        if let Some(bytes) = bytes(leaf, &mut walk) {
            let range = (row.file_offset.unwrap_or_default() as u64, leaf.size);
            let same = known.again(&range, place).and_then(|index| known.list.get(index)?.places.first());
            if let Some(same) = same.and_then(|first| rows.get(*first)) {
                row.entropy = same.entropy;
                row.magic.clone_from(&same.magic);
            } else {
                // What is too much to hash has no entropy either.
                let is_hashed = spend(&mut to_hash, bytes.len(), "resource_bytes", &mut walk);
                row.entropy = is_hashed.then(|| Histogram::of(bytes).entropy());
                known.add(range, bytes, place);
                if spend(&mut to_tell, magic_cost(bytes.len()), "resource_magic", &mut walk) {
                    row.magic = Some(magic(bytes, bytes.len() as u64));
                }
            }
        }
        rows.push(row);
    }
    let is_hashed = |shared: &Shared| {
        let first = shared.places.first().and_then(|place| rows.get(*place));
        first.is_some_and(|row| row.entropy.is_some())
    };
    known.list.retain(is_hashed);
    (rows, known.list)
}

/// Takes `cost` from what is left; where that is less, nothing is taken and `limit` cut something.
fn spend(left: &mut usize, cost: usize, limit: &str, walk: &mut Walk<'_, '_, '_>) -> bool {
    let rest = left.checked_sub(cost);
    match rest {
        Some(rest) => *left = rest,
        None => walk.limit(limit),
    }
    rest.is_some()
}

/// What telling the magic of `len` bytes costs, in units of 0.12 us measured on text, which costs most:
/// each rule looks at the first bytes, many at the first 4 KiB, few further, the parsers at them all.
fn magic_cost(len: usize) -> usize {
    64 + len.min(4 << 10) + len.min(64 << 10) / 4 + len.min(MAGIC_BYTES) / 64
}

fn row(leaf: &Leaf, walk: &mut Walk<'_, '_, '_>) -> Resource {
    let [kind, name, language] = &leaf.path;
    let file_offset = walk.image.offset_of(leaf.rva.into());
    let language = match language {
        Some(Id::Number(number)) => Some(i64::from(*number)),
        Some(Id::Text(text)) => {
            walk.note("language_text", file_offset, text.as_str());
            None
        }
        None => None,
    };
    Resource {
        r#type: kind.as_ref().map(|kind| match kind {
            Id::Number(number) => {
                names::name(RESOURCE_TYPES, *number).map_or_else(|| number.to_string(), str::to_owned)
            }
            Id::Text(text) => text.clone(),
        }),
        name: name.as_ref().map(|name| match name {
            Id::Number(number) => number.to_string(),
            Id::Text(text) => text.clone(),
        }),
        language,
        codepage: leaf.codepage.into(),
        rva: leaf.rva.into(),
        file_offset: file_offset.map(|offset| offset as i64),
        size: leaf.size.into(),
        ..Resource::default()
    }
}

/// The leaf's bytes, where the file holds all of them.
fn bytes<'a>(leaf: &Leaf, walk: &mut Walk<'_, 'a, '_>) -> Option<&'a [u8]> {
    let data = leaf.data(walk.image);
    if data.len() == leaf.size as usize {
        return Some(data);
    }
    let offset = walk.image.offset_of(leaf.rva.into());
    let kind = if offset.is_some() { "data_truncated" } else { "data_unmapped" };
    walk.note(kind, offset, format!("{:#x}, {} of {} bytes", leaf.rva, data.len(), leaf.size));
    None
}
