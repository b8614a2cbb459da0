//! Faults that a test asks for: what a hostile file could make of a parser with a bug, for real.
//!
//! Promise: nothing strikes unless this thread was armed, which only an option of a task does that no
//! flag sets. In every build, so that the tests are of the program that ships.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hint::black_box;
use std::time::Duration;

/// What happens at a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process aborts.
    Abort,
    /// A recursion without end.
    StackOverflow,
    /// A loop without end.
    EndlessLoop,
    /// An allocation without end.
    Allocate,
    /// Some seconds without work, as of a disk that does not answer.
    Slow,
    /// A panic.
    Panic,
    /// The process aborts wherever the file is read, to be parsed or to be hashed only.
    ReadAbort,
}

impl Fault {
    /// The fault of that name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "abort" => Self::Abort,
            "stack_overflow" => Self::StackOverflow,
            "endless_loop" => Self::EndlessLoop,
            "allocate" => Self::Allocate,
            "slow" => Self::Slow,
            "panic" => Self::Panic,
            "read_abort" => Self::ReadAbort,
            _ => return None,
        })
    }
}

thread_local! {
    static FAULTS: RefCell<HashMap<String, Fault>> = RefCell::default();
}

/// Faults of this thread from now on, by path.
pub fn arm(faults: impl IntoIterator<Item = (String, Fault)>) {
    FAULTS.set(faults.into_iter().collect());
}

/// What happens where the file at `path` is read.
pub fn strike_reading(path: &str) {
    if armed(path) == Some(Fault::ReadAbort) {
        std::process::abort();
    }
}

/// What happens where the file at `path` is parsed.
///
/// # Panics
/// Where that is the fault.
pub fn strike_parsing(path: &str) {
    match armed(path) {
        None | Some(Fault::ReadAbort) => {}
        Some(Fault::Abort) => std::process::abort(),
        Some(Fault::StackOverflow) => {
            black_box(recurse(black_box(1)));
        }
        Some(Fault::EndlessLoop) => loop {
            black_box(0);
        },
        Some(Fault::Allocate) => {
            let mut held = Vec::new();
            loop {
                held.push(black_box(vec![1_u8; 16 << 20]));
            }
        }
        Some(Fault::Slow) => std::thread::sleep(Duration::from_secs(4)),
        Some(Fault::Panic) => panic!("a fault that a test asked for"),
    }
}

fn armed(path: &str) -> Option<Fault> {
    FAULTS.with_borrow(|faults| faults.get(path).copied())
}

fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    if black_box(depth) == 0 { 0 } else { recurse(depth + 1) ^ frame.iter().sum::<u64>() }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::{Fault, arm, strike_parsing, strike_reading};

    #[test]
    fn a_fault_strikes_at_its_path_alone_and_only_while_armed() {
        arm([("a/b".to_owned(), Fault::Panic)]);
        strike_reading("a/b");
        strike_parsing("a/c");
        assert!(catch_unwind(|| strike_parsing("a/b")).is_err());
        arm([]);
        strike_parsing("a/b");
        assert_eq!(Fault::named("abort"), Some(Fault::Abort));
        assert_eq!(Fault::named("Abort"), None);
    }
}
