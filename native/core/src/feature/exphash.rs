//! The export hash: MD5 over the exported names, in name table order, lower case, joined by commas.
//!
//! Equal to pefile's `get_exphash`, which leaves out what has an ordinal only; `None` without a name.

use crate::hash::{hex, md5_joined};
use crate::schema::Export;
use crate::work;

/// The hash of `exports`; `None` where none has a name.
pub fn exphash(exports: &[Export]) -> Option<String> {
    work::steps(exports.len());
    let names = exports.iter().filter_map(|export| export.name.as_ref());
    md5_joined(names.map(|name| name.to_lowercase())).map(|digest| hex(&digest))
}
