//! Static strings by FLOSS's rule with a minimum of 4: ASCII runs of 0x20-0x7E and TAB, and
//! UTF-16LE runs of the same class at any byte alignment.
//!
//! Promise: the strings of `[class]{4,}` and of `(?:[class]\x00){4,}` as Python's `re.finditer`
//! gives them on the whole file's bytes, all ASCII first, then all UTF-16LE, each in file order.
//! Storage is the sink's. `scan` is for a file in memory; one that is read in windows takes a
//! `Scanner` and a reading for each encoding, because wide strings kept aside would grow with it.

use super::mask::masks;
use super::run::Runs;
use crate::limits::MAX_STRING_BYTES;

/// How a string stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// One byte a character.
    Ascii,
    /// Two bytes a character, the second zero.
    Utf16Le,
}

impl Encoding {
    /// Name in the column `encoding`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ascii => "ascii",
            Self::Utf16Le => "utf16le",
        }
    }

    /// Bytes of the file to a character.
    const fn width(self) -> usize {
        match self {
            Self::Ascii => 1,
            Self::Utf16Le => 2,
        }
    }
}

/// Takes the strings of a scan; a closure will do.
pub trait StringSink {
    /// One string: where it starts in the file, and its characters, a byte each.
    fn push(&mut self, encoding: Encoding, file_offset: u64, text: &[u8]);
}

impl<F: FnMut(Encoding, u64, &[u8])> StringSink for F {
    fn push(&mut self, encoding: Encoding, file_offset: u64, text: &[u8]) {
        self(encoding, file_offset, text);
    }
}

/// What went to the sink, of one encoding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StringCounts {
    /// Strings.
    pub strings: u64,
    /// Bytes of their text.
    pub text_bytes: u64,
    /// Strings that went as their first `MAX_STRING_BYTES` bytes (limit `string_length`).
    pub cut: u64,
}

/// Scans a file that is in memory; counts of ASCII, then of UTF-16LE.
pub fn scan(bytes: &[u8], sink: &mut impl StringSink) -> (StringCounts, StringCounts) {
    scan_beside(bytes, sink, |_| ())
}

/// Scans a file that is in memory, and gives its bytes to `beside` too, a few KiB at a time and in
/// order: what else walks over a file finds them in L1 then.
pub fn scan_beside(
    bytes: &[u8],
    sink: &mut impl StringSink,
    mut beside: impl FnMut(&[u8]),
) -> (StringCounts, StringCounts) {
    let (mut ascii, mut wide) = (Text::new(Encoding::Ascii), Text::new(Encoding::Utf16Le));
    let (mut ascii_runs, mut wide_runs) = (Runs::new(Encoding::Ascii), Runs::new(Encoding::Utf16Le));
    // Kept are places, not text: at most 16 bytes for nine of the file.
    let mut later = Vec::new();
    let between = |start: u64, end: u64| bytes.get(start as usize..end as usize).unwrap_or_default();
    masks(bytes, |class, zero, length| {
        beside(between(ascii_runs.position(), ascii_runs.position() + length as u64));
        ascii_runs.follow(class, zero, length, |start, end| ascii.give(start, between(start, end), sink));
        wide_runs.follow(class, zero, length, |start, end| later.push((start, end)));
    });
    ascii_runs.finish(|start, end| ascii.give(start, between(start, end), sink));
    wide_runs.finish(|start, end| later.push((start, end)));
    for (start, end) in later {
        wide.give(start, between(start, end), sink);
    }
    (ascii.counts, wide.counts)
}

/// Finds the strings of one encoding in a file that comes in windows of any length.
#[derive(Debug)]
pub struct Scanner {
    runs: Runs,
    text: Text,
    /// The open run's bytes from before the window.
    head: Vec<u8>,
    /// The last bytes before the window, in which a run can begin that is known only inside it.
    recent: [u8; 7],
}

impl Scanner {
    /// At the start of a file.
    pub fn new(encoding: Encoding) -> Self {
        Self { runs: Runs::new(encoding), text: Text::new(encoding), head: Vec::new(), recent: [0; 7] }
    }

    /// Scans the file's next bytes.
    pub fn push(&mut self, window: &[u8], sink: &mut impl StringSink) {
        let base = self.runs.position();
        let Self { runs, text, head, recent } = self;
        masks(window, |class, zero, length| {
            runs.follow(class, zero, length, |start, end| {
                let from = start.checked_sub(base).map(|from| from as usize);
                match from.and_then(|from| window.get(from..(end - base) as usize)) {
                    Some(raw) => text.give(start, raw, sink),
                    None => text.give_across(start, end, base, window, (&mut *head, &*recent), sink),
                }
            });
        });
        if let Some(start) = self.runs.open() {
            let more = window.get(start.saturating_sub(base) as usize..).unwrap_or_default();
            self.text.lengthen((&mut self.head, &self.recent), start, base, more);
        }
        let last = window.get(window.len().saturating_sub(self.recent.len())..).unwrap_or_default();
        self.recent.rotate_left(last.len());
        self.recent.iter_mut().rev().zip(last.iter().rev()).for_each(|(to, &from)| *to = from);
    }

    /// Ends the file: gives the string that was still open, and the counts.
    pub fn finish(mut self, sink: &mut impl StringSink) -> StringCounts {
        let base = self.runs.position();
        let Self { runs, text, head, recent } = &mut self;
        runs.finish(|start, end| text.give_across(start, end, base, &[], (&mut *head, &*recent), sink));
        self.text.counts
    }
}

/// Makes text of runs: cut to its limit, without zeros, counted.
#[derive(Debug)]
struct Text {
    encoding: Encoding,
    /// Characters of a wide string, side by side.
    narrow: Vec<u8>,
    counts: StringCounts,
}

impl Text {
    fn new(encoding: Encoding) -> Self {
        Self { encoding, narrow: Vec::new(), counts: StringCounts::default() }
    }

    /// Bytes of the file that are kept of one string.
    const fn limit(&self) -> usize {
        MAX_STRING_BYTES * self.encoding.width()
    }

    #[inline]
    fn give(&mut self, start: u64, raw: &[u8], sink: &mut impl StringSink) {
        let mut text = raw;
        if let Some(cut) = raw.get(..self.limit())
            && cut.len() < raw.len()
        {
            self.counts.cut += 1;
            text = cut;
        }
        if self.encoding == Encoding::Utf16Le {
            self.narrow.clear();
            self.narrow.extend(text.as_chunks().0.iter().map(|&[character, _]: &[u8; 2]| character));
            text = &self.narrow;
        }
        self.counts.strings += 1;
        self.counts.text_bytes += text.len() as u64;
        sink.push(self.encoding, start, text);
    }

    /// Gives a string that began before the window at `base`.
    #[cold]
    fn give_across(
        &mut self,
        start: u64,
        end: u64,
        base: u64,
        window: &[u8],
        (head, recent): (&mut Vec<u8>, &[u8; 7]),
        sink: &mut impl StringSink,
    ) {
        let inside = window.get(..end.saturating_sub(base) as usize).unwrap_or(window);
        self.lengthen((head, recent), start, base, inside);
        // A last character without its zero was no part of the run.
        head.truncate((end - start) as usize);
        self.give(start, head, sink);
        head.clear();
    }

    /// Lengthens the head of the run from `start` by the window's bytes, to one more than are kept:
    /// that one tells that the string was cut.
    fn lengthen(&self, (head, recent): (&mut Vec<u8>, &[u8; 7]), start: u64, base: u64, more: &[u8]) {
        if head.is_empty() {
            let before = recent.len().saturating_sub(base.saturating_sub(start) as usize);
            head.extend_from_slice(recent.get(before..).unwrap_or_default());
        }
        let room = (self.limit() + 1).saturating_sub(head.len());
        head.extend_from_slice(more.get(..room).unwrap_or(more));
    }
}
