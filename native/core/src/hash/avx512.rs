//! 32 lanes in pairs of AVX-512 registers.
#![expect(unsafe_code, reason = "AVX-512 intrinsics; they run only where detection found the instructions")]
#![expect(clippy::inline_always, reason = "what is not inlined lacks the instructions")]
#![expect(clippy::indexing_slicing, reason = "by constants, and by lanes that `Lanes` asks for")]
#![allow(clippy::wildcard_imports, reason = "the instructions, by their own names")]

use std::arch::x86_64::*;

use super::cursor::Block;
use super::job::{Algorithm, AlgorithmSet};
use super::lanes::{self, Choice, Lanes, Order, PREFETCH, SWAP, instructions};
use super::queue::{Kernel, Step};
use super::sha_ni::ShaNi;
use super::states::States;

/// Proof that the machine has AVX-512 F and BW.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx512 {
    sha_ni: Option<ShaNi>,
}

/// Messages side by side.
pub(super) const LANES: usize = 32;
const WIDTH: usize = 16;

/// As measured on Zen 5.
const CHOICE: Choice = Choice { sha1_from: 7, sha256_from: 9, sha256_in_pairs: true };

impl Avx512 {
    /// None where the machine lacks the instructions.
    pub(super) fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
        found.then(|| Self { sha_ni: ShaNi::detect() })
    }
}

impl Kernel<LANES> for Avx512 {
    fn pays(self, algorithms: AlgorithmSet) -> usize {
        match (self.sha_ni, algorithms.contains(Algorithm::Md5)) {
            // Four messages stitched together are as fast as lanes that ten are in, two as fast as nine. Where
            // sets are mixed their union is taken for that of all, and one more has little effect.
            (Some(_), true) if algorithms == AlgorithmSet::FILE => 11,
            (Some(_), true) if algorithms != AlgorithmSet::MD5 => 10,
            (None, false) => 8,
            (_, true) => 5,
            (Some(_), false) => 4,
        }
    }

    fn compress(self, states: &mut States<LANES>, step: &Step<'_, LANES>) {
        // SAFETY: `self` proves that the machine has the instructions.
        unsafe { compress(self, states, step) }
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn compress(avx: Avx512, states: &mut States<LANES>, step: &Step<'_, LANES>) {
    lanes::compress_step(avx, avx.sha_ni, CHOICE, states, step);
}

impl Lanes for Avx512 {
    type Vector = __m512i;
    const WIDTH: usize = WIDTH;

    instructions! {
        fn splat(word: u32) { _mm512_set1_epi32(word as i32) }
        fn add(a: __m512i, b: __m512i) { _mm512_add_epi32(a, b) }
        // Bit 4a + 2b + c of the constant is the function's value.
        fn xor(a: __m512i, b: __m512i, c: __m512i) { _mm512_ternarylogic_epi32::<0x96>(a, b, c) }
        fn choose(a: __m512i, b: __m512i, c: __m512i) { _mm512_ternarylogic_epi32::<0xca>(a, b, c) }
        fn majority(a: __m512i, b: __m512i, c: __m512i) { _mm512_ternarylogic_epi32::<0xe8>(a, b, c) }
        fn or_not_xor(a: __m512i, b: __m512i, c: __m512i) { _mm512_ternarylogic_epi32::<0x39>(a, b, c) }
        fn rotate_left<const N: i32>(a: __m512i) { _mm512_rol_epi32::<N>(a) }
        fn shift_right<const N: i32>(a: __m512i) { _mm512_srl_epi32(a, _mm_cvtsi32_si128(N)) }
    }

    #[inline(always)]
    fn load(self, words: &[u32]) -> __m512i {
        // SAFETY: `self` proves that the machine has the instructions; the slice has 16 words.
        unsafe { _mm512_loadu_si512(words[..WIDTH].as_ptr().cast()) }
    }

    #[inline(always)]
    fn store(self, vector: __m512i, words: &mut [u32]) {
        // SAFETY: `self` proves that the machine has the instructions; the slice has 16 words.
        unsafe { _mm512_storeu_si512(words[..WIDTH].as_mut_ptr().cast(), vector) }
    }

    #[inline(always)]
    fn words(self, runs: &[&[Block]], at: usize, order: Order) -> [__m512i; 16] {
        let mut blocks = [self.splat(0); 16];
        for lane in 0..WIDTH {
            let block = &runs[lane][at];
            // SAFETY: `self` proves that the machine has the instructions; a block has 64 bytes.
            unsafe {
                _mm_prefetch::<_MM_HINT_T0>(block.as_ptr().wrapping_add(PREFETCH).cast());
                blocks[lane] = _mm512_loadu_si512(block.as_ptr().cast());
                if matches!(order, Order::Big) {
                    let swap = _mm512_broadcast_i32x4(std::mem::transmute::<i128, __m128i>(SWAP));
                    blocks[lane] = _mm512_shuffle_epi8(blocks[lane], swap);
                }
            }
        }
        // SAFETY: `self` proves that the machine has the instructions.
        unsafe { transpose(&blocks) }
    }
}

/// Rows of 16 words to columns: first in quarters of registers, then the quarters.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose(rows: &[__m512i; 16]) -> [__m512i; 16] {
    let mut quarters = [[rows[0]; 4]; 4];
    for four in 0..4 {
        let [a, b, c, d] = [rows[4 * four], rows[4 * four + 1], rows[4 * four + 2], rows[4 * four + 3]];
        let (low, high) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
        let (low2, high2) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
        quarters[0][four] = _mm512_unpacklo_epi64(low, low2);
        quarters[1][four] = _mm512_unpackhi_epi64(low, low2);
        quarters[2][four] = _mm512_unpacklo_epi64(high, high2);
        quarters[3][four] = _mm512_unpackhi_epi64(high, high2);
    }
    let mut columns = *rows;
    for (word, [a, b, c, d]) in quarters.into_iter().enumerate() {
        const EVEN: i32 = 0b10_00_10_00;
        const ODD: i32 = 0b11_01_11_01;
        let (even, odd) = (_mm512_shuffle_i32x4::<EVEN>(a, b), _mm512_shuffle_i32x4::<ODD>(a, b));
        let (even2, odd2) = (_mm512_shuffle_i32x4::<EVEN>(c, d), _mm512_shuffle_i32x4::<ODD>(c, d));
        columns[word] = _mm512_shuffle_i32x4::<EVEN>(even, even2);
        columns[4 + word] = _mm512_shuffle_i32x4::<EVEN>(odd, odd2);
        columns[8 + word] = _mm512_shuffle_i32x4::<ODD>(even, even2);
        columns[12 + word] = _mm512_shuffle_i32x4::<ODD>(odd, odd2);
    }
    columns
}
