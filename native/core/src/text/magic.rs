//! What libmagic 5.44 says of a file, in bounded code: `file -b` as Debian 12 has it.
//!
//! For a program (`MZ`: DOS, NE, LX, LE, PE) the answer is libmagic's whole text, for a text file
//! the whole text for the kinds listed in `kinds`, for any other file the first phrase (what stands
//! before the first comma) for those kinds, else `data`. A program that is also a disk image or a
//! zip archive is told as that, by its first phrase, because libmagic asks for these first. Source
//! code is not told from other text, nor a position-independent ELF program from a shared object.
//! Every test reads inside the head it is given, and the work is bounded by the tables and by the
//! head's length.
//!
//! The rules are data: `dos` for programs, `kinds` for the rest. `matcher` runs them, `encoding` and
//! `describe` know text, `structured` what has to be parsed.

mod compare;
mod describe;
mod dos;
mod encoding;
mod kinds;
mod matcher;
mod rule;
mod structured;

pub use crate::limits::MAGIC_BYTES;
use matcher::first_match;

/// What libmagic 5.44 says of a file of `file_size` bytes that begins with `head`; `head` holds the
/// whole file or at least its first [`MAGIC_BYTES`] bytes, and no more of it is looked at.
///
/// Where a file is larger than that, the rules that look at a file's end (zip archives that
/// something was prepended to) are not tried.
pub fn magic(head: &[u8], file_size: u64) -> String {
    let head = head.get(..MAGIC_BYTES).unwrap_or(head);
    match head.len() {
        0 if file_size == 0 => return "empty".to_owned(),
        0 => return "data".to_owned(),
        1 => return "very short file (no magic)".to_owned(),
        _ => {}
    }
    let looks_like_text = encoding::encoding(head).is_some();
    if let Some(kind) = structured::structured(head, looks_like_text) {
        return kind.to_owned();
    }
    let whole = head.len() as u64 == file_size;
    [kinds::BEFORE_PROGRAMS, dos::PROGRAMS, kinds::AFTER_PROGRAMS]
        .into_iter()
        .find_map(|table| first_match(table, head, whole, looks_like_text))
        .or_else(|| {
            let zlib = !looks_like_text && structured::is_zlib(head);
            zlib.then(|| "zlib compressed data".to_owned())
        })
        .or_else(|| describe::text(head, looks_like_text))
        .unwrap_or_else(|| "data".to_owned())
}
