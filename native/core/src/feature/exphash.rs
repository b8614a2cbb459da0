//! The export hash: MD5 over the exported names, in name table order, lower case, joined by commas.
//!
//! Equal to pefile's `get_exphash`, which leaves out what has an ordinal only; `None` without a name.

use md5::{Digest as _, Md5};

use crate::hash::hex;
use crate::schema::Export;
use crate::work;

/// The hash of `exports`; `None` where none has a name.
pub fn exphash(exports: &[Export]) -> Option<String> {
    let mut md5 = Md5::new();
    work::steps(exports.len());
    let mut separator = "";
    for name in exports.iter().filter_map(|export| export.name.as_ref()) {
        md5.update(separator);
        md5.update(name.to_lowercase());
        separator = ",";
    }
    (!separator.is_empty()).then(|| hex(&md5.finalize()))
}
