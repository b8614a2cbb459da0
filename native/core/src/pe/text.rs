//! Names and other text as they stand in a PE: bytes of no declared encoding.
//!
//! Valid UTF-8 is kept as it is; every other byte becomes `\xNN`, so nothing is lost or merged.

/// `bytes` as text.
pub(super) fn escaped(bytes: &[u8]) -> String {
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

/// `bytes` as text without the bytes that are not UTF-8 and without NULs.
pub(super) fn stripped(bytes: &[u8]) -> String {
    let valid = bytes.utf8_chunks().map(|chunk| chunk.valid());
    valid.flat_map(str::chars).filter(|character| *character != '\0').collect()
}

#[cfg(test)]
mod tests {
    use super::{escaped, stripped};

    #[test]
    fn bytes_that_are_not_utf8_are_shown_as_hex() {
        assert_eq!(escaped(b"a\xff\xc3b\xc3\xa9"), "a\\xff\\xc3b\u{e9}");
    }

    #[test]
    fn a_section_name_loses_nuls_and_invalid_bytes_wherever_they_stand() {
        assert_eq!(stripped(b".t\0\xfext\0\0"), ".txt");
    }
}
