//! The metadata root: version and stream headers (ECMA-335 II.24.2.1, II.24.2.2).
//!
//! Streams are read as far as their section holds them, whatever the size that the CLR header
//! gives the metadata; of streams with one name the last counts, as it does in the runtime.

use crate::limits::{MAX_CLR_STREAMS, MAX_NAME};
use crate::pe::fields::dwords;
use crate::pe::text;
use crate::pe::walk::Walk;

const SIGNATURE: &[u8] = b"BSJB";

/// Where version text begins.
const FIXED: usize = 16;

/// Longest version text, with padding.
const MAX_VERSION: usize = 255;

/// Storage flag: a counted block stands before the stream headers.
const EXTRA_DATA: u8 = 1;

/// The metadata root.
#[derive(Debug)]
pub(super) struct Root<'a> {
    pub(super) version: String,
    pub(super) streams: Vec<Stream<'a>>,
}

/// One stream.
#[derive(Debug)]
pub(super) struct Stream<'a> {
    pub(super) name: String,
    pub(super) file_offset: Option<u64>,
    pub(super) size: u32,
    /// As far as the file holds it.
    pub(super) data: &'a [u8],
}

impl<'a> Root<'a> {
    /// The root at `rva`; `None`, with a problem, where there is none.
    pub(super) fn read(rva: u32, size: u32, walk: &mut Walk<'_, 'a, '_>) -> Option<Self> {
        let offset = walk.image.offset_of(rva.into());
        let Some(data) = walk.image.data_at(rva.into(), usize::MAX).filter(|_| rva != 0) else {
            walk.note("metadata_unmapped", None, format!("{rva:#x}"));
            return None;
        };
        if !data.starts_with(SIGNATURE) {
            let found = crate::hash::hex(data.get(..4).unwrap_or(data));
            walk.note("metadata_signature", offset, found);
            return None;
        }
        if data.len() < size as usize {
            walk.note("metadata_truncated", offset, format!("{} of {size} bytes", data.len()));
        }
        let length = data.get(12..).and_then(dwords).map_or(0, |[length]| length as usize);
        if length > MAX_VERSION {
            walk.odd("version_length", offset, format!("{length}"));
        }
        let version = data.get(FIXED..).unwrap_or_default();
        let version = version.get(..length.min(MAX_VERSION)).unwrap_or(version);
        let mut root = Self { version: text::escaped(text::until_nul(version)), streams: Vec::new() };
        if root.read_streams(data, length, (rva, size), walk).is_none() {
            walk.note("streams_truncated", offset, format!("after {}", root.streams.len()));
        }
        Some(root)
    }

    /// `None` where the metadata ends before the last header.
    fn read_streams(
        &mut self,
        data: &'a [u8],
        version_length: usize,
        (rva, size): (u32, u32),
        walk: &mut Walk<'_, 'a, '_>,
    ) -> Option<()> {
        let storage = data.get(FIXED.checked_add(version_length)?..)?;
        let ([flags, _, low, high], mut rest) = storage.split_first_chunk()?;
        let count = usize::from(u16::from_le_bytes([*low, *high]));
        if flags & EXTRA_DATA != 0 {
            let [extra] = dwords(rest)?;
            rest = rest.get((extra as usize).checked_add(4)?..)?;
        }
        for index in 0..count {
            if index == MAX_CLR_STREAMS {
                walk.limit("clr_streams");
                break;
            }
            let [offset, stream_size] = dwords(rest)?;
            let name = rest.get(8..)?;
            let length = name.iter().take(MAX_NAME).position(|byte| *byte == 0)?;
            let name = text::escaped(name.get(..length)?);
            rest = rest.get(8 + (length + 1).next_multiple_of(4)..).unwrap_or_default();

            let stream_data = data.get(offset as usize..).unwrap_or_default();
            let stream_data = stream_data.get(..stream_size as usize).unwrap_or(stream_data);
            // From the metadata's own offset, since a stream past its section has none of its own.
            let file_offset =
                walk.image.offset_of(rva.into()).map(|start| start.saturating_add(offset.into()));
            if stream_data.len() < stream_size as usize {
                let held = stream_data.len();
                walk.note("stream_truncated", file_offset, format!("{name}: {held} of {stream_size} bytes"));
            } else if u64::from(offset) + u64::from(stream_size) > size.into() {
                walk.odd("stream_outside_metadata", file_offset, name.clone());
            }
            self.streams.push(Stream { name, file_offset, size: stream_size, data: stream_data });
        }
        Some(())
    }

    /// The last stream of that name.
    pub(super) fn stream(&self, name: &str) -> Option<&Stream<'a>> {
        self.streams.iter().rev().find(|stream| stream.name == name)
    }

    /// The last stream of tables, compressed or not.
    pub(super) fn tables(&self) -> Option<&Stream<'a>> {
        self.streams.iter().rev().find(|stream| matches!(stream.name.as_str(), "#~" | "#-"))
    }
}
