//! The file of a part, hashed on its way to the disk.
//!
//! Promise: the digest is that of the bytes which were meant. A file that changes later no longer matches
//! it; a digest of what was read back would vouch for the change.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::hash::RunningSha256;

/// A part that was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows.
    pub rows: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
}

/// A file that is written from its beginning to its end.
pub(super) struct PartFile {
    file: File,
    sha256: RunningSha256,
    bytes: u64,
}

impl PartFile {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::create(path)?, sha256: RunningSha256::default(), bytes: 0 })
    }

    /// What was written, said to be so many rows, and on its way to the disk: who makes it durable later
    /// finds most of it there.
    pub(super) fn finish(&self, rows: u64) -> Written {
        self.begin_write_back();
        Written { rows, bytes: self.bytes, sha256: self.sha256.digest() }
    }

    fn begin_write_back(&self) {
        // Linux begins to write what is not on the disk yet, and forgets the pages that are: few, of a file
        // just written. `sync_file_range`, which forgets none, is not to be had without `unsafe`.
        #[cfg(target_os = "linux")]
        let _ = rustix::fs::fadvise(&self.file, 0, None, rustix::fs::Advice::DontNeed);
    }
}

impl Write for PartFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.file.write(bytes)?;
        self.sha256.update(bytes.get(..length).unwrap_or(bytes));
        self.bytes += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
