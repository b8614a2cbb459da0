//! MD5, SHA-1 and SHA-256 of one message in one pass, on x86-64 with the SHA extensions.
//!
//! MD5 is one chain of dependent additions and leaves most of a core idle; the SHA instructions for the
//! same block fill the gaps, so that all three take little longer than MD5 alone. Many messages are
//! faster side by side in lanes: `Digests::resume` takes over a message that lanes have begun.
#![expect(clippy::indexing_slicing, reason = "every place is a constant or less than a block")]
#![expect(clippy::many_single_char_names, reason = "the letters of the standards")]

use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi8, _mm_set_epi32, _mm_set_epi64x,
    _mm_setzero_si128, _mm_sha1msg1_epu32, _mm_sha1msg2_epu32, _mm_sha1nexte_epu32, _mm_sha1rnds4_epu32,
    _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi8, _mm_shuffle_epi32,
    _mm_xor_si128,
};
use std::hint::black_box;
use std::sync::atomic::{Ordering, compiler_fence};

use super::DigestSet;

type Block = [u8; 64];

/// The chaining values between two blocks, in the order of the standards' letters.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub(super) md5: [u32; 4],
    pub(super) sha1: [u32; 5],
    pub(super) sha256: [u32; 8],
}

impl State {
    /// Before the first block (RFC 1321, 3.3; FIPS 180-4, 5.3).
    pub(super) const INITIAL: Self = Self {
        md5: [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476],
        sha1: [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0],
        sha256: [
            0x6a09_e667,
            0xbb67_ae85,
            0x3c6e_f372,
            0xa54f_f53a,
            0x510e_527f,
            0x9b05_688c,
            0x1f83_d9ab,
            0x5be0_cd19,
        ],
    };
}

/// Whether this machine has the instructions.
pub(super) fn available() -> bool {
    is_x86_feature_detected!("sha") && is_x86_feature_detected!("ssse3") && is_x86_feature_detected!("sse4.1")
}

/// The chosen digests of a message that comes in windows; one not chosen costs nothing.
#[derive(Debug, Clone)]
pub(super) struct Digests<const MD5: bool, const SHA1: bool, const SHA256: bool> {
    state: State,
    /// Bytes of the message so far. Those past its last whole block are the first of `tail`.
    length: u64,
    tail: Block,
}

impl<const MD5: bool, const SHA1: bool, const SHA256: bool> Digests<MD5, SHA1, SHA256> {
    /// For a message's first byte; none where the machine lacks the instructions.
    pub(super) fn new() -> Option<Self> {
        Self::resume(State::INITIAL, 0)
    }

    /// For a message whose first `blocks` blocks led to `state`; none as of `new`.
    pub(super) fn resume(state: State, blocks: u64) -> Option<Self> {
        available().then_some(Self { state, length: blocks.wrapping_mul(64), tail: [0; 64] })
    }

    /// Hashes the message's next bytes.
    pub(super) fn update(&mut self, mut window: &[u8]) {
        let held = self.held();
        self.length = self.length.wrapping_add(window.len() as u64);
        if held > 0 {
            let (first, rest) = window.split_at(window.len().min(64 - held));
            self.tail[held..held + first.len()].copy_from_slice(first);
            if held + first.len() < 64 {
                return;
            }
            self.compress::<MD5, SHA1, SHA256>(&[self.tail]);
            window = rest;
        }
        let (blocks, rest) = window.as_chunks();
        self.compress::<MD5, SHA1, SHA256>(blocks);
        self.tail[..rest.len()].copy_from_slice(rest);
    }

    /// The digests of all that was hashed; one not chosen has no meaning.
    pub(super) fn finish(mut self) -> DigestSet {
        let held = self.held();
        let mut end = [[0; 64]; 2];
        let end = if held < 56 { &mut end[..1] } else { &mut end[..] };
        let length_at = end.as_flattened().len() - 8;
        end.as_flattened_mut()[..held].copy_from_slice(&self.tail[..held]);
        end.as_flattened_mut()[held] = 0x80;
        // The length in bits is little endian in MD5, big endian in the SHAs: only here do they part.
        let bits = self.length.wrapping_mul(8);
        end.as_flattened_mut()[length_at..].copy_from_slice(&bits.to_le_bytes());
        self.compress::<MD5, false, false>(end);
        end.as_flattened_mut()[length_at..].copy_from_slice(&bits.to_be_bytes());
        self.compress::<false, SHA1, SHA256>(end);
        let State { md5, sha1, sha256 } = self.state;
        DigestSet {
            md5: flat(md5.map(u32::to_le_bytes)),
            sha1: flat(sha1.map(u32::to_be_bytes)),
            sha256: flat(sha256.map(u32::to_be_bytes)),
        }
    }

    fn held(&self) -> usize {
        (self.length % 64) as usize
    }

    #[expect(unsafe_code, reason = "calls instructions that not every machine has")]
    fn compress<const A: bool, const B: bool, const C: bool>(&mut self, blocks: &[Block]) {
        // SAFETY: `resume`, which alone makes a `Digests`, found every feature that the kernel enables.
        unsafe { compress::<A, B, C>(&mut self.state, blocks) }
    }
}

fn flat<const N: usize, const M: usize>(words: [[u8; 4]; N]) -> [u8; M] {
    std::array::from_fn(|at| words.as_flattened()[at])
}

// Not a closure of the kernel's: with the kernel's features, `from_fn` could not inline it, and MD5's
// registers would go through memory.
fn sum(left: [u32; 4], right: [u32; 4]) -> [u32; 4] {
    std::array::from_fn(|at| left[at].wrapping_add(right[at]))
}

/// Every step of a block in one straight run, four steps of each function in turn.
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn compress<const MD5: bool, const SHA1: bool, const SHA256: bool>(state: &mut State, blocks: &[Block]) {
    // A constant that LLVM knows becomes the last term of its sum, on the chain: MD5 alone falls from 0.71
    // to 0.60 GB/s. A loaded one is added while the chain is busy.
    let (md5_k, sha256_k) = black_box((&MD5_K, &SHA256_K));
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

/// Sixteen bytes of a block as they lie in memory.
#[target_feature(enable = "sse2")]
#[inline]
fn quarter(block: &Block, index: usize) -> __m128i {
    let (halves, _) = block.as_chunks();
    _mm_set_epi64x(i64::from_le_bytes(halves[2 * index + 1]), i64::from_le_bytes(halves[2 * index]))
}

/// SHA-1's registers as its instructions want them, a in the highest lane, and the last 16 words.
#[derive(Clone, Copy)]
struct Sha1 {
    abcd: __m128i,
    /// `abcd` of four steps ago, from whose a `sha1nexte` makes e; before the first quad, e itself.
    e: __m128i,
    w: [__m128i; 4],
}

impl Sha1 {
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[inline]
    fn quad<const Q: usize>(&mut self, block: &Block) {
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
    fn add(&mut self, before: Self) {
        self.abcd = _mm_add_epi32(self.abcd, before.abcd);
        self.e = _mm_sha1nexte_epu32(self.e, before.e);
    }

    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[inline]
    fn load([a, b, c, d, e]: [u32; 5]) -> Self {
        Self { abcd: pack([a, b, c, d]), e: pack([e, 0, 0, 0]), w: [_mm_setzero_si128(); 4] }
    }

    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[inline]
    fn store(self) -> [u32; 5] {
        let ([a, b, c, d], [e, ..]) = (unpack(self.abcd), unpack(self.e));
        [a, b, c, d, e]
    }
}

/// SHA-256's registers as its instructions want them, the first letter in the highest lane, and the last
/// 16 words.
#[derive(Clone, Copy)]
struct Sha256 {
    abef: __m128i,
    cdgh: __m128i,
    w: [__m128i; 4],
}

impl Sha256 {
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[inline]
    fn quad<const Q: usize>(&mut self, block: &Block, k: &[u32; 64]) {
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
    fn add(&mut self, before: Self) {
        self.abef = _mm_add_epi32(self.abef, before.abef);
        self.cdgh = _mm_add_epi32(self.cdgh, before.cdgh);
    }

    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[inline]
    fn load([a, b, c, d, e, f, g, h]: [u32; 8]) -> Self {
        Self { abef: pack([a, b, e, f]), cdgh: pack([c, d, g, h]), w: [_mm_setzero_si128(); 4] }
    }

    #[target_feature(enable = "sha,ssse3,sse4.1")]
    #[inline]
    fn store(self) -> [u32; 8] {
        let ([a, b, e, f], [c, d, g, h]) = (unpack(self.abef), unpack(self.cdgh));
        [a, b, c, d, e, f, g, h]
    }
}

/// Four words, the first in the highest lane.
#[target_feature(enable = "sse2")]
#[inline]
fn pack([first, second, third, fourth]: [u32; 4]) -> __m128i {
    _mm_set_epi32(first as i32, second as i32, third as i32, fourth as i32)
}

/// What `pack` packed.
#[target_feature(enable = "sse4.1")]
#[inline]
fn unpack(words: __m128i) -> [u32; 4] {
    [
        _mm_extract_epi32::<3>(words) as u32,
        _mm_extract_epi32::<2>(words) as u32,
        _mm_extract_epi32::<1>(words) as u32,
        _mm_extract_epi32::<0>(words) as u32,
    ]
}

/// RFC 1321, 3.4: the whole part of 2^32 |sin(step + 1)|.
#[rustfmt::skip]
const MD5_K: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

/// FIPS 180-4, 4.2.2: the first 32 bits of the fractions of the first 64 primes' cube roots.
#[rustfmt::skip]
const SHA256_K: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

#[cfg(test)]
mod tests {
    use md5::Md5;
    use sha1::Sha1;
    use sha2::{Digest, Sha256};

    use super::{Digests, State, available, compress};

    fn message(length: usize) -> Vec<u8> {
        (0..length as u32).map(|place| (place.wrapping_mul(0x9e37_79b1) >> 24) as u8).collect()
    }

    fn lengths() -> impl Iterator<Item = usize> {
        [0, 1, 55, 56, 57, 63, 64, 65, 111, 112, (1 << 20) + 1].into_iter().chain(119..130)
    }

    /// `message` in windows of changing length, from none to more than two blocks.
    fn in_windows<const A: bool, const B: bool, const C: bool>(
        mut digests: Digests<A, B, C>,
        mut message: &[u8],
    ) -> Digests<A, B, C> {
        let mut seed = message.len() as u32;
        while !message.is_empty() {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (window, rest) = message.split_at(message.len().min((seed >> 16) as usize % 150));
            digests.update(window);
            message = rest;
        }
        digests
    }

    fn agrees<const A: bool, const B: bool, const C: bool>() {
        for length in lengths() {
            let message = message(length);
            let Some(mut whole) = Digests::<A, B, C>::new() else { return };
            let windows = in_windows(whole.clone(), &message).finish();
            whole.update(&message);
            for digests in [whole.finish(), windows] {
                assert!(!A || digests.md5 == *Md5::digest(&message), "md5 of {length}");
                assert!(!B || digests.sha1 == *Sha1::digest(&message), "sha1 of {length}");
                assert!(!C || digests.sha256 == *Sha256::digest(&message), "sha256 of {length}");
            }
        }
    }

    #[test]
    fn every_choice_of_digests_is_that_of_the_portable_crates_at_block_edges_and_in_any_windows() {
        agrees::<true, true, true>();
        agrees::<true, false, true>();
        agrees::<false, true, true>();
        agrees::<true, true, false>();
        agrees::<true, false, false>();
        agrees::<false, true, false>();
        agrees::<false, false, true>();
    }

    #[test]
    #[expect(unsafe_code, reason = "the kernel alone, as lanes would begin a message")]
    fn a_message_begun_elsewhere_ends_with_its_digests() {
        let message = message(1000);
        let (blocks, rest) = message.as_chunks::<64>();
        let mut state = State::INITIAL;
        if !available() {
            return;
        }
        // SAFETY: `available` has just said so.
        unsafe { compress::<true, true, true>(&mut state, blocks) };
        let Some(mut digests) = Digests::<true, true, true>::resume(state, blocks.len() as u64) else {
            panic!("the machine has the instructions")
        };
        digests.update(rest);
        let digests = digests.finish();
        assert_eq!(digests.md5, *Md5::digest(&message));
        assert_eq!(digests.sha1, *Sha1::digest(&message));
        assert_eq!(digests.sha256, *Sha256::digest(&message));
    }
}
