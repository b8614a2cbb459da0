//! Chaining values between two blocks: of one message, and of many side by side.

use super::job::{Algorithm, AlgorithmSet, JobDigests};

/// Of one message.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    /// RFC 1321: A, B, C, D.
    pub(super) md5: [u32; 4],
    /// FIPS 180-4: a to e.
    pub(super) sha1: [u32; 5],
    /// FIPS 180-4: a to h.
    pub(super) sha256: [u32; 8],
}

impl State {
    /// Before the first block.
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

    /// The digests by `algorithms`, after the last block.
    pub(super) fn digests(&self, algorithms: AlgorithmSet) -> JobDigests {
        let wanted = |algorithm| algorithms.contains(algorithm);
        JobDigests {
            md5: wanted(Algorithm::Md5).then(|| bytes(self.md5, u32::to_le_bytes)),
            sha1: wanted(Algorithm::Sha1).then(|| bytes(self.sha1, u32::to_be_bytes)),
            sha256: wanted(Algorithm::Sha256).then(|| bytes(self.sha256, u32::to_be_bytes)),
            ..JobDigests::default()
        }
    }
}

fn bytes<const WORDS: usize, const BYTES: usize>(
    words: [u32; WORDS],
    order: fn(u32) -> [u8; 4],
) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    bytes.iter_mut().zip(words.into_iter().flat_map(order)).for_each(|(to, from)| *to = from);
    bytes
}

/// One word of the chaining values of `N` messages, as a register holds it.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Row<const N: usize>(pub(super) [u32; N]);

/// Of `N` messages.
#[derive(Debug)]
pub(super) struct States<const N: usize> {
    pub(super) md5: [Row<N>; 4],
    pub(super) sha1: [Row<N>; 5],
    pub(super) sha256: [Row<N>; 8],
}

impl<const N: usize> States<N> {
    pub(super) const fn new() -> Self {
        Self { md5: [Row([0; N]); 4], sha1: [Row([0; N]); 5], sha256: [Row([0; N]); 8] }
    }

    pub(super) fn get(&self, lane: usize) -> State {
        State {
            md5: column(&self.md5, lane),
            sha1: column(&self.sha1, lane),
            sha256: column(&self.sha256, lane),
        }
    }

    pub(super) fn set(&mut self, lane: usize, state: &State) {
        set_column(&mut self.md5, lane, state.md5);
        set_column(&mut self.sha1, lane, state.sha1);
        set_column(&mut self.sha256, lane, state.sha256);
    }
}

/// The words of the message in `lane`.
pub(super) fn column<const N: usize, const W: usize>(rows: &[Row<N>; W], lane: usize) -> [u32; W] {
    rows.map(|row| row.0.get(lane).copied().unwrap_or_default())
}

/// Replaces the words of the message in `lane`.
pub(super) fn set_column<const N: usize, const W: usize>(
    rows: &mut [Row<N>; W],
    lane: usize,
    words: [u32; W],
) {
    for (row, word) in rows.iter_mut().zip(words) {
        row.0.get_mut(lane).into_iter().for_each(|to| *to = word);
    }
}
