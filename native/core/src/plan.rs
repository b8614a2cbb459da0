//! The files of a plan: held compactly while they are found, put in order, cut into batches and shards.
//!
//! A file takes 32 bytes and those of its path. The order is size descending, so that no straggler
//! ends the run; then root and path bytes. What is written of a shard is one line of JSON.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::pe::text::escaped;

/// Files that a scan has found.
#[derive(Debug, Default)]
pub struct Found {
    files: Vec<Entry>,
    /// Paths one after the other; shared with those of them that were kept.
    paths: Arc<Vec<u8>>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    size: u64,
    /// Milliseconds since 1970.
    mtime: i64,
    /// Where its path begins.
    path: u64,
    length: u32,
    root: u32,
}

const _: () = assert!(size_of::<Entry>() == 32);

/// Where batches and shards end; a file larger than a bound is one by itself.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes of the files of a batch.
    pub batch_bytes: u64,
    /// Files of a batch.
    pub batch_files: usize,
    /// Bytes of the files of a shard.
    pub shard_bytes: u64,
    /// Files of a shard.
    pub shard_files: usize,
}

/// A shard as a plan has it.
#[derive(Debug)]
pub struct PlannedShard {
    /// Its line, without the end.
    pub line: String,
    /// Batches in it.
    pub batches: usize,
    /// Files in it.
    pub files: usize,
    /// Bytes of its files.
    pub bytes: u64,
}

/// A file as JSON, members in this order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    sample_id: Option<u64>,
    root: u32,
    path: Cow<'a, str>,
    /// The path's own bytes, base64, where they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    path_raw: Option<String>,
    size: u64,
    mtime: i64,
}

#[derive(Serialize)]
struct ShardJson<'a> {
    id: &'a str,
    batches: Vec<Vec<FileJson<'a>>>,
}

/// The bytes of a name as text: what is not UTF-8 as `\xNN`.
pub fn shown(name: &[u8]) -> Cow<'_, str> {
    str::from_utf8(name).map_or_else(|_| Cow::Owned(escaped(name)), Cow::Borrowed)
}

impl Found {
    /// A file more.
    ///
    /// `folder` is relative to the root and has the `/` that ends it; the root itself is empty.
    pub fn add(&mut self, root: u32, folder: &[u8], name: &[u8], size: u64, mtime: i64) {
        let paths = Arc::make_mut(&mut self.paths);
        let path = paths.len() as u64;
        paths.extend_from_slice(folder);
        paths.extend_from_slice(name);
        self.files.push(Entry { size, mtime, path, length: (folder.len() + name.len()) as u32, root });
    }

    /// Files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size))
    }

    /// Bytes that are allocated for them; paths that were kept from others count for both.
    pub fn allocated(&self) -> usize {
        self.files.capacity() * size_of::<Entry>() + self.paths.capacity()
    }

    /// Puts the files in the order of a plan; of more than `limit` the first ones in path order, so
    /// that a limit means the same files every time.
    pub fn put_in_plan_order(&mut self, limit: usize) {
        let paths = &self.paths;
        let by_path =
            |a: &Entry, b: &Entry| a.root.cmp(&b.root).then_with(|| a.path(paths).cmp(b.path(paths)));
        if self.files.len() > limit {
            self.files.sort_unstable_by(by_path);
            self.files.truncate(limit);
        }
        let in_plan = |a: &Entry, b: &Entry| b.size.cmp(&a.size).then_with(|| by_path(a, b));
        self.files.sort_unstable_by(in_plan);
        self.files.shrink_to_fit();
        Arc::make_mut(&mut self.paths).shrink_to_fit();
    }

    /// The files whose byte in `mask` is not 0, in the same order.
    #[must_use]
    pub fn kept(&self, mask: &[u8]) -> Self {
        let kept = self.files.iter().zip(mask).filter(|(_, keep)| **keep != 0);
        Self { files: kept.map(|(file, _)| *file).collect(), paths: Arc::clone(&self.paths) }
    }

    /// Some of the files as a JSON list.
    pub fn json(&self, range: Range<usize>) -> serde_json::Result<String> {
        let end = range.end.min(self.files.len());
        let files = self.files.get(range.start..end).unwrap_or_default();
        serde_json::to_string(&files.iter().map(|file| self.file(file, None)).collect::<Vec<_>>())
    }

    /// The shard `id` of the files from the one at `first` on; none behind the last.
    ///
    /// `sample_id` is its first file's.
    pub fn shard(
        &self,
        first: usize,
        id: &str,
        sample_id: u64,
        bounds: Bounds,
    ) -> serde_json::Result<Option<PlannedShard>> {
        let mut batches: Vec<Vec<FileJson>> = Vec::new();
        let (mut bytes, mut batch_bytes, mut count) = (0_u64, 0_u64, 0);
        for (file, sample_id) in self.files.get(first..).unwrap_or_default().iter().zip(sample_id..) {
            if count > 0
                && (count >= bounds.shard_files || bytes.saturating_add(file.size) > bounds.shard_bytes)
            {
                break;
            }
            let planned = self.file(file, Some(sample_id));
            match batches.last_mut() {
                Some(batch)
                    if batch.len() < bounds.batch_files
                        && batch_bytes.saturating_add(file.size) <= bounds.batch_bytes =>
                {
                    batch.push(planned);
                    batch_bytes = batch_bytes.saturating_add(file.size);
                }
                _ => {
                    batches.push(vec![planned]);
                    batch_bytes = file.size;
                }
            }
            bytes = bytes.saturating_add(file.size);
            count += 1;
        }
        if count == 0 {
            return Ok(None);
        }
        let batch_count = batches.len();
        let line = serde_json::to_string(&ShardJson { id, batches })?;
        Ok(Some(PlannedShard { line, batches: batch_count, files: count, bytes }))
    }

    fn file(&self, file: &Entry, sample_id: Option<u64>) -> FileJson<'_> {
        let name = file.path(&self.paths);
        let path = shown(name);
        let path_raw = matches!(path, Cow::Owned(_)).then(|| STANDARD.encode(name));
        FileJson { sample_id, root: file.root, path, path_raw, size: file.size, mtime: file.mtime }
    }
}

impl Entry {
    fn path<'a>(&self, paths: &'a [u8]) -> &'a [u8] {
        let start = self.path as usize;
        paths.get(start..start + self.length as usize).unwrap_or_default()
    }
}
