//! Every trick that hostile files play on parsers, each a named file or a series of files.
//!
//! `golden` states what becomes of each, `hostile` changes them at random.

#![allow(dead_code, unreachable_pub)] // each test binary uses its part

mod clr;
mod directories;
mod headers;
mod resources;
mod signatures;
mod tables;

/// One trick.
pub struct Trick {
    pub name: &'static str,
    /// One file, or many that differ in a length or size, in ascending order of it.
    pub files: Vec<Vec<u8>>,
}

fn one(name: &'static str, file: Vec<u8>) -> Trick {
    Trick { name, files: vec![file] }
}

/// All of them, in a fixed order.
pub fn tricks() -> Vec<Trick> {
    let areas = [
        headers::tricks(),
        tables::tricks(),
        resources::tricks(),
        directories::tricks(),
        signatures::tricks(),
        clr::tricks(),
    ];
    areas.into_iter().flatten().collect()
}
