//! What is to be hashed, by which algorithms, and the answers.

use std::ops::{BitAnd, BitOr};

/// A hash algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// MD5, RFC 1321.
    Md5,
    /// SHA-1, FIPS 180-4 as all that follow.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Md5, Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    /// Its name, as `sha256`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// The algorithm called `name`; none where it is not one of these.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// Some of the algorithms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlgorithmSet(u8);

impl AlgorithmSet {
    /// None.
    pub const EMPTY: Self = Self(0);
    /// MD5 alone.
    pub const MD5: Self = Self::only(Algorithm::Md5);
    /// SHA-1 alone.
    pub const SHA1: Self = Self::only(Algorithm::Sha1);
    /// SHA-256 alone.
    pub const SHA256: Self = Self::only(Algorithm::Sha256);
    /// MD5, SHA-1 and SHA-256: what names a file, and what lanes hash.
    pub const FILE: Self = Self(Self::MD5.0 | Self::SHA1.0 | Self::SHA256.0);

    /// `algorithm` alone.
    pub const fn only(algorithm: Algorithm) -> Self {
        Self(1 << algorithm as u8)
    }

    /// Whether `algorithm` is one of them.
    pub const fn contains(self, algorithm: Algorithm) -> bool {
        self.0 & Self::only(algorithm).0 != 0
    }
}

impl BitAnd for AlgorithmSet {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for AlgorithmSet {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl FromIterator<Algorithm> for AlgorithmSet {
    fn from_iter<I: IntoIterator<Item = Algorithm>>(algorithms: I) -> Self {
        algorithms.into_iter().map(Self::only).fold(Self::EMPTY, Self::bitor)
    }
}

/// A message and what is wanted of it.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    pub(super) first: &'a [u8],
    pub(super) rest: &'a [&'a [u8]],
    pub(super) algorithms: AlgorithmSet,
}

impl<'a> Job<'a> {
    /// The digests of `message` by `algorithms`.
    pub const fn new(message: &'a [u8], algorithms: AlgorithmSet) -> Self {
        Self { first: message, rest: &[], algorithms }
    }

    /// The digests of the concatenated `parts` by `algorithms`.
    pub const fn of_parts(parts: &'a [&'a [u8]], algorithms: AlgorithmSet) -> Self {
        match parts {
            [] => Self::new(&[], algorithms),
            [first, rest @ ..] => Self { first, rest, algorithms },
        }
    }

    /// The message's parts in order.
    pub(super) fn parts(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        std::iter::once(self.first).chain(self.rest.iter().copied())
    }

    /// Bytes of the message.
    pub(super) fn length(&self) -> u64 {
        self.parts().map(|part| part.len() as u64).sum()
    }
}

/// The digests of one job: those that were wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobDigests {
    /// MD5.
    pub md5: Option<[u8; 16]>,
    /// SHA-1.
    pub sha1: Option<[u8; 20]>,
    /// SHA-256.
    pub sha256: Option<[u8; 32]>,
    /// SHA-384.
    pub sha384: Option<[u8; 48]>,
    /// SHA-512.
    pub sha512: Option<[u8; 64]>,
}

impl JobDigests {
    /// The digest by `algorithm`, where it was wanted.
    pub fn by(&self, algorithm: Algorithm) -> Option<&[u8]> {
        match algorithm {
            Algorithm::Md5 => self.md5.as_ref().map(<[u8; 16]>::as_slice),
            Algorithm::Sha1 => self.sha1.as_ref().map(<[u8; 20]>::as_slice),
            Algorithm::Sha256 => self.sha256.as_ref().map(<[u8; 32]>::as_slice),
            Algorithm::Sha384 => self.sha384.as_ref().map(<[u8; 48]>::as_slice),
            Algorithm::Sha512 => self.sha512.as_ref().map(<[u8; 64]>::as_slice),
        }
    }
}
