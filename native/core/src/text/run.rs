//! Runs of four and more characters in bit masks, wherever the file is cut into pieces.
//!
//! Promise: `found(start, end)` for every maximal run, in file order. Neither bytes nor text are
//! seen here: `mask` makes the masks, `scan` takes the text.

use super::mask::BLOCK;
use super::scan::Encoding;

/// Finds the runs of one encoding in a file's masks.
#[derive(Debug, Clone)]
pub(super) struct Runs {
    encoding: Encoding,
    /// File offset of the next byte.
    position: u64,
    /// File offset of the run that is open.
    open: Option<u64>,
    ladder: Ladder,
}

impl Runs {
    /// At the start of a file.
    pub(super) fn new(encoding: Encoding) -> Self {
        Self { encoding, position: 0, open: None, ladder: Ladder::default() }
    }

    /// Bytes followed so far.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// File offset of the run that is open, if one is.
    pub(super) fn open(&self) -> Option<u64> {
        self.open
    }

    /// Follows the masks of the next `length` bytes.
    #[inline]
    pub(super) fn follow(&mut self, class: &[u64], zero: &[u64], length: usize, found: impl FnMut(u64, u64)) {
        // A run is known by its fourth character, its end by the place where the next should be.
        match self.encoding {
            Encoding::Ascii => self.follow_by(Ladder::ascii, (3, 0), class, zero, length, found),
            Encoding::Utf16Le => self.follow_by(Ladder::utf16le, (7, 1), class, zero, length, found),
        }
    }

    /// Ends the file, and with it the run that is open.
    pub(super) fn finish(&mut self, found: impl FnMut(u64, u64)) {
        self.follow(&[0], &[0], BLOCK, found);
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "one loop for each encoding and use, with its constants")]
    fn follow_by(
        &mut self,
        climb: impl Fn(&mut Ladder, u64, u64) -> u64,
        (lead, lag): (u64, u64),
        class: &[u64],
        zero: &[u64],
        length: usize,
        mut found: impl FnMut(u64, u64),
    ) {
        let Self { mut position, mut open, mut ladder, .. } = *self; // in registers, whatever `found` calls
        let mut left = length;
        for (&class, &zero) in class.iter().zip(zero) {
            let before = ladder;
            let mut edges = climb(&mut ladder, class, zero);
            if left < BLOCK {
                ladder.cut(before, left);
                edges &= (1 << left) - 1;
            }
            // Starts and ends in turn.
            while edges != 0 {
                let edge = position + u64::from(edges.trailing_zeros());
                edges &= edges - 1;
                match open.take() {
                    None => open = Some(edge - lead),
                    Some(start) => found(start, edge - lag),
                }
            }
            let covered = left.min(BLOCK);
            position += covered as u64;
            left -= covered;
        }
        *self = Self { position, open, ladder, ..*self };
    }
}

/// The masks before, from which the next block's edges follow: doublings of "the bytes up to this
/// one are characters", so that four in a row cost two steps. The top bit is the last byte.
#[derive(Debug, Clone, Copy, Default)]
struct Ladder([u64; 4]);

impl Ladder {
    /// Bits at which a run is known to begin or to have ended.
    #[inline]
    fn ascii(&mut self, one: u64, _zero: u64) -> u64 {
        let Self([one_before, two_before, four_before, _]) = *self;
        let two = one & up(one, one_before, 1);
        let four = two & up(two, two_before, 2);
        *self = Self([one, two, four, 0]);
        four ^ up(four, four_before, 1)
    }

    /// The same in pairs of a character and a zero; a bit stands for the pair that ends there.
    ///
    /// A character is not zero, so a run of one alignment shares no byte with a run of the other:
    /// both alignments go in one word, and their edges are in file order.
    #[inline]
    fn utf16le(&mut self, character: u64, zero: u64) -> u64 {
        let Self([character_before, one_before, two_before, four_before]) = *self;
        let one = zero & up(character, character_before, 1);
        let two = one & up(one, one_before, 2);
        let four = two & up(two, two_before, 4);
        *self = Self([character, one, two, four]);
        four ^ up(four, four_before, 2)
    }

    /// Takes back what was climbed above the block's first `length` bytes, fewer than all.
    #[cold]
    fn cut(&mut self, before: Self, length: usize) {
        if length == 0 {
            *self = before;
            return;
        }
        for (now, before) in self.0.iter_mut().zip(before.0) {
            *now = before >> length | *now << (BLOCK - length);
        }
    }
}

/// `mask` moved up by `by` bits, with the top bits of the mask before it.
#[inline]
const fn up(mask: u64, before: u64, by: u32) -> u64 {
    mask << by | before >> (u64::BITS - by)
}
