//! Reading files once, whole or in windows, into memory that is kept from batch to batch.
//!
//! Read and not mapped: a mapped file that shrinks kills the process. Never more is read than the
//! file held when it was opened, so a file that grows cannot hold a worker.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::limits::{GROUP_BYTES, WINDOW};

/// Memory that lives as long as a worker.
#[derive(Debug, Default)]
pub struct Buffers {
    arena: Vec<u8>,
    window: Vec<u8>,
}

/// Room for the files of a group, which stay in memory side by side.
#[derive(Debug)]
pub struct Room<'a> {
    rest: &'a mut [u8],
    window: &'a mut Vec<u8>,
}

impl Buffers {
    /// Room for files of `size` bytes together, the start of each at a page; less where the system has none.
    pub fn room(&mut self, size: u64) -> Room<'_> {
        let needed = usize::try_from(size).unwrap_or(usize::MAX).saturating_add(2 * PAGE);
        if self.arena.len() < needed || self.arena.len() > needed.max(GROUP_BYTES + 2 * PAGE) {
            self.arena = Vec::new();
            let is_there = Vec::<u8>::new().try_reserve_exact(needed).is_ok();
            // Zeroed by the system, page by page as they are used.
            self.arena = if is_there { vec![0; needed] } else { Vec::new() };
        }
        Room { rest: &mut self.arena, window: &mut self.window }
    }
}

impl<'a> Room<'a> {
    /// Whether `size` bytes fit.
    pub fn holds(&self, size: u64) -> bool {
        let misplaced = self.rest.as_ptr().align_offset(PAGE);
        size <= self.rest.len().saturating_sub(misplaced) as u64
    }

    /// The next `size` bytes from a page's start, where they fit.
    fn take(&mut self, size: u64) -> io::Result<&'a mut [u8]> {
        if !self.holds(size) {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let rest = std::mem::take(&mut self.rest);
        let misplaced = rest.as_ptr().align_offset(PAGE);
        let (_, rest) = rest.split_at_mut(misplaced);
        let (taken, rest) = rest.split_at_mut(size as usize);
        self.rest = rest;
        Ok(taken)
    }
}

/// Bytes of a page. A buffer at any other address costs twice as much to read into on some CPUs.
const PAGE: usize = 4096;

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

/// Opens the regular file at `path`; anything else in its place is refused and not waited for.
pub fn open(path: &Path) -> io::Result<Opened<File>> {
    let mut options = File::options();
    options.read(true);
    // A FIFO without a writer would hold the worker in `open`, before its kind can be asked.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        (rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY).bits() as i32,
    );
    let bytes = options.open(path)?;
    let metadata = bytes.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(Opened { bytes, size: metadata.len(), mtime: mtime_of(&metadata) })
}

/// Bytes and modification time of the regular file at `path`, which no link is; none of anything else,
/// and where it cannot be asked.
pub fn size_and_time(path: &Path) -> Option<(u64, i64)> {
    let metadata = path.symlink_metadata().ok()?;
    metadata.is_file().then(|| (metadata.len(), mtime_of(&metadata)))
}

/// Milliseconds since 1970, cut toward 1970.
fn mtime_of(metadata: &Metadata) -> i64 {
    metadata.modified().ok().map_or(0, |time| match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_millis() as i64,
        Err(before) => -(before.duration().as_millis() as i64),
    })
}

/// Tells the system that a file is about to be read, so that the disk need not be waited for.
pub fn announce(opened: &Opened<File>) {
    // A hint: where it is refused, nothing is lost.
    #[cfg(target_os = "linux")]
    if let Some(length) = std::num::NonZeroU64::new(opened.size.min(WINDOW as u64)) {
        let _ = rustix::fs::fadvise(&opened.bytes, 0, Some(length), rustix::fs::Advice::WillNeed);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = opened;
}

/// Bytes of it that are held: all, or the first window where it has more than `whole`.
pub fn held(size: u64, whole: u64) -> u64 {
    if size <= whole { size } else { whole.clamp(1, WINDOW as u64) }
}

/// Reads what was opened: files of at most `whole` bytes into the contents' `head`; of larger ones every
/// byte goes to `each` once and in order, in windows, the first of which is the head.
pub fn read<'a>(
    opened: Opened<impl Read>,
    whole: u64,
    room: &mut Room<'a>,
    mut each: impl FnMut(&[u8]),
) -> io::Result<Contents<'a>> {
    let Opened { bytes: mut file, size: size_at_open, mtime } = opened;
    let first = held(size_at_open, whole);
    let head = room.take(first)?;
    let length = fill(&mut file, head)?;
    let head = head.split_at_mut(length).0;
    let mut size = length as u64;
    if first < size_at_open && size == first {
        each(head);
        size += windows(&mut file, size_at_open - first, room, each)?;
    }
    Ok(Contents { head, size, size_at_open, mtime })
}

/// Hands the next `size` bytes of `file`, or what it has of them, to `each` in windows; the bytes read.
pub fn windows(
    file: &mut impl Read,
    size: u64,
    room: &mut Room,
    mut each: impl FnMut(&[u8]),
) -> io::Result<u64> {
    let mut left = size;
    while left > 0 {
        room.window.resize(left.min(WINDOW as u64) as usize, 0);
        let length = fill(file, room.window)?;
        each(room.window.get(..length).unwrap_or_default());
        left -= length as u64;
        if length < room.window.len() {
            break;
        }
    }
    Ok(size - left)
}

/// Reads until `buffer` is full or the file ends; the bytes read.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
