//! Elements (tag, length, value) of X.690, one level at a time.
//!
//! Reading a level costs at most one step per two bytes of it, whatever the bytes are: nothing
//! recurses, and an element of indefinite length is ended by counting. Callers descend a fixed
//! number of levels, so neither depth nor steps need a limit. Non-minimal lengths pass; a length
//! past the end gives what is there. What the values mean is the callers' business.

use std::fmt;

use crate::work;

/// `INTEGER`.
pub const INTEGER: u8 = 0x02;
/// `BIT STRING`, primitive.
pub const BIT_STRING: u8 = 0x03;
/// `OCTET STRING`, primitive.
pub const OCTET_STRING: u8 = 0x04;
/// `OCTET STRING` in pieces.
const OCTET_STRING_PIECES: u8 = 0x24;
/// `OBJECT IDENTIFIER`.
pub const OBJECT_IDENTIFIER: u8 = 0x06;
/// `SEQUENCE`, `SEQUENCE OF`.
pub const SEQUENCE: u8 = 0x30;
/// `SET`, `SET OF`.
pub const SET: u8 = 0x31;
/// `[0]`, constructed.
pub const CONTEXT_0: u8 = 0xa0;
/// `[1]`, constructed.
pub const CONTEXT_1: u8 = 0xa1;
/// `[2]`, constructed.
pub const CONTEXT_2: u8 = 0xa2;
/// `[0]` in place of a primitive type's own identifier.
pub const IMPLICIT_0: u8 = 0x80;
/// `[1]` in place of a primitive type's own identifier.
pub const IMPLICIT_1: u8 = 0x81;

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// First identifier octet: class, constructed bit, number. Numbers from 31 on all read as 31.
    pub identifier: u8,
    /// Contents octets, clipped to the enclosing element.
    pub content: &'a [u8],
    /// The element whole: identifier, length, contents and end-of-contents.
    pub raw: &'a [u8],
    /// File offset of `raw`.
    pub offset: u64,
    /// False where the enclosing element or the file ends before this one does.
    pub whole: bool,
    content_offset: u64,
}

impl<'a> Element<'a> {
    /// The elements in this one's contents.
    pub fn children(&self) -> Elements<'a> {
        Elements::new(self.content, self.content_offset)
    }

    /// The first element in this one's contents.
    pub fn first(&self) -> Option<Element<'a>> {
        self.children().next()?.ok()
    }

    /// This `OCTET STRING`, or the only piece of one that BER would let stand in several.
    pub fn octets(&self) -> Option<Element<'a>> {
        match self.identifier {
            OCTET_STRING => Some(*self),
            OCTET_STRING_PIECES => {
                let mut pieces = self.children();
                let piece = pieces.next()?.ok().filter(|piece| piece.identifier == OCTET_STRING)?;
                pieces.next().is_none().then_some(piece)
            }
            _ => None,
        }
    }

    /// The same contents under the identifier that an implicit tag replaced.
    #[must_use]
    pub fn tagged(&self, identifier: u8) -> Element<'a> {
        Element { identifier, ..*self }
    }
}

/// An identifier or length that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// File offset of the element.
    pub offset: u64,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("identifier or length unreadable")
    }
}

/// Elements side by side; ends at the first broken one, at end-of-contents or at the last byte.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    rest: &'a [u8],
    offset: u64,
}

impl<'a> Elements<'a> {
    /// Elements in `bytes`, which lie at `offset` in the file.
    pub fn new(bytes: &'a [u8], offset: u64) -> Self {
        Elements { rest: bytes, offset }
    }

    /// Bytes not yet read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// File offset of the next element.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Identifier of the next element, if there is one.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        work::steps(1);
        let (rest, offset) = (self.rest, self.offset);
        // One zero is all that is left of end-of-contents where padding fills up to an even size.
        if rest.is_empty() || rest == [0] || rest.starts_with(&[0, 0]) {
            return None;
        }
        let Some(header) = Header::read(rest) else {
            self.rest = &[];
            return Some(Err(Broken { offset }));
        };
        let body = rest.get(header.size..).unwrap_or_default();
        let (content_size, closing, whole) = match header.length {
            Some(length) if length <= body.len() => (length, 0, true),
            Some(_) => (body.len(), 0, false),
            None => match end_of_contents(body) {
                Some(size) => (size, 2, true),
                None => (body.len(), 0, false),
            },
        };
        let size = header.size + content_size + closing;
        self.rest = rest.get(size..).unwrap_or_default();
        self.offset = offset + size as u64;
        Some(Ok(Element {
            identifier: header.identifier,
            content: body.get(..content_size).unwrap_or_default(),
            raw: rest.get(..size).unwrap_or_default(),
            offset,
            whole,
            content_offset: offset + header.size as u64,
        }))
    }
}

/// Identifier and length octets.
struct Header {
    identifier: u8,
    /// Bytes of contents; none where the length is indefinite.
    length: Option<usize>,
    /// Bytes of the two themselves.
    size: usize,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Header> {
        let identifier = *bytes.first()?;
        let mut size = 1;
        if identifier & 0x1f == 0x1f {
            // No structure read here has a tag above 30: its number is passed over.
            size += bytes.get(1..)?.iter().position(|octet| octet & 0x80 == 0)? + 1;
        }
        let first = *bytes.get(size)?;
        size += 1;
        let length = match first {
            0..=0x7f => Some(first as usize),
            0x80 => None,
            0xff => return None,
            _ => {
                let octets = bytes.get(size..size + (first & 0x7f) as usize)?;
                size += octets.len();
                // A length beyond the address space is only one more that lies past the end.
                Some(octets.iter().fold(0usize, |length, octet| {
                    length.checked_mul(256).map_or(usize::MAX, |length| length | *octet as usize)
                }))
            }
        };
        Some(Header { identifier, length, size })
    }
}

/// Bytes before the end-of-contents octets that close an indefinite length; none if nothing does.
fn end_of_contents(body: &[u8]) -> Option<usize> {
    let mut open = 1usize;
    let mut at = 0usize;
    loop {
        work::steps(1);
        let rest = body.get(at..)?;
        if rest.starts_with(&[0, 0]) {
            open -= 1;
            if open == 0 {
                return Some(at);
            }
            at += 2;
            continue;
        }
        let header = Header::read(rest)?;
        at = at.checked_add(header.size)?;
        match header.length {
            Some(length) => at = at.checked_add(length)?,
            None => open += 1,
        }
    }
}
