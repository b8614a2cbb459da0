//! Every bound, with its reason. A bound that cuts something is named in `limits_hit`.
//!
//! Bounds are generous for real files and small enough that no input costs more than a fraction of
//! a second or more memory than a small multiple of its size.

/// Problems kept for one file. Real broken files have fewer than ten; a hostile one could have a
/// problem an import.
pub const MAX_PROBLEMS: usize = 64;

/// Characters of a problem's detail: a line on a terminal, not a copy of the input.
pub const MAX_PROBLEM_DETAIL: usize = 200;
