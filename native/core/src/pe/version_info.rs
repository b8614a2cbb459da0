//! Version information: every `RT_VERSION` resource.
//!
//! Gives every string of every table in order, also where lengths are wrong: a value ends at its NUL
//! or with its node, whatever `wValueLength` says, because compilers count it in bytes, in characters,
//! with and without the NUL. Source: Windows SDK, "`VS_VERSIONINFO`" and the structures below it.

use crate::column::Timestamp;
use crate::limits::{MAX_VERSION_BLOCK, MAX_VERSION_BYTES};
use crate::problems::Problems;
use crate::schema::{Translation, VersionInfo, VersionString};
use crate::work;

use super::resource_names::{FILE_FLAGS, FILE_SYSTEMS, FILE_TYPES};
use super::resource_tree::Leaf;
use super::walk::Walk;
use super::{Image, names, text};

const RT_VERSION: u32 = 16;
/// `VS_FIXEDFILEINFO.dwSignature`.
const SIGNATURE: u32 = 0xfeef_04bd;
const FIXED_DWORDS: usize = 13;
/// `wLength`, `wValueLength`, `wType`.
const NODE_HEADER: usize = 6;

/// What the version resources among `leaves` say; `None` where there is none, or, with a problem, none
/// that can be read.
pub fn version_info(image: &Image<'_>, leaves: &[Leaf], problems: &mut Problems) -> Option<VersionInfo> {
    let mut walk = Walk::new(image, "version_info", problems);
    let mut info = None;
    let mut left = MAX_VERSION_BYTES;
    work::steps(leaves.len());
    for leaf in leaves.iter().filter(|leaf| leaf.is(RT_VERSION)) {
        let data = leaf.data(image);
        // A node's length has 16 bits: what is behind 64 KiB is not part of the tree.
        let data = data.get(..usize::from(u16::MAX)).unwrap_or(data);
        let Some(rest) = left.checked_sub(data.len()) else {
            walk.limit("version_bytes");
            break;
        };
        left = rest;
        let mut reader = Reader { offset: image.offset_of(leaf.rva.into()), walk: &mut walk };
        match Nodes(data).next().filter(|root| root.is("VS_VERSION_INFO")) {
            Some(root) => reader.root(&root, info.get_or_insert_default()),
            None => reader.note("root_broken", format!("{} of {} bytes", data.len(), leaf.size)),
        }
    }
    info
}

/// Reads one resource; its problems are at that resource's place.
struct Reader<'w, 'i, 'a, 'p> {
    offset: Option<u64>,
    walk: &'w mut Walk<'i, 'a, 'p>,
}

impl Reader<'_, '_, '_, '_> {
    fn root(&mut self, root: &Node<'_>, info: &mut VersionInfo) {
        if !root.whole {
            self.note("root_truncated", format!("{} bytes", root.body.len()));
        }
        let (value, children) = root.split_value();
        self.fixed(value, info);
        for file_info in self.nodes(children) {
            if file_info.is("StringFileInfo") {
                for table in self.nodes(file_info.body) {
                    self.strings(&table, info);
                }
            } else if file_info.is("VarFileInfo") {
                for variable in self.nodes(file_info.body) {
                    translations(&variable, info);
                }
            } else {
                self.note("node_unknown", text::escaped_utf16(file_info.key));
            }
        }
    }

    fn fixed(&mut self, value: &[u8], info: &mut VersionInfo) {
        let (words, _) = value.as_chunks::<4>();
        let words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
        match words.first_chunk::<FIXED_DWORDS>() {
            Some(fixed) if fixed.first() == Some(&SIGNATURE) => {
                if info.file_version.is_none() {
                    fill_fixed(fixed, info);
                }
            }
            None if value.is_empty() => {}
            _ => {
                let start = value.get(..4).unwrap_or(value);
                self.note("fixed_broken", format!("{} bytes, {}", value.len(), crate::hash::hex(start)));
            }
        }
    }

    fn strings(&mut self, table: &Node<'_>, info: &mut VersionInfo) {
        let key = table.key.get(..2 * MAX_VERSION_BLOCK).unwrap_or(table.key);
        if key.len() < table.key.len() {
            self.walk.limit("version_block");
        }
        let block = text::escaped_utf16(key);
        info.strings.extend(self.nodes(table.body).iter().map(|string| VersionString {
            block: block.clone(),
            name: text::escaped_utf16(string.key),
            value: if string.value_length == 0 {
                String::new()
            } else {
                text::escaped_utf16(text::until_nul_utf16(string.body))
            },
        }));
    }

    /// The nodes in `bytes`; what is no node ends the list, and is noted where it is more than padding.
    fn nodes<'n>(&mut self, bytes: &'n [u8]) -> Vec<Node<'n>> {
        let mut nodes = Nodes(bytes);
        let list: Vec<Node<'n>> = nodes.by_ref().collect();
        if nodes.0.iter().any(|byte| *byte != 0) {
            self.note("node_broken", format!("{} bytes behind {} nodes", nodes.0.len(), list.len()));
        }
        if list.iter().any(|node| !node.whole) {
            self.note("node_truncated", format!("{} bytes", bytes.len()));
        }
        list
    }

    fn note(&mut self, kind: &'static str, detail: String) {
        self.walk.note(kind, self.offset, detail);
    }
}

fn translations(variable: &Node<'_>, info: &mut VersionInfo) {
    if variable.is("Translation") {
        let (pairs, _) = variable.split_value().0.as_chunks::<4>();
        info.translations.extend(pairs.iter().map(|&[l0, l1, c0, c1]| Translation {
            language: u16::from_le_bytes([l0, l1]).into(),
            codepage: u16::from_le_bytes([c0, c1]).into(),
        }));
    }
}

fn fill_fixed(fixed: &[u32; FIXED_DWORDS], info: &mut VersionInfo) {
    let [
        _,
        _,
        file_high,
        file_low,
        product_high,
        product_low,
        mask,
        flags,
        os,
        kind,
        subtype,
        date_high,
        date_low,
    ] = *fixed;
    let version = |high: u32, low: u32| {
        Some(format!("{}.{}.{}.{}", high >> 16, high & 0xffff, low >> 16, low & 0xffff))
    };
    info.file_version = version(file_high, file_low);
    info.product_version = version(product_high, product_low);
    info.file_flags = Some((flags & mask).into());
    info.file_flags_names = names::flags(FILE_FLAGS, flags & mask);
    info.file_os = Some(os.into());
    info.file_os_name = names::name(FILE_SYSTEMS, os).map(str::to_owned);
    info.file_type = Some(kind.into());
    info.file_type_name = names::name(FILE_TYPES, kind).map(str::to_owned);
    info.file_subtype = Some(subtype.into());
    info.file_date = filetime(u64::from(date_high) << 32 | u64::from(date_low));
}

/// A `FILETIME`, 100 ns since 1601.
fn filetime(ticks: u64) -> Option<Timestamp> {
    const SECONDS_TO_1970: i64 = 11_644_473_600;
    (ticks != 0).then(|| Timestamp((ticks / 10_000_000) as i64 - SECONDS_TO_1970))
}

/// One structure of the tree: all of them have this shape.
struct Node<'a> {
    value_length: u16,
    /// UTF-16LE, without its NUL.
    key: &'a [u8],
    /// What is behind the key: the value, then the children.
    body: &'a [u8],
    /// The file holds all of it.
    whole: bool,
}

impl<'a> Node<'a> {
    fn is(&self, key: &str) -> bool {
        let (units, _) = self.key.as_chunks::<2>();
        key.encode_utf16().eq(units.iter().map(|unit| u16::from_le_bytes(*unit)))
    }

    /// The binary value, and the children behind it.
    fn split_value(&self) -> (&'a [u8], &'a [u8]) {
        let length = usize::from(self.value_length);
        let value = self.body.get(..length).unwrap_or(self.body);
        (value, self.body.get(length.next_multiple_of(4)..).unwrap_or_default())
    }
}

/// The nodes that lie one behind the other, each aligned to 4 bytes; ends at one that has no header.
struct Nodes<'a>(&'a [u8]);

impl<'a> Iterator for Nodes<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        work::steps(1);
        let &[l0, l1, v0, v1, _, _] = self.0.first_chunk::<NODE_HEADER>()?;
        let length = usize::from(u16::from_le_bytes([l0, l1]));
        if length < NODE_HEADER {
            return None;
        }
        let whole = self.0.get(..length);
        let node = whole.unwrap_or(self.0);
        let key = text::until_nul_utf16(node.get(NODE_HEADER..)?);
        let body = (NODE_HEADER + key.len() + 2).next_multiple_of(4);
        self.0 = self.0.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Node {
            value_length: u16::from_le_bytes([v0, v1]),
            key,
            body: node.get(body..).unwrap_or_default(),
            whole: whole.is_some(),
        })
    }
}
