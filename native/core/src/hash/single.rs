//! Messages that no lanes take: all digests in one pass, two messages at a time, where the machine can, else
//! function by function by the crates `md-5`, `sha1` and `sha2`, which take the SHA instructions that there
//! are.

use sha2::{Digest, Sha384, Sha512};

use super::cursor::{Block, Cursor};
use super::job::{Algorithm, AlgorithmSet, Job, JobDigests};
#[cfg(target_arch = "x86_64")]
use super::sha_ni::ShaNi;
use super::state::State;
#[cfg(target_arch = "x86_64")]
use super::stitched;

/// Blocks that go through all functions before the next: what the first has read is still in the L1
/// cache for the others.
const STEP: usize = 256;

/// How one message is hashed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Single {
    #[cfg(target_arch = "x86_64")]
    stitched: Option<ShaNi>,
}

impl Single {
    /// Function by function.
    pub(super) const BY_CRATES: Self = Self {
        #[cfg(target_arch = "x86_64")]
        stitched: None,
    };

    /// The best that the machine has.
    pub(super) fn detect() -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            stitched: ShaNi::detect(),
        }
    }

    /// MD5, SHA-1 and SHA-256 of one job, where they are wanted.
    pub(super) fn digest(self, job: &Job<'_>) -> JobDigests {
        let mut state = State::INITIAL;
        self.finish(&mut state, &mut Cursor::new(job), job.algorithms);
        state.digests(job.algorithms)
    }

    /// Compresses what is left of a message.
    pub(super) fn finish(self, state: &mut State, cursor: &mut Cursor<'_>, algorithms: AlgorithmSet) {
        while !cursor.is_at_end() {
            let blocks = cursor.blocks();
            self.compress(state, blocks, algorithms);
            let count = blocks[0].len();
            cursor.advance(count);
        }
    }

    /// Compresses up to `count` blocks of each of two messages, fewer where one ends or a run of blocks does:
    /// side by side where the machine can, by all algorithms that either wants.
    pub(super) fn go_on(
        self,
        states: &mut [State; 2],
        [first, second]: [&mut Cursor<'_>; 2],
        count: usize,
        algorithms: AlgorithmSet,
    ) {
        let (blocks, other) = (first.blocks(), second.blocks());
        #[cfg(target_arch = "x86_64")]
        if let Some(sha_ni) = self.stitched.filter(|_| is_run(blocks) && is_run(other)) {
            let count = count.min(blocks[0].len()).min(other[0].len());
            let [blocks, other] = [blocks[0], other[0]].map(|run| run.get(..count).unwrap_or_default());
            stitched::compress(sha_ni, states, [blocks, other], algorithms);
            first.advance(count);
            second.advance(count);
            return;
        }
        for (state, cursor) in states.iter_mut().zip([first, second]) {
            let blocks = cursor.blocks().map(|run| run.get(..count).unwrap_or(run));
            self.compress(state, blocks, algorithms);
            let count = blocks[0].len();
            cursor.advance(count);
        }
    }

    /// Compresses blocks of one message, as MD5 and as the SHAs read them: they differ in the padding alone.
    pub(super) fn compress(self, state: &mut State, [md5, sha]: [&[Block]; 2], algorithms: AlgorithmSet) {
        #[cfg(target_arch = "x86_64")]
        if let Some(sha_ni) = self.stitched.filter(|_| is_run([md5, sha])) {
            let mut states = [*state];
            stitched::compress(sha_ni, &mut states, [md5], algorithms);
            [*state] = states;
            return;
        }
        let Self { .. } = self;
        for (md5, sha) in md5.chunks(STEP).zip(sha.chunks(STEP)) {
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
    }
}

/// Whether MD5 and the SHAs read the same blocks: not the copied ones, a block or two.
fn is_run([md5, sha]: [&[Block]; 2]) -> bool {
    std::ptr::eq(md5, sha)
}

/// SHA-384 and SHA-512, where they are wanted: too rare to fill lanes.
pub(super) fn wide(job: &Job<'_>) -> JobDigests {
    JobDigests {
        sha384: job.algorithms.contains(Algorithm::Sha384).then(|| whole::<Sha384>(job).into()),
        sha512: job.algorithms.contains(Algorithm::Sha512).then(|| whole::<Sha512>(job).into()),
        ..JobDigests::default()
    }
}

fn whole<D: Digest>(job: &Job<'_>) -> sha2::digest::Output<D> {
    job.parts().fold(D::new(), Digest::chain_update).finalize()
}
