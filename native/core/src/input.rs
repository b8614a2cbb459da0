//! Reading a file once, whole or in windows, into reused memory.
//!
//! Read and not mapped: a mapped file that shrinks kills the process. Never more is read than the
//! file held when it was opened, so a file that grows cannot hold a worker.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::limits::WINDOW;

/// Buffers that live as long as a worker.
#[derive(Debug, Default)]
pub struct Buffers {
    head: Vec<u8>,
    window: Vec<u8>,
}

/// What is handed over while a file is read.
#[derive(Debug, Clone, Copy)]
pub enum Piece<'a> {
    /// All of it.
    Whole(&'a [u8]),
    /// The next part.
    Window(&'a [u8]),
}

impl<'a> Piece<'a> {
    /// Its bytes.
    pub fn bytes(self) -> &'a [u8] {
        let (Self::Whole(bytes) | Self::Window(bytes)) = self;
        bytes
    }
}

/// A file that is about to be read.
#[derive(Debug)]
pub struct Opened<R> {
    /// Its bytes.
    pub bytes: R,
    /// Bytes that it says it has.
    pub size: u64,
    /// Modification time, milliseconds since 1970.
    pub mtime: i64,
}

/// What was read of a file.
#[derive(Debug)]
pub struct Contents<'a> {
    /// The whole file, or its first window where it is larger than the bound, never more than that.
    pub head: &'a [u8],
    /// Bytes read.
    pub size: u64,
    /// Bytes when it was opened.
    pub size_at_open: u64,
    /// Modification time when it was opened, milliseconds since 1970, cut toward 1970 as the plan's.
    pub mtime: i64,
}

/// Opens the regular file at `path`.
pub fn open(path: &Path) -> io::Result<Opened<File>> {
    let bytes = File::open(path)?;
    let metadata = bytes.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mtime = metadata.modified().ok().map_or(0, |time| match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_millis() as i64,
        Err(before) => -(before.duration().as_millis() as i64),
    });
    Ok(Opened { bytes, size: metadata.len(), mtime })
}

/// Reads what was opened, handing every byte to `each` once and in order: files of at most `whole`
/// bytes in one piece, which is then the contents' `head` too, larger ones in windows.
pub fn read<'a>(
    opened: Opened<impl Read>,
    whole: u64,
    buffers: &'a mut Buffers,
    mut each: impl FnMut(Piece),
) -> io::Result<Contents<'a>> {
    let Opened { bytes: mut file, size: size_at_open, mtime } = opened;
    if buffers.head.capacity() > WINDOW {
        buffers.head = Vec::new();
    }
    let first = if size_at_open <= whole { size_at_open } else { whole.clamp(1, WINDOW as u64) };
    fill(&mut file, &mut buffers.head, first)?;
    each(if size_at_open <= whole { Piece::Whole(&buffers.head) } else { Piece::Window(&buffers.head) });
    let mut size = buffers.head.len() as u64;
    let mut last = buffers.head.len() as u64;
    while last > 0 && size < size_at_open {
        fill(&mut file, &mut buffers.window, (size_at_open - size).min(WINDOW as u64))?;
        each(Piece::Window(&buffers.window));
        last = buffers.window.len() as u64;
        size += last;
    }
    Ok(Contents { head: &buffers.head, size, size_at_open, mtime })
}

/// Reads `wanted` bytes, or fewer where the file ends.
fn fill(file: &mut impl Read, buffer: &mut Vec<u8>, wanted: u64) -> io::Result<()> {
    buffer.clear();
    buffer.try_reserve_exact(wanted as usize).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    file.by_ref().take(wanted).read_to_end(buffer)?;
    Ok(())
}
