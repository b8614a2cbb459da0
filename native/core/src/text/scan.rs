//! Static strings by FLOSS's rule with a minimum of 4: ASCII runs of 0x20-0x7E and TAB, and
//! UTF-16LE runs of the same class at any byte alignment.
//!
//! Promise: the strings of `[class]{4,}` and `(?:[class]\x00){4,}` as Python's `re.finditer` gives
//! them on the whole file's bytes, however the file is cut into windows. Order, storage and counts
//! over files are the sink's. One scanner knows one encoding; a file takes two passes, because
//! strings go out all ASCII first and keeping the wide ones aside would grow with the file.

use super::mask::{self, BLOCK};
use crate::limits::MAX_STRING_BYTES;

/// Blocks whose masks are made at once: a kernel is then worth its call, and the masks stay in L1.
const CHUNK_BLOCKS: usize = 64;

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

    /// From a run's first byte to the byte at which its fourth character is known.
    const fn lead(self) -> u64 {
        match self {
            Self::Ascii => 3,
            Self::Utf16Le => 7,
        }
    }

    /// From a run's end to the byte at which that end is known.
    const fn lag(self) -> u64 {
        match self {
            Self::Ascii => 0,
            Self::Utf16Le => 1,
        }
    }

    const fn width(self) -> u64 {
        match self {
            Self::Ascii => 1,
            Self::Utf16Le => 2,
        }
    }
}

/// Takes the strings of a scan, in file order.
pub trait StringSink {
    /// One string: where it starts in the file, and its characters, a byte each (ASCII).
    fn push(&mut self, encoding: Encoding, file_offset: u64, text: &[u8]);
}

impl<F: FnMut(Encoding, u64, &[u8])> StringSink for F {
    fn push(&mut self, encoding: Encoding, file_offset: u64, text: &[u8]) {
        self(encoding, file_offset, text);
    }
}

/// What one scanner gave to its sink.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StringCounts {
    /// Strings.
    pub strings: u64,
    /// Bytes of their text.
    pub text_bytes: u64,
    /// Strings longer than `MAX_STRING_BYTES`, given as their first so many bytes (limit `string_length`).
    pub cut: u64,
}

/// Scans a file that is in memory: all its ASCII strings, then all its UTF-16LE strings.
pub fn scan(bytes: &[u8], sink: &mut impl StringSink) -> [StringCounts; 2] {
    [Encoding::Ascii, Encoding::Utf16Le].map(|encoding| {
        let mut scanner = Scanner::new(encoding);
        scanner.push(bytes, sink);
        scanner.finish(sink)
    })
}

/// Finds the strings of one encoding in a file that comes in windows.
#[derive(Debug)]
pub struct Scanner {
    encoding: Encoding,
    /// Bytes scanned: the file offset of the next window.
    position: u64,
    /// File offset of the run that is open.
    start: Option<u64>,
    ladder: Ladder,
    /// The open run's bytes from before the window.
    head: Vec<u8>,
    /// The last bytes before the window: a run is known to be one `lead` bytes after its start.
    recent: [u8; 7],
    /// Characters of a wide string, side by side.
    narrow: Vec<u8>,
    counts: StringCounts,
}

impl Scanner {
    /// A scanner at the start of a file.
    pub fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            position: 0,
            start: None,
            ladder: Ladder::default(),
            head: Vec::new(),
            recent: [0; 7],
            narrow: Vec::new(),
            counts: StringCounts::default(),
        }
    }

    /// Scans the file's next bytes.
    pub fn push(&mut self, window: &[u8], sink: &mut impl StringSink) {
        match self.encoding {
            Encoding::Ascii => self.blocks(window, Ladder::ascii, sink),
            Encoding::Utf16Le => self.blocks(window, Ladder::utf16le, sink),
        }
        self.keep(window);
        self.position += window.len() as u64;
    }

    /// Ends the file: gives the run that was still open, and the counts.
    pub fn finish(mut self, sink: &mut impl StringSink) -> StringCounts {
        // No class and no zero: whatever is open ends here.
        let edges = match self.encoding {
            Encoding::Ascii => self.ladder.ascii(0, 0, BLOCK),
            Encoding::Utf16Le => self.ladder.utf16le(0, 0, BLOCK),
        };
        self.edges(edges, self.position, &[], sink);
        self.counts
    }

    #[inline(always)]
    fn blocks(
        &mut self,
        window: &[u8],
        step: impl Fn(&mut Ladder, u64, u64, usize) -> u64,
        sink: &mut impl StringSink,
    ) {
        let (blocks, rest) = window.as_chunks::<BLOCK>();
        let mut base = self.position;
        for chunk in blocks.chunks(CHUNK_BLOCKS) {
            self.chunk(chunk, BLOCK, base, window, &step, sink);
            base += (chunk.len() * BLOCK) as u64;
        }
        if !rest.is_empty() {
            let mut block = [0xFF; BLOCK];
            block.iter_mut().zip(rest).for_each(|(to, &from)| *to = from);
            self.chunk(&[block], rest.len(), base, window, &step, sink);
        }
    }

    #[inline(always)]
    fn chunk(&mut self, chunk: &[[u8; BLOCK]], length: usize, mut base: u64, window: &[u8], step: impl Fn(&mut Ladder, u64, u64, usize) -> u64, sink: &mut impl StringSink) {
        let mut class = [0; CHUNK_BLOCKS];
        let mut zero = [0; CHUNK_BLOCKS];
        mask::class(chunk, &mut class);
        if self.encoding == Encoding::Utf16Le {
            mask::zero(chunk, &mut zero);
        }
        let mut ladder = self.ladder;
        for (&class, &zero) in class.iter().zip(&zero).take(chunk.len()) {
            let edges = step(&mut ladder, class, zero, length);
            if edges != 0 {
                self.edges(edges, base, window, sink);
            }
            base += BLOCK as u64;
        }
        self.ladder = ladder;
    }

    /// Follows the edges of a block at `base`: they are starts and ends in turn.
    #[inline(always)]
    fn edges(&mut self, mut edges: u64, base: u64, window: &[u8], sink: &mut impl StringSink) {
        while edges != 0 {
            let edge = base + u64::from(edges.trailing_zeros());
            edges &= edges - 1;
            match self.start.take() {
                None => self.start = Some(edge - self.encoding.lead()),
                Some(start) => self.string(start, edge - self.encoding.lag(), window, sink),
            }
        }
    }

    #[inline(always)]
    fn string(&mut self, start: u64, end: u64, window: &[u8], sink: &mut impl StringSink) {
        let from = start.checked_sub(self.position);
        let raw = from.and_then(|from| window.get(from as usize..(end - self.position) as usize));
        let Some(raw) = raw else { return self.string_across(start, end, window, sink) };
        let raw = raw.get(..self.cap()).unwrap_or(raw);
        let text = match self.encoding {
            Encoding::Ascii => raw,
            Encoding::Utf16Le => {
                self.narrow.clear();
                self.narrow.extend(raw.as_chunks().0.iter().map(|&[character, _]: &[u8; 2]| character));
                &self.narrow
            }
        };
        self.counts.count(text, (end - start) / self.encoding.width());
        sink.push(self.encoding, start, text);
    }

    /// Gives a string that began before the window.
    #[cold]
    fn string_across(&mut self, start: u64, end: u64, window: &[u8], sink: &mut impl StringSink) {
        let inside = end.saturating_sub(self.position) as usize;
        self.extend_head(start, window.get(..inside).unwrap_or(window));
        self.head.truncate((end - start) as usize);
        self.head.retain(|&byte| byte != 0);
        self.counts.count(&self.head, (end - start) / self.encoding.width());
        sink.push(self.encoding, start, &self.head);
        self.head.clear();
    }

    /// Keeps of the window what a string that ends in a later one needs.
    fn keep(&mut self, window: &[u8]) {
        match self.start.map(|start| (start, start.checked_sub(self.position))) {
            None => {}
            Some((start, None)) => self.extend_head(start, window),
            Some((_, Some(from))) => {
                let open = window.get(from as usize..).unwrap_or_default();
                self.head.extend_from_slice(open.get(..self.cap()).unwrap_or(open));
            }
        }
        let kept = self.recent.len();
        let last = window.get(window.len().saturating_sub(kept)..).unwrap_or_default();
        self.recent.rotate_left(last.len());
        self.recent.iter_mut().rev().zip(last.iter().rev()).for_each(|(to, &from)| *to = from);
    }

    /// Lengthens the head of the run from `start` by bytes of the window, as far as they are kept.
    fn extend_head(&mut self, start: u64, more: &[u8]) {
        if self.head.is_empty() {
            let before = self.recent.len().saturating_sub((self.position - start) as usize);
            self.head.extend_from_slice(self.recent.get(before..).unwrap_or_default());
        }
        let room = self.cap().saturating_sub(self.head.len());
        self.head.extend_from_slice(more.get(..room).unwrap_or(more));
    }

    /// Bytes of the file that are kept of one string.
    const fn cap(&self) -> usize {
        MAX_STRING_BYTES * self.encoding.width() as usize
    }
}

impl StringCounts {
    #[inline(always)]
    fn count(&mut self, text: &[u8], characters: u64) {
        self.strings += 1;
        self.text_bytes += text.len() as u64;
        self.cut += u64::from(characters > text.len() as u64);
    }
}

/// The last masks, from which the next block's run edges follow: doublings of "the bytes up to
/// this one are characters", so that four in a row cost two steps. The top bit is the last byte.
#[derive(Debug, Clone, Copy, Default)]
struct Ladder([u64; 4]);

impl Ladder {
    /// Bits at which a run is known to have begun (its fourth byte) or to have ended (the byte after).
    #[inline(always)]
    fn ascii(&mut self, one: u64, _zero: u64, length: usize) -> u64 {
        let [one_before, two_before, four_before, _] = self.0;
        let two = one & shift(one, one_before, 1);
        let four = two & shift(two, two_before, 2);
        let edges = four ^ shift(four, four_before, 1);
        self.step([one, two, four, 0], edges, length)
    }

    /// The same in pairs of a character and a zero: a bit stands for the pair that ends there.
    ///
    /// A character is not zero, so runs of one alignment share no byte with runs of the other, and
    /// both alignments go in one word, their edges in file order.
    #[inline(always)]
    fn utf16le(&mut self, character: u64, zero: u64, length: usize) -> u64 {
        let [character_before, one_before, two_before, four_before] = self.0;
        let one = zero & shift(character, character_before, 1);
        let two = one & shift(one, one_before, 2);
        let four = two & shift(two, two_before, 4);
        let edges = four ^ shift(four, four_before, 2);
        self.step([character, one, two, four], edges, length)
    }

    /// Moves past the block's first `length` bytes; bits above them are not the file's.
    #[inline(always)]
    fn step(&mut self, now: [u64; 4], edges: u64, length: usize) -> u64 {
        if length >= BLOCK {
            self.0 = now;
            return edges;
        }
        for (before, now) in self.0.iter_mut().zip(now) {
            *before = *before >> length | now << (BLOCK - length);
        }
        edges & ((1 << length) - 1)
    }
}

/// `mask` moved up by `by`, with the top bits of the mask before it.
#[inline(always)]
const fn shift(mask: u64, before: u64, by: u32) -> u64 {
    mask << by | before >> (u64::BITS - by)
}
