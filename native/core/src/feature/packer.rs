//! Signs of what packed, protected, compiled or wrapped a program.
//!
//! Precision over recall: a row of `tables` is a mark that its product leaves and others do not, and every
//! hint says what it was told from. Places are bounded, so that the cost is that of a few hundred KiB
//! whatever the file. Gives one hint a product, with all its evidence.

mod marks;
mod tables;

use std::collections::HashSet;

use crate::pe::{Image, directory};
use crate::schema::{Import, PackerHint, Sample};

use tables::{ENTRY_CODE, EXPORTS, IMPORTS, Product, RICH_TOOLS, SECTION_NAMES};

/// Functions that unpacking code imports, and the most that a table of only those has.
const UNPACKING: [&str; 2] = ["LoadLibraryA", "GetProcAddress"];
const UNPACKING_MEMORY: [&str; 2] = ["VirtualProtect", "VirtualAlloc"];
const MAX_UNPACKING: usize = 12;

/// The hints; `sample` has its tables, Rich data, entry point and overlay already.
pub fn hints(image: &Image<'_>, sample: &Sample) -> Vec<PackerHint> {
    let mut hints = Hints::default();
    section_names(image, &mut hints);
    entry_code(sample, &mut hints);
    imports(sample.imports.as_deref().unwrap_or_default(), &mut hints);
    exports(sample, &mut hints);
    rich(sample, &mut hints);
    if let Some((rva, size)) = image.directory(directory::COM_DESCRIPTOR) {
        hints.add((".NET", "runtime"), format!("CLR header at RVA {rva:#x}, {size} bytes"));
    }
    marks::marks(image, sample, &mut hints);
    hints.list
}

/// One hint a product.
#[derive(Default)]
struct Hints {
    list: Vec<PackerHint>,
}

impl Hints {
    fn add(&mut self, (name, kind): Product, evidence: String) {
        match self.list.iter_mut().find(|hint| hint.name == name) {
            Some(hint) => {
                hint.evidence.push_str("; ");
                hint.evidence.push_str(&evidence);
            }
            None => self.list.push(PackerHint { name: name.to_owned(), kind: kind.to_owned(), evidence }),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.list.iter().any(|hint| hint.name == name)
    }
}

fn section_names(image: &Image<'_>, hints: &mut Hints) {
    let mut seen = HashSet::new();
    for section in image.sections().iter().filter(|section| seen.insert(section.name.as_str())) {
        let row = SECTION_NAMES.iter().find(|(names, _)| names.contains(&section.name.as_str()));
        if let Some((_, product)) = row {
            hints.add(*product, format!("section {}", section.name));
        }
    }
}

fn entry_code(sample: &Sample, hints: &mut Hints) {
    let bytes = sample.entry_point.as_ref().and_then(|entry| entry.bytes.as_ref());
    let Some(bytes) = bytes else { return };
    let wide = sample.is_64bit.unwrap_or(false);
    for (code, is_64bit, product) in ENTRY_CODE {
        if *is_64bit == wide && begins(&bytes.0, code) {
            hints.add(*product, format!("entry code {code}"));
        }
    }
}

/// Whether `bytes` begin with `code`, hex bytes between spaces where `??` is any.
fn begins(bytes: &[u8], code: &str) -> bool {
    let mut bytes = bytes.iter();
    code.split(' ').all(|expected| {
        let byte = bytes.next();
        byte.is_some_and(|byte| expected == "??" || u8::from_str_radix(expected, 16) == Ok(*byte))
    })
}

fn imports(imports: &[Import], hints: &mut Hints) {
    let mut seen = HashSet::new();
    for import in imports {
        let dll = import.dll.to_ascii_lowercase();
        if let Some((_, product)) = IMPORTS.iter().find(|(pattern, _)| is_like(&dll, pattern))
            && seen.insert(dll)
        {
            hints.add(*product, format!("imports {}", import.dll));
        }
    }
    let now = imports.iter().filter(|import| !import.delayed);
    let functions = now.flat_map(|import| &import.functions).take(MAX_UNPACKING + 1);
    let names: Vec<&str> = functions.map(|function| function.name.as_deref().unwrap_or_default()).collect();
    let has = |name: &&str| names.contains(name);
    let unpacks = UNPACKING.iter().all(has) && UNPACKING_MEMORY.iter().any(has);
    if unpacks && names.len() <= MAX_UNPACKING {
        hints.add(("unpacking stub", "packer"), format!("imports only {}", names.join(", ")));
    }
}

/// `*` stands for any text, once.
fn is_like(name: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => name.strip_prefix(start).is_some_and(|rest| rest.ends_with(end)),
        None => name == pattern,
    }
}

fn exports(sample: &Sample, hints: &mut Hints) {
    let exports = sample.exports.iter().flatten();
    let mut seen = HashSet::new();
    for name in exports.filter_map(|export| export.name.as_deref()) {
        if let Some((_, product)) = EXPORTS.iter().find(|(exported, _)| *exported == name)
            && seen.insert(name)
        {
            hints.add(*product, format!("exports {name}"));
        }
    }
}

fn rich(sample: &Sample, hints: &mut Hints) {
    let mut seen = HashSet::new();
    for entry in sample.rich.iter().flat_map(|rich| &rich.entries) {
        let row = RICH_TOOLS.iter().find(|(product_id, ..)| *product_id == entry.product_id);
        if let Some((product_id, tool, product)) = row
            && seen.insert(*product_id)
        {
            let evidence = format!("Rich product {product_id:#x} ({tool}) build {}", entry.build);
            hints.add(*product, evidence);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{begins, is_like, tables::ENTRY_CODE};

    #[test]
    fn code_matches_byte_for_byte_and_not_where_the_bytes_end() {
        assert!(begins(&[0x60, 0xbe, 7, 7], "60 be ?? 07"));
        assert!(!begins(&[0x60, 0xbe, 7, 8], "60 be ?? 07"));
        assert!(!begins(&[0x60, 0xbe, 7], "60 be ?? ??"));
    }

    #[test]
    fn every_code_is_hex_bytes_and_long_enough_to_be_no_accident() {
        for (code, ..) in ENTRY_CODE {
            let bytes: Vec<&str> = code.split(' ').collect();
            assert!(bytes.iter().all(|byte| *byte == "??" || u8::from_str_radix(byte, 16).is_ok()), "{code}");
            assert!(bytes.iter().filter(|byte| **byte != "??").count() >= 7, "{code}");
        }
    }

    #[test]
    fn a_star_stands_for_any_text_but_the_ends_may_not_share_it() {
        assert!(is_like("python312.dll", "python3*.dll") && is_like("a.dll", "a.dll"));
        assert!(!is_like("python3.dlx", "python3*.dll") && !is_like("ab", "ab*b"));
    }
}
