//! Bit masks over 64 bytes: bit `i` answers for byte `i`.
//!
//! The seam for SIMD kernels: whatever makes the masks, `run` reads them. The portable code compares
//! bytes in a loop that LLVM vectorises (SSE2 is x86-64's baseline) and gathers the flags eight at a
//! time by a multiplication, for `movmskb` is not to be had safely; an 8 x 8 bit transposition in its
//! place was twice as slow.

/// Bytes to a mask.
pub(super) const BLOCK: usize = 64;

/// Blocks whose masks are made at once: a kernel is then worth its call, and the masks stay in L1.
const CHUNK_BLOCKS: usize = 64;

/// Makes the masks of `bytes`: `each` gets those of the string class, those of zero bytes, and how
/// many bytes they cover. Where that is no multiple of 64, the last masks are zero above it.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the caller's loop over runs belongs into this one")]
pub(super) fn masks(bytes: &[u8], mut each: impl FnMut(&[u64], &[u64], usize)) {
    let mut class_masks = [0; CHUNK_BLOCKS];
    let mut zero_masks = [0; CHUNK_BLOCKS];
    let mut make = |blocks: &[[u8; BLOCK]], length| {
        class(blocks, &mut class_masks);
        zero(blocks, &mut zero_masks);
        let made = ..blocks.len();
        if let (Some(class_masks), Some(zero_masks)) = (class_masks.get(made), zero_masks.get(made)) {
            each(class_masks, zero_masks, length);
        }
    };
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    for chunk in blocks.chunks(CHUNK_BLOCKS) {
        make(chunk, chunk.len() * BLOCK);
    }
    if !rest.is_empty() {
        let mut block = [0xFF; BLOCK]; // neither a character nor zero
        block.iter_mut().zip(rest).for_each(|(to, &from)| *to = from);
        make(&[block], rest.len());
    }
}

/// Bytes of the string class: 0x20 to 0x7E and TAB; a mask a block, as far as both go.
fn class(blocks: &[[u8; BLOCK]], masks: &mut [u64]) {
    gather(blocks, masks, |byte| byte.wrapping_sub(0x20) < 0x5F || byte == b'\t');
}

/// Bytes that are zero; a mask a block, as far as both go.
fn zero(blocks: &[[u8; BLOCK]], masks: &mut [u64]) {
    gather(blocks, masks, |byte| byte == 0);
}

#[inline]
fn gather(blocks: &[[u8; BLOCK]], masks: &mut [u64], holds: impl Fn(u8) -> bool) {
    // Eight flags of 0 or 1 in the bytes of a u64, times this, stand side by side in the top byte.
    const SIDE_BY_SIDE: u64 = 0x0102_0408_1020_4080;
    for (block, mask) in blocks.iter().zip(masks) {
        let flags = block.map(|byte| holds(byte) as u8);
        let eights = flags.as_chunks::<8>().0;
        *mask = eights
            .iter()
            .rev()
            .fold(0, |mask, &eight| mask << 8 | u64::from_le_bytes(eight).wrapping_mul(SIDE_BY_SIDE) >> 56);
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::{BLOCK, CHUNK_BLOCKS, masks};

    #[test]
    fn every_byte_value_at_every_place_sets_its_own_bit_or_none() {
        for byte in 0..=255_u8 {
            for place in 0..3 * BLOCK {
                let mut bytes = [0x80_u8; 3 * BLOCK];
                bytes[place] = byte;
                let bit = |holds: bool| {
                    let mut words = [0_u64; 3];
                    words[place / BLOCK] = u64::from(holds) << (place % BLOCK);
                    words
                };
                masks(&bytes, |class, zero, length| {
                    assert_eq!(
                        class,
                        bit(byte == 9 || (0x20..=0x7E).contains(&byte)),
                        "{byte:#x} at {place}"
                    );
                    assert_eq!(zero, bit(byte == 0), "{byte:#x} at {place}");
                    assert_eq!(length, bytes.len());
                });
            }
        }
    }

    #[test]
    fn masks_cover_every_length_and_are_zero_above_it() {
        for length in (0..200).chain(BLOCK * CHUNK_BLOCKS - 2..BLOCK * CHUNK_BLOCKS + 70) {
            for (byte, is_class) in [(b'a', true), (0, false)] {
                let (mut set, mut covered) = (0, 0);
                masks(&vec![byte; length], |class, zero, bytes| {
                    assert_eq!(class.len(), bytes.div_ceil(BLOCK));
                    let (full, empty) = if is_class { (class, zero) } else { (zero, class) };
                    set += full.iter().map(|mask| mask.count_ones() as usize).sum::<usize>();
                    assert!(empty.iter().all(|&mask| mask == 0));
                    covered += bytes;
                });
                assert_eq!((set, covered), (length, length));
            }
        }
    }
}
