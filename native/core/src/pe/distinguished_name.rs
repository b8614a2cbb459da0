//! Distinguished names (RFC 5280, section 4.1.2.4) as text and attribute by attribute.
//!
//! The text equals `Name.rfc4514_string()` of Python cryptography, its short names and its escapes
//! included: researchers compare it with theirs. Where a part cannot be read there is no text, but
//! the other parts are given.

use crate::asn1::der::{Element, OBJECT_IDENTIFIER, SEQUENCE, SET};
use crate::asn1::oid;
use crate::asn1::text::{Text, text};
use crate::limits::{MAX_NAME_ATTRIBUTES, MAX_NAME_VALUE_BYTES};
use crate::problems::Problems;
use crate::schema::NameAttribute;

/// RFC 4514 text of the `Name` in `element`, and its attributes in their order.
pub(super) fn distinguished_name(
    element: &Element,
    problems: &mut Problems,
) -> (Option<String>, Vec<NameAttribute>) {
    let mut rdns: Vec<String> = Vec::new();
    let mut parts: Vec<NameAttribute> = Vec::new();
    let mut readable = element.whole;
    for rdn in element.children() {
        let Some(rdn) = rdn.ok().filter(|rdn| rdn.identifier == SET) else {
            readable = false;
            continue;
        };
        let mut values: Vec<String> = Vec::new();
        for attribute in rdn.children() {
            if parts.len() >= MAX_NAME_ATTRIBUTES {
                problems.limit("certificate_name_attributes");
                return (None, parts);
            }
            let Some((name, value)) = attribute.ok().and_then(|attribute| parts_of(&attribute)) else {
                readable = false;
                continue;
            };
            let value = value_text(&value, problems);
            values.push(format!("{name}={}", value.escaped));
            parts.push(NameAttribute { name, value: value.plain });
        }
        readable &= rdn.whole && !values.is_empty();
        rdns.push(values.join("+"));
    }
    if !readable {
        problems.add(
            "certificate",
            "name_broken",
            element.offset,
            format!("{} attributes read", parts.len()),
        );
    }
    rdns.reverse();
    (readable.then(|| rdns.join(",")), parts)
}

/// Type and value of an `AttributeTypeAndValue`.
fn parts_of<'a>(attribute: &Element<'a>) -> Option<(String, Element<'a>)> {
    let mut children = attribute.children();
    let kind = children.next()?.ok()?;
    let value = children.next()?.ok()?;
    if attribute.identifier != SEQUENCE || kind.identifier != OBJECT_IDENTIFIER || !value.whole {
        return None;
    }
    Some((short_name(oid::dotted(kind.content)?), value))
}

/// The short names of RFC 4514, section 3; the dotted text of any other type.
fn short_name(dotted: String) -> String {
    let name = match dotted.as_str() {
        "2.5.4.3" => "CN",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        _ => return dotted,
    };
    name.to_owned()
}

struct Value {
    plain: String,
    escaped: String,
}

fn value_text(element: &Element, problems: &mut Problems) -> Value {
    let (mut plain, is_hex) = match text(element) {
        Text::String(text) => (text, false),
        Text::Invalid(text) => {
            problems.add("certificate", "text_invalid", element.offset, text.as_str());
            (text, false)
        }
        Text::Hex(text) => (text, true),
    };
    if plain.len() > MAX_NAME_VALUE_BYTES {
        problems.limit("certificate_name_bytes");
        let end = (0..=MAX_NAME_VALUE_BYTES).rev().find(|end| plain.is_char_boundary(*end));
        plain.truncate(end.unwrap_or(0));
    }
    Value { escaped: if is_hex { plain.clone() } else { escape(&plain) }, plain }
}

/// Escapes of RFC 4514, section 2.4, as cryptography writes them: a value of one space escapes it
/// once, and of control characters only NUL is escaped.
fn escape(plain: &str) -> String {
    let mut escaped = String::with_capacity(plain.len() + 2);
    let last = plain.chars().count().saturating_sub(1);
    for (index, char) in plain.chars().enumerate() {
        match char {
            '\\' | '"' | '+' | ',' | ';' | '<' | '>' => escaped.extend(['\\', char]),
            '\0' => escaped += "\\00",
            '#' if index == 0 => escaped += "\\#",
            ' ' if index == 0 || index == last => escaped += "\\ ",
            _ => escaped.push(char),
        }
    }
    escaped
}
