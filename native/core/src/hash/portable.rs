//! One message after the other, by the crates `md-5`, `sha1` and `sha2`; these use the SHA instructions of
//! x86-64 and aarch64 where the machine has them.

use sha2::{Digest, Sha384, Sha512};

use super::cursor::{Block, Cursor};
use super::job::{Algorithm, AlgorithmSet, Job, JobDigests};
use super::state::State;

/// Blocks that go through all functions before the next: what the first has read is still in the L1
/// cache for the others.
const STEP: usize = 256;

/// The digests of one job.
pub(super) fn digest(job: &Job<'_>) -> JobDigests {
    let mut state = State::INITIAL;
    finish(&mut state, &mut Cursor::new(job), job.algorithms);
    state.digests(job.algorithms)
}

/// Compresses what is left of a message.
pub(super) fn finish(state: &mut State, cursor: &mut Cursor<'_>, algorithms: AlgorithmSet) {
    while !cursor.is_at_end() {
        let [md5, sha] = cursor.blocks();
        for (md5, sha) in md5.chunks(STEP).zip(sha.chunks(STEP)) {
            compress(state, md5, sha, algorithms);
        }
        let count = md5.len();
        cursor.advance(count);
    }
}

/// Compresses blocks of one message; those of MD5 and of the SHAs differ in the padding alone.
fn compress(state: &mut State, md5: &[Block], sha: &[Block], algorithms: AlgorithmSet) {
    if algorithms.contains(Algorithm::Md5) {
        md5::block_api::compress(&mut state.md5, md5);
    }
    if algorithms.contains(Algorithm::Sha1) {
        sha1::block_api::compress(&mut state.sha1, sha);
    }
    if algorithms.contains(Algorithm::Sha256) {
        sha2::block_api::compress256(&mut state.sha256, sha);
    }
}

/// Adds SHA-384 and SHA-512, where they are wanted.
pub(super) fn add_wide(job: &Job<'_>, digests: &mut JobDigests) {
    digests.sha384 = job.algorithms.contains(Algorithm::Sha384).then(|| whole::<Sha384>(job).into());
    digests.sha512 = job.algorithms.contains(Algorithm::Sha512).then(|| whole::<Sha512>(job).into());
}

fn whole<D: Digest>(job: &Job<'_>) -> sha2::digest::Output<D> {
    job.parts().fold(D::new(), Digest::chain_update).finalize()
}
