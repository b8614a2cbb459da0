//! Which kernel hashes on which path.

use crate::cpu::Path;

use super::job::{Job, JobDigests};
use super::single::{self, Single};
#[cfg(target_arch = "x86_64")]
use super::{avx2::Avx2, avx512::Avx512, queue, sha_ni::ShaNi};

/// The digests of `jobs`, in their order: 32 messages side by side with AVX-512, 16 with AVX2, else, and
/// where this machine lacks the path, one after the other.
pub fn digest_jobs_by(path: Path, jobs: &[Job<'_>]) -> Vec<JobDigests> {
    let mut digests: Vec<JobDigests> = jobs.iter().map(single::wide).collect();
    let mut done = |place: usize, found| {
        let Some(to) = digests.get_mut(place) else { return };
        *to = JobDigests { sha384: to.sha384, sha512: to.sha512, ..found };
    };
    let single = Single::of(path);
    #[cfg(target_arch = "x86_64")]
    if let (Path::Avx512, Some(avx512)) = (path, Avx512::detect()) {
        queue::run(avx512, single, jobs, done);
        return digests;
    }
    #[cfg(target_arch = "x86_64")]
    if let (Path::Avx2 | Path::Avx512, Some(avx2)) = (path, Avx2::detect()) {
        queue::run(avx2, single, jobs, done);
        return digests;
    }
    jobs.iter().enumerate().for_each(|(place, job)| done(place, single.digest(job)));
    digests
}

/// The instructions that a path uses here: `avx512`, `avx2+sha-ni`, `avx2`; else `sha-ni` or `armv8-sha2`
/// (both for the SHAs; MD5 has no instruction), or `portable`.
pub(super) fn instructions(path: Path) -> &'static str {
    match path {
        Path::Avx512 => "avx512",
        Path::Avx2 if has_sha() => "avx2+sha-ni",
        Path::Avx2 => "avx2",
        Path::Portable if !has_sha() => "portable",
        Path::Portable if cfg!(target_arch = "aarch64") => "armv8-sha2",
        Path::Portable => "sha-ni",
    }
}

/// Whether the crates `sha1` and `sha2` find the instructions that they want.
fn has_sha() -> bool {
    #[cfg(target_arch = "x86_64")]
    return ShaNi::detect().is_some();
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("sha2");
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    return false;
}
