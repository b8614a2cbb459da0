//! Builds resource directories, version resources and icon groups for tests.
//!
//! `resources` lays a tree out as linkers do; what is wrong in a test is patched into its bytes.

#![allow(dead_code, unreachable_pub)] // each test binary uses its part
#![allow(clippy::indexing_slicing)] // a test that panics has failed

use super::pe_builder::{dwords, put};

/// What an entry is found by.
#[derive(Clone)]
pub enum Key {
    Number(u32),
    Text(&'static str),
}

/// What an entry leads to.
#[derive(Clone)]
pub enum Node {
    Directory(Vec<(Key, Node)>),
    /// Its bytes.
    Leaf(Vec<u8>),
    /// RVA and size as they are to be claimed.
    Claim(u32, u32),
}

/// A leaf below type, name and language.
pub fn resource(kind: Key, name: Key, language: u32, data: &[u8]) -> (Key, Node) {
    let leaf = vec![(Key::Number(language), Node::Leaf(data.to_vec()))];
    (kind, Node::Directory(vec![(name, Node::Directory(leaf))]))
}

/// The directory `root` for `rva`; each leaf's codepage is 1252.
pub fn resources(rva: u32, root: &[(Key, Node)]) -> Vec<u8> {
    let mut data = Vec::new();
    directory(&mut data, rva, root);
    data
}

fn directory(data: &mut Vec<u8>, rva: u32, entries: &[(Key, Node)]) -> u32 {
    let start = data.len();
    let texts = entries.iter().filter(|(key, _)| matches!(key, Key::Text(_))).count();
    data.extend(dwords(&[0, 0, 4, texts as u32 | ((entries.len() - texts) as u32) << 16]));
    data.resize(data.len() + entries.len() * 8, 0);
    for (index, (key, node)) in entries.iter().enumerate() {
        let name = match key {
            Key::Number(number) => *number,
            Key::Text(text) => {
                let at = align(data);
                data.extend((text.encode_utf16().count() as u16).to_le_bytes());
                data.extend(utf16(text));
                at | 1 << 31
            }
        };
        let target = match node {
            Node::Directory(entries) => {
                align(data);
                directory(data, rva, entries) | 1 << 31
            }
            Node::Leaf(bytes) => {
                let at = align(data);
                data.extend(dwords(&[rva + at + 16, bytes.len() as u32, 1252, 0]));
                data.extend(bytes);
                at
            }
            Node::Claim(rva, size) => {
                let at = align(data);
                data.extend(dwords(&[*rva, *size, 1252, 0]));
                at
            }
        };
        put(data, start + 16 + index * 8, &dwords(&[name, target]));
    }
    start as u32
}

fn align(data: &mut Vec<u8>) -> u32 {
    data.resize(data.len().next_multiple_of(4), 0);
    data.len() as u32
}

/// UTF-16LE without a NUL.
pub fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A node of version information: its value, and its children one behind the other.
pub fn node(key: &str, value_length: u16, value: &[u8], children: &[Vec<u8>]) -> Vec<u8> {
    let mut node = vec![0; 6];
    node.extend(utf16(key));
    node.extend([0, 0]);
    align(&mut node);
    node.extend(value);
    for child in children {
        align(&mut node);
        node.extend(child);
    }
    let length = node.len() as u16;
    put(&mut node, 0, &length.to_le_bytes());
    put(&mut node, 2, &value_length.to_le_bytes());
    node
}

/// A `String` whose length is in characters with the NUL, as the documentation has it.
pub fn string(name: &str, value: &str) -> Vec<u8> {
    let text = [utf16(value), vec![0, 0]].concat();
    node(name, (text.len() / 2) as u16, &text, &[])
}

/// `VS_FIXEDFILEINFO` of version 1.2.3.4 of a product 5.6.7.8.
pub fn fixed() -> Vec<u8> {
    let versions = [0x1_0002, 0x3_0004, 0x5_0006, 0x7_0008];
    dwords(&[&[0xfeef_04bd, 0x1_0000][..], &versions, &[0x3f, 0x41, 0x4_0004, 2, 9, 0x01d2_2b4e, 0]].concat())
}

/// `VS_VERSION_INFO` with `fixed` and `children`.
pub fn version(children: &[Vec<u8>]) -> Vec<u8> {
    node("VS_VERSION_INFO", 52, &fixed(), children)
}

/// An icon group of (width, height, bits a pixel, bytes, number).
pub fn icon_group(images: &[(u8, u8, u16, u32, u16)]) -> Vec<u8> {
    let mut group = vec![0, 0, 1, 0, images.len() as u8, 0];
    for (width, height, bits, bytes, number) in images {
        group.extend([*width, *height, 0, 0, 1, 0]);
        group.extend(bits.to_le_bytes());
        group.extend(bytes.to_le_bytes());
        group.extend(number.to_le_bytes());
    }
    group
}

/// Three directories of `width` entries each, every entry leading to the next directory, and in the last
/// 16 bytes the data entry of them all, which names 16 bytes at `rva`.
pub fn shared_directories(rva: u32, width: u32) -> Vec<u8> {
    let mut data = Vec::new();
    for level in 0..3_u32 {
        data.extend(dwords(&[0, 0, 0, width << 16]));
        let next = (level + 1) * (16 + width * 8);
        for index in 0..width {
            data.extend(dwords(&[index, if level < 2 { next | 1 << 31 } else { next }]));
        }
    }
    data.extend(dwords(&[rva, 16, 0, 0]));
    data
}
