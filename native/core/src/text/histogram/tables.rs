//! The tables that bytes are counted in before they are a histogram.
//!
//! Promise: every byte is counted once. Tables lie in wait between two uses, all zero, one set a thread.

use std::cell::Cell;

use crate::{cpu, work};

use super::Histogram;
use super::nonzero::{PIECE, Pack, Packed, pack_of};

/// Bytes counted before the 32-bit tables are emptied; far below 2^32, so none can overflow.
const TABLE_BYTES: usize = 1 << 30;

/// Bytes compared at once with their first: padding of one value is common in PE files, and a value
/// that comes again and again waits for its own last store.
const STEP: usize = 32;

/// One for each byte of a word: in one table, runs of a value wait for their own store, at a third of the
/// speed. Pairs of bytes in a table of 65,536 have half the stores and were slower on Zen 5, and more so
/// beside the scan: 256 KB push all else out of the L1 cache.
type Counts = [[u32; 256]; 8];

/// Counts under way.
#[derive(Debug)]
pub(super) struct Tables {
    counts: Counts,
    /// Bytes counted since they were empty.
    counted: usize,
    pack: Option<Pack>,
    packed: Packed,
}

thread_local! {
    static WAITING: Cell<Option<Box<Tables>>> = const { Cell::new(None) };
}

impl Tables {
    /// Empty ones.
    pub(super) fn take() -> Box<Self> {
        WAITING.take().unwrap_or_else(|| Box::new(Self::new(pack_of(cpu::path()))))
    }

    fn new(pack: Option<Pack>) -> Self {
        Self { counts: [[0; 256]; 8], counted: 0, pack, packed: [0; PIECE + 64] }
    }

    /// Empties them into `histogram`, for the next to take.
    pub(super) fn give_back(mut self: Box<Self>, histogram: &mut Histogram) {
        self.empty(histogram);
        WAITING.set(Some(self));
    }

    /// Counts `bytes`; some go to `histogram` at once.
    pub(super) fn add(&mut self, bytes: &[u8], histogram: &mut Histogram) {
        work::pass(bytes.len());
        for piece in bytes.chunks(PIECE) {
            if self.counted + piece.len() > TABLE_BYTES {
                self.empty(histogram);
            }
            self.counted += piece.len();
            let (blocks, rest) = piece.as_chunks();
            let Some(pack) = self.pack.filter(|_| !blocks.is_empty()) else {
                add(&mut self.counts, piece, histogram);
                continue;
            };
            let count = pack(blocks, &mut self.packed);
            let packed = self.packed.get(..count).unwrap_or_default();
            let [zeros, ..] = &mut histogram.counts;
            *zeros += (size_of_val(blocks) - packed.len()) as u64;
            add(&mut self.counts, packed, histogram);
            add(&mut self.counts, rest, histogram);
        }
    }

    /// Empties the tables into `histogram`.
    pub(super) fn empty(&mut self, histogram: &mut Histogram) {
        self.counted = 0;
        for table in &mut self.counts {
            histogram.counts.iter_mut().zip(&*table).for_each(|(count, &more)| *count += u64::from(more));
            *table = [0; 256];
        }
    }
}

/// Counts a word at a time; steps of one value and the last bytes go to `histogram`.
#[expect(clippy::indexing_slicing, reason = "a byte indexes 256 places")]
fn add(counts: &mut Counts, piece: &[u8], histogram: &mut Histogram) {
    let (steps, rest) = piece.as_chunks::<STEP>();
    for step in steps {
        let (words, _) = step.as_chunks::<8>();
        let same = u64::from_ne_bytes([step[0]; 8]);
        if words.iter().fold(0, |unlike, &word| unlike | (u64::from_ne_bytes(word) ^ same)) == 0 {
            histogram.counts[step[0] as usize] += STEP as u64;
            continue;
        }
        for &word in words {
            let word = u64::from_le_bytes(word);
            for (place, table) in counts.iter_mut().enumerate() {
                table[(word >> (8 * place) & 0xFF) as usize] += 1;
            }
        }
    }
    for &byte in rest {
        histogram.counts[byte as usize] += 1;
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::{Histogram, PIECE, Tables, pack_of};
    use crate::cpu::paths;

    #[test]
    fn counts_are_those_of_a_loop_on_every_path_at_lengths_around_blocks_and_pieces() {
        let bytes: Vec<u8> = (0..3 * PIECE as u32)
            .map(|place| (place.wrapping_mul(2_654_435_761) >> 13) as u8 & (place >> 9) as u8)
            .collect();
        for length in [0, 1, 31, 32, 63, 64, 65, 129, PIECE - 1, PIECE, PIECE + 1, PIECE + 63, 3 * PIECE] {
            let mut expected = [0; 256];
            for &byte in &bytes[..length] {
                expected[byte as usize] += 1;
            }
            for path in paths() {
                let mut histogram = Histogram::default();
                let mut tables = Tables::new(pack_of(path));
                tables.add(&bytes[..length], &mut histogram);
                tables.empty(&mut histogram);
                assert_eq!(histogram.counts, expected, "{length} bytes, {path:?}");
            }
        }
    }
}
