//! Digests.
//!
//! One file is hashed window by window with `Digests`; a batch goes through `digest_each`, whose
//! order of answers is free, so that many files can be hashed side by side.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::work;

mod parts;

pub use parts::{Algorithm, digest_parts};

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
#[derive(Debug, Clone, Default)]
pub struct Digests {
    md5: Md5,
    sha1: Sha1,
    sha256: Sha256,
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
        for piece in window.chunks(PIECE) {
            self.md5.update(piece);
            self.sha1.update(piece);
            self.sha256.update(piece);
        }
    }

    /// The digests of all that was hashed.
    pub fn finish(self) -> DigestSet {
        DigestSet {
            md5: self.md5.finalize().into(),
            sha1: self.sha1.finalize().into(),
            sha256: self.sha256.finalize().into(),
        }
    }
}

/// Hashes a batch's messages, each pulled when there is room for it; `done` gets every message back
/// with its place in the batch and its digests, in any order.
pub fn digest_each<M: AsRef<[u8]>>(
    messages: impl IntoIterator<Item = M>,
    mut done: impl FnMut(usize, M, DigestSet),
) {
    for (index, message) in messages.into_iter().enumerate() {
        let digests = Digests::of(message.as_ref());
        done(index, message, digests);
    }
}

/// MD5 of a short message.
pub fn md5(message: &[u8]) -> [u8; 16] {
    Md5::digest(message).into()
}

/// A part of a file to be hashed.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The part.
    pub bytes: &'a [u8],
    /// MD5 is wanted too: it is the slowest of the three.
    pub with_md5: bool,
}

/// The digests of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartDigests {
    /// MD5, where it was wanted.
    pub md5: Option<[u8; 16]>,
    /// SHA-256.
    pub sha256: [u8; 32],
}

/// Hashes the parts of one file, together so that they can be hashed side by side; answers in their order.
pub fn digest_each_part(parts: &[Part<'_>]) -> Vec<PartDigests> {
    let digests = parts.iter().map(|part| {
        work::pass(part.bytes.len());
        let (mut md5, mut sha256) = (part.with_md5.then(Md5::new), Sha256::new());
        for piece in part.bytes.chunks(PIECE) {
            sha256.update(piece);
            if let Some(md5) = &mut md5 {
                md5.update(piece);
            }
        }
        PartDigests { md5: md5.map(|md5| md5.finalize().into()), sha256: sha256.finalize().into() }
    });
    digests.collect()
}

/// What hashes on this machine: `sha-ni`, `armv8-sha2` (both for the SHAs; MD5 has no instruction) or
/// `portable`.
pub fn cpu_path() -> &'static str {
    // What the crates sha1 and sha2 ask before they take their own fast path.
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if std::arch::is_x86_feature_detected!("sha")
        && std::arch::is_x86_feature_detected!("ssse3")
        && std::arch::is_x86_feature_detected!("sse4.1")
    {
        return "sha-ni";
    }
    #[cfg(target_arch = "aarch64")]
    if std::arch::is_aarch64_feature_detected!("sha2") {
        return "armv8-sha2";
    }
    "portable"
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
