//! Runs of four and more characters in bit masks, wherever the file is cut into pieces.
//!
//! Promise: `found(start, end)` for every maximal run, in file order. Neither bytes nor text are
//! seen here: `mask` makes the masks, `scan` takes the text.

#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "the loop with bit instructions that a machine may lack")
)]

use super::mask::{BLOCK, CHUNK_BLOCKS};
use super::scan::Encoding;
use crate::cpu::{Path, path};

/// Finds the runs of one encoding in a file's masks.
#[derive(Debug, Clone)]
pub(super) struct Runs {
    encoding: Encoding,
    /// File offset of the next byte.
    position: u64,
    /// File offset of the run that is open.
    open: Option<u64>,
    ladder: Ladder,
    climb: Climb,
    edges: Edges,
}

impl Runs {
    /// At the start of a file.
    pub(super) fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            position: 0,
            open: None,
            ladder: Ladder::default(),
            climb: climb_of(path()),
            edges: Edges::new(),
        }
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
    pub(super) fn follow(
        &mut self,
        class: &[u64],
        zero: &[u64],
        length: usize,
        mut found: impl FnMut(u64, u64),
    ) {
        (self.climb)(self.encoding, &mut self.ladder, class, zero, length, &mut self.edges);
        // A run is known by its fourth character, its end by the place where the next should be.
        let (lead, lag) = match self.encoding {
            Encoding::Ascii => (3, 0),
            Encoding::Utf16Le => (7, 1),
        };
        // Starts and ends in turn.
        let position = self.position;
        self.position += length as u64;
        let mut edges = self.edges.found().iter().map(|&edge| position + u64::from(edge));
        if let Some(start) = self.open {
            let Some(end) = edges.next() else { return };
            found(start, end - lag);
            self.open = None;
        }
        while let Some(start) = edges.next() {
            let start = start - lead;
            let Some(end) = edges.next() else {
                self.open = Some(start);
                return;
            };
            found(start, end - lag);
        }
    }

    /// Ends the file, and with it the run that is open.
    pub(super) fn finish(&mut self, found: impl FnMut(u64, u64)) {
        self.follow(&[0], &[0], BLOCK, found);
    }
}

/// Climbs the ladder of an encoding over the masks of so many bytes, and lists the edges.
type Climb = fn(Encoding, &mut Ladder, &[u64], &[u64], usize, &mut Edges);

/// The climb of a path that the machine has.
fn climb_of(path: Path) -> Climb {
    match path {
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 | Path::Avx512 => {
            #[target_feature(enable = "bmi1,bmi2,popcnt")]
            fn climb_with_bmi(
                encoding: Encoding,
                ladder: &mut Ladder,
                class: &[u64],
                zero: &[u64],
                length: usize,
                edges: &mut Edges,
            ) {
                climb(encoding, ladder, class, zero, length, edges);
            }
            // SAFETY: a path is taken only on a machine that has it, `cpu` promises.
            |encoding, ladder, class, zero, length, edges| unsafe {
                climb_with_bmi(encoding, ladder, class, zero, length, edges);
            }
        }
        _ => climb,
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "it takes on the instructions of what it is inlined into")]
fn climb(
    encoding: Encoding,
    ladder: &mut Ladder,
    class: &[u64],
    zero: &[u64],
    length: usize,
    edges: &mut Edges,
) {
    match encoding {
        Encoding::Ascii => climb_by(Ladder::ascii, false, ladder, class, zero, length, edges),
        Encoding::Utf16Le => climb_by(Ladder::utf16le, true, ladder, class, zero, length, edges),
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "as `climb`")]
fn climb_by(
    step: impl Fn(&mut Ladder, u64, u64) -> u64,
    rare: bool,
    ladder: &mut Ladder,
    class: &[u64],
    zero: &[u64],
    length: usize,
    edges: &mut Edges,
) {
    edges.count = 0;
    let (mut now, mut left) = (*ladder, length);
    for (at, (&class, &zero)) in class.iter().zip(zero).enumerate() {
        let before = now;
        let mut mask = step(&mut now, class, zero);
        if left < BLOCK {
            now.cut(before, left);
            mask &= (1 << left) - 1;
        }
        // Edges of wide runs are so rare that a branch is foreseen, and those of others too many.
        if !rare || mask != 0 {
            edges.push((at * BLOCK) as u16, mask);
        }
        left = left.saturating_sub(BLOCK);
    }
    *ladder = now;
}

/// Places of the set bits of a chunk's masks. They are listed before they are used: the bits of a
/// block are few and of no predictable number, and a loop over them misses its end at each block.
#[derive(Debug, Clone)]
struct Edges {
    places: [u16; CHUNK_BLOCKS * BLOCK + EAGER],
    count: usize,
}

/// Places written for a block whether it has them or not: most have no more.
const EAGER: usize = 4;

impl Edges {
    fn new() -> Self {
        Self { places: [0; CHUNK_BLOCKS * BLOCK + EAGER], count: 0 }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as `climb`")]
    fn push(&mut self, base: u16, mut mask: u64) {
        let mut after = self.count;
        self.count += mask.count_ones() as usize;
        while let Some(places) =
            self.places.get_mut(after..).and_then(|places| places.first_chunk_mut::<EAGER>())
        {
            for place in places {
                *place = base + mask.trailing_zeros() as u16;
                mask &= mask.wrapping_sub(1);
            }
            if mask == 0 {
                break;
            }
            after += EAGER;
        }
    }

    fn found(&self) -> &[u16] {
        self.places.get(..self.count).unwrap_or_default()
    }
}

/// The masks before, from which the next block's edges follow: doublings of "the bytes up to this
/// one are characters", so that four in a row cost two steps. The top bit is the last byte.
#[derive(Debug, Clone, Copy, Default)]
struct Ladder([u64; 4]);

impl Ladder {
    /// Bits at which a run is known to begin or to have ended.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "its words stay in the registers of the one loop that calls it")]
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
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as `ascii`")]
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
