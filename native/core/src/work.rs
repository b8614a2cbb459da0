//! Steps that this thread has taken over input, so that tests can bound what a file may cost.
//!
//! Every walk whose length the input decides counts here: an entry, element or rule is a step, and so are
//! [`BYTES_A_STEP`] bytes that a pass reads. Nothing depends on the count, and what ends a walk is
//! `limits`, not this. It is in every build, because the tests are to measure the program that ships;
//! loops of a few instructions count in bulk, so that an addition to a thread's own cell is all it costs.

use std::cell::Cell;

/// Bytes that a hash, histogram or search passes over in about the time of an entry's lookup.
pub const BYTES_A_STEP: usize = 64;

thread_local! {
    static STEPS: Cell<u64> = const { Cell::new(0) };
}

/// Counts `steps` entries, elements or rules.
#[inline]
pub fn steps(steps: usize) {
    STEPS.set(STEPS.get().wrapping_add(steps as u64));
}

/// Counts a pass over `bytes`.
#[inline]
pub fn pass(bytes: usize) {
    steps(1 + bytes / BYTES_A_STEP);
}

/// Steps of this thread up to now.
pub fn taken() -> u64 {
    STEPS.get()
}
