//! Which instructions hash: found once, or forced by `MERC_CPU` for tests and benches.

use std::sync::OnceLock;

use super::job::{Job, JobDigests};
use super::single::{self, Single};
#[cfg(target_arch = "x86_64")]
use super::{avx2::Avx2, avx512::Avx512, queue, sha_ni::ShaNi};

/// A way to hash many messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CpuPath {
    /// One message after the other, by the crates `md-5`, `sha1`, `sha2`.
    Portable,
    /// 16 messages side by side, SHA-256 by SHA instructions where the machine has them.
    Avx2,
    /// 32 messages side by side.
    Avx512,
}

impl CpuPath {
    /// All of them, the fastest last.
    pub const ALL: [Self; 3] = [Self::Portable, Self::Avx2, Self::Avx512];

    /// Its name in `MERC_CPU`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Whether this machine has the instructions.
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => Avx2::detect().is_some(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Avx512::detect().is_some(),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
        }
    }

    /// The path that `MERC_CPU` names, else the fastest that this machine has; asked once.
    ///
    /// # Errors
    /// `MERC_CPU` names no path, or one that this machine has not.
    pub fn chosen() -> Result<Self, String> {
        static CHOSEN: OnceLock<Result<CpuPath, String>> = OnceLock::new();
        let chosen = CHOSEN.get_or_init(|| match std::env::var_os("MERC_CPU") {
            Some(name) if !name.is_empty() => Self::named(&name.to_string_lossy()),
            _ => Ok(Self::fastest()),
        });
        chosen.clone()
    }

    /// The path called `name`.
    ///
    /// # Errors
    /// None is called so, or this machine has it not.
    pub fn named(name: &str) -> Result<Self, String> {
        let path = Self::ALL
            .into_iter()
            .find(|path| path.name() == name)
            .ok_or_else(|| format!("MERC_CPU={name}: not one of {}", Self::ALL.map(Self::name).join(", ")))?;
        path.is_available().then_some(path).ok_or_else(|| format!("MERC_CPU={name}: not on this machine"))
    }

    fn fastest() -> Self {
        Self::ALL.into_iter().rfind(|path| path.is_available()).unwrap_or(Self::Portable)
    }

    /// `chosen`, or the fastest where `MERC_CPU` is wrong: that is reported where a run starts.
    pub(super) fn in_use() -> Self {
        Self::chosen().unwrap_or_else(|_| Self::fastest())
    }

    /// How it hashes one message.
    pub(super) fn single(self) -> Single {
        if self == Self::Portable { Single::BY_CRATES } else { Single::detect() }
    }

    /// The instructions that it uses here, as `cpu_path` says.
    pub(super) fn instructions(self) -> &'static str {
        match self {
            Self::Avx512 => "avx512",
            Self::Avx2 if has_sha() => "avx2+sha-ni",
            Self::Avx2 => "avx2",
            Self::Portable if !has_sha() => "portable",
            Self::Portable if cfg!(target_arch = "aarch64") => "armv8-sha2",
            Self::Portable => "sha-ni",
        }
    }

    /// The digests of `jobs`, in their order; one message after the other where this machine lacks the path.
    pub fn digest_jobs(self, jobs: &[Job<'_>]) -> Vec<JobDigests> {
        let mut digests: Vec<JobDigests> = jobs.iter().map(single::wide).collect();
        let mut done = |place: usize, found| {
            let Some(to) = digests.get_mut(place) else { return };
            *to = JobDigests { sha384: to.sha384, sha512: to.sha512, ..found };
        };
        #[cfg(target_arch = "x86_64")]
        if let (Self::Avx512, Some(avx512)) = (self, Avx512::detect()) {
            queue::run(avx512, self.single(), jobs, done);
            return digests;
        }
        #[cfg(target_arch = "x86_64")]
        if let (Self::Avx2, Some(avx2)) = (self, Avx2::detect()) {
            queue::run(avx2, self.single(), jobs, done);
            return digests;
        }
        jobs.iter().enumerate().for_each(|(place, job)| done(place, self.single().digest(job)));
        digests
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
