//! Tells text from binary data, and what text is encoded in, by libmagic's rules.
//!
//! Looks at the first 64 KiB alone, as libmagic does. It says what the bytes could be, never what
//! they mean.

use crate::limits::MAGIC_ENCODING_BYTES;
use crate::work;

/// What a text is encoded in, and its characters.
pub(super) struct Text {
    /// libmagic's words for the encoding.
    pub(super) name: &'static str,
    /// Code points; surrogates that stand alone are kept.
    pub(super) characters: Vec<u32>,
}

/// The encoding of `data`, or nothing where it is not text.
pub(super) fn encoding(data: &[u8]) -> Option<Text> {
    let data = data.get(..MAGIC_ENCODING_BYTES).unwrap_or(data);
    work::pass(data.len());
    let bytes = || data.iter().map(|&byte| u32::from(byte)).collect::<Vec<_>>();
    if data.iter().all(|&byte| is_ascii_text(byte)) {
        if let [b'+', b'/', b'v', b'8' | b'9' | b'+' | b'/', _, ..] = data {
            return Some(Text { name: "Unicode text, UTF-7", characters: Vec::new() });
        }
        return Some(Text { name: "ASCII", characters: bytes() });
    }
    if let [0xef, 0xbb, 0xbf, rest @ ..] = data
        && !rest.is_empty()
        && let Some((characters, _)) = utf8(rest)
    {
        return Some(Text { name: "Unicode text, UTF-8 (with BOM)", characters });
    }
    if let Some((characters, true)) = utf8(data) {
        return Some(Text { name: "Unicode text, UTF-8", characters });
    }
    if let Some(text) = utf32(data).or_else(|| utf16(data)) {
        return Some(text);
    }
    if data.iter().all(|&byte| is_ascii_text(byte) || byte >= 0xa0) {
        return Some(Text { name: "ISO-8859", characters: bytes() });
    }
    if data.iter().all(|&byte| is_ascii_text(byte) || byte >= 0x80) {
        return Some(Text { name: "Non-ISO extended-ASCII", characters: bytes() });
    }
    ebcdic(data)
}

/// Printable ASCII and the control characters that text holds; libmagic counts NEL among them.
fn is_ascii_text(byte: u8) -> bool {
    matches!(byte, 0x07..=0x0d | 0x1b | 0x20..=0x7e) || byte == 0x85
}

/// The code points of UTF-8 that holds no odd control characters, and whether any was beyond ASCII.
/// A sequence that the end cuts is let pass.
fn utf8(data: &[u8]) -> Option<(Vec<u32>, bool)> {
    let valid = match std::str::from_utf8(data) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(data.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let odd = |character: char| character.is_ascii() && !is_ascii_text(character as u8);
    if valid.chars().any(odd) {
        return None;
    }
    Some((valid.chars().map(u32::from).collect(), !valid.is_ascii()))
}

fn utf32(data: &[u8]) -> Option<Text> {
    let (name, big, rest) = match data {
        [0xff, 0xfe, 0, 0, rest @ ..] => ("Unicode text, UTF-32, little-endian", false, rest),
        [0, 0, 0xfe, 0xff, rest @ ..] => ("Unicode text, UTF-32, big-endian", true, rest),
        _ => return None,
    };
    let (units, _) = rest.as_chunks::<4>();
    let characters: Vec<u32> = units
        .iter()
        .map(|unit| if big { u32::from_be_bytes(*unit) } else { u32::from_le_bytes(*unit) })
        .collect();
    let odd = |&unit: &u32| unit == 0xfffe || unit < 128 && !is_ascii_text(unit as u8);
    (!characters.iter().any(odd)).then_some(Text { name, characters })
}

fn utf16(data: &[u8]) -> Option<Text> {
    let (name, big, rest) = match data {
        [0xff, 0xfe, rest @ ..] => ("Unicode text, UTF-16, little-endian", false, rest),
        [0xfe, 0xff, rest @ ..] => ("Unicode text, UTF-16, big-endian", true, rest),
        _ => return None,
    };
    let mut characters = Vec::with_capacity(rest.len() / 2);
    let mut high: Option<u32> = None;
    for unit in rest.as_chunks::<2>().0 {
        let unit = u32::from(if big { u16::from_be_bytes(*unit) } else { u16::from_le_bytes(*unit) });
        if matches!(unit, 0xfffe | 0xffff | 0xfdd0..=0xfdef) || unit < 128 && !is_ascii_text(unit as u8) {
            return None;
        }
        let low = matches!(unit, 0xdc00..=0xdfff);
        let character = match high.take() {
            Some(high) if low => 0x1_0000_u32 + ((high - 0xd800) << 10) + (unit - 0xdc00),
            None if !low => unit,
            _ => return None,
        };
        characters.push(character);
        high = matches!(character, 0xd800..=0xdbff).then_some(character);
    }
    Some(Text { name, characters })
}

/// EBCDIC whose every byte stands for text.
fn ebcdic(data: &[u8]) -> Option<Text> {
    let characters = || data.iter().map(|&byte| u32::from(from_ebcdic(byte))).collect();
    if data.iter().all(|&byte| is_ascii_text(from_ebcdic(byte))) {
        return Some(Text { name: "EBCDIC", characters: characters() });
    }
    let latin = |&byte: &u8| is_ascii_text(from_ebcdic(byte)) || from_ebcdic(byte) >= 0xa0;
    data.iter().all(latin).then(|| Text { name: "International EBCDIC", characters: characters() })
}

fn from_ebcdic(byte: u8) -> u8 {
    EBCDIC.get(usize::from(byte)).copied().unwrap_or(0)
}

/// EBCDIC to Latin-1, with the code points of libmagic's table.
#[rustfmt::skip]
const EBCDIC: [u8; 256] = [
    0x00, 0x01, 0x02, 0x03, 0x9c, 0x09, 0x86, 0x7f, 0x97, 0x8d, 0x8e, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
    0x10, 0x11, 0x12, 0x13, 0x9d, 0x85, 0x08, 0x87, 0x18, 0x19, 0x92, 0x8f, 0x1c, 0x1d, 0x1e, 0x1f,
    0x80, 0x81, 0x82, 0x83, 0x84, 0x0a, 0x17, 0x1b, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x05, 0x06, 0x07,
    0x90, 0x91, 0x16, 0x93, 0x94, 0x95, 0x96, 0x04, 0x98, 0x99, 0x9a, 0x9b, 0x14, 0x15, 0x9e, 0x1a,
    0x20, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xd5, 0x2e, 0x3c, 0x28, 0x2b, 0x7c,
    0x26, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf, 0xb0, 0xb1, 0x21, 0x24, 0x2a, 0x29, 0x3b, 0x7e,
    0x2d, 0x2f, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xcb, 0x2c, 0x25, 0x5f, 0x3e, 0x3f,
    0xba, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf, 0xc0, 0xc1, 0xc2, 0x60, 0x3a, 0x23, 0x40, 0x27, 0x3d, 0x22,
    0xc3, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9,
    0xca, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0x5e, 0xcc, 0xcd, 0xce, 0xcf, 0xd0,
    0xd1, 0xe5, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0xd2, 0xd3, 0xd4, 0x5b, 0xd6, 0xd7,
    0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xe1, 0xe2, 0xe3, 0xe4, 0x5d, 0xe6, 0xe7,
    0x7b, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed,
    0x7d, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x51, 0x52, 0xee, 0xef, 0xf0, 0xf1, 0xf2, 0xf3,
    0x5c, 0x9f, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9,
    0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff,
];
