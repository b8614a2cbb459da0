//! MD5, SHA-1 and SHA-256 of one message in one pass, on x86-64 with the SHA extensions.
//!
//! MD5 is one chain of dependent additions and leaves most of a core idle; the SHA instructions for the
//! same block fill the gaps, so that all three take little longer than MD5 alone. Many messages are
//! faster side by side in lanes; a message that those have begun can go on here.
#![expect(clippy::indexing_slicing, reason = "every place is a constant or less than a block")]

use std::hint::black_box;
use std::sync::atomic::{Ordering, compiler_fence};

use super::cursor::Block;
use super::job::{Algorithm, AlgorithmSet};
use super::lanes::{MD5_CONSTANTS, SHA256_CONSTANTS};
use super::sha_ni::{Sha1, Sha256, ShaNi};
use super::state::State;

/// Compresses the blocks of one message by those of `algorithms` that are MD5, SHA-1 or SHA-256.
#[expect(unsafe_code, reason = "calls instructions that not every machine has")]
pub(super) fn compress(_: ShaNi, state: &mut State, blocks: &[Block], algorithms: AlgorithmSet) {
    let [md5, sha1, sha256] =
        [Algorithm::Md5, Algorithm::Sha1, Algorithm::Sha256].map(|one| algorithms.contains(one));
    let kernel = match (md5, sha1, sha256) {
        (true, true, true) => blocks_of::<true, true, true>,
        (true, true, false) => blocks_of::<true, true, false>,
        (true, false, true) => blocks_of::<true, false, true>,
        (true, false, false) => blocks_of::<true, false, false>,
        (false, true, true) => blocks_of::<false, true, true>,
        (false, true, false) => blocks_of::<false, true, false>,
        (false, false, true) => blocks_of::<false, false, true>,
        (false, false, false) => return,
    };
    // SAFETY: a `ShaNi` proves that the machine has every feature that the kernel enables.
    unsafe { kernel(state, blocks) }
}

// Not a closure of the kernel's: with the kernel's features, `from_fn` could not inline it, and MD5's
// registers would go through memory.
fn sum(left: [u32; 4], right: [u32; 4]) -> [u32; 4] {
    std::array::from_fn(|at| left[at].wrapping_add(right[at]))
}

/// Every step of a block in one straight run, four steps of each function in turn.
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn blocks_of<const MD5: bool, const SHA1: bool, const SHA256: bool>(state: &mut State, blocks: &[Block]) {
    // A constant that LLVM knows becomes the last term of its sum, on the chain: MD5 alone falls from 0.71
    // to 0.60 GB/s. A loaded one is added while the chain is busy.
    let (md5_k, sha256_k) = black_box((&MD5_CONSTANTS, &SHA256_CONSTANTS));
    let (mut md5, mut sha1, mut sha256) = (state.md5, Sha1::load(state.sha1), Sha256::load(state.sha256));
    for block in blocks {
        let (md5_before, sha1_before, sha256_before) = (md5, sha1, sha256);
        macro_rules! stitch {
            ($($quad:literal: $($sha1_quad:literal)+;)+) => {$(
                if SHA256 {
                    sha256.quad::<$quad>(block, sha256_k);
                }
                if SHA1 {
                    $(sha1.quad::<$sha1_quad>(block);)+
                }
                if MD5 {
                    md5 = md5_quad::<$quad>(md5, block, md5_k);
                    // No instruction, but no load of a constant or of a word crosses it. Without it, LLVM
                    // sorts the functions apart, too far for the core to run them together: 0.65 GB/s
                    // falls to 0.53.
                    compiler_fence(Ordering::SeqCst);
                }
            )+};
        }
        // SHA-1 has 80 steps, the others 64.
        stitch! {
            0: 0; 1: 1; 2: 2; 3: 3 4;
            4: 5; 5: 6; 6: 7; 7: 8 9;
            8: 10; 9: 11; 10: 12; 11: 13 14;
            12: 15; 13: 16; 14: 17; 15: 18 19;
        }
        if SHA256 {
            sha256.add(sha256_before);
        }
        if SHA1 {
            sha1.add(sha1_before);
        }
        if MD5 {
            md5 = sum(md5, md5_before);
        }
    }
    *state = State { md5, sha1: sha1.store(), sha256: sha256.store() };
}

/// Steps `4 * Q` to `4 * Q + 3` of MD5, after which the registers are back in their places.
#[target_feature(enable = "sha,ssse3,sse4.1")]
#[inline]
fn md5_quad<const Q: usize>(state: [u32; 4], block: &Block, k: &[u32; 64]) -> [u32; 4] {
    let step = |[a, b, c, d]: [u32; 4], nth: usize| {
        let step = 4 * Q + nth;
        let (word, turns) = match Q / 4 {
            0 => (step, [7, 12, 17, 22]),
            1 => (5 * step + 1, [5, 9, 14, 20]),
            2 => (3 * step + 5, [4, 11, 16, 23]),
            _ => (7 * step, [6, 10, 15, 21]),
        };
        let word = u32::from_le_bytes(block.as_chunks().0[word % 16]);
        let sum = a.wrapping_add(k[step]).wrapping_add(word);
        let sum = match Q / 4 {
            0 => sum.wrapping_add(d ^ (b & (c ^ d))),
            // The two halves share no bit: as two terms, the one without b is off the chain.
            1 => sum.wrapping_add(c & !d).wrapping_add(b & d),
            2 => sum.wrapping_add(b ^ (c ^ d)),
            _ => sum.wrapping_add(c ^ (b | !d)),
        };
        [d, b.wrapping_add(sum.rotate_left(turns[nth])), b, c]
    };
    step(step(step(step(state, 0), 1), 2), 3)
}

#[cfg(test)]
mod tests {
    use super::compress;
    use crate::hash::job::{Algorithm, AlgorithmSet};
    use crate::hash::sha_ni::ShaNi;
    use crate::hash::single::Single;
    use crate::hash::state::State;

    #[test]
    fn every_choice_of_digests_is_that_of_the_crates_after_any_number_of_blocks() {
        let Some(sha_ni) = ShaNi::detect() else { return };
        let bytes: Vec<u8> =
            (0..64 * 300_u32).map(|place| (place.wrapping_mul(0x9e37_79b1) >> 24) as u8).collect();
        let (blocks, _) = bytes.as_chunks();
        let sets = (0..8).map(|set| {
            let members = [Algorithm::Md5, Algorithm::Sha1, Algorithm::Sha256].into_iter().enumerate();
            members.filter(|(bit, _)| set >> bit & 1 == 1).map(|(_, one)| one).collect::<AlgorithmSet>()
        });
        for set in sets {
            let (mut stitched, mut apart) = (State::INITIAL, State::INITIAL);
            for count in [0, 1, 2, 3, 7, 286] {
                compress(sha_ni, &mut stitched, &blocks[..count], set);
                Single::BY_CRATES.compress(&mut apart, [&blocks[..count]; 2], set);
                assert_eq!(stitched.digests(set), apart.digests(set), "{set:?} after {count}");
            }
        }
    }
}
