//! MD5, SHA-1 and SHA-256 of a message that is too long for memory and comes in windows.

use crate::{cpu, work};

use super::cursor::{Block, padding};
use super::job::AlgorithmSet;
use super::single::Single;
use super::state::State;

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

/// Hashes a message as it comes.
#[derive(Debug, Clone)]
pub struct Digests {
    single: Single,
    state: State,
    /// Bytes of the message so far. Those past its last whole block are the first of `tail`.
    length: u64,
    tail: Block,
}

impl Default for Digests {
    fn default() -> Self {
        Self { single: Single::of(cpu::path()), state: State::INITIAL, length: 0, tail: [0; 64] }
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
    pub fn update(&mut self, mut window: &[u8]) {
        work::pass(window.len());
        let held = self.held();
        self.length += window.len() as u64;
        if held > 0 {
            let (first, rest) = window.split_at(window.len().min(64 - held));
            self.tail.iter_mut().skip(held).zip(first).for_each(|(to, &from)| *to = from);
            if held + first.len() < 64 {
                return;
            }
            let tail = [self.tail];
            self.compress(&tail, &tail);
            window = rest;
        }
        let (blocks, rest) = window.as_chunks();
        self.compress(blocks, blocks);
        self.tail.iter_mut().zip(rest).for_each(|(to, &from)| *to = from);
    }

    /// The digests of all that was hashed.
    pub fn finish(mut self) -> DigestSet {
        let ([md5, sha], first) = padding(self.tail, self.held(), self.length);
        self.compress(md5.get(first..).unwrap_or_default(), sha.get(first..).unwrap_or_default());
        let digests = self.state.digests(AlgorithmSet::FILE);
        DigestSet {
            md5: digests.md5.unwrap_or_default(),
            sha1: digests.sha1.unwrap_or_default(),
            sha256: digests.sha256.unwrap_or_default(),
        }
    }

    fn held(&self) -> usize {
        (self.length % 64) as usize
    }

    fn compress(&mut self, md5: &[Block], sha: &[Block]) {
        self.single.compress(&mut self.state, [md5, sha], AlgorithmSet::FILE);
    }
}
