//! The tree of the resource directory: type, name, language, then a leaf.
//!
//! Gives the leaves in tree order. Windows looks a resource up through exactly three levels, so
//! nothing below the third is followed; that ends every cycle, and the steps of the walk bound trees
//! whose directories are shared. A broken entry costs itself alone. Source: "PE Format", section
//! "The .rsrc Section".

use crate::column::Timestamp;
use crate::limits::{MAX_NAME, MAX_RESOURCES};
use crate::problems::Problems;
use crate::schema::ResourceDirectory;

use super::fields::dwords;
use super::walk::Walk;
use super::{Image, directory, text};

/// Type, name and language.
const LEVELS: usize = 3;
/// Of a name: its low bits are the offset of a text. Of a target: they are that of a directory.
const IS_OFFSET: u32 = 1 << 31;
const DIRECTORY_SIZE: usize = 16;

/// The resource directory of a file.
#[derive(Debug)]
pub struct ResourceTree {
    /// The root.
    pub directory: ResourceDirectory,
    /// Every leaf that could be read, in tree order.
    pub leaves: Vec<Leaf>,
}

/// What an entry is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Id {
    /// A number, 16 bits wide where Windows made it.
    Number(u32),
    /// A name.
    Text(String),
}

/// One `IMAGE_RESOURCE_DATA_ENTRY` and the way to it.
#[derive(Debug)]
pub struct Leaf {
    /// What the levels above it are, from the type down; `None` where the tree has no such level or
    /// its text cannot be read.
    pub path: [Option<Id>; LEVELS],
    /// RVA of its bytes.
    pub rva: u32,
    /// Their number, as claimed.
    pub size: u32,
    /// Codepage of its text.
    pub codepage: u32,
}

impl Leaf {
    /// Whether it is of the predefined type `number`.
    pub(super) fn is(&self, number: u32) -> bool {
        self.path.first() == Some(&Some(Id::Number(number)))
    }

    /// As many of its bytes as the file holds.
    pub(super) fn data<'a>(&self, image: &Image<'a>) -> &'a [u8] {
        image.data_at(self.rva.into(), self.size as usize).unwrap_or_default()
    }
}

/// A directory whose entries are being read.
struct Frame<'a> {
    offset: u32,
    id: Option<Id>,
    entries: std::slice::Iter<'a, [u8; 8]>,
}

/// The tree; `None` where there is no resource directory, or, with a problem, none that can be read.
pub fn tree(image: &Image<'_>, problems: &mut Problems) -> Option<ResourceTree> {
    let (base, _) = image.directory(directory::RESOURCE)?;
    let base = u64::from(base);
    let mut walk = Walk::new(image, "resource", problems);
    let (directory, root) = open(&mut walk, base, 0)?;
    let mut leaves = Vec::new();
    let mut frames = vec![Frame { offset: 0, id: None, entries: root.iter() }];
    while let Some(frame) = frames.last_mut() {
        let Some([name, target]) = frame.entries.next().and_then(|entry| dwords(entry)) else {
            frames.pop();
            continue;
        };
        if !walk.step() {
            break;
        }
        let id = id(&mut walk, base, name);
        if target & IS_OFFSET == 0 {
            if leaves.len() >= MAX_RESOURCES {
                walk.limit("resources");
                break;
            }
            let ids = frames.iter().skip(1).map(|frame| frame.id.clone()).chain([id]);
            leaves.extend(leaf(&mut walk, base, target, ids));
            continue;
        }
        let offset = target & !IS_OFFSET;
        let place = walk.image.offset_of(base + u64::from(offset));
        if frames.iter().any(|frame| frame.offset == offset) {
            walk.note("directory_cyclic", place, format!("{offset:#x}"));
        } else if frames.len() >= LEVELS {
            walk.note("directory_deep", place, format!("{offset:#x}"));
        } else if let Some((_, entries)) = open(&mut walk, base, offset) {
            frames.push(Frame { offset, id, entries: entries.iter() });
        }
    }
    Some(ResourceTree { directory, leaves })
}

/// The directory at `offset` and its entries, as far as the file holds them.
fn open<'a>(
    walk: &mut Walk<'_, 'a, '_>,
    base: u64,
    offset: u32,
) -> Option<(ResourceDirectory, &'a [[u8; 8]])> {
    let image = walk.image;
    let rva = base + u64::from(offset);
    let data = image.data_at(rva, usize::MAX).unwrap_or_default();
    let Some((header, behind)) = data.split_first_chunk::<DIRECTORY_SIZE>() else {
        walk.note("directory_unmapped", image.offset_of(rva), format!("{rva:#x}"));
        return None;
    };
    let [characteristics, timestamp, version, counts] = dwords(header)?;
    let [named, numbered] = halves(counts);
    let [major, minor] = halves(version);
    let declared = (named + numbered) as usize;
    let (entries, _) = behind.as_chunks::<8>();
    if entries.len() < declared {
        let detail = format!("{} of {declared} entries", entries.len());
        walk.note("directory_truncated", image.offset_of(rva), detail);
    }
    let directory = ResourceDirectory {
        characteristics: characteristics.into(),
        timestamp: (timestamp != 0).then_some(Timestamp(timestamp.into())),
        major_version: major,
        minor_version: minor,
        number_of_named_entries: named,
        number_of_id_entries: numbered,
    };
    Some((directory, entries.get(..declared).unwrap_or(entries)))
}

fn id(walk: &mut Walk<'_, '_, '_>, base: u64, name: u32) -> Option<Id> {
    if name & IS_OFFSET == 0 {
        return Some(Id::Number(name));
    }
    let image = walk.image;
    let rva = base + u64::from(name & !IS_OFFSET);
    let Some((length, behind)) =
        image.data_at(rva, 2 + 2 * MAX_NAME).and_then(|data| data.split_first_chunk::<2>())
    else {
        walk.note("name_unmapped", image.offset_of(rva), format!("{rva:#x}"));
        return None;
    };
    let length = usize::from(u16::from_le_bytes(*length));
    if length > MAX_NAME {
        walk.limit("name_length");
    }
    let length = length.min(MAX_NAME);
    let units = behind.get(..2 * length).unwrap_or(behind);
    if units.len() < 2 * length {
        walk.note("name_truncated", image.offset_of(rva), format!("{length} characters"));
    }
    let name = text::escaped_utf16(units);
    walk.keep(name.len()).then_some(Id::Text(name))
}

fn leaf(
    walk: &mut Walk<'_, '_, '_>,
    base: u64,
    target: u32,
    ids: impl Iterator<Item = Option<Id>>,
) -> Option<Leaf> {
    let at = base + u64::from(target);
    let Some([rva, size, codepage, _]) = walk.image.data_at(at, 16).and_then(dwords) else {
        walk.note("entry_unmapped", walk.image.offset_of(at), format!("{at:#x}"));
        return None;
    };
    let mut path = [const { None }; LEVELS];
    let mut levels = 0;
    // A name stands in the row of every leaf below it: each copy counts.
    let mut text = 0;
    for (place, id) in path.iter_mut().zip(ids) {
        if let Some(Id::Text(name)) = &id {
            text += name.len();
        }
        *place = id;
        levels += 1;
    }
    if levels < LEVELS {
        walk.odd("leaf_shallow", walk.image.offset_of(at), format!("level {levels} of {LEVELS}"));
    }
    walk.keep(text).then_some(Leaf { path, rva, size, codepage })
}

fn halves(value: u32) -> [i32; 2] {
    [value & 0xffff, value >> 16].map(|half| half as i32)
}
