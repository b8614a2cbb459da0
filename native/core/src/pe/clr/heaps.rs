//! The heaps that table rows point into (ECMA-335 II.24.2.3 to II.24.2.5).
//!
//! An index outside its heap gives nothing and a problem; a heap that is missing is an empty one.

use crate::limits::MAX_CLR_GUIDS;
use crate::pe::text;
use crate::pe::walk::Walk;

use super::root::Root;

/// The heaps of one file.
#[derive(Debug)]
pub(super) struct Heaps<'a> {
    strings: &'a [u8],
    blobs: &'a [u8],
    guids: Option<&'a [u8]>,
    user_strings: Option<&'a [u8]>,
}

impl<'a> Heaps<'a> {
    /// The heaps among the streams of `root`.
    pub(super) fn new(root: &Root<'a>) -> Self {
        let data = |name| root.stream(name).map(|stream| stream.data);
        Self {
            strings: data("#Strings").unwrap_or_default(),
            blobs: data("#Blob").unwrap_or_default(),
            guids: data("#GUID"),
            user_strings: data("#US"),
        }
    }

    /// Text of `#Strings`; `None` where it is empty, or, with a problem, outside the heap.
    pub(super) fn text(&self, index: u32, walk: &mut Walk<'_, '_, '_>) -> Option<String> {
        let found = self.strings.get(index as usize..).filter(|heap| index == 0 || !heap.is_empty());
        let Some(heap) = found else {
            walk.note("string_index", None, format!("{index:#x} of {:#x}", self.strings.len()));
            return None;
        };
        walk.text(text::until_nul(heap)).filter(|name| !name.is_empty())
    }

    /// The string at `index` is `name`.
    pub(super) fn is_text(&self, index: u32, name: &str) -> bool {
        let heap = self.strings.get(index as usize..).unwrap_or_default();
        heap.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.first() == Some(&0))
    }

    /// Bytes of `#Blob`; index 0 is the empty blob.
    pub(super) fn blob(&self, index: u32, walk: &mut Walk<'_, '_, '_>) -> Option<&'a [u8]> {
        if index == 0 {
            return Some(&[]);
        }
        let found = self.blobs.get(index as usize..).and_then(counted);
        if found.is_none() {
            walk.note("blob_broken", None, format!("{index:#x} of {:#x}", self.blobs.len()));
        }
        found.map(|(blob, _)| blob)
    }

    /// GUID by its number, from 1; number 0 is none.
    pub(super) fn guid(&self, number: u32, walk: &mut Walk<'_, '_, '_>) -> Option<String> {
        let (guids, _) = self.guids.unwrap_or_default().as_chunks::<16>();
        let found = guids.get((number as usize).checked_sub(1)?);
        if found.is_none() {
            walk.note("guid_index", None, format!("{number} of {}", guids.len()));
        }
        found.map(text::guid)
    }

    /// The whole `#GUID` heap.
    pub(super) fn guids(&self, walk: &mut Walk<'_, '_, '_>) -> Option<Vec<String>> {
        let (guids, _) = self.guids?.as_chunks::<16>();
        if guids.len() > MAX_CLR_GUIDS {
            walk.limit("clr_guids");
        }
        Some(guids.iter().take(MAX_CLR_GUIDS).map(text::guid).collect())
    }

    /// How many strings of `#US` are not empty, up to the first that the heap does not hold; `None` where
    /// the walk is spent before they are counted.
    pub(super) fn user_string_count(&self, walk: &mut Walk<'_, '_, '_>) -> Option<i64> {
        let mut heap = self.user_strings?;
        let mut count = 0;
        while !heap.is_empty() {
            if !walk.step() {
                return None;
            }
            let Some((string, rest)) = counted(heap) else {
                walk.note("user_string_broken", None, format!("{} bytes before the end", heap.len()));
                break;
            };
            // A character is two bytes, and one byte of flags ends the string.
            count += i64::from(string.len() >= 3);
            heap = rest;
        }
        Some(count)
    }
}

/// The bytes whose compressed length `data` begins with (ECMA-335 II.23.2), and what follows.
pub(super) fn counted(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let byte = |index: usize| data.get(index).map(|byte| *byte as usize);
    let first = byte(0)?;
    let (length, width) = match first {
        0..0x80 => (first, 1),
        0x80..0xc0 => ((first & 0x3f) << 8 | byte(1)?, 2),
        0xc0..0xe0 => ((first & 0x1f) << 24 | byte(1)? << 16 | byte(2)? << 8 | byte(3)?, 4),
        _ => return None,
    };
    data.get(width..)?.split_at_checked(length)
}
