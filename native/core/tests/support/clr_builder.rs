//! Builds .NET files for tests: valid by default, and wrong in exactly the places a test sets.
//!
//! Lays out the CLR header, the metadata root, then the streams. Rows are bytes that the test
//! writes with `row!`, so that no column width is taken from the code under test.

#![allow(dead_code, unreachable_pub)] // each test binary uses its part

use super::pe_builder::{PeBuilder, dwords, put};

/// RVA and file offset of the CLR header in the file that `file` makes.
pub const RVA: u32 = 0x1000;
pub const OFFSET: usize = 0x400;
/// The metadata root, from the header.
pub const ROOT: u32 = 0x48;

/// Bytes of a row: each part is a number with its width, as `row![1_u16, 2_u32]`.
macro_rules! row {
    ($($cell:expr),*) => { [$(($cell).to_le_bytes().to_vec()),*].concat() };
}
pub(crate) use row;

/// A .NET file to be.
#[derive(Clone)]
pub struct ClrBuilder {
    pub wide: bool,
    pub flags: u32,
    pub entry_point: u32,
    pub strong_name_size: u32,
    pub native_header: u32,
    /// Bytes of the version with its NUL and padding; `version_length` overrides what is declared.
    pub version: Vec<u8>,
    pub version_length: Option<u32>,
    pub storage_flags: u8,
    /// What stands before the stream headers.
    pub extra: Vec<u8>,
    pub heap_sizes: u8,
    /// Number of a table, rows declared, bytes of its rows.
    pub tables: Vec<(u8, u32, Vec<u8>)>,
    /// What stands between the row counts and the rows.
    pub table_extra: Vec<u8>,
    pub tables_name: &'static [u8],
    pub strings: Vec<u8>,
    pub user_strings: Vec<u8>,
    pub guids: Vec<u8>,
    pub blobs: Vec<u8>,
    /// Further streams, name and data.
    pub streams: Vec<(Vec<u8>, Vec<u8>)>,
    pub stream_count: Option<u16>,
    pub resources: Vec<u8>,
    pub metadata_size: Option<u32>,
}

impl ClrBuilder {
    /// A file with one `Module` row: name `m.dll`, first GUID.
    pub fn new() -> Self {
        Self {
            wide: false,
            flags: 1,
            entry_point: 0x0600_0001,
            strong_name_size: 0,
            native_header: 0,
            version: b"v4.0.30319\0\0".to_vec(),
            version_length: None,
            storage_flags: 0,
            extra: Vec::new(),
            heap_sizes: 0,
            tables: vec![(0, 1, row![0_u16, 1_u16, 1_u16, 0_u16, 0_u16])],
            table_extra: Vec::new(),
            tables_name: b"#~",
            strings: b"\0m.dll\0".to_vec(),
            user_strings: vec![0],
            guids: (0..16).collect(),
            blobs: vec![0],
            streams: Vec::new(),
            stream_count: None,
            resources: Vec::new(),
            metadata_size: None,
        }
    }

    /// Adds rows to the table of that number; tables are added in ascending order.
    pub fn table(mut self, number: u8, rows: &[Vec<u8>]) -> Self {
        self.tables.push((number, rows.len() as u32, rows.concat()));
        self
    }

    /// Adds a string and gives its index.
    pub fn text(&mut self, text: &[u8]) -> u16 {
        let index = self.strings.len() as u16;
        self.strings.extend_from_slice(text);
        self.strings.push(0);
        index
    }

    /// Adds a blob of at most 127 bytes and gives its index.
    pub fn blob(&mut self, bytes: &[u8]) -> u16 {
        let index = self.blobs.len() as u16;
        self.blobs.push(bytes.len() as u8);
        self.blobs.extend_from_slice(bytes);
        index
    }

    fn table_stream(&self) -> Vec<u8> {
        let valid: u64 = self.tables.iter().map(|(number, _, _)| 1 << number).sum();
        let mut stream = row![0_u32, 2_u8, 0_u8, self.heap_sizes, 1_u8, valid, 0_u64];
        for (_, count, _) in &self.tables {
            stream.extend_from_slice(&count.to_le_bytes());
        }
        stream.extend_from_slice(&self.table_extra);
        for (_, _, rows) in &self.tables {
            stream.extend_from_slice(rows);
        }
        stream
    }

    fn metadata(&self) -> Vec<u8> {
        let mut streams = vec![
            (self.tables_name.to_vec(), self.table_stream()),
            (b"#Strings".to_vec(), self.strings.clone()),
            (b"#US".to_vec(), self.user_strings.clone()),
            (b"#GUID".to_vec(), self.guids.clone()),
            (b"#Blob".to_vec(), self.blobs.clone()),
        ];
        streams.extend(self.streams.iter().cloned());
        let length = self.version_length.unwrap_or(self.version.len() as u32);
        let mut root = [b"BSJB".to_vec(), row![1_u16, 1_u16, 0_u32, length], self.version.clone()].concat();
        let count = self.stream_count.unwrap_or(streams.len() as u16);
        root.extend_from_slice(&row![self.storage_flags, 0_u8, count]);
        root.extend_from_slice(&self.extra);
        let padded = |name: &[u8]| (name.len() + 1).next_multiple_of(4);
        let headers: usize = streams.iter().map(|(name, _)| 8 + padded(name)).sum();
        let mut offset = root.len() + headers;
        let mut data = Vec::new();
        for (name, bytes) in &streams {
            root.extend_from_slice(&row![offset as u32, bytes.len() as u32]);
            root.extend_from_slice(name);
            root.resize(root.len() + padded(name) - name.len(), 0);
            data.extend_from_slice(bytes);
            offset += bytes.len();
        }
        [root, data].concat()
    }

    /// The bytes of the section at `RVA`: header, metadata, resources.
    pub fn data(&self) -> Vec<u8> {
        let metadata = self.metadata();
        let size = self.metadata_size.unwrap_or(metadata.len() as u32);
        let resources = if self.resources.is_empty() { 0 } else { RVA + ROOT + metadata.len() as u32 };
        let mut data = dwords(&[72, 0x0005_0002, RVA + ROOT, size, self.flags, self.entry_point]);
        data.extend_from_slice(&dwords(&[resources, self.resources.len() as u32, 0, self.strong_name_size]));
        put(&mut data, 64, &dwords(&[self.native_header, 0]));
        [data, metadata, self.resources.clone()].concat()
    }

    /// The file.
    pub fn file(&self) -> PeBuilder {
        PeBuilder::with_data(self.wide, self.data()).directory(14, RVA, 72)
    }
}
