//! Digests.
//!
//! All messages of a batch go through `digest_jobs`, which hashes them side by side in the lanes of vector
//! registers; one that is too long for memory goes window by window through `Digests`.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::work;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod cpu;
mod cursor;
mod job;
#[cfg(target_arch = "x86_64")]
mod lanes;
mod portable;
#[cfg(target_arch = "x86_64")]
mod queue;
#[cfg(target_arch = "x86_64")]
mod sha_ni;
mod state;
#[cfg(target_arch = "x86_64")]
mod stitched;

pub use cpu::CpuPath;
pub use job::{Algorithm, AlgorithmSet, Job, JobDigests};

/// The digests of `jobs`, in their order, each by the algorithms that it names.
pub fn digest_jobs(jobs: &[Job<'_>]) -> Vec<JobDigests> {
    jobs.iter().for_each(|job| work::pass(job.length() as usize));
    CpuPath::in_use().digest_jobs(jobs)
}

/// The digests of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestSet {
    /// MD5.
    pub md5: [u8; 16],
    /// SHA-1.
    pub sha1: [u8; 20],
    /// SHA-256.
    pub sha256: [u8; 32],
}

/// Bytes that go through all three hashes before the next: they are read from memory once and
/// stay in the smallest L2 cache of the last fifteen years, 256 KiB.
const PIECE: usize = 64 << 10;

/// MD5, SHA-1 and SHA-256 of a message that comes in windows.
#[derive(Debug, Clone)]
pub struct Digests(Path);

#[derive(Debug, Clone)]
enum Path {
    #[cfg(target_arch = "x86_64")]
    Stitched(stitched::Digests<true, true, true>),
    Portable(Portable),
}

#[derive(Debug, Clone, Default)]
struct Portable {
    md5: Md5,
    sha1: Sha1,
    sha256: Sha256,
}

impl Default for Digests {
    fn default() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(digests) = stitched::Digests::new().filter(|_| CpuPath::in_use() != CpuPath::Portable) {
            return Self(Path::Stitched(digests));
        }
        Self(Path::Portable(Portable::default()))
    }
}

impl Digests {
    /// The digests of a message that is in memory.
    pub fn of(message: &[u8]) -> DigestSet {
        let mut digests = Self::default();
        digests.update(message);
        digests.finish()
    }

    /// Hashes the message's next bytes.
    pub fn update(&mut self, window: &[u8]) {
        work::pass(window.len());
        match &mut self.0 {
            #[cfg(target_arch = "x86_64")]
            Path::Stitched(digests) => digests.update(window),
            Path::Portable(digests) => digests.update(window),
        }
    }

    /// The digests of all that was hashed.
    pub fn finish(self) -> DigestSet {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Path::Stitched(digests) => digests.finish(),
            Path::Portable(digests) => digests.finish(),
        }
    }
}

impl Portable {
    fn update(&mut self, window: &[u8]) {
        for piece in window.chunks(PIECE) {
            self.md5.update(piece);
            self.sha1.update(piece);
            self.sha256.update(piece);
        }
    }

    fn finish(self) -> DigestSet {
        DigestSet {
            md5: self.md5.finalize().into(),
            sha1: self.sha1.finalize().into(),
            sha256: self.sha256.finalize().into(),
        }
    }
}

/// MD5 of a short message.
pub fn md5(message: &[u8]) -> [u8; 16] {
    Md5::digest(message).into()
}

/// The digest of the concatenated `parts` by each of `algorithms`, in their order.
pub fn digest_parts(parts: &[&[u8]], algorithms: &[Algorithm]) -> Vec<Vec<u8>> {
    let job = Job::of_parts(parts, algorithms.iter().copied().collect());
    let digests = digest_jobs(&[job]);
    let by = |algorithm: &Algorithm| digests.first()?.by(*algorithm).map(<[u8]>::to_vec);
    algorithms.iter().filter_map(by).collect()
}

/// What hashes here: `avx512`, `avx2+sha-ni`, `avx2`; else one message after the other: `sha-ni` or
/// `armv8-sha2` (both for the SHAs; MD5 has no instruction), or `portable`.
pub fn cpu_path() -> &'static str {
    CpuPath::in_use().instructions()
}

/// Lower-case hex of `bytes`.
#[expect(clippy::indexing_slicing, reason = "a nibble indexes 16 places")]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|nibble| DIGITS[nibble as usize] as char)
        .collect()
}
