//! Lanes, filled from a queue of jobs until it is empty.
//!
//! Every lane holds one message; all go forward by the same number of blocks at a time, and a lane whose
//! message ends takes the next job at once. Lanes in use are the first ones, so that a kernel may leave
//! out registers that hold none.

use std::cmp::Reverse;

use super::cursor::{Block, Cursor};
use super::job::{AlgorithmSet, Job, JobDigests};
use super::single::Single;
use super::state::State;
use super::states::States;

/// Compression functions of `N` messages side by side.
pub(super) trait Kernel<const N: usize>: Copy {
    /// Messages that make lanes as fast by `algorithms` as one message after the other.
    fn pays(self, algorithms: AlgorithmSet) -> usize;

    /// Compresses the step by `algorithms`.
    fn compress(self, states: &mut States<N>, step: &Step<'_, N>, algorithms: AlgorithmSet);
}

/// What all lanes compress next: the first `count` blocks of each run. Lanes from `busy` on hold no message;
/// what their states become is of no interest.
pub(super) struct Step<'a, const N: usize> {
    md5: [&'a [Block]; N],
    sha: [&'a [Block]; N],
    count: usize,
    pub(super) busy: usize,
}

impl<const N: usize> Step<'_, N> {
    /// What MD5 reads, for the lanes from `first` on.
    pub(super) fn md5(&self, first: usize) -> Feed<'_> {
        Feed { runs: self.md5.get(first..).unwrap_or_default(), count: self.count, first }
    }

    /// What the SHAs read, for the lanes from `first` on.
    pub(super) fn sha(&self, first: usize) -> Feed<'_> {
        Feed { runs: self.sha.get(first..).unwrap_or_default(), count: self.count, first }
    }
}

/// The first `count` blocks of each run, for the lanes from `first` on.
#[derive(Clone, Copy)]
pub(super) struct Feed<'a> {
    pub(super) runs: &'a [&'a [Block]],
    pub(super) count: usize,
    pub(super) first: usize,
}

/// Blocks a lane goes forward at most, so that what MD5 has read is still in the L1 cache for the SHAs.
const STEP: usize = 16;

static IDLE: [Block; STEP] = [[0; 64]; STEP];

struct Lane<'a> {
    place: usize,
    algorithms: AlgorithmSet,
    cursor: Cursor<'a>,
}

/// Hashes the jobs by MD5, SHA-1 and SHA-256 and hands each place its digests, in any order; jobs that want
/// none of these are left out.
///
/// A step is compressed by all algorithms that any lane wants: jobs of one set go together, and of these
/// the longest first, so that lanes end together.
pub(super) fn run<const N: usize>(
    kernel: impl Kernel<N>,
    single: Single,
    jobs: &[Job<'_>],
    mut done: impl FnMut(usize, JobDigests),
) {
    let set_of = |job: &Job<'_>| job.algorithms & AlgorithmSet::FILE;
    let mut order: Vec<(usize, &Job<'_>)> = jobs.iter().enumerate().collect();
    order.retain(|(_, job)| set_of(job) != AlgorithmSet::EMPTY);
    order.sort_by_cached_key(|(_, job)| Reverse((set_of(job), job.length())));
    let mut queue = order.into_iter().map(|(place, job)| Lane {
        place,
        algorithms: set_of(job),
        cursor: Cursor::new(job),
    });
    let mut states = States::new();
    let mut lanes: Vec<Lane<'_>> = queue.by_ref().take(N).collect();
    (0..lanes.len()).for_each(|lane| states.set(lane, &State::INITIAL));
    while let Some(count) = step(kernel, &mut states, &lanes) {
        for index in (0..lanes.len()).rev() {
            let Some(lane) = lanes.get_mut(index) else { break };
            lane.cursor.advance(count);
            if !lane.cursor.is_at_end() {
                continue;
            }
            done(lane.place, states.get(index).digests(lane.algorithms));
            if let Some(next) = queue.next() {
                *lane = next;
                states.set(index, &State::INITIAL);
            } else {
                lanes.swap_remove(index);
                let moved = states.get(lanes.len());
                states.set(index, &moved);
            }
        }
    }
    for (index, mut lane) in lanes.into_iter().enumerate() {
        let mut state = states.get(index);
        single.finish(&mut state, &mut lane.cursor, lane.algorithms);
        done(lane.place, state.digests(lane.algorithms));
    }
}

/// Compresses as many blocks of every lane as the shortest run holds, and returns their number; none where
/// too few lanes are in use.
fn step<const N: usize>(kernel: impl Kernel<N>, states: &mut States<N>, lanes: &[Lane<'_>]) -> Option<usize> {
    let mut step = Step { md5: [&IDLE; N], sha: [&IDLE; N], count: STEP, busy: lanes.len() };
    let mut algorithms = AlgorithmSet::EMPTY;
    for ((md5, sha), lane) in step.md5.iter_mut().zip(&mut step.sha).zip(lanes) {
        [*md5, *sha] = lane.cursor.blocks();
        step.count = step.count.min(md5.len());
        algorithms = algorithms | lane.algorithms;
    }
    (step.busy >= kernel.pays(algorithms)).then(|| {
        kernel.compress(states, &step, algorithms);
        step.count
    })
}
