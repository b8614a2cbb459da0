//! Lanes, filled from a queue of jobs until it is empty.
//!
//! Every lane holds one message; all go forward by the same number of blocks at a time, and a lane whose
//! message ends takes the next job at once. Lanes in use are the first ones, those that want most of them
//! first, so that a kernel may leave out registers that hold none.

use std::cmp::Reverse;

use super::cursor::{Block, Cursor};
use super::job::{Algorithm, AlgorithmSet, Job, JobDigests};
use super::single::Single;
use super::state::State;
use super::states::States;

/// Compression functions of `N` messages side by side.
pub(super) trait Kernel<const N: usize>: Copy {
    /// Messages that make lanes as fast by `algorithms` as one message after the other.
    fn pays(self, algorithms: AlgorithmSet) -> usize;

    /// Compresses the step.
    fn compress(self, states: &mut States<N>, step: &Step<'_, N>);
}

/// What all lanes compress next: the first `count` blocks of each run. Lanes from those `busy` on hold no
/// message, or one that does not want the algorithm: what their states become is of no interest.
pub(super) struct Step<'a, const N: usize> {
    md5: [&'a [Block]; N],
    sha: [&'a [Block]; N],
    count: usize,
    busy: [usize; 3],
}

impl<const N: usize> Step<'_, N> {
    /// Lanes up to the last one that wants MD5, SHA-1, SHA-256.
    pub(super) fn busy(&self) -> [usize; 3] {
        self.busy
    }

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
/// Jobs of one set go together, and of these the longest first, so that lanes end together.
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
            let next = queue.next();
            let place = make_place(index, next.as_ref(), &mut lanes, &mut states);
            match (next, lanes.get_mut(place)) {
                (Some(next), Some(lane)) => {
                    *lane = next;
                    states.set(place, &State::INITIAL);
                }
                _ => _ = lanes.pop(),
            }
        }
    }
    let begun = lanes.into_iter().enumerate().map(|(index, lane)| (lane, states.get(index))).collect();
    finish(single, begun, done);
}

/// The place of `next`, or else the last one, after the lane at `index` has ended: from every set of
/// algorithms in between the last lane takes the place that is free, so that they stay in order.
fn make_place<const N: usize>(
    index: usize,
    next: Option<&Lane<'_>>,
    lanes: &mut [Lane<'_>],
    states: &mut States<N>,
) -> usize {
    let set = next.map_or(AlgorithmSet::EMPTY, |next| next.algorithms);
    let mut free = index;
    while let Some(after) = lanes.get(free + 1).map(|lane| lane.algorithms).filter(|after| *after > set) {
        let last = lanes.iter().rposition(|lane| lane.algorithms == after).unwrap_or(free + 1);
        lanes.swap(free, last);
        let moved = states.get(last);
        states.set(free, &moved);
        free = last;
    }
    free
}

/// Blocks that messages go forward together before it is seen which are the longest: three of one length then
/// end together, and none is long alone.
const TURN: usize = 4096;

/// Hashes what is left of messages too few for lanes, four or two at a time, those of one set together.
fn finish(single: Single, mut begun: Vec<(Lane<'_>, State)>, mut done: impl FnMut(usize, JobDigests)) {
    loop {
        begun.sort_by_key(|(lane, _)| (lane.algorithms, lane.cursor.left()));
        match begun.as_mut_slice() {
            // Sorted, and no set is above that of all three.
            [.., first, second, third, fourth] if single.takes_four(first.0.algorithms) => {
                together([first, second, third, fourth], |states, cursors| {
                    single.go_on_by_four(states, cursors, TURN);
                });
            }
            [.., first, second] => {
                let algorithms = first.0.algorithms | second.0.algorithms;
                together([first, second], |states, cursors| {
                    single.go_on_by_two(states, cursors, TURN, algorithms);
                });
            }
            [(lane, state)] => single.finish(state, &mut lane.cursor, lane.algorithms),
            [] => return,
        }
        begun.retain(|(lane, state)| {
            if lane.cursor.is_at_end() {
                done(lane.place, state.digests(lane.algorithms));
            }
            !lane.cursor.is_at_end()
        });
    }
}

/// Lets messages go on with their states side by side, as a kernel wants them.
fn together<'a, const N: usize>(
    mut begun: [&mut (Lane<'a>, State); N],
    go_on: impl FnOnce(&mut [State; N], [&mut Cursor<'a>; N]),
) {
    let mut states = begun.each_ref().map(|(_, state)| *state);
    go_on(&mut states, begun.each_mut().map(|(lane, _)| &mut lane.cursor));
    begun.into_iter().zip(states).for_each(|((_, state), now)| *state = now);
}

/// Compresses as many blocks of every lane as the shortest run holds, and returns their number; none where
/// too few lanes are in use.
fn step<const N: usize>(kernel: impl Kernel<N>, states: &mut States<N>, lanes: &[Lane<'_>]) -> Option<usize> {
    let mut step = Step { md5: [&IDLE; N], sha: [&IDLE; N], count: STEP, busy: [0; 3] };
    let mut algorithms = AlgorithmSet::EMPTY;
    for (number, ((md5, sha), lane)) in (1..).zip(step.md5.iter_mut().zip(&mut step.sha).zip(lanes)) {
        [*md5, *sha] = lane.cursor.blocks();
        step.count = step.count.min(md5.len());
        algorithms = algorithms | lane.algorithms;
        for (busy, algorithm) in
            step.busy.iter_mut().zip([Algorithm::Md5, Algorithm::Sha1, Algorithm::Sha256])
        {
            if lane.algorithms.contains(algorithm) {
                *busy = number;
            }
        }
    }
    (lanes.len() >= kernel.pays(algorithms)).then(|| {
        kernel.compress(states, &step);
        step.count
    })
}
