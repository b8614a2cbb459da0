//! The import hash: MD5 over `dll.function` of every import, in order, lower case, joined by commas.
//!
//! Equal to yara-x. The DLL loses `.dll`, `.sys` or `.ocx`; an ordinal without a name in the frozen tables is
//! `ord<N>`. Delay imports are never part of it, and without imports there is none, not the hash of nothing.

use crate::hash::{hex, md5_joined};
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

    let functions = imports.iter().filter(|import| !import.delayed).flat_map(|import| {
        let dll = import.dll.to_lowercase();
        let stem = EXTENSIONS.iter().find_map(|extension| dll.strip_suffix(extension)).unwrap_or(&dll);
        let stem = stem.to_owned();
        import.functions.iter().map(move |function| match &function.name {
            Some(name) => format!("{stem}.{}", name.to_lowercase()),
            None => format!("{stem}.ord{}", function.ordinal.unwrap_or(0)),
        })
    });
    md5_joined(functions).map(|digest| hex(&digest))
}
