//! Chaining values between two blocks of a message.

use super::job::{Algorithm, AlgorithmSet, JobDigests};

/// Those of all functions that lanes compute.
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
    let (chunks, _) = bytes.as_chunks_mut();
    chunks.iter_mut().zip(words).for_each(|(to, word)| *to = order(word));
    bytes
}
