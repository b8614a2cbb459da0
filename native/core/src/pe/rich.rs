//! The DOS stub and the Rich data that Microsoft's linker leaves in it.
//!
//! `Rich` and the key stand at the end of the data, `DanS` under the key at its beginning. The checksum is
//! recomputed, because Rich data that was copied from another program no longer agrees with its stub.

use std::ops::Range;

use crate::limits::MAX_DOS_STUB;
use crate::problems::Problems;
use crate::schema::RichEntry;
use crate::work;

use super::Image;

const DOS_HEADER_SIZE: usize = 64;
const DANS: u32 = u32::from_le_bytes(*b"DanS");
/// Where Microsoft's linkers put the data, behind their stub of 64 bytes.
const USUAL_OFFSET: usize = 0x80;

/// Rich data, unmasked.
#[derive(Debug)]
pub struct RichData {
    /// The key.
    pub key: u32,
    /// File offset of `DanS`.
    pub offset: usize,
    /// Tools, in file order.
    pub entries: Vec<RichEntry>,
    /// The bytes from `DanS` up to `Rich`, unmasked.
    pub clear: Vec<u8>,
    /// The checksum equals the key.
    pub checksum_ok: bool,
}

/// Bytes between the DOS header and the signature; `None` where there are none.
pub fn stub<'a>(image: &Image<'a>) -> Option<&'a [u8]> {
    image.bytes().get(DOS_HEADER_SIZE..image.nt_offset()).filter(|stub| !stub.is_empty())
}

/// The Rich data; `None` where there is none, or, with a problem, where it does not begin with `DanS`.
pub fn rich(image: &Image<'_>, problems: &mut Problems) -> Option<RichData> {
    let end = image.nt_offset().min(MAX_DOS_STUB);
    let (words, _) = image.bytes().get(..end)?.as_chunks::<4>();
    work::steps(words.len());
    let words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
    let rich_at = DOS_HEADER_SIZE / 4
        + words.get(DOS_HEADER_SIZE / 4..)?.iter().position(|word| word.to_le_bytes() == *b"Rich")?;
    let Some(&key) = words.get(rich_at + 1) else {
        problems.add("rich", "key_missing", (rich_at * 4) as u64, "");
        return None;
    };
    let masked = words.get(DOS_HEADER_SIZE / 4..rich_at)?;
    let Some(dans_at) = masked.iter().rposition(|word| word ^ key == DANS) else {
        problems.add("rich", "start_missing", (rich_at * 4) as u64, format!("key {key:#010x}"));
        return None;
    };
    let offset = DOS_HEADER_SIZE + dans_at * 4;
    if offset != USUAL_OFFSET {
        problems.odd("rich", "position", offset as u64, "DanS is not at 0x80");
    }
    let clear: Vec<u32> = masked.get(dans_at..)?.iter().map(|word| word ^ key).collect();
    let padding = clear.get(1..4).unwrap_or_default();
    if padding != [0; 3] {
        problems.odd("rich", "padding", offset as u64 + 4, format!("{padding:x?}"));
    }
    let (pairs, rest) = clear.get(4..).unwrap_or_default().as_chunks::<2>();
    if !rest.is_empty() {
        problems.odd("rich", "half_entry", (rich_at * 4) as u64 - 4, "");
    }
    let checksum = checksum(image.bytes(), 0..offset, pairs);
    if checksum != key {
        let detail = format!("key {key:#010x}, computed {checksum:#010x}");
        problems.odd("rich", "checksum", offset as u64, detail);
    }
    let entries = pairs.iter().map(|&[tool, count]| RichEntry {
        product_id: (tool >> 16) as i32,
        build: (tool & 0xffff) as i32,
        count: count.into(),
    });
    Some(RichData {
        key,
        offset,
        entries: entries.collect(),
        clear: clear.iter().flat_map(|word| word.to_le_bytes()).collect(),
        checksum_ok: checksum == key,
    })
}

/// The linker's checksum: every byte before the data rotated by its offset, `e_lfanew` counted as 0,
/// every tool rotated by its count, and the offset of the data.
fn checksum(bytes: &[u8], before: Range<usize>, pairs: &[[u32; 2]]) -> u32 {
    const E_LFANEW: Range<usize> = 0x3c..0x40;
    let stub = bytes.get(before.clone()).unwrap_or_default().iter().enumerate();
    let stub = stub
        .filter(|(offset, _)| !E_LFANEW.contains(offset))
        .map(|(offset, &byte)| u32::from(byte).rotate_left(offset as u32 & 31));
    let tools = pairs.iter().map(|&[tool, count]| tool.rotate_left(count & 31));
    stub.chain(tools).fold(before.end as u32, u32::wrapping_add)
}
