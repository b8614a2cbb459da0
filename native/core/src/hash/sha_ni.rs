//! SHA-256 by the SHA instructions of x86-64, two messages in turn: what one waits for, the other computes.
//!
//! They are faster than AVX2 lanes. Those for SHA-1 are not (two messages 2.0 GB/s, 8 lanes 3.4): it has none.
#![expect(unsafe_code, reason = "SHA instructions; they run only where detection found them")]
#![expect(clippy::many_single_char_names, reason = "the names of the standard")]
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "by constants, and by lanes in use"
)]
#![allow(clippy::wildcard_imports, reason = "the instructions, by their own names")]

use std::arch::x86_64::*;

use super::cursor::Block;
use super::lanes::{SHA256_CONSTANTS, SWAP, unroll};
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

    /// Compresses the step by SHA-256.
    pub(super) fn sha256<const N: usize>(self, states: &mut States<N>, step: &Step<'_, N>) {
        let Self(()) = self;
        // SAFETY: `self` proves that the machine has the instructions.
        unsafe { compress(states, step) }
    }
}

#[target_feature(enable = "sha,ssse3,sse4.1")]
fn compress<const N: usize>(states: &mut States<N>, step: &Step<'_, N>) {
    for first in (0..step.busy).step_by(2) {
        if first + 1 < step.busy {
            sha256::<2, N>(&mut states.sha256, step.sha(first));
        } else {
            sha256::<1, N>(&mut states.sha256, step.sha(first));
        }
    }
}

/// SHA-256 of `STREAMS` messages.
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn sha256<const STREAMS: usize, const N: usize>(rows: &mut [Row<N>; 8], feed: Feed<'_>) {
    // Bytes of each word in the other order.
    let swap = _mm_set_epi64x((SWAP >> 64) as i64, SWAP as i64);
    let mut state = [[_mm_setzero_si128(); 2]; STREAMS];
    for stream in 0..STREAMS {
        let [a, b, c, d, e, f, g, h] = column(rows, feed.first + stream).map(u32::cast_signed);
        state[stream] = [_mm_set_epi32(a, b, e, f), _mm_set_epi32(c, d, g, h)];
    }
    for at in 0..feed.count {
        let before = state;
        let mut words = [[swap; 4]; STREAMS];
        unroll!(16, QUAD => {
            let constant = {
                let [a, b, c, d] = SHA256_CONSTANTS.as_chunks().0[QUAD];
                _mm_set_epi32(d as i32, c as i32, b as i32, a as i32)
            };
            for stream in 0..STREAMS {
                let w = &mut words[stream];
                w[QUAD % 4] = if QUAD < 4 {
                    _mm_shuffle_epi8(quarter(&feed.runs[stream][at], QUAD), swap)
                } else {
                    let last = w[(QUAD + 3) % 4];
                    let mixed = _mm_sha256msg1_epu32(w[QUAD % 4], w[(QUAD + 1) % 4]);
                    let sum = _mm_add_epi32(mixed, _mm_alignr_epi8::<4>(last, w[(QUAD + 2) % 4]));
                    _mm_sha256msg2_epu32(sum, last)
                };
                let [abef, cdgh] = state[stream];
                let word = _mm_add_epi32(w[QUAD % 4], constant);
                let cdgh = _mm_sha256rnds2_epu32(cdgh, abef, word);
                let word = _mm_shuffle_epi32::<0b00_00_11_10>(word);
                state[stream] = [_mm_sha256rnds2_epu32(abef, cdgh, word), cdgh];
            }
        });
        for stream in 0..STREAMS {
            for half in 0..2 {
                state[stream][half] = _mm_add_epi32(state[stream][half], before[stream][half]);
            }
        }
    }
    for stream in 0..STREAMS {
        let [f, e, b, a] = words_of(state[stream][0]);
        let [h, g, d, c] = words_of(state[stream][1]);
        set_column(rows, feed.first + stream, [a, b, c, d, e, f, g, h]);
    }
}

/// Sixteen bytes of a block as they lie in memory.
#[target_feature(enable = "sse2")]
fn quarter(block: &Block, index: usize) -> __m128i {
    let [low, high] = [0, 1].map(|half| i64::from_le_bytes(block.as_chunks().0[2 * index + half]));
    _mm_set_epi64x(high, low)
}

/// The lanes from the lowest on.
#[target_feature(enable = "sse4.1")]
fn words_of(register: __m128i) -> [u32; 4] {
    [
        _mm_extract_epi32::<0>(register),
        _mm_extract_epi32::<1>(register),
        _mm_extract_epi32::<2>(register),
        _mm_extract_epi32::<3>(register),
    ]
    .map(i32::cast_unsigned)
}
