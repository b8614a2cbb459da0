//! The tables that bytes are counted in before they are a histogram.
//!
//! Promise: every byte is counted once. Tables lie in wait between two uses, all zero, one set a
//! thread: the larger is as much work to make as to empty.

use std::cell::Cell;

use crate::work;

use super::Histogram;

/// Bytes from which pairs are counted: emptying their table costs what they save on some 100 KB.
pub(super) const PAIRED_BYTES: u64 = 128 << 10;

/// Bytes counted before the 32-bit tables are emptied; far below 2^32, so none can overflow.
const TABLE_BYTES: usize = 1 << 30;

/// Bytes compared at once with their first: padding of one value is common in PE files, and a value
/// that comes again and again waits for its own last store.
const STEP: usize = 32;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Bytes, in eight tables: in one, runs of a value wait for their own store, at a third of the
    /// speed.
    Bytes,
    /// Pairs, the first byte in the low half of the index: a store for two bytes, and stores, one a
    /// cycle, are what bounds the other kind.
    Pairs,
}

impl Kind {
    /// The better one for so many bytes between two emptyings.
    pub(super) fn of(length: u64) -> Self {
        if length < PAIRED_BYTES { Self::Bytes } else { Self::Pairs }
    }
}

/// Counts under way.
#[derive(Debug)]
pub(super) struct Tables {
    bytes: [[u32; 256]; 8],
    /// By the second byte, then the first.
    pairs: Vec<[u32; 256]>,
    /// Bytes counted since they were empty, of any kind.
    counted: usize,
}

thread_local! {
    static WAITING: Cell<Option<Box<Tables>>> = const { Cell::new(None) };
}

impl Tables {
    /// Empty ones.
    pub(super) fn take() -> Box<Self> {
        WAITING.take().unwrap_or_else(|| {
            Box::new(Self { bytes: [[0; 256]; 8], pairs: vec![[0; 256]; 256], counted: 0 })
        })
    }

    /// Empties them into `histogram`, for the next to take. `kind` is all that was counted.
    pub(super) fn give_back(mut self: Box<Self>, kind: Kind, histogram: &mut Histogram) {
        self.empty(kind, histogram);
        WAITING.set(Some(self));
    }

    /// Counts `bytes`; some go to `histogram` at once.
    pub(super) fn add(&mut self, kind: Kind, bytes: &[u8], histogram: &mut Histogram) {
        work::pass(bytes.len());
        for piece in bytes.chunks(TABLE_BYTES) {
            if self.counted + piece.len() > TABLE_BYTES {
                self.empty(kind, histogram);
            }
            self.counted += piece.len();
            match kind {
                Kind::Bytes => self.add_bytes(piece, histogram),
                Kind::Pairs => self.add_pairs(piece, histogram),
            }
        }
    }

    /// Empties the tables of `kind` into `histogram`.
    pub(super) fn empty(&mut self, kind: Kind, histogram: &mut Histogram) {
        self.counted = 0;
        if kind == Kind::Bytes {
            for table in &mut self.bytes {
                add(&mut histogram.counts, table);
                *table = [0; 256];
            }
            return;
        }
        let mut firsts = [0_u32; 256];
        for (second, row) in histogram.counts.iter_mut().zip(&mut self.pairs) {
            *second += u64::from(row.iter().sum::<u32>());
            firsts.iter_mut().zip(&*row).for_each(|(first, pair)| *first += pair);
            *row = [0; 256];
        }
        add(&mut histogram.counts, &firsts);
    }

    #[expect(clippy::indexing_slicing, reason = "a byte indexes 256 places")]
    fn add_bytes(&mut self, piece: &[u8], histogram: &mut Histogram) {
        add_steps(piece, histogram, |word| {
            for (place, table) in self.bytes.iter_mut().enumerate() {
                table[(word >> (8 * place) & 0xFF) as usize] += 1;
            }
        });
    }

    #[expect(clippy::indexing_slicing, reason = "two bytes index 65,536 places")]
    fn add_pairs(&mut self, piece: &[u8], histogram: &mut Histogram) {
        let pairs = self.pairs.as_flattened_mut();
        let Some(pairs) = pairs.first_chunk_mut::<{ 1 << 16 }>() else { return };
        add_steps(piece, histogram, |word| {
            for place in 0..4 {
                pairs[(word >> (16 * place) & 0xFFFF) as usize] += 1;
            }
        });
    }
}

/// Gives `word` eight bytes at a time; steps of one value and the last bytes are counted here.
#[inline(always)]
#[expect(clippy::inline_always, reason = "one loop for each kind of table")]
#[expect(clippy::indexing_slicing, reason = "a byte indexes 256 places")]
fn add_steps(piece: &[u8], histogram: &mut Histogram, mut word: impl FnMut(u64)) {
    let (steps, rest) = piece.as_chunks::<STEP>();
    for step in steps {
        let (eights, _) = step.as_chunks::<8>();
        let same = u64::from_ne_bytes([step[0]; 8]);
        if eights.iter().fold(0, |unlike, &eight| unlike | (u64::from_ne_bytes(eight) ^ same)) == 0 {
            histogram.counts[step[0] as usize] += STEP as u64;
            continue;
        }
        for &eight in eights {
            word(u64::from_le_bytes(eight));
        }
    }
    for &byte in rest {
        histogram.counts[byte as usize] += 1;
    }
}

fn add(counts: &mut [u64; 256], more: &[u32; 256]) {
    counts.iter_mut().zip(more).for_each(|(count, &more)| *count += u64::from(more));
}
