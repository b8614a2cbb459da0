//! Chaining values of many messages, as registers hold them.

use super::state::State;

/// One word of the chaining values of `N` messages, as a register holds it.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Row<const N: usize>(pub(super) [u32; N]);

/// Of `N` messages.
#[derive(Debug)]
pub(super) struct States<const N: usize> {
    pub(super) md5: [Row<N>; 4],
    pub(super) sha1: [Row<N>; 5],
    pub(super) sha256: [Row<N>; 8],
}

impl<const N: usize> States<N> {
    pub(super) const fn new() -> Self {
        Self { md5: [Row([0; N]); 4], sha1: [Row([0; N]); 5], sha256: [Row([0; N]); 8] }
    }

    pub(super) fn get(&self, lane: usize) -> State {
        State {
            md5: column(&self.md5, lane),
            sha1: column(&self.sha1, lane),
            sha256: column(&self.sha256, lane),
        }
    }

    pub(super) fn set(&mut self, lane: usize, state: &State) {
        set_column(&mut self.md5, lane, state.md5);
        set_column(&mut self.sha1, lane, state.sha1);
        set_column(&mut self.sha256, lane, state.sha256);
    }
}

/// The words of the message in `lane`.
pub(super) fn column<const N: usize, const W: usize>(rows: &[Row<N>; W], lane: usize) -> [u32; W] {
    rows.map(|row| row.0.get(lane).copied().unwrap_or_default())
}

/// Replaces the words of the message in `lane`.
pub(super) fn set_column<const N: usize, const W: usize>(
    rows: &mut [Row<N>; W],
    lane: usize,
    words: [u32; W],
) {
    for (row, word) in rows.iter_mut().zip(words) {
        row.0.get_mut(lane).into_iter().for_each(|to| *to = word);
    }
}
