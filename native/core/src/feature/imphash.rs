//! The import hash: MD5 over `dll.function` of every import, in order, lower case, joined by commas.
//!
//! Equal to yara-x. The DLL loses `.dll`, `.sys` or `.ocx`; an ordinal without a name in the frozen tables is
//! `ord<N>`. Delay imports are never part of it, and without imports there is none, not the hash of nothing.

use md5::{Digest as _, Md5};

use crate::hash::hex;
use crate::limits::MAX_IMPHASH_BYTES;
use crate::problems::Problems;
use crate::schema::Import;
use crate::work;

const EXTENSIONS: [&str; 3] = [".dll", ".sys", ".ocx"];

/// The hash of `imports`, those that are not delayed; `None` without one, or where they are more text than
/// `MAX_IMPHASH_BYTES`.
pub fn imphash(imports: &[Import], problems: &mut Problems) -> Option<String> {
    let bytes: usize = imports.iter().map(|import| import.dll.len() * import.functions.len()).sum();
    work::pass(bytes);
    if bytes > MAX_IMPHASH_BYTES {
        problems.limit("imphash_bytes");
        return None;
    }

    let mut md5 = Md5::new();
    let mut separator = "";
    for import in imports.iter().filter(|import| !import.delayed) {
        let dll = import.dll.to_lowercase();
        let dll = EXTENSIONS.iter().find_map(|extension| dll.strip_suffix(extension)).unwrap_or(&dll);
        for function in &import.functions {
            md5.update(separator);
            md5.update(dll);
            md5.update(".");
            match (&function.name, function.ordinal) {
                (Some(name), _) => md5.update(name.to_lowercase()),
                (None, ordinal) => md5.update(format!("ord{}", ordinal.unwrap_or(0))),
            }
            separator = ",";
        }
    }
    (!separator.is_empty()).then(|| hex(&md5.finalize()))
}
