//! `CheckSum` of the optional header, as `CheckSumMappedFile` of Microsoft's `imagehlp.dll` computes it.
//!
//! The sum of all little-endian 16-bit words with end-around carry, the field itself counted as 0, an odd
//! last byte as a word, plus the length. Ones' complement sums may be taken in wider words and folded at
//! the end, so that the pass adds eight bytes at a time; the field is subtracted afterwards, where it
//! stands, aligned or not.

use crate::pe::header::CHECK_SUM;
use crate::work;

/// Sum of a file's words, taken as its bytes come.
#[derive(Debug, Clone, Copy, Default)]
pub struct Words(u64);

impl Words {
    /// Adds the next bytes, an even number of them but for the last.
    pub fn add(&mut self, bytes: &[u8]) {
        work::pass(bytes.len());
        self.0 += sum(bytes);
    }
}

/// The checksum of `bytes` with the sum `words`; the optional header begins at `optional_header`. A PE is not
/// all zeros.
pub fn checksum(bytes: &[u8], Words(words): Words, optional_header: usize) -> u32 {
    let field = optional_header.saturating_add(CHECK_SUM);
    let stored = bytes.get(field..).unwrap_or_default();
    let mut masked = [0; 6];
    // The field with the byte before it where it stands at an odd offset, so that words stay words.
    let shift = field % 2;
    masked.iter_mut().skip(shift).zip(stored.iter().take(4)).for_each(|(to, from)| *to = *from);
    let all = folded(words);
    let without = u64::from(all) + u64::from(!folded(sum(&masked)));
    u32::from(folded(without)).wrapping_add(bytes.len() as u32)
}

/// Sum of 32-bit words; no file is long enough to overflow it.
fn sum(bytes: &[u8]) -> u64 {
    let (chunks, rest) = bytes.as_chunks::<16>();
    let mut lanes = [0_u64; 4];
    for chunk in chunks {
        let (words, _) = chunk.as_chunks::<4>();
        for (lane, word) in lanes.iter_mut().zip(words) {
            *lane += u64::from(u32::from_le_bytes(*word));
        }
    }
    let rest =
        rest.chunks(2).map(|pair| pair.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    lanes.iter().sum::<u64>() + rest.sum::<u64>()
}

/// Carries added back in until 16 bits are left.
fn folded(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::{Words, checksum};

    /// Word by word, as the definition has it.
    fn by_definition(bytes: &[u8], field: usize) -> u32 {
        let mut bytes = bytes.to_vec();
        for offset in field..(field + 4).min(bytes.len()) {
            bytes[offset] = 0;
        }
        let mut sum = 0_u32;
        for pair in bytes.chunks(2) {
            sum += u32::from(pair[0]) | u32::from(*pair.get(1).unwrap_or(&0)) << 8;
            sum = (sum & 0xffff) + (sum >> 16);
        }
        sum + bytes.len() as u32
    }

    #[test]
    fn wide_sums_equal_the_definition_at_every_length_and_place_of_the_field() {
        let noise: Vec<u8> = (1..400_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
        let high = vec![0xff; 399];
        for bytes in [noise, high] {
            for length in 66..bytes.len() {
                let mut words = Words::default();
                bytes[..length].chunks(64).for_each(|piece| words.add(piece));
                for optional_header in [0, 1, 2, 3, 88, 89, length - 66, length] {
                    assert_eq!(
                        checksum(&bytes[..length], words, optional_header),
                        by_definition(&bytes[..length], optional_header + 64),
                        "{length} {optional_header}"
                    );
                }
            }
        }
    }
}
