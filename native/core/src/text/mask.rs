//! Bit masks over 64 bytes: bit `i` answers for byte `i`.
//!
//! The seam for SIMD kernels: whatever makes the masks, `run` reads them. A kernel makes those of 4
//! KiB at a call, so that the choice between them costs nothing; all make the same masks.

#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "kernels for instructions that a machine may lack, and their loads")
)]

use crate::cpu::{Path, path};

/// Bytes to a mask.
pub(super) const BLOCK: usize = 64;

/// Blocks whose masks are made at once: a kernel is then worth its call, and the masks stay in L1.
pub(super) const CHUNK_BLOCKS: usize = 64;

/// Makes two masks a block, as far as all go: of the string class (0x20 to 0x7E and TAB), and of
/// zero.
type Kernel = fn(&[[u8; BLOCK]], &mut [u64], &mut [u64]);

/// Makes the masks of `bytes`: `each` gets those of the string class, those of zero bytes, and how
/// many bytes they cover. Where that is no multiple of 64, the last masks are zero above it.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the caller's loop over runs belongs into this one")]
pub(super) fn masks(bytes: &[u8], each: impl FnMut(&[u64], &[u64], usize)) {
    masks_by(kernel(path()), bytes, each);
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "as `masks`")]
fn masks_by(kernel: Kernel, bytes: &[u8], mut each: impl FnMut(&[u64], &[u64], usize)) {
    let mut class_masks = [0; CHUNK_BLOCKS];
    let mut zero_masks = [0; CHUNK_BLOCKS];
    let mut make = |blocks: &[[u8; BLOCK]], length| {
        kernel(blocks, &mut class_masks, &mut zero_masks);
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

/// The kernel of a path that the machine has.
fn kernel(path: Path) -> Kernel {
    match path {
        Path::Portable => portable,
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a path is taken only on a machine that has it, `cpu` promises.
        Path::Avx2 => |blocks, class, zero| unsafe { x86::avx2(blocks, class, zero) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Path::Avx512 => |blocks, class, zero| unsafe { x86::avx512(blocks, class, zero) },
        #[cfg(not(target_arch = "x86_64"))]
        Path::Avx2 | Path::Avx512 => portable,
    }
}

/// Compares in a loop that LLVM vectorises, and gathers the flags eight at a time by a
/// multiplication; an 8 x 8 bit transposition in its place was twice as slow.
fn portable(blocks: &[[u8; BLOCK]], class: &mut [u64], zero: &mut [u64]) {
    gather(blocks, class, |byte| byte.wrapping_sub(0x20) < 0x5F || byte == b'\t');
    gather(blocks, zero, |byte| byte == 0);
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

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256i, _mm256_add_epi8, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256,
        _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256,
        _mm512_cmpeq_epi8_mask, _mm512_cmplt_epu8_mask, _mm512_loadu_si512, _mm512_set1_epi8,
        _mm512_sub_epi8, _mm512_testn_epi8_mask,
    };

    use super::BLOCK;

    #[target_feature(enable = "avx2")]
    pub(super) fn avx2(blocks: &[[u8; BLOCK]], class: &mut [u64], zero: &mut [u64]) {
        for ((block, class), zero) in blocks.iter().zip(class).zip(zero) {
            let (halves, _) = block.as_chunks::<32>();
            (*class, *zero) = (0, 0);
            for half in halves.iter().rev() {
                let (of_class, of_zero) = half_block(half);
                *class = *class << 32 | u64::from(of_class);
                *zero = *zero << 32 | u64::from(of_zero);
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn half_block(half: &[u8; 32]) -> (u32, u32) {
        // SAFETY: the 32 bytes of `half`; the load is one for any alignment.
        #[expect(clippy::cast_ptr_alignment, reason = "the load is one for any alignment")]
        let bytes = unsafe { _mm256_loadu_si256(half.as_ptr().cast::<__m256i>()) };
        // Moved so that the printable ones are the least of the signed values.
        let moved = _mm256_add_epi8(bytes, _mm256_set1_epi8(0x60));
        let printable = _mm256_cmpgt_epi8(_mm256_set1_epi8(-0x80 + 0x5F), moved);
        let tab = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x09));
        let zero = _mm256_cmpeq_epi8(bytes, _mm256_setzero_si256());
        (_mm256_movemask_epi8(_mm256_or_si256(printable, tab)) as u32, _mm256_movemask_epi8(zero) as u32)
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn avx512(blocks: &[[u8; BLOCK]], class: &mut [u64], zero: &mut [u64]) {
        for ((block, class), zero) in blocks.iter().zip(class).zip(zero) {
            // SAFETY: the 64 bytes of `block`; the load is one for any alignment.
            let bytes = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
            let moved = _mm512_sub_epi8(bytes, _mm512_set1_epi8(0x20));
            let printable = _mm512_cmplt_epu8_mask(moved, _mm512_set1_epi8(0x5F));
            *class = printable | _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(0x09));
            *zero = _mm512_testn_epi8_mask(bytes, bytes);
        }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::{BLOCK, CHUNK_BLOCKS, kernel, masks_by};
    use crate::cpu::paths;

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
                for path in paths() {
                    masks_by(kernel(path), &bytes, |class, zero, length| {
                        let is_class = byte == 9 || (0x20..=0x7E).contains(&byte);
                        assert_eq!(class, bit(is_class), "{byte:#x} at {place}, {path:?}");
                        assert_eq!(zero, bit(byte == 0), "{byte:#x} at {place}, {path:?}");
                        assert_eq!(length, bytes.len());
                    });
                }
            }
        }
    }

    #[test]
    fn masks_cover_every_length_and_are_zero_above_it() {
        for length in (0..200).chain(BLOCK * CHUNK_BLOCKS - 2..BLOCK * CHUNK_BLOCKS + 70) {
            let cases = paths().flat_map(|path| [(path, b'a', true), (path, 0, false)]);
            for (path, byte, is_class) in cases {
                let (mut set, mut covered) = (0, 0);
                masks_by(kernel(path), &vec![byte; length], |class, zero, bytes| {
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
