//! Names and other text as they stand in a PE: bytes of no declared encoding. A plan shows names of files alike.
//!
//! Valid UTF-8 is kept as it is; every other byte becomes `\xNN`, so nothing is lost or merged.

use crate::limits::MAX_NAME;
use crate::work;

/// The bytes before the first NUL, at most `MAX_NAME`.
pub(super) fn until_nul(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.get(..MAX_NAME).unwrap_or(bytes);
    memchr::memchr(0, bytes).and_then(|end| bytes.get(..end)).unwrap_or(bytes)
}

/// The UTF-16 `bytes` before the first NUL, or all that are whole characters.
pub(super) fn until_nul_utf16(bytes: &[u8]) -> &[u8] {
    let (units, _) = bytes.as_chunks::<2>();
    let length = units.iter().position(|unit| *unit == [0, 0]).unwrap_or(units.len());
    units.get(..length).unwrap_or_default().as_flattened()
}

/// `bytes` as text.
pub(crate) fn escaped(bytes: &[u8]) -> String {
    work::pass(bytes.len());
    // Nearly all names are UTF-8, which is checked many bytes at a time.
    if let Ok(text) = str::from_utf8(bytes) {
        return text.to_owned();
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str("\\x");
            text.push_str(&crate::hash::hex(&[*byte]));
        }
    }
    text
}

/// UTF-16LE `bytes` as text; a surrogate without its other half becomes `\uNNNN`, an odd last byte `\xNN`.
pub(super) fn escaped_utf16(bytes: &[u8]) -> String {
    let (units, rest) = bytes.as_chunks::<2>();
    work::pass(bytes.len());
    let mut text = String::with_capacity(units.len());
    for decoded in char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit))) {
        match decoded {
            Ok(character) => text.push(character),
            Err(lone) => {
                text.push_str("\\u");
                text.push_str(&crate::hash::hex(&lone.unpaired_surrogate().to_be_bytes()));
            }
        }
    }
    text + &escaped(rest)
}

/// `bytes` as text without the bytes that are not UTF-8 and without NULs.
pub(super) fn stripped(bytes: &[u8]) -> String {
    let valid = bytes.utf8_chunks().map(|chunk| chunk.valid());
    valid.flat_map(str::chars).filter(|character| *character != '\0').collect()
}

/// A GUID in its registry form: three little-endian numbers, then eight bytes as they stand.
pub(super) fn guid(guid: &[u8; 16]) -> String {
    let value = u128::from_le_bytes(*guid);
    let last = ((value >> 64) as u64).swap_bytes();
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        value as u32,
        (value >> 32) as u16,
        (value >> 48) as u16,
        last >> 48,
        last & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::{escaped, escaped_utf16, stripped};

    #[test]
    fn bytes_that_are_not_utf8_are_shown_as_hex() {
        assert_eq!(escaped(b"a\xff\xc3b\xc3\xa9"), "a\\xff\\xc3b\u{e9}");
    }

    #[test]
    fn surrogates_without_a_pair_and_odd_bytes_are_shown_as_hex() {
        let units = [0x61, 0xd83d, 0xde00, 0xd800, 0x62, 0xdc01];
        let bytes: Vec<u8> = units.iter().flat_map(|unit: &u16| unit.to_le_bytes()).chain([0xff]).collect();
        assert_eq!(escaped_utf16(&bytes), "a\u{1f600}\\ud800b\\udc01\\xff");
    }

    #[test]
    fn a_section_name_loses_nuls_and_invalid_bytes_wherever_they_stand() {
        assert_eq!(stripped(b".t\0\xfext\0\0"), ".txt");
    }
}
