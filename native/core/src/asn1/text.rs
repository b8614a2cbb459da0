//! The string types of ASN.1 as text.
//!
//! Any element gives some text; `Text` tells text that was there from bytes that had to be shown.

use crate::asn1::der::Element;
use crate::hash::hex;
use crate::work;

/// What a value turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// A string.
    String(String),
    /// A string type whose bytes are not valid in it: those as `\xNN`, lone surrogates as U+FFFD.
    Invalid(String),
    /// No string: `#` and hex, as RFC 4514, section 2.4.
    Hex(String),
}

/// Text of a value, equal to Python cryptography wherever that accepts the value.
pub fn text(element: &Element) -> Text {
    let bytes = element.content;
    work::pass(bytes.len());
    match element.identifier {
        // cryptography gives a bit string as its contents octets, unused bits' count included.
        3 => Text::Hex(format!("#{}", hex(bytes))),
        4 => match str::from_utf8(bytes) {
            Ok(text) => Text::String(text.to_owned()),
            Err(_) => Text::Hex(format!("#{}", hex(element.raw))),
        },
        12 | 18 | 19 | 22 | 23 | 24 | 26 => utf8(bytes),
        // T61String: real ones hold UTF-8 or Latin-1, none the shift codes of T.61.
        20 => Text::String(match str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| *byte as char).collect(),
        }),
        28 => utf32(bytes),
        30 => utf16(bytes),
        _ => Text::Hex(format!("#{}", hex(element.raw))),
    }
}

fn utf8(bytes: &[u8]) -> Text {
    let mut shown = String::new();
    let mut invalid = false;
    for chunk in bytes.utf8_chunks() {
        shown += chunk.valid();
        for byte in chunk.invalid() {
            invalid = true;
            shown += &escaped(*byte);
        }
    }
    if invalid { Text::Invalid(shown) } else { Text::String(shown) }
}

fn utf16(bytes: &[u8]) -> Text {
    let (units, tail) = bytes.as_chunks::<2>();
    let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
    let decoded: Vec<Option<char>> = char::decode_utf16(units).map(Result::ok).collect();
    decoded_text(&decoded, tail)
}

fn utf32(bytes: &[u8]) -> Text {
    let (units, tail) = bytes.as_chunks::<4>();
    let decoded: Vec<Option<char>> =
        units.iter().map(|unit| char::from_u32(u32::from_be_bytes(*unit))).collect();
    decoded_text(&decoded, tail)
}

fn decoded_text(decoded: &[Option<char>], tail: &[u8]) -> Text {
    let mut shown: String = decoded.iter().map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    if tail.is_empty() && decoded.iter().all(Option::is_some) {
        return Text::String(shown);
    }
    for byte in tail {
        shown += &escaped(*byte);
    }
    Text::Invalid(shown)
}

fn escaped(byte: u8) -> String {
    format!("\\x{byte:02x}")
}
