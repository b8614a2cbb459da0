//! CPU time of this thread by stage, for `merc run --profile`.
//!
//! A thread is in one stage at a time; a stage that runs inside another takes its time from it. Reading
//! the clock is a system call, so a stage is entered a few times a file and never in a loop over input.

use std::cell::Cell;
use std::time::Duration;

use cpu_time::ThreadTime;

use crate::progress;

/// What a worker spends time on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Everything that is no other stage.
    Rest,
    /// Opening and reading files.
    Read,
    /// Strings and histogram.
    Scan,
    /// The PE structure.
    Parse,
    /// Magic, and statistics of sections, resources and the overlay.
    Parts,
    /// Digests.
    Hash,
    /// Writing the strings.
    Strings,
    /// Writing the records.
    Records,
}

const STAGES: usize = 8;

impl Stage {
    /// All of them.
    pub const ALL: [Self; STAGES] = [
        Self::Read,
        Self::Scan,
        Self::Parse,
        Self::Parts,
        Self::Hash,
        Self::Strings,
        Self::Records,
        Self::Rest,
    ];

    /// Its name in a profile.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Read => "read",
            Self::Scan => "scan",
            Self::Parse => "parse",
            Self::Parts => "parts",
            Self::Hash => "hash",
            Self::Strings => "strings",
            Self::Records => "records",
        }
    }
}

/// CPU time by stage.
#[derive(Debug, Clone, Copy, Default)]
pub struct Profile([Duration; STAGES]);

impl Profile {
    /// The stages, each with its time.
    pub fn stages(&self) -> impl Iterator<Item = (Stage, Duration)> {
        Stage::ALL.into_iter().map(|stage| (stage, self.0.get(stage as usize).copied().unwrap_or_default()))
    }
}

thread_local! {
    static TIMES: Cell<Profile> = const { Cell::new(Profile([Duration::ZERO; STAGES])) };
    /// The stage that the thread is in, and when it was entered.
    static CURRENT: Cell<Option<(Stage, ThreadTime)>> = const { Cell::new(None) };
}

/// Runs `run` as a part of `stage`.
pub fn during<T>(stage: Stage, run: impl FnOnce() -> T) -> T {
    let around = enter(stage);
    let position = progress::enter(stage.name());
    let result = run();
    progress::enter(position);
    enter(around);
    result
}

/// Starts over; what comes next is `Stage::Rest`. Until then, and after `taken`, no clock is read.
pub fn start() {
    TIMES.set(Profile::default());
    CURRENT.set(Some((Stage::Rest, ThreadTime::now())));
}

/// The times since `start`, and its end; none where it was not called.
pub fn taken() -> Profile {
    enter(Stage::Rest);
    CURRENT.set(None);
    TIMES.take()
}

/// Goes over to `stage`; the stage before it.
fn enter(stage: Stage) -> Stage {
    let Some((before, since)) = CURRENT.get() else { return Stage::Rest };
    let now = ThreadTime::now();
    CURRENT.set(Some((stage, now)));
    let mut times = TIMES.get();
    if let Some(time) = times.0.get_mut(before as usize) {
        *time += now.duration_since(since);
    }
    TIMES.set(times);
    before
}

#[cfg(test)]
mod tests {
    use super::{Stage, during, enter, start, taken};
    use std::time::Duration;

    /// Takes some CPU time.
    fn work() -> u64 {
        (0..2_000_000_u64).fold(1, |hash, step| std::hint::black_box(hash ^ step).wrapping_mul(31))
    }

    #[test]
    fn a_stage_within_another_hands_back_to_it_and_one_never_entered_has_no_time() {
        start();
        during(Stage::Parse, || {
            during(Stage::Hash, work);
            assert_eq!(enter(Stage::Parse), Stage::Parse);
            work()
        });
        assert_eq!(enter(Stage::Rest), Stage::Rest);
        for (stage, time) in taken().stages() {
            let entered = [Stage::Parse, Stage::Hash, Stage::Rest].contains(&stage);
            assert_eq!(time > Duration::ZERO, entered, "{}", stage.name());
        }
    }

    #[test]
    fn without_a_start_and_after_an_end_nothing_is_counted() {
        start();
        taken();
        during(Stage::Hash, work);
        assert!(taken().stages().all(|(_, time)| time == Duration::ZERO));
    }
}
