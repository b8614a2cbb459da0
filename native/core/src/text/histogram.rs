//! Counts of the 256 byte values, and the Shannon entropy that follows from them.
//!
//! Counts add up: a file's histogram is the sum over its windows, or over sections that tile it.

use self::tables::Tables;

mod nonzero;
pub mod spans;
mod tables;

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

impl Histogram {
    /// The histogram of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut histogram = Self::default();
        histogram.add(bytes);
        histogram
    }

    /// Counts `bytes` in.
    pub fn add(&mut self, bytes: &[u8]) {
        let mut tables = Tables::take();
        tables.add(bytes, self);
        tables.give_back(self);
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
