//! SHA-1 and SHA-256 by the SHA instructions of x86-64, two messages in turn: what one waits for, the other
//! computes.
//!
//! They beat lanes that few messages are in, and those of AVX2 by SHA-256 however many.
#![expect(unsafe_code, reason = "SHA instructions; they run only where detection found them")]
#![expect(clippy::many_single_char_names, reason = "the names of the standard")]
#![expect(clippy::indexing_slicing, reason = "by constants, and by lanes in use")]
#![allow(clippy::wildcard_imports, reason = "the instructions, by their own names")]

use std::arch::x86_64::*;
use std::ops::Range;

use super::cursor::Block;
use super::job::{Algorithm, AlgorithmSet};
use super::lanes::{SHA256_CONSTANTS, unroll};
use super::queue::{Feed, Step};
use super::states::{Row, States, column, set_column};

/// Proof that the machine has the SHA instructions.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShaNi(());

impl ShaNi {
    /// None where the machine lacks the instructions.
    pub(super) fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("sha")
            && is_x86_feature_detected!("ssse3")
            && is_x86_feature_detected!("sse4.1");
        found.then_some(Self(()))
    }

    /// Compresses the step of some of its lanes by those of `algorithms` that are SHA-1 or SHA-256.
    pub(super) fn compress<const N: usize>(
        self,
        states: &mut States<N>,
        step: &Step<'_, N>,
        lanes: Range<usize>,
        algorithms: AlgorithmSet,
    ) {
        let Self(()) = self;
        // SAFETY: `self` proves that the machine has the instructions.
        unsafe { compress(states, step, lanes, algorithms) }
    }
}

#[target_feature(enable = "sha,ssse3,sse4.1")]
fn compress<const N: usize>(
    states: &mut States<N>,
    step: &Step<'_, N>,
    lanes: Range<usize>,
    algorithms: AlgorithmSet,
) {
    let (end, pairs) = (lanes.end, lanes.step_by(2));
    for first in pairs {
        let (feed, alone) = (step.sha(first), first + 1 == end);
        match (algorithms.contains(Algorithm::Sha1), alone) {
            (true, true) => sha1::<1, N>(&mut states.sha1, feed),
            (true, false) => sha1::<2, N>(&mut states.sha1, feed),
            (false, _) => {}
        }
        match (algorithms.contains(Algorithm::Sha256), alone) {
            (true, true) => sha256::<1, N>(&mut states.sha256, feed),
            (true, false) => sha256::<2, N>(&mut states.sha256, feed),
            (false, _) => {}
        }
    }
}

/// A function over `STREAMS` messages.
macro_rules! streams {
    ($name:ident, $registers:ident, $words:literal, $quads:tt, |$state:ident, $block:ident| $quad:expr) => {
        #[target_feature(enable = "sha,ssse3,sse4.1")]
        fn $name<const STREAMS: usize, const N: usize>(rows: &mut [Row<N>; $words], feed: Feed<'_>) {
            let mut states = [$registers::load(column(rows, feed.first)); STREAMS];
            for stream in 1..STREAMS {
                states[stream] = $registers::load(column(rows, feed.first + stream));
            }
            for at in 0..feed.count {
                let before = states;
                unroll!($quads, QUAD => {
                    for stream in 0..STREAMS {
                        let ($state, $block) = (&mut states[stream], &feed.runs[stream][at]);
                        $quad
                    }
                });
                for stream in 0..STREAMS {
                    states[stream].add(before[stream]);
                }
            }
            for stream in 0..STREAMS {
                set_column(rows, feed.first + stream, states[stream].store());
            }
        }
    };
}
streams!(sha1, Sha1, 5, 20, |state, block| state.quad::<QUAD>(block));
streams!(sha256, Sha256, 8, 16, |state, block| state.quad::<QUAD>(block, &SHA256_CONSTANTS));

/// Sixteen bytes of a block as they lie in memory.
#[target_feature(enable = "sse2")]
#[inline]
pub(super) fn quarter(block: &Block, index: usize) -> __m128i {
    let (halves, _) = block.as_chunks();
    _mm_set_epi64x(i64::from_le_bytes(halves[2 * index + 1]), i64::from_le_bytes(halves[2 * index]))
}

/// SHA-1's registers as its instructions want them, a in the highest lane, and the last 16 words.
#[derive(Clone, Copy)]
pub(super) struct Sha1 {
    abcd: __m128i,
    /// `abcd` of four steps ago, from whose a `sha1nexte` makes e; before the first quad, e itself.
    e: __m128i,
    w: [__m128i; 4],
}

impl Sha1 {
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[inline]
    pub(super) fn quad<const Q: usize>(&mut self, block: &Block) {
        let w = &mut self.w;
        w[Q % 4] = if Q < 4 {
            let reverse = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
            _mm_shuffle_epi8(quarter(block, Q), reverse)
        } else {
            let sum = _mm_xor_si128(_mm_sha1msg1_epu32(w[Q % 4], w[(Q + 1) % 4]), w[(Q + 2) % 4]);
            _mm_sha1msg2_epu32(sum, w[(Q + 3) % 4])
        };
        let e = if Q == 0 { _mm_add_epi32(self.e, w[0]) } else { _mm_sha1nexte_epu32(self.e, w[Q % 4]) };
        self.e = self.abcd;
        self.abcd = match Q / 5 {
            0 => _mm_sha1rnds4_epu32::<0>(self.abcd, e),
            1 => _mm_sha1rnds4_epu32::<1>(self.abcd, e),
            2 => _mm_sha1rnds4_epu32::<2>(self.abcd, e),
            _ => _mm_sha1rnds4_epu32::<3>(self.abcd, e),
        };
    }

    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[inline]
    pub(super) fn add(&mut self, before: Self) {
        self.abcd = _mm_add_epi32(self.abcd, before.abcd);
        self.e = _mm_sha1nexte_epu32(self.e, before.e);
    }

    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[inline]
    pub(super) fn load([a, b, c, d, e]: [u32; 5]) -> Self {
        Self { abcd: pack([a, b, c, d]), e: pack([e, 0, 0, 0]), w: [_mm_setzero_si128(); 4] }
    }

    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[inline]
    pub(super) fn store(self) -> [u32; 5] {
        let ([a, b, c, d], [e, ..]) = (unpack(self.abcd), unpack(self.e));
        [a, b, c, d, e]
    }
}

/// SHA-256's registers as its instructions want them, the first letter in the highest lane, and the last
/// 16 words.
#[derive(Clone, Copy)]
pub(super) struct Sha256 {
    abef: __m128i,
    cdgh: __m128i,
    w: [__m128i; 4],
}

impl Sha256 {
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[inline]
    pub(super) fn quad<const Q: usize>(&mut self, block: &Block, k: &[u32; 64]) {
        let w = &mut self.w;
        w[Q % 4] = if Q < 4 {
            let swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
            _mm_shuffle_epi8(quarter(block, Q), swap)
        } else {
            let seventh = _mm_alignr_epi8::<4>(w[(Q + 3) % 4], w[(Q + 2) % 4]);
            let sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[Q % 4], w[(Q + 1) % 4]), seventh);
            _mm_sha256msg2_epu32(sum, w[(Q + 3) % 4])
        };
        let sum = _mm_add_epi32(w[Q % 4], pack([k[4 * Q + 3], k[4 * Q + 2], k[4 * Q + 1], k[4 * Q]]));
        self.cdgh = _mm_sha256rnds2_epu32(self.cdgh, self.abef, sum);
        self.abef = _mm_sha256rnds2_epu32(self.abef, self.cdgh, _mm_shuffle_epi32::<0b1110>(sum));
    }

    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[inline]
    pub(super) fn add(&mut self, before: Self) {
        self.abef = _mm_add_epi32(self.abef, before.abef);
        self.cdgh = _mm_add_epi32(self.cdgh, before.cdgh);
    }

    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[inline]
    pub(super) fn load([a, b, c, d, e, f, g, h]: [u32; 8]) -> Self {
        Self { abef: pack([a, b, e, f]), cdgh: pack([c, d, g, h]), w: [_mm_setzero_si128(); 4] }
    }

    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[inline]
    pub(super) fn store(self) -> [u32; 8] {
        let ([a, b, e, f], [c, d, g, h]) = (unpack(self.abef), unpack(self.cdgh));
        [a, b, c, d, e, f, g, h]
    }
}

/// Four words, the first in the highest lane.
#[target_feature(enable = "sse2")]
#[inline]
pub(super) fn pack([first, second, third, fourth]: [u32; 4]) -> __m128i {
    _mm_set_epi32(first as i32, second as i32, third as i32, fourth as i32)
}

/// What `pack` packed.
#[target_feature(enable = "sse4.1")]
#[inline]
pub(super) fn unpack(words: __m128i) -> [u32; 4] {
    [
        _mm_extract_epi32::<3>(words) as u32,
        _mm_extract_epi32::<2>(words) as u32,
        _mm_extract_epi32::<1>(words) as u32,
        _mm_extract_epi32::<0>(words) as u32,
    ]
}
