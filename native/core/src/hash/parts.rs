//! Digests of a message that lies in parts, by any choice of algorithms, in one pass.
//!
//! Sections, resources and the authentihash are hashed here: one place for lanes that hash side by
//! side.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::work;

use super::PIECE;

/// A hash algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// MD5.
    Md5,
    /// SHA-1.
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

/// The digest of the concatenated `parts` by each of `algorithms`, in their order.
pub fn digest_parts(parts: &[&[u8]], algorithms: &[Algorithm]) -> Vec<Vec<u8>> {
    let mut states: Vec<State> = algorithms.iter().map(|algorithm| State::new(*algorithm)).collect();
    parts.iter().for_each(|part| work::pass(part.len()));
    for piece in parts.iter().flat_map(|part| part.chunks(PIECE)) {
        for state in &mut states {
            state.update(piece);
        }
    }
    states.into_iter().map(State::finish).collect()
}

enum State {
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl State {
    fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Md5 => Self::Md5(Md5::default()),
            Algorithm::Sha1 => Self::Sha1(Sha1::default()),
            Algorithm::Sha256 => Self::Sha256(Sha256::default()),
            Algorithm::Sha384 => Self::Sha384(Sha384::default()),
            Algorithm::Sha512 => Self::Sha512(Sha512::default()),
        }
    }

    fn update(&mut self, piece: &[u8]) {
        match self {
            Self::Md5(state) => state.update(piece),
            Self::Sha1(state) => state.update(piece),
            Self::Sha256(state) => state.update(piece),
            Self::Sha384(state) => state.update(piece),
            Self::Sha512(state) => state.update(piece),
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Md5(state) => state.finalize().to_vec(),
            Self::Sha1(state) => state.finalize().to_vec(),
            Self::Sha256(state) => state.finalize().to_vec(),
            Self::Sha384(state) => state.finalize().to_vec(),
            Self::Sha512(state) => state.finalize().to_vec(),
        }
    }
}
