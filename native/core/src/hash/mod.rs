//! Digests.
//!
//! All messages of a batch go through `digest_jobs`, which hashes them side by side in the lanes of vector
//! registers; one that is too long for memory goes window by window through `Digests`.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod cursor;
mod dispatch;
mod job;
#[cfg(target_arch = "x86_64")]
mod lanes;
#[cfg(target_arch = "x86_64")]
mod queue;
#[cfg(target_arch = "x86_64")]
mod sha_ni;
mod single;
mod state;
#[cfg(target_arch = "x86_64")]
mod states;
#[cfg(target_arch = "x86_64")]
mod stitched;
mod windows;

pub use dispatch::digest_jobs_by;
pub use job::{Algorithm, AlgorithmSet, Job, JobDigests};
pub use windows::{DigestSet, Digests};

use crate::{cpu, work};

/// The digests of `jobs`, in their order, each by the algorithms that it names.
pub fn digest_jobs(jobs: &[Job<'_>]) -> Vec<JobDigests> {
    for job in jobs {
        work::pass(job.length() as usize);
    }
    digest_jobs_by(cpu::path(), jobs)
}

/// MD5 of a short message.
pub fn md5(message: &[u8]) -> [u8; 16] {
    Md5::digest(message).into()
}

/// MD5 of short `texts` joined by commas; `None` where there are none.
pub fn md5_joined<T: AsRef<[u8]>>(texts: impl IntoIterator<Item = T>) -> Option<[u8; 16]> {
    let mut texts = texts.into_iter();
    let mut md5 = Md5::new_with_prefix(texts.next()?);
    for text in texts {
        md5.update(",");
        md5.update(text);
    }
    Some(md5.finalize().into())
}

/// SHA-1 of a short message.
pub fn sha1(message: &[u8]) -> [u8; 20] {
    Sha1::digest(message).into()
}

/// SHA-256 of a short message.
pub fn sha256(message: &[u8]) -> [u8; 32] {
    Sha256::digest(message).into()
}

/// SHA-256 of a message that comes piece by piece.
#[derive(Debug, Clone, Default)]
pub struct RunningSha256(Sha256);

impl RunningSha256 {
    /// Hashes the message's next bytes.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest of what came until now.
    pub fn digest(&self) -> [u8; 32] {
        self.0.clone().finalize().into()
    }
}

/// The digest of the concatenated `parts` by each of `algorithms`, in their order.
pub fn digest_parts(parts: &[&[u8]], algorithms: &[Algorithm]) -> Vec<Vec<u8>> {
    let job = Job::of_parts(parts, algorithms.iter().copied().collect());
    let digests = digest_jobs(&[job]);
    let by = |algorithm: &Algorithm| digests.first()?.by(*algorithm).map(<[u8]>::to_vec);
    algorithms.iter().filter_map(by).collect()
}

/// The instructions that hash here, as `avx512`.
pub fn cpu_path() -> &'static str {
    dispatch::instructions(cpu::path())
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
