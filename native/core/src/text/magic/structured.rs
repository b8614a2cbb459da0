//! Kinds that libmagic tells by parsing rather than by a rule: tar, JSON, CSV, compound documents.
//!
//! Each parser reads its input once, from left to right, with a stack no deeper than libmagic's
//! limit; none of them keeps what it has read.

use crate::limits::MAGIC_JSON_LEVELS;
use crate::work;

/// Lines of a CSV file that are looked at.
const CSV_LINES: usize = 10;

const TAR_BLOCK: usize = 512;

/// What a parser makes of `data`, in libmagic's order.
pub(super) fn structured(data: &[u8], looks_like_text: bool) -> Option<&'static str> {
    work::pass(data.len());
    if let Some(kind) = tar(data).or_else(|| json(data)) {
        return Some(kind);
    }
    if looks_like_text && is_csv(data) {
        return Some("CSV text");
    }
    is_compound_document(data).then_some("Composite Document File V2 Document")
}

/// A tar header whose checksum holds; the checksum field itself counts as blanks.
fn tar(data: &[u8]) -> Option<&'static str> {
    let header = data.get(..TAR_BLOCK)?;
    let checksum = header.get(148..156)?;
    let sum = |bytes: &[u8]| bytes.iter().map(|&byte| i64::from(byte)).sum::<i64>();
    if sum(header) - sum(checksum) + 8 * i64::from(b' ') != octal(checksum)? {
        return None;
    }
    Some(match header.get(257..265)? {
        b"ustar  \0" => "POSIX tar archive (GNU)",
        [b'u', b's', b't', b'a', b'r', 0, ..] => "POSIX tar archive",
        _ => "tar archive",
    })
}

fn octal(field: &[u8]) -> Option<i64> {
    let start = field.iter().position(|byte| !is_space(*byte))?;
    let field = field.get(start..)?;
    let digits = field.iter().take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    let (digits, rest) = field.split_at_checked(digits)?;
    let ends_well = rest.first().is_none_or(|byte| *byte == 0 || is_space(*byte));
    ends_well.then(|| digits.iter().fold(0, |value, digit| value * 8 + i64::from(digit - b'0')))
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | 0x09..=0x0d)
}

/// The header of a compound document as libmagic's reader takes it.
fn is_compound_document(data: &[u8]) -> bool {
    let Some(header) = data.get(..512) else { return false };
    let shift = |at: usize| {
        let bytes = header.get(at..at + 2).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(u16::MAX, u16::from_le_bytes)
    };
    header.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") && shift(30) <= 20 && shift(32) <= 20
}

/// A zlib header: deflate, a window of at most 32 KiB, a check that holds.
pub(super) fn is_zlib(data: &[u8]) -> bool {
    let Some(&[method, flags]) = data.first_chunk::<2>() else { return false };
    method & 0x8f == 8 && (u16::from(method) << 8 | u16::from(flags)) % 31 == 0
}

fn is_csv(data: &[u8]) -> bool {
    let (mut fields, mut wanted, mut lines) = (0_usize, 0_usize, 0_usize);
    let mut input = data.iter().copied().peekable();
    while let Some(byte) = input.next() {
        match byte {
            b'"' => skip_quoted(&mut input),
            b',' => fields += 1,
            b'\n' => {
                lines += 1;
                if lines == CSV_LINES {
                    return wanted != 0 && wanted == fields;
                }
                if wanted == 0 {
                    wanted = fields;
                }
                if wanted == 0 || wanted != fields {
                    return false;
                }
                fields = 0;
            }
            _ => {}
        }
    }
    wanted != 0 && lines > 2
}

/// Leaves `input` after the quote that closes the field; a doubled quote does not.
fn skip_quoted(input: &mut std::iter::Peekable<impl Iterator<Item = u8>>) {
    while let Some(byte) = input.next() {
        if byte == b'"' && input.next_if_eq(&b'"').is_none() {
            return;
        }
    }
}

fn json(data: &[u8]) -> Option<&'static str> {
    let mut containers = false;
    let start = skip_space(data, 0);
    let end = json_value(data, start, 0, &mut containers)?;
    if end == data.len() {
        return containers.then_some("JSON text data");
    }
    // A second value that begins as the first did makes it one value a line.
    if data.get(start) != data.get(end) {
        return None;
    }
    json_value(data, end, 1, &mut containers)?;
    containers.then_some("New Line Delimited JSON text data")
}

fn skip_space(data: &[u8], at: usize) -> usize {
    let rest = data.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Container {
    Array,
    Object,
}

/// Where the value at `at` and the blanks after it end.
fn json_value(data: &[u8], mut at: usize, level: usize, containers: &mut bool) -> Option<usize> {
    let mut open: Vec<Container> = Vec::new();
    loop {
        at = skip_space(data, at);
        let first = *data.get(at)?;
        if level + 2 * open.len() > MAGIC_JSON_LEVELS {
            return None;
        }
        at += 1;
        match first {
            b'[' => {
                open.push(Container::Array);
                at = skip_space(data, at);
                if *data.get(at)? != b']' {
                    continue;
                }
            }
            b'{' => {
                open.push(Container::Object);
                if let Some(value) = json_key(data, &mut at)? {
                    at = value;
                    continue;
                }
            }
            b'"' => at = json_string(data, at)?,
            b't' => at = json_word(data, at, b"rue")?,
            b'f' => at = json_word(data, at, b"alse")?,
            b'n' => at = json_word(data, at, b"ull")?,
            _ => at = json_number(data, at - 1)?,
        }
        // A value is complete, or a container that was just opened closes again at `at`.
        loop {
            at = skip_space(data, at);
            let Some(&container) = open.last() else { return Some(at) };
            let next = *data.get(at)?;
            at += 1;
            match (container, next) {
                (Container::Array, b',') => {
                    at = skip_space(data, at);
                    if *data.get(at)? != b']' {
                        break;
                    }
                }
                (Container::Object, b',') => {
                    if let Some(value) = json_key(data, &mut at)? {
                        at = value;
                        break;
                    }
                }
                (Container::Array, b']') | (Container::Object, b'}') => {
                    *containers = true;
                    open.pop();
                }
                _ => return None,
            }
        }
    }
}

/// Where the value after a key begins, or nothing where the object closes at `at`.
#[expect(clippy::option_option, reason = "broken, closed and present are three answers")]
fn json_key(data: &[u8], at: &mut usize) -> Option<Option<usize>> {
    *at = skip_space(data, *at);
    match data.get(*at)? {
        b'}' => Some(None),
        b'"' => {
            let colon = skip_space(data, json_string(data, *at + 1)?);
            (*data.get(colon)? == b':').then_some(Some(colon + 1))
        }
        _ => None,
    }
}

/// Where the string whose inside begins at `at` ends.
fn json_string(data: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let byte = *data.get(at)?;
        at += 1;
        match byte {
            0 => return None,
            b'"' => return Some(at),
            b'\\' => {
                let escape = *data.get(at)?;
                at += 1;
                match escape {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                    b'u' => {
                        if !data.get(at..at + 4)?.iter().all(u8::is_ascii_hexdigit) {
                            return None;
                        }
                        at += 4;
                    }
                    _ => return None,
                }
            }
            _ => {}
        }
    }
}

/// A word of which the end of the data may cut the end.
fn json_word(data: &[u8], at: usize, rest: &[u8]) -> Option<usize> {
    let there = data.get(at..)?;
    let there = there.get(..rest.len()).unwrap_or(there);
    rest.starts_with(there).then_some(at + there.len())
}

fn json_number(data: &[u8], start: usize) -> Option<usize> {
    let digits = |at: usize| {
        data.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let mut at = start + usize::from(data.get(start) == Some(&b'-'));
    let mut seen = digits(at);
    at += seen;
    if data.get(at) == Some(&b'.') {
        at += 1;
    }
    let fraction = digits(at);
    at += fraction;
    seen += fraction;
    if seen > 0 && matches!(data.get(at), Some(b'e' | b'E')) {
        at += 1;
        at += usize::from(matches!(data.get(at), Some(b'+' | b'-')));
        seen = digits(at);
        at += seen;
    }
    (seen > 0).then_some(at)
}
