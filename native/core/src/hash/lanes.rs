//! MD5, SHA-1 and SHA-256 with one message in each 32-bit lane of a register, written once for every width.
//!
//! `SETS` registers go through the rounds together: what one waits for, the other computes. All is inlined
//! into the function that enables the instructions, in `avx2` and `avx512`.
#![expect(clippy::inline_always, reason = "what is not inlined lacks the instructions")]
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "by constants, and by lanes in use"
)]
#![expect(clippy::many_single_char_names, reason = "the names of the standards")]

use super::cursor::Block;
use super::job::AlgorithmSet;
use super::queue::{Feed, Step};
use super::sha_ni::ShaNi;
use super::states::{Row, States};

/// Bytes that each lane asks the memory for ahead: the hardware follows fewer streams than there are lanes.
/// Of 64 messages of 1 MB MD5 goes 16 GB/s with it and 9 without.
pub(super) const PREFETCH: usize = 512;

/// How the bytes of a block make words.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    /// MD5's.
    Little,
    /// That of the SHAs.
    Big,
}

/// Proof that the machine has a set of instructions, and what they do to every lane.
pub(super) trait Lanes: Copy {
    /// Its register.
    type Vector: Copy;
    /// Lanes in a register.
    const WIDTH: usize;

    fn splat(self, word: u32) -> Self::Vector;
    /// Of the first `WIDTH` words.
    fn load(self, words: &[u32]) -> Self::Vector;
    /// To the first `WIDTH` words.
    fn store(self, vector: Self::Vector, words: &mut [u32]);
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn xor(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// Where a bit of `a` is set, that of `b`, else that of `c`.
    fn choose(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    fn majority(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// `b ^ (a | !c)`, MD5's I.
    fn or_not_xor(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    fn rotate_left<const N: i32>(self, a: Self::Vector) -> Self::Vector;
    fn shift_right<const N: i32>(self, a: Self::Vector) -> Self::Vector;
    /// Word i of block `at` of the first `WIDTH` runs, for every i.
    fn words(self, runs: &[&[Block]], at: usize, order: Order) -> [Self::Vector; 16];
}

/// Methods of `Lanes` that are nothing but instructions.
macro_rules! instructions {
    ($(fn $name:ident $(<const $n:ident: $count:ty>)? ($($operand:ident: $type:ty),+) { $($body:tt)+ })+) => { $(
        #[inline(always)]
        fn $name $(<const $n: $count>)? (self, $($operand: $type),+) -> Self::Vector {
            // SAFETY: `self` proves that the machine has the instructions.
            unsafe { $($body)+ }
        }
    )+ };
}
pub(super) use instructions;

/// Repeats a body with a constant that counts from 0, so that each round has its own registers, rotations
/// and table entries.
macro_rules! unroll {
    (16, $i:ident => $body:block) => { unroll!([0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15], $i => $body) };
    (20, $i:ident => $body:block) => {
        unroll!([0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19], $i => $body)
    };
    ([$($n:literal)*], $i:ident => $body:block) => { $({ const $i: usize = $n; $body })* };
}
pub(super) use unroll;

/// An algorithm whose chaining value has `WORDS` words.
pub(super) trait Rounds<const WORDS: usize> {
    /// How it reads a block.
    const ORDER: Order;

    /// From the chaining value before a block to what is added to it.
    fn rounds<L: Lanes, const SETS: usize>(
        lanes: L,
        state: &mut [[L::Vector; WORDS]; SETS],
        words: &mut [[L::Vector; 16]; SETS],
    );
}

/// Compresses the blocks of `SETS * WIDTH` messages.
#[inline(always)]
pub(super) fn compress<R: Rounds<WORDS>, L: Lanes, const SETS: usize, const WORDS: usize, const N: usize>(
    lanes: L,
    rows: &mut [Row<N>; WORDS],
    feed: Feed<'_>,
) {
    let mut state = [[lanes.splat(0); WORDS]; SETS];
    for set in 0..SETS {
        for word in 0..WORDS {
            state[set][word] = lanes.load(&rows[word].0[feed.first + set * L::WIDTH..]);
        }
    }
    for at in 0..feed.count {
        let mut words = [[lanes.splat(0); 16]; SETS];
        for set in 0..SETS {
            words[set] = lanes.words(&feed.runs[set * L::WIDTH..], at, R::ORDER);
        }
        let mut next = state;
        R::rounds(lanes, &mut next, &mut words);
        for set in 0..SETS {
            for word in 0..WORDS {
                state[set][word] = lanes.add(state[set][word], next[set][word]);
            }
        }
    }
    for set in 0..SETS {
        for word in 0..WORDS {
            lanes.store(state[set][word], &mut rows[word].0[feed.first + set * L::WIDTH..]);
        }
    }
}

/// What is faster than what on the CPUs of a kernel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    /// Messages in a register from which it is faster by SHA-1 than the SHA instructions, two at a time.
    pub(super) sha1_from: usize,
    /// The same by SHA-256.
    pub(super) sha256_from: usize,
    /// Two registers in turn are faster by SHA-256 than one after the other: 5.5 GB/s in place of 4.9 with
    /// the 32 registers of AVX-512. By SHA-1, which waits less for each value, they are slower.
    pub(super) sha256_in_pairs: bool,
}

/// Compresses the step by what each of its lanes wants.
#[inline(always)]
pub(super) fn compress_step<L: Lanes, const N: usize>(
    lanes: L,
    sha_ni: Option<ShaNi>,
    choice: Choice,
    states: &mut States<N>,
    step: &Step<'_, N>,
) {
    let [md5, sha1, sha256] = step.busy();
    let sets = |busy: usize| (0..busy).step_by(L::WIDTH).map(move |first| first..busy.min(first + L::WIDTH));
    // MD5 is one chain of dependent operations: two sets in turn fill its gaps.
    if md5 > L::WIDTH {
        compress::<Md5, _, 2, _, _>(lanes, &mut states.md5, step.md5(0));
    } else if md5 > 0 {
        compress::<Md5, _, 1, _, _>(lanes, &mut states.md5, step.md5(0));
    }
    for set in sets(sha1) {
        match sha_ni.filter(|_| set.len() < choice.sha1_from) {
            Some(sha_ni) => sha_ni.compress(states, step, set, AlgorithmSet::SHA1),
            None => compress::<Sha1, _, 1, _, _>(lanes, &mut states.sha1, step.sha(set.start)),
        }
    }
    let pays = |busy| busy >= choice.sha256_from || sha_ni.is_none();
    if choice.sha256_in_pairs && sha256 > L::WIDTH && pays(sha256 - L::WIDTH) {
        return compress::<Sha256, _, 2, _, _>(lanes, &mut states.sha256, step.sha(0));
    }
    for set in sets(sha256) {
        match sha_ni.filter(|_| !pays(set.len())) {
            Some(sha_ni) => sha_ni.compress(states, step, set, AlgorithmSet::SHA256),
            None => compress::<Sha256, _, 1, _, _>(lanes, &mut states.sha256, step.sha(set.start)),
        }
    }
}

/// RFC 1321.
pub(super) struct Md5;

impl Rounds<4> for Md5 {
    const ORDER: Order = Order::Little;

    #[inline(always)]
    fn rounds<L: Lanes, const SETS: usize>(
        lanes: L,
        state: &mut [[L::Vector; 4]; SETS],
        words: &mut [[L::Vector; 16]; SETS],
    ) {
        macro_rules! round {
            ($round:literal, |$b:ident, $c:ident, $d:ident| $function:expr) => {
                unroll!(16, STEP => {
                    const WORD: usize = md5_word(16 * $round + STEP);
                    const SHIFT: i32 = MD5_SHIFTS[$round][STEP % 4];
                    let constant = lanes.splat(MD5_CONSTANTS[16 * $round + STEP]);
                    for set in 0..SETS {
                        let [a, $b, $c, $d] = state[set];
                        let word = lanes.add(words[set][WORD], constant);
                        let sum = lanes.add(lanes.add(a, word), $function);
                        state[set] = [$d, lanes.add($b, lanes.rotate_left::<SHIFT>(sum)), $b, $c];
                    }
                });
            };
        }
        round!(0, |b, c, d| lanes.choose(b, c, d));
        round!(1, |b, c, d| lanes.choose(d, b, c));
        round!(2, |b, c, d| lanes.xor(b, c, d));
        round!(3, |b, c, d| lanes.or_not_xor(b, c, d));
    }
}

/// FIPS 180-4, 6.1.
pub(super) struct Sha1;

impl Rounds<5> for Sha1 {
    const ORDER: Order = Order::Big;

    #[inline(always)]
    fn rounds<L: Lanes, const SETS: usize>(
        lanes: L,
        state: &mut [[L::Vector; 5]; SETS],
        words: &mut [[L::Vector; 16]; SETS],
    ) {
        macro_rules! round {
            ($round:literal, |$b:ident, $c:ident, $d:ident| $function:expr) => {
                let constant = lanes.splat(SHA1_CONSTANTS[$round]);
                unroll!(20, STEP => {
                    const AT: usize = 20 * $round + STEP;
                    for set in 0..SETS {
                        let w = &mut words[set];
                        if AT >= 16 {
                            let (x, y) = (w[(AT + 13) % 16], w[(AT + 8) % 16]);
                            let mixed = lanes.xor(x, y, w[(AT + 2) % 16]);
                            w[AT % 16] = lanes.rotate_left::<1>(lanes.xor(mixed, w[AT % 16], lanes.splat(0)));
                        }
                        let [a, $b, $c, $d, e] = state[set];
                        let early = lanes.add(lanes.add(e, constant), w[AT % 16]);
                        let sum = lanes.add(lanes.add(early, $function), lanes.rotate_left::<5>(a));
                        state[set] = [sum, a, lanes.rotate_left::<30>($b), $c, $d];
                    }
                });
            };
        }
        round!(0, |b, c, d| lanes.choose(b, c, d));
        round!(1, |b, c, d| lanes.xor(b, c, d));
        round!(2, |b, c, d| lanes.majority(b, c, d));
        round!(3, |b, c, d| lanes.xor(b, c, d));
    }
}

/// FIPS 180-4, 6.2.
pub(super) struct Sha256;

impl Rounds<8> for Sha256 {
    const ORDER: Order = Order::Big;

    #[inline(always)]
    fn rounds<L: Lanes, const SETS: usize>(
        lanes: L,
        state: &mut [[L::Vector; 8]; SETS],
        words: &mut [[L::Vector; 16]; SETS],
    ) {
        for (round, constants) in SHA256_CONSTANTS.as_chunks::<16>().0.iter().enumerate() {
            unroll!(16, STEP => {
                let constant = lanes.splat(constants[STEP]);
                for set in 0..SETS {
                    if round > 0 {
                        sha256_word::<L, STEP>(lanes, &mut words[set]);
                    }
                    let [a, b, c, d, e, f, g, h] = state[set];
                    let sigma1 = lanes.xor(
                        lanes.rotate_left::<26>(e),
                        lanes.rotate_left::<21>(e),
                        lanes.rotate_left::<7>(e),
                    );
                    let sigma0 = lanes.xor(
                        lanes.rotate_left::<30>(a),
                        lanes.rotate_left::<19>(a),
                        lanes.rotate_left::<10>(a),
                    );
                    let early = lanes.add(lanes.add(h, constant), words[set][STEP]);
                    let first = lanes.add(lanes.add(early, lanes.choose(e, f, g)), sigma1);
                    let second = lanes.add(sigma0, lanes.majority(a, b, c));
                    state[set] = [lanes.add(first, second), a, b, c, lanes.add(d, first), e, f, g];
                }
            });
        }
    }
}

/// The next word of the message schedule, in the place of the one 16 before.
#[inline(always)]
fn sha256_word<L: Lanes, const AT: usize>(lanes: L, words: &mut [L::Vector; 16]) {
    let (x, y) = (words[(AT + 1) % 16], words[(AT + 14) % 16]);
    let sigma0 = lanes.xor(lanes.rotate_left::<25>(x), lanes.rotate_left::<14>(x), lanes.shift_right::<3>(x));
    let sigma1 =
        lanes.xor(lanes.rotate_left::<15>(y), lanes.rotate_left::<13>(y), lanes.shift_right::<10>(y));
    let sum = lanes.add(words[AT], words[(AT + 9) % 16]);
    words[AT] = lanes.add(sum, lanes.add(sigma0, sigma1));
}

/// RFC 1321, 3.4: which word of a block a step reads.
pub(super) const fn md5_word(step: usize) -> usize {
    let word = match step / 16 {
        0 => step,
        1 => 5 * step + 1,
        2 => 3 * step + 5,
        _ => 7 * step,
    };
    word % 16
}

/// RFC 1321, 3.4: rotations of each round, every four steps the same.
pub(super) const MD5_SHIFTS: [[i32; 4]; 4] =
    [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// A byte shuffle that gives every 32-bit word of 16 bytes in the other order.
pub(super) const SWAP: i128 = 0x0c0d_0e0f_0809_0a0b_0405_0607_0001_0203;

/// RFC 1321, 3.4: the integer part of 2^32 times |sin(i)|, i from 1 in radians.
pub(super) const MD5_CONSTANTS: [u32; 64] = [
    0xd76a_a478,
    0xe8c7_b756,
    0x2420_70db,
    0xc1bd_ceee,
    0xf57c_0faf,
    0x4787_c62a,
    0xa830_4613,
    0xfd46_9501,
    0x6980_98d8,
    0x8b44_f7af,
    0xffff_5bb1,
    0x895c_d7be,
    0x6b90_1122,
    0xfd98_7193,
    0xa679_438e,
    0x49b4_0821,
    0xf61e_2562,
    0xc040_b340,
    0x265e_5a51,
    0xe9b6_c7aa,
    0xd62f_105d,
    0x0244_1453,
    0xd8a1_e681,
    0xe7d3_fbc8,
    0x21e1_cde6,
    0xc337_07d6,
    0xf4d5_0d87,
    0x455a_14ed,
    0xa9e3_e905,
    0xfcef_a3f8,
    0x676f_02d9,
    0x8d2a_4c8a,
    0xfffa_3942,
    0x8771_f681,
    0x6d9d_6122,
    0xfde5_380c,
    0xa4be_ea44,
    0x4bde_cfa9,
    0xf6bb_4b60,
    0xbebf_bc70,
    0x289b_7ec6,
    0xeaa1_27fa,
    0xd4ef_3085,
    0x0488_1d05,
    0xd9d4_d039,
    0xe6db_99e5,
    0x1fa2_7cf8,
    0xc4ac_5665,
    0xf429_2244,
    0x432a_ff97,
    0xab94_23a7,
    0xfc93_a039,
    0x655b_59c3,
    0x8f0c_cc92,
    0xffef_f47d,
    0x8584_5dd1,
    0x6fa8_7e4f,
    0xfe2c_e6e0,
    0xa301_4314,
    0x4e08_11a1,
    0xf753_7e82,
    0xbd3a_f235,
    0x2ad7_d2bb,
    0xeb86_d391,
];

/// FIPS 180-4, 4.2.1.
const SHA1_CONSTANTS: [u32; 4] = [0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6];

/// FIPS 180-4, 4.2.2: the first 32 fractional bits of the cube roots of the first 64 primes.
pub(super) const SHA256_CONSTANTS: [u32; 64] = [
    0x428a_2f98,
    0x7137_4491,
    0xb5c0_fbcf,
    0xe9b5_dba5,
    0x3956_c25b,
    0x59f1_11f1,
    0x923f_82a4,
    0xab1c_5ed5,
    0xd807_aa98,
    0x1283_5b01,
    0x2431_85be,
    0x550c_7dc3,
    0x72be_5d74,
    0x80de_b1fe,
    0x9bdc_06a7,
    0xc19b_f174,
    0xe49b_69c1,
    0xefbe_4786,
    0x0fc1_9dc6,
    0x240c_a1cc,
    0x2de9_2c6f,
    0x4a74_84aa,
    0x5cb0_a9dc,
    0x76f9_88da,
    0x983e_5152,
    0xa831_c66d,
    0xb003_27c8,
    0xbf59_7fc7,
    0xc6e0_0bf3,
    0xd5a7_9147,
    0x06ca_6351,
    0x1429_2967,
    0x27b7_0a85,
    0x2e1b_2138,
    0x4d2c_6dfc,
    0x5338_0d13,
    0x650a_7354,
    0x766a_0abb,
    0x81c2_c92e,
    0x9272_2c85,
    0xa2bf_e8a1,
    0xa81a_664b,
    0xc24b_8b70,
    0xc76c_51a3,
    0xd192_e819,
    0xd699_0624,
    0xf40e_3585,
    0x106a_a070,
    0x19a4_c116,
    0x1e37_6c08,
    0x2748_774c,
    0x34b0_bcb5,
    0x391c_0cb3,
    0x4ed8_aa4a,
    0x5b9c_ca4f,
    0x682e_6ff3,
    0x748f_82ee,
    0x78a5_636f,
    0x84c8_7814,
    0x8cc7_0208,
    0x90be_fffa,
    0xa450_6ceb,
    0xbef9_a3f7,
    0xc671_78f2,
];
