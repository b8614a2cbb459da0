//! Counts of the 256 byte values, and the Shannon entropy that follows from them.
//!
//! Counts add up: a file's histogram is the sum over its windows, or over sections that tile it.

use std::cell::RefCell;

/// How often each byte value occurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    /// Count of each byte value.
    pub counts: [u64; 256],
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: [0; 256] }
    }
}

/// Bytes counted before the 32-bit tables are emptied; far below 2^32, so none can overflow.
const TABLE_BYTES: usize = 1 << 30;

/// Bytes from which pairs are counted: emptying their table costs what they save on some 100 KB.
const PAIRED_BYTES: usize = 128 << 10;

/// Bytes compared at once with their first: padding and bitmaps of one value are common in PE files,
/// and where a byte goes on a table waits for its own last store.
const STEP: usize = 32;

/// Counts of byte pairs, the first in the low byte.
type Pairs = [u32; 1 << 16];

thread_local! {
    /// All zero between two uses; cleared as it is read, for that is a walk over 256 KB anyway.
    static PAIRS: RefCell<Box<Pairs>> = RefCell::new(Box::new([0; 1 << 16]));
}

impl Histogram {
    /// The histogram of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut histogram = Self::default();
        histogram.add(bytes);
        histogram
    }

    /// Counts `bytes` in.
    pub fn add(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(TABLE_BYTES) {
            if piece.len() < PAIRED_BYTES {
                self.add_bytes(piece);
            } else {
                PAIRS.with_borrow_mut(|pairs| self.add_pairs(piece, pairs));
            }
        }
    }

    // Eight tables: in one, runs of a byte value wait for their own store, at a third of the speed.
    #[expect(clippy::indexing_slicing, reason = "a byte indexes 256 places")]
    fn add_bytes(&mut self, piece: &[u8]) {
        let mut tables = [[0_u32; 256]; 8];
        self.add_steps(piece, |word| {
            for (place, table) in tables.iter_mut().enumerate() {
                table[(word >> (8 * place) & 0xFF) as usize] += 1;
            }
        });
        for table in &tables {
            for (count, &more) in self.counts.iter_mut().zip(table) {
                *count += u64::from(more);
            }
        }
    }

    // A store for two bytes: a core has one store a cycle, which is what bounds the tables of bytes.
    #[expect(clippy::indexing_slicing, reason = "two bytes index 65,536 places")]
    fn add_pairs(&mut self, piece: &[u8], pairs: &mut Pairs) {
        self.add_steps(piece, |word| {
            for place in 0..4 {
                pairs[(word >> (16 * place) & 0xFFFF) as usize] += 1;
            }
        });
        let mut firsts = [0_u32; 256];
        for (second, row) in self.counts.iter_mut().zip(pairs.as_chunks_mut::<256>().0) {
            *second += u64::from(row.iter().sum::<u32>());
            firsts.iter_mut().zip(&*row).for_each(|(first, pair)| *first += pair);
            *row = [0; 256];
        }
        self.counts.iter_mut().zip(firsts).for_each(|(count, first)| *count += u64::from(first));
    }

    /// Gives `word` eight bytes at a time; steps of one byte value and the last bytes are counted.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "one loop for each kind of table")]
    #[expect(clippy::indexing_slicing, reason = "a byte indexes 256 places")]
    fn add_steps(&mut self, piece: &[u8], mut word: impl FnMut(u64)) {
        let (steps, rest) = piece.as_chunks::<STEP>();
        for step in steps {
            let (eights, _) = step.as_chunks::<8>();
            let first = step[0];
            let same = u64::from_ne_bytes([first; 8]);
            if eights.iter().fold(0, |unlike, &eight| unlike | (u64::from_ne_bytes(eight) ^ same)) == 0 {
                self.counts[first as usize] += STEP as u64;
                continue;
            }
            for &eight in eights {
                word(u64::from_le_bytes(eight));
            }
        }
        for &byte in rest {
            self.counts[byte as usize] += 1;
        }
    }

    /// Adds another histogram's counts.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    /// Bytes counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Shannon entropy in bits a byte, 0 to 8; of nothing it is 0.
    pub fn entropy(&self) -> f64 {
        let total = self.total() as f64;
        let shares = self.counts.iter().filter(|&&count| count > 0).map(|&count| count as f64 / total);
        shares.fold(0.0, |bits, share| bits + share * (1.0 / share).log2())
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::Histogram;

    #[test]
    fn entropy_of_known_mixtures_is_exact() {
        let all: Vec<u8> = (0..=255).collect();
        for (bytes, entropy) in [(&b""[..], 0.0), (b"aaaa", 0.0), (b"abab", 1.0), (b"aabc", 1.5), (&all, 8.0)]
        {
            assert_eq!(Histogram::of(bytes).entropy().to_bits(), f64::to_bits(entropy), "{bytes:?}");
        }
    }

    #[test]
    fn counts_agree_with_counting_one_by_one_at_every_length_and_split() {
        let bytes: Vec<u8> = (0..300_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for length in 0..bytes.len() {
            let part = &bytes[..length];
            let mut counts = [0_u64; 256];
            for &byte in part {
                counts[byte as usize] += 1;
            }
            let whole = Histogram::of(part);
            assert_eq!(whole.counts, counts);
            assert_eq!(whole.total(), length as u64);
            let (left, right) = part.split_at(length / 3);
            let mut sum = Histogram::of(left);
            sum.merge(&Histogram::of(right));
            assert_eq!(sum, whole);
        }
    }
}
