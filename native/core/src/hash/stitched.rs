//! MD5, SHA-1 and SHA-256 of one message, two or four in one pass, on x86-64 with the SHA extensions.
//!
//! MD5 is one chain of dependent additions and leaves most of a core idle; the SHA instructions for the
//! same block fill the gaps, so that all three take little longer than MD5 alone, and a second message
//! fills what is left: 0.86 GB/s of one, 1.35 of two, on Zen 5. Three are slower (1.06), for their
//! registers go through memory. Of four, where AVX-512 has registers for that too, MD5 takes a lane each:
//! a third faster than two and two. Many messages are faster side by side in lanes; those that lanes have
//! begun can go on here.
#![expect(clippy::indexing_slicing, reason = "by constants, by streams, and less than a block")]
#![expect(clippy::needless_range_loop, reason = "streams of several arrays")]
#![expect(clippy::many_single_char_names, reason = "the names of the standard")]
#![allow(clippy::wildcard_imports, reason = "the instructions, by their own names")]

use std::arch::x86_64::*;
use std::hint::black_box;
use std::sync::atomic::{Ordering, compiler_fence};

use super::cursor::Block;
use super::job::{Algorithm, AlgorithmSet};
use super::lanes::{MD5_CONSTANTS, MD5_SHIFTS, SHA256_CONSTANTS, md5_word};
use super::sha_ni::{Sha1, Sha256, ShaNi, pack, quarter, unpack};
use super::state::State;

/// Compresses the blocks of `STREAMS` messages, as many of each, by those of `algorithms` that are MD5, SHA-1
/// or SHA-256.
#[expect(unsafe_code, reason = "calls instructions that not every machine has")]
pub(super) fn compress<const STREAMS: usize>(
    _: ShaNi,
    states: &mut [State; STREAMS],
    blocks: [&[Block]; STREAMS],
    algorithms: AlgorithmSet,
) {
    let [md5, sha1, sha256] =
        [Algorithm::Md5, Algorithm::Sha1, Algorithm::Sha256].map(|one| algorithms.contains(one));
    let kernel = match (md5, sha1, sha256) {
        (true, true, true) => blocks_of::<STREAMS, true, true, true>,
        (true, true, false) => blocks_of::<STREAMS, true, true, false>,
        (true, false, true) => blocks_of::<STREAMS, true, false, true>,
        (true, false, false) => blocks_of::<STREAMS, true, false, false>,
        (false, true, true) => blocks_of::<STREAMS, false, true, true>,
        (false, true, false) => blocks_of::<STREAMS, false, true, false>,
        (false, false, true) => blocks_of::<STREAMS, false, false, true>,
        (false, false, false) => return,
    };
    // SAFETY: a `ShaNi` proves that the machine has every feature that the kernel enables.
    unsafe { kernel(states, blocks) }
}

// Not a closure of the kernel's: with the kernel's features, `from_fn` could not inline it, and MD5's
// registers would go through memory.
fn sum(left: [u32; 4], right: [u32; 4]) -> [u32; 4] {
    std::array::from_fn(|at| left[at].wrapping_add(right[at]))
}

/// Every step of a block in one straight run, four steps of each function in turn.
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn blocks_of<const STREAMS: usize, const MD5: bool, const SHA1: bool, const SHA256: bool>(
    states: &mut [State; STREAMS],
    blocks: [&[Block]; STREAMS],
) {
    // A constant that LLVM knows becomes the last term of its sum, on the chain: MD5 alone falls from 0.71
    // to 0.60 GB/s. A loaded one is added while the chain is busy.
    let (md5_k, sha256_k) = black_box((&MD5_CONSTANTS, &SHA256_CONSTANTS));
    let mut md5 = [states[0].md5; STREAMS];
    let mut sha1 = [Sha1::load(states[0].sha1); STREAMS];
    let mut sha256 = [Sha256::load(states[0].sha256); STREAMS];
    for stream in 1..STREAMS {
        md5[stream] = states[stream].md5;
        sha1[stream] = Sha1::load(states[stream].sha1);
        sha256[stream] = Sha256::load(states[stream].sha256);
    }
    let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or_default();
    for at in 0..count {
        let (md5_before, sha1_before, sha256_before) = (md5, sha1, sha256);
        macro_rules! stitch {
            ($($quad:literal: $($sha1_quad:literal)*, $($sha256_quad:literal)*;)+) => {$(
                for stream in 0..STREAMS {
                    let block = &blocks[stream][at];
                    if SHA256 {
                        $(sha256[stream].quad::<$sha256_quad>(block, sha256_k);)*
                    }
                    if SHA1 {
                        $(sha1[stream].quad::<$sha1_quad>(block);)*
                    }
                }
                if MD5 {
                    for stream in 0..STREAMS {
                        md5[stream] = md5_quad::<$quad>(md5[stream], &blocks[stream][at], md5_k);
                    }
                    // No instruction, but no load of a constant or of a word crosses it. Without it, LLVM
                    // sorts the functions apart, too far for the core to run them together: 0.65 GB/s
                    // falls to 0.53.
                    compiler_fence(Ordering::SeqCst);
                }
            )+};
        }
        // SHA-1 has 80 steps, the others 64.
        if STREAMS == 1 {
            stitch! {
                0: 0, 0; 1: 1, 1; 2: 2, 2; 3: 3 4, 3;
                4: 5, 4; 5: 6, 5; 6: 7, 6; 7: 8 9, 7;
                8: 10, 8; 9: 11, 9; 10: 12, 10; 11: 13 14, 11;
                12: 15, 12; 13: 16, 13; 14: 17, 14; 15: 18 19, 15;
            }
        } else {
            // The SHAs one after the other: two messages of both have more values than there are registers.
            stitch! {
                0: 0 1 2, ; 1: 3 4 5, ; 2: 6 7 8, ; 3: 9 10 11, ;
                4: 12 13 14, ; 5: 15 16 17, ; 6: 18 19, ; 7: , 0 1;
                8: , 2 3; 9: , 4 5; 10: , 6 7; 11: , 8 9;
                12: , 10 11; 13: , 12 13; 14: , 14; 15: , 15;
            }
        }
        for stream in 0..STREAMS {
            if SHA256 {
                sha256[stream].add(sha256_before[stream]);
            }
            if SHA1 {
                sha1[stream].add(sha1_before[stream]);
            }
            if MD5 {
                md5[stream] = sum(md5[stream], md5_before[stream]);
            }
        }
    }
    for stream in 0..STREAMS {
        states[stream] =
            State { md5: md5[stream], sha1: sha1[stream].store(), sha256: sha256[stream].store() };
    }
}

/// Proof that the machine has what `compress_four` needs: the SHA extensions, and AVX-512 F and VL.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShaNiAvx512(());

impl ShaNiAvx512 {
    /// None where the machine lacks the instructions.
    pub(super) fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl");
        ShaNi::detect().filter(|_| found).map(|_| Self(()))
    }
}

/// Compresses the blocks of four messages, as many of each, by MD5, SHA-1 and SHA-256.
#[expect(unsafe_code, reason = "calls instructions that not every machine has")]
pub(super) fn compress_four(ShaNiAvx512(()): ShaNiAvx512, states: &mut [State; 4], blocks: [&[Block]; 4]) {
    // SAFETY: a `ShaNiAvx512` proves that the machine has every feature that the kernel enables.
    unsafe { blocks_of_four(states, blocks) }
}

/// MD5 in the four lanes of a register, and meanwhile the SHAs of one pair and then of the other.
#[target_feature(enable = "sha,ssse3,sse4.1,avx512f,avx512vl")]
fn blocks_of_four(states: &mut [State; 4], blocks: [&[Block]; 4]) {
    let (md5_k, sha256_k) = black_box((&MD5_CONSTANTS, &SHA256_CONSTANTS));
    let mut md5 = [0, 1, 2, 3].map(|word| pack([3, 2, 1, 0].map(|stream: usize| states[stream].md5[word])));
    let mut sha1 = states.each_ref().map(|state| Sha1::load(state.sha1));
    let mut sha256 = states.each_ref().map(|state| Sha256::load(state.sha256));
    let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or_default();
    for at in 0..count {
        let block = blocks.map(|blocks| &blocks[at]);
        let words = transposed(block);
        let (md5_before, sha1_before, sha256_before) = (md5, sha1, sha256);
        // As above; without the fence 1.5 GB/s fall to 1.0.
        macro_rules! stitch {
            ($($quad:literal: $first:literal $sha:ident $($sha_quad:literal)*;)+) => {$(
                $(for stream in $first..$first + 2 {
                    stitch!($sha, stream, $sha_quad);
                })*
                md5 = md5_quad_of_four::<$quad>(md5, &words, md5_k);
                compiler_fence(Ordering::SeqCst);
            )+};
            (sha1, $stream:ident, $quad:literal) => { sha1[$stream].quad::<$quad>(block[$stream]) };
            (sha256, $stream:ident, $quad:literal) => { sha256[$stream].quad::<$quad>(block[$stream], sha256_k) };
        }
        stitch! {
            0: 0 sha1 0 1 2 3 4; 1: 0 sha1 5 6 7 8 9; 2: 0 sha1 10 11 12 13 14; 3: 0 sha1 15 16 17 18 19;
            4: 0 sha256 0 1 2 3; 5: 0 sha256 4 5 6 7; 6: 0 sha256 8 9 10 11; 7: 0 sha256 12 13 14 15;
            8: 2 sha1 0 1 2 3 4; 9: 2 sha1 5 6 7 8 9; 10: 2 sha1 10 11 12 13 14; 11: 2 sha1 15 16 17 18 19;
            12: 2 sha256 0 1 2 3; 13: 2 sha256 4 5 6 7; 14: 2 sha256 8 9 10 11; 15: 2 sha256 12 13 14 15;
        }
        for stream in 0..4 {
            sha1[stream].add(sha1_before[stream]);
            sha256[stream].add(sha256_before[stream]);
            md5[stream] = _mm_add_epi32(md5[stream], md5_before[stream]);
        }
    }
    let md5 = md5.map(|word| unpack(word));
    for stream in 0..4 {
        states[stream] = State {
            md5: md5.map(|words| words[3 - stream]),
            sha1: sha1[stream].store(),
            sha256: sha256[stream].store(),
        };
    }
}

/// Steps `4 * Q` to `4 * Q + 3` of MD5, after which the registers are back in their places.
#[target_feature(enable = "sha,ssse3,sse4.1")]
#[inline]
fn md5_quad<const Q: usize>(state: [u32; 4], block: &Block, k: &[u32; 64]) -> [u32; 4] {
    let step = |[a, b, c, d]: [u32; 4], nth: usize| {
        let step = 4 * Q + nth;
        let word = u32::from_le_bytes(block.as_chunks().0[md5_word(step)]);
        let sum = a.wrapping_add(k[step]).wrapping_add(word);
        let sum = match Q / 4 {
            0 => sum.wrapping_add(d ^ (b & (c ^ d))),
            // The two halves share no bit: as two terms, the one without b is off the chain.
            1 => sum.wrapping_add(c & !d).wrapping_add(b & d),
            2 => sum.wrapping_add(b ^ (c ^ d)),
            _ => sum.wrapping_add(c ^ (b | !d)),
        };
        [d, b.wrapping_add(sum.rotate_left(MD5_SHIFTS[Q / 4][nth] as u32)), b, c]
    };
    step(step(step(step(state, 0), 1), 2), 3)
}

/// `md5_quad` of four messages, one a lane.
#[target_feature(enable = "avx512f,avx512vl")]
#[inline]
fn md5_quad_of_four<const Q: usize>(
    mut state: [__m128i; 4],
    words: &[__m128i; 16],
    k: &[u32; 64],
) -> [__m128i; 4] {
    for nth in 0..4 {
        let step = 4 * Q + nth;
        let [a, b, c, d] = state;
        // Bit 4x + 2y + z of a constant is its function's value.
        let function = match Q / 4 {
            0 => _mm_ternarylogic_epi32::<0xca>(b, c, d),
            1 => _mm_ternarylogic_epi32::<0xca>(d, b, c),
            2 => _mm_ternarylogic_epi32::<0x96>(b, c, d),
            _ => _mm_ternarylogic_epi32::<0x39>(b, c, d),
        };
        let sum = _mm_add_epi32(_mm_add_epi32(a, words[md5_word(step)]), _mm_set1_epi32(k[step] as i32));
        let turned = _mm_rolv_epi32(_mm_add_epi32(sum, function), _mm_set1_epi32(MD5_SHIFTS[Q / 4][nth]));
        state = [d, _mm_add_epi32(b, turned), b, c];
    }
    state
}

/// Word i of each of four blocks, for every i.
#[target_feature(enable = "sse4.1")]
#[inline]
fn transposed(blocks: [&Block; 4]) -> [__m128i; 16] {
    let mut words = [_mm_setzero_si128(); 16];
    for four in 0..4 {
        let [a, b, c, d] = blocks.map(|block| quarter(block, four));
        let (low, high) = (_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b));
        let (low2, high2) = (_mm_unpacklo_epi32(c, d), _mm_unpackhi_epi32(c, d));
        words[4 * four] = _mm_unpacklo_epi64(low, low2);
        words[4 * four + 1] = _mm_unpackhi_epi64(low, low2);
        words[4 * four + 2] = _mm_unpacklo_epi64(high, high2);
        words[4 * four + 3] = _mm_unpackhi_epi64(high, high2);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{ShaNiAvx512, compress, compress_four};
    use crate::hash::cursor::Block;
    use crate::hash::job::{Algorithm, AlgorithmSet};
    use crate::hash::sha_ni::ShaNi;
    use crate::hash::single::Single;
    use crate::hash::state::State;

    /// Blocks to hash, no two alike.
    fn blocks() -> Vec<Block> {
        let bytes: Vec<u8> =
            (0..64 * 300_u32).map(|place| (place.wrapping_mul(0x9e37_79b1) >> 24) as u8).collect();
        bytes.as_chunks().0.to_vec()
    }

    #[test]
    fn every_choice_of_digests_is_that_of_the_crates_after_any_number_of_blocks() {
        let Some(sha_ni) = ShaNi::detect() else { return };
        let blocks = blocks();
        let sets = (0..8).map(|set| {
            let members = [Algorithm::Md5, Algorithm::Sha1, Algorithm::Sha256].into_iter().enumerate();
            members.filter(|(bit, _)| set >> bit & 1 == 1).map(|(_, one)| one).collect::<AlgorithmSet>()
        });
        for set in sets {
            let (mut stitched, mut apart) = ([State::INITIAL; 2], [State::INITIAL; 2]);
            for count in [0, 1, 2, 3, 7, 286] {
                let messages = [&blocks[..count], &blocks[14..][..count]];
                compress(sha_ni, &mut stitched, messages, set);
                for (apart, blocks) in apart.iter_mut().zip(messages) {
                    Single::BY_CRATES.compress(apart, [blocks; 2], set);
                }
                let digests = |states: [State; 2]| states.map(|state| state.digests(set));
                assert_eq!(digests(stitched), digests(apart), "{set:?} after {count}");
                let [first, _] = &mut stitched;
                let mut alone = [*first];
                compress(sha_ni, &mut alone, [&blocks[..count]], set);
                [*first] = alone;
                let [first, _] = &mut apart;
                Single::BY_CRATES.compress(first, [&blocks[..count]; 2], set);
            }
        }
    }

    #[test]
    fn four_messages_side_by_side_have_the_digests_of_the_crates_after_any_number_of_blocks() {
        let Some(four) = ShaNiAvx512::detect() else { return };
        let blocks = blocks();
        let (mut stitched, mut apart) = ([State::INITIAL; 4], [State::INITIAL; 4]);
        for count in [0, 1, 2, 3, 7, 255] {
            let messages = [0, 14, 29, 45].map(|first| &blocks[first..][..count]);
            compress_four(four, &mut stitched, messages);
            for (apart, blocks) in apart.iter_mut().zip(messages) {
                Single::BY_CRATES.compress(apart, [blocks; 2], AlgorithmSet::FILE);
            }
            let digests = |states: [State; 4]| states.map(|state| state.digests(AlgorithmSet::FILE));
            assert_eq!(digests(stitched), digests(apart), "after {count}");
        }
    }
}
