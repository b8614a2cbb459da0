//! Bytes that several rows of a table may name: looked at once, whoever names them.

use std::collections::HashMap;
use std::hash::Hash;

/// Bytes, and the places of the rows that name them.
#[derive(Debug)]
pub struct Shared<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// The rows, ascending; the first is where the bytes were met.
    pub places: Vec<usize>,
}

/// What was met so far, by what makes two ranges the same.
#[derive(Debug)]
pub struct SharedRanges<'a, K> {
    index: HashMap<K, usize>,
    /// Each range once, in the order of meeting.
    pub list: Vec<Shared<'a>>,
}

impl<K> Default for SharedRanges<'_, K> {
    fn default() -> Self {
        Self { index: HashMap::new(), list: Vec::new() }
    }
}

impl<'a, K: Eq + Hash> SharedRanges<'a, K> {
    /// Notes that the row at `place` names the range `key`; its place in the list, where it was met before.
    pub fn again(&mut self, key: &K, place: usize) -> Option<usize> {
        let index = *self.index.get(key)?;
        self.list.get_mut(index)?.places.push(place);
        Some(index)
    }

    /// Adds the range `key` of `bytes`, which the row at `place` names.
    pub fn add(&mut self, key: K, bytes: &'a [u8], place: usize) {
        self.index.insert(key, self.list.len());
        self.list.push(Shared { bytes, places: vec![place] });
    }
}
