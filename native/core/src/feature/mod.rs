//! What is computed from a parsed file: hashes to compare by, statistics of its parts, hints.
//!
//! Works on the image and on columns that are already filled; reads nothing that `pe` could not give.

pub mod exphash;
pub mod imphash;
pub mod is_driver;
pub mod packer;
pub mod parts;
pub mod tlsh;
