//! Puts a text into libmagic's words: what it is written in, its encoding, its lines.
//!
//! The rules that know a text by its first words are a table in `kinds`; this is what is said of
//! every text.

use super::encoding::{Text, encoding};
use super::kinds::TEXTS;
use super::matcher::first_match;
use crate::limits::MAGIC_BYTES;

/// A line longer than this is a very long line.
const LONG_LINE: usize = 300;

const NEXT_LINE: u32 = 0x85;

/// Describes `data` if it is text; `looks_like_text` is what was found before NULs at the end
/// were set aside.
pub(super) fn text(data: &[u8], looks_like_text: bool) -> Option<String> {
    let content = data.len() - data.iter().rev().take_while(|byte| **byte == 0).count();
    // The last character of UTF-16 text may end in a NUL.
    let even = content + usize::from(!content.is_multiple_of(2) && data.len().is_multiple_of(2));
    let text = encoding(data.get(..even.max(1))?)?;
    if content <= 1 {
        return None;
    }
    let utf8: String =
        text.characters.iter().map(|&unit| char::from_u32(unit).unwrap_or('\u{fffd}')).collect();
    let kind = first_match(TEXTS, utf8.as_bytes(), true, looks_like_text);
    let (mut said, executable) = match kind {
        None => (String::new(), false),
        Some(kind) => match (kind.strip_suffix(" text"), kind.strip_suffix(" text executable")) {
            (Some(kind), _) => (format!("{kind}, "), false),
            (None, Some(kind)) => (format!("{kind}, "), true),
            (None, None) => (format!("{kind}, "), false),
        },
    };
    said.push_str(text.name);
    said.push_str(" text");
    if executable {
        said.push_str(" executable");
    }
    said.push_str(&lines(&text, data.len() >= MAGIC_BYTES));
    Some(said)
}

/// What is odd about the lines; `cut` where the last CR may have been followed by an LF.
fn lines(text: &Text, cut: bool) -> String {
    let (mut crlf, mut cr, mut lf, mut nel) = (0_usize, 0_usize, 0_usize, 0_usize);
    let (mut after_cr, mut line, mut longest) = (false, 0_usize, 0_usize);
    for &unit in &text.characters {
        line += 1;
        let ends = unit == u32::from('\n') || unit == u32::from('\r') || unit == NEXT_LINE;
        match (unit == u32::from('\n'), after_cr) {
            (true, true) => crlf += 1,
            (true, false) => lf += 1,
            (false, true) => cr += 1,
            (false, false) => {}
        }
        after_cr = unit == u32::from('\r');
        if unit == NEXT_LINE {
            nel += 1;
        }
        if ends {
            line = 0;
        }
        if line > LONG_LINE {
            longest = longest.max(line);
        }
    }
    if after_cr && !cut {
        cr += 1;
    }
    let mut said = String::new();
    if longest > 0 {
        said = format!(", with very long lines ({longest})");
    }
    let kinds = [(crlf, "CRLF"), (cr, "CR"), (lf, "LF"), (nel, "NEL")];
    let present: Vec<_> = kinds.iter().filter(|(count, _)| *count > 0).map(|(_, name)| *name).collect();
    match present.as_slice() {
        [] => said.push_str(", with no line terminators"),
        ["LF"] => {}
        names => {
            said.push_str(", with ");
            said.push_str(&names.join(", "));
            said.push_str(" line terminators");
        }
    }
    let holds = |unit: char| text.characters.contains(&u32::from(unit));
    if holds('\u{1b}') {
        said.push_str(", with escape sequences");
    }
    if holds('\u{8}') {
        said.push_str(", with overstriking");
    }
    said
}
