//! zstd for pages: one context for all that a writer has.

use parquet::errors::Result;

/// Compresses pages, one after the other.
pub(super) struct Compressor {
    zstd: zstd::bulk::Compressor<'static>,
    compressed: Vec<u8>,
}

impl Compressor {
    pub(super) fn new(level: i32) -> Result<Self> {
        Ok(Self { zstd: zstd::bulk::Compressor::new(level)?, compressed: Vec::new() })
    }

    pub(super) fn compress(&mut self, page: &[u8]) -> Result<&[u8]> {
        self.compressed.clear();
        self.compressed.reserve(zstd::zstd_safe::compress_bound(page.len()));
        self.zstd.compress_to_buffer(page, &mut self.compressed)?;
        Ok(&self.compressed)
    }
}
