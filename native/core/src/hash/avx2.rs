//! 16 lanes in pairs of AVX2 registers; SHA-256 by the SHA instructions where the machine has them.
#![expect(unsafe_code, reason = "AVX2 intrinsics; they run only where detection found the instructions")]
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

/// Proof that the machine has AVX2.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx2 {
    sha_ni: Option<ShaNi>,
}

/// Messages side by side.
pub(super) const LANES: usize = 16;
const WIDTH: usize = 8;

impl Avx2 {
    /// None where the machine lacks the instructions.
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then(|| Self { sha_ni: ShaNi::detect() })
    }
}

impl Kernel<LANES> for Avx2 {
    fn pays(self, algorithms: AlgorithmSet) -> usize {
        match self.sha_ni {
            // Two messages stitched together are as fast as nearly full lanes: 1.3 GB/s of all three on Zen 5.
            Some(_) if algorithms.contains(Algorithm::Md5) && algorithms != AlgorithmSet::MD5 => 14,
            Some(_) if algorithms == AlgorithmSet::MD5 => 6,
            _ => 4,
        }
    }

    fn compress(self, states: &mut States<LANES>, step: &Step<'_, LANES>) {
        // SAFETY: `self` proves that the machine has the instructions.
        unsafe { compress(self, states, step) }
    }
}

/// As measured on Zen 5: of SHA-256, the SHA instructions always win.
const CHOICE: Choice = Choice { sha1_from: WIDTH, sha256_from: usize::MAX, sha256_in_pairs: false };

#[target_feature(enable = "avx2")]
fn compress(avx: Avx2, states: &mut States<LANES>, step: &Step<'_, LANES>) {
    lanes::compress_step(avx, avx.sha_ni, CHOICE, states, step);
}

impl Lanes for Avx2 {
    type Vector = __m256i;
    const WIDTH: usize = WIDTH;

    instructions! {
        fn splat(word: u32) { _mm256_set1_epi32(word as i32) }
        fn add(a: __m256i, b: __m256i) { _mm256_add_epi32(a, b) }
        fn xor(a: __m256i, b: __m256i, c: __m256i) { _mm256_xor_si256(a, _mm256_xor_si256(b, c)) }
        fn choose(a: __m256i, b: __m256i, c: __m256i) {
            _mm256_xor_si256(c, _mm256_and_si256(a, _mm256_xor_si256(b, c)))
        }
        fn majority(a: __m256i, b: __m256i, c: __m256i) {
            _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(c, _mm256_or_si256(a, b)))
        }
        fn or_not_xor(a: __m256i, b: __m256i, c: __m256i) {
            _mm256_xor_si256(b, _mm256_or_si256(a, _mm256_xor_si256(c, _mm256_set1_epi32(-1))))
        }
        // The compiler makes immediate shifts of these.
        fn rotate_left<const N: i32>(a: __m256i) {
            let (left, right) = (_mm_cvtsi32_si128(N), _mm_cvtsi32_si128(32 - N));
            _mm256_or_si256(_mm256_sll_epi32(a, left), _mm256_srl_epi32(a, right))
        }
        fn shift_right<const N: i32>(a: __m256i) {
            _mm256_srl_epi32(a, _mm_cvtsi32_si128(N))
        }
    }

    #[inline(always)]
    fn load(self, words: &[u32]) -> __m256i {
        // SAFETY: `self` proves that the machine has the instructions; the slice has 8 words.
        unsafe { _mm256_loadu_si256(words[..WIDTH].as_ptr().cast()) }
    }

    #[inline(always)]
    fn store(self, vector: __m256i, words: &mut [u32]) {
        // SAFETY: `self` proves that the machine has the instructions; the slice has 8 words.
        unsafe { _mm256_storeu_si256(words[..WIDTH].as_mut_ptr().cast(), vector) }
    }

    #[inline(always)]
    fn words(self, runs: &[&[Block]], at: usize, order: Order) -> [__m256i; 16] {
        let mut words = [self.splat(0); 16];
        for half in 0..2 {
            let mut rows = [self.splat(0); 8];
            for lane in 0..WIDTH {
                let (halves, _) = runs[lane][at].as_chunks::<32>();
                // SAFETY: `self` proves that the machine has the instructions; half a block has 32 bytes.
                unsafe {
                    _mm_prefetch::<_MM_HINT_T0>(halves[half].as_ptr().wrapping_add(PREFETCH).cast());
                    rows[lane] = _mm256_loadu_si256(halves[half].as_ptr().cast());
                    if matches!(order, Order::Big) {
                        let swap = _mm256_broadcastsi128_si256(std::mem::transmute::<i128, __m128i>(SWAP));
                        rows[lane] = _mm256_shuffle_epi8(rows[lane], swap);
                    }
                }
            }
            // SAFETY: `self` proves that the machine has the instructions.
            let columns = unsafe { transpose(&rows) };
            for word in 0..8 {
                words[8 * half + word] = columns[word];
            }
        }
        words
    }
}

/// Rows of 8 words to columns: first in halves of registers, then the halves.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose(rows: &[__m256i; 8]) -> [__m256i; 8] {
    let mut halves = [[rows[0]; 2]; 4];
    for four in 0..2 {
        let [a, b, c, d] = [rows[4 * four], rows[4 * four + 1], rows[4 * four + 2], rows[4 * four + 3]];
        let (low, high) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
        let (low2, high2) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
        halves[0][four] = _mm256_unpacklo_epi64(low, low2);
        halves[1][four] = _mm256_unpackhi_epi64(low, low2);
        halves[2][four] = _mm256_unpacklo_epi64(high, high2);
        halves[3][four] = _mm256_unpackhi_epi64(high, high2);
    }
    let mut columns = *rows;
    for (word, [a, b]) in halves.into_iter().enumerate() {
        columns[word] = _mm256_permute2x128_si256::<0x20>(a, b);
        columns[4 + word] = _mm256_permute2x128_si256::<0x31>(a, b);
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::{AlgorithmSet, Avx2};
    use crate::hash::job::{Job, JobDigests};
    use crate::hash::queue;
    use crate::hash::single::Single;

    #[test]
    fn without_sha_instructions_sha256_goes_in_lanes_to_the_same_digests() {
        if Avx2::detect().is_none() {
            return;
        }
        let bytes: Vec<u8> = (0..20_000_u32).map(|place| ((place * place) >> 7) as u8).collect();
        let jobs: Vec<_> =
            (0..90).map(|job| Job::new(&bytes[job..job + job * job], AlgorithmSet::FILE)).collect();
        let mut digests = vec![JobDigests::default(); jobs.len()];
        let single = Single::BY_CRATES;
        queue::run(Avx2 { sha_ni: None }, single, &jobs, |place, found| digests[place] = found);
        assert_eq!(digests, jobs.iter().map(|job| single.digest(job)).collect::<Vec<_>>());
    }
}
