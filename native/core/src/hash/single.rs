//! Messages that no lanes take: all digests in one pass, two or four messages at a time, where the machine
//! can, else function by function by the crates `md-5`, `sha1` and `sha2`, which take the SHA instructions
//! that there are.

use sha2::{Digest, Sha384, Sha512};

use crate::cpu::Path;

use super::cursor::{Block, Cursor};
use super::job::{Algorithm, AlgorithmSet, Job, JobDigests};
#[cfg(target_arch = "x86_64")]
use super::sha_ni::ShaNi;
use super::state::State;
#[cfg(target_arch = "x86_64")]
use super::stitched::{self, ShaNiAvx512};

/// Blocks that go through all functions before the next: what the first has read is still in the L1
/// cache for the others.
const STEP: usize = 256;

/// How one message is hashed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Single {
    #[cfg(target_arch = "x86_64")]
    stitched: Option<ShaNi>,
    #[cfg(target_arch = "x86_64")]
    four: Option<ShaNiAvx512>,
}

impl Single {
    /// Function by function.
    pub(super) const BY_CRATES: Self = Self {
        #[cfg(target_arch = "x86_64")]
        stitched: None,
        #[cfg(target_arch = "x86_64")]
        four: None,
    };

    /// The best that the machine has on a path.
    pub(super) fn of(path: Path) -> Self {
        match path {
            #[cfg(target_arch = "x86_64")]
            Path::Avx512 => Self { stitched: ShaNi::detect(), four: ShaNiAvx512::detect() },
            #[cfg(target_arch = "x86_64")]
            Path::Avx2 => Self { stitched: ShaNi::detect(), four: None },
            _ => Self::BY_CRATES,
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

/// What lanes leave over.
#[cfg(target_arch = "x86_64")]
impl Single {
    /// Compresses up to `count` blocks of each of two messages, fewer where one ends or a run of blocks does:
    /// side by side where the machine can, by all algorithms that either wants.
    pub(super) fn go_on_by_two(
        self,
        states: &mut [State; 2],
        cursors: [&mut Cursor<'_>; 2],
        count: usize,
        algorithms: AlgorithmSet,
    ) {
        let kernel = self.stitched.map(|sha_ni| {
            move |states: &mut [State; 2], runs: [&[Block]; 2]| {
                stitched::compress(sha_ni, states, runs, algorithms);
            }
        });
        self.go_on(kernel, states, cursors, count, algorithms);
    }

    /// Whether four messages go side by side by `algorithms`.
    pub(super) fn takes_four(self, algorithms: AlgorithmSet) -> bool {
        self.four.is_some() && algorithms == AlgorithmSet::FILE
    }

    /// The same of four messages that want all three.
    pub(super) fn go_on_by_four(self, states: &mut [State; 4], cursors: [&mut Cursor<'_>; 4], count: usize) {
        let kernel = self.four.map(|four| {
            move |states: &mut [State; 4], runs: [&[Block]; 4]| stitched::compress_four(four, states, runs)
        });
        self.go_on(kernel, states, cursors, count, AlgorithmSet::FILE);
    }

    fn go_on<const N: usize>(
        self,
        kernel: Option<impl FnOnce(&mut [State; N], [&[Block]; N])>,
        states: &mut [State; N],
        cursors: [&mut Cursor<'_>; N],
        count: usize,
        algorithms: AlgorithmSet,
    ) {
        match kernel {
            Some(kernel) if cursors.iter().all(|cursor| is_run(cursor.blocks())) => {
                let runs = cursors.each_ref().map(|cursor| cursor.blocks()[0]);
                let count = runs.iter().fold(count, |count, run| count.min(run.len()));
                kernel(states, runs.map(|run| run.get(..count).unwrap_or_default()));
                for cursor in cursors {
                    cursor.advance(count);
                }
            }
            kernel => {
                // Who can go on side by side waits for those that have a copied block or two first.
                let waits = |cursor: &Cursor<'_>| kernel.is_some() && is_run(cursor.blocks());
                for (state, cursor) in states.iter_mut().zip(cursors).filter(|(_, cursor)| !waits(cursor)) {
                    let blocks = cursor.blocks().map(|run| run.get(..count).unwrap_or(run));
                    self.compress(state, blocks, algorithms);
                    let count = blocks[0].len();
                    cursor.advance(count);
                }
            }
        }
    }
}

/// Whether MD5 and the SHAs read the same blocks: not the copied ones, a block or two.
#[cfg(target_arch = "x86_64")]
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
