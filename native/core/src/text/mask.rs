//! Bit masks over 64 bytes: bit `i` answers for byte `i`.
//!
//! The seam for SIMD kernels: whatever computes a mask, the run logic of `scan` stays as it is.
//! The portable code compares bytes in a loop that LLVM vectorises (SSE2 is x86-64's baseline) and
//! then gathers flags eight at a time by a multiplication, for `movmskb` is not to be had safely.

/// Bytes to a mask.
pub(super) const BLOCK: usize = 64;

/// Bytes of the string class: 0x20 to 0x7E and TAB; a mask a block, as far as both go.
pub(super) fn class(blocks: &[[u8; BLOCK]], masks: &mut [u64]) {
    gather(blocks, masks, |byte| byte.wrapping_sub(0x20) < 0x5F || byte == b'\t');
}

/// Bytes that are zero; a mask a block, as far as both go.
pub(super) fn zero(blocks: &[[u8; BLOCK]], masks: &mut [u64]) {
    gather(blocks, masks, |byte| byte == 0);
}

#[inline]
fn gather(blocks: &[[u8; BLOCK]], masks: &mut [u64], holds: impl Fn(u8) -> bool) {
    // Eight flags of 0 or 1 in the bytes of a u64, times this, stand side by side in the top byte.
    const SIDE_BY_SIDE: u64 = 0x0102_0408_1020_4080;
    for (block, mask) in blocks.iter().zip(masks) {
        let flags = block.map(|byte| holds(byte) as u8);
        let mut gathered = [0_u8; 8];
        for (byte, &eight) in gathered.iter_mut().zip(flags.as_chunks().0) {
            *byte = (u64::from_le_bytes(eight).wrapping_mul(SIDE_BY_SIDE) >> 56) as u8;
        }
        *mask = u64::from_le_bytes(gathered);
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, class, zero};

    #[test]
    fn every_byte_value_at_every_place_sets_its_own_bit_or_none() {
        for byte in 0..=255_u8 {
            for place in 0..BLOCK {
                let mut block = [0x80_u8; BLOCK];
                block[place] = byte;
                let in_class = byte == 9 || (0x20..=0x7E).contains(&byte);
                let blocks = [[b'a'; BLOCK], block, [0; BLOCK]];
                let mut masks = [[0; 3]; 2];
                class(&blocks, &mut masks[0]);
                zero(&blocks, &mut masks[1]);
                let expected = [in_class, byte == 0].map(|holds| u64::from(holds) << place);
                assert_eq!(masks[0], [u64::MAX, expected[0], 0], "{byte:#x} at {place}");
                assert_eq!(masks[1], [0, expected[1], u64::MAX], "{byte:#x} at {place}");
            }
        }
    }
}
