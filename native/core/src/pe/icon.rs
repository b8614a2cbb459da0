//! The main icon: the largest image of the first icon group, what Explorer shows large.
//!
//! Names the resource; its digest is the resource list's. Source: Windows SDK, "Icons", `GRPICONDIR`.

use crate::problems::Problems;
use crate::work;

use super::Image;
use super::resource_tree::{Id, Leaf};

const RT_ICON: u32 = 3;
const RT_GROUP_ICON: u32 = 14;
/// `idReserved`, `idType`, `idCount`.
const GROUP_HEADER: usize = 6;
/// `GRPICONDIRENTRY`.
const GROUP_ENTRY: usize = 14;

const STAGE: &str = "icon";

/// Place of the main icon's image among `leaves`; `None` where there is no icon group, or, with a
/// problem, no image for it.
pub fn main_icon(image: &Image<'_>, leaves: &[Leaf], problems: &mut Problems) -> Option<usize> {
    work::steps(leaves.len());
    let group = leaves.iter().find(|leaf| leaf.is(RT_GROUP_ICON))?;
    let offset = image.offset_of(group.rva.into());
    let data = group.data(image);
    let Some(id) = largest(data) else {
        problems.add(STAGE, "group_broken", offset, format!("{} of {} bytes", data.len(), group.size));
        return None;
    };
    let [_, _, language] = &group.path;
    let named = Some(Id::Number(id));
    let mut images = leaves.iter().enumerate().filter(|(_, leaf)| {
        let [_, name, _] = &leaf.path;
        leaf.is(RT_ICON) && *name == named
    });
    let first = images.clone().next();
    let found = images.find(|(_, leaf)| leaf.path.last() == Some(language)).or(first);
    if found.is_none() {
        problems.add(STAGE, "image_missing", offset, format!("RT_ICON {id}"));
    }
    found.map(|(place, _)| place)
}

/// Number of the group's largest image: most pixels, then most colours, then most bytes, then first.
fn largest(group: &[u8]) -> Option<u32> {
    let (&[_, _, _, _, c0, c1], behind) = group.split_first_chunk::<GROUP_HEADER>()?;
    let (entries, _) = behind.as_chunks::<GROUP_ENTRY>();
    let declared = usize::from(u16::from_le_bytes([c0, c1]));
    let size = |&[width, height, _, _, _, _, b0, b1, s0, s1, s2, s3, _, _]: &[u8; GROUP_ENTRY]| {
        // 0 stands for 256.
        let [width, height] = [width, height].map(|side| u32::from(side.wrapping_sub(1)) + 1);
        (width * height, u16::from_le_bytes([b0, b1]), u32::from_le_bytes([s0, s1, s2, s3]))
    };
    let largest = entries.iter().take(declared).rev().max_by_key(|entry| size(entry))?;
    let &[.., i0, i1] = largest;
    Some(u16::from_le_bytes([i0, i1]).into())
}
