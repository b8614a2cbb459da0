//! Histograms of any parts of a file from one walk over it.
//!
//! Promise: what `Histogram::of` gives for a part whose ends are cuts, whether parts tile the file,
//! overlap or are empty. At each cut stand the counts of all bytes before it, so that a part is one
//! subtraction: 2,048 sections that overlap cost what 2,048 that do not.

use super::Histogram;
use super::tables::Tables;

/// Counts a file's bytes as they come.
#[derive(Debug)]
pub struct Spans {
    /// Offsets, ascending, each once, the length last.
    cuts: Vec<u64>,
    /// At each cut passed, the counts before it.
    before: Vec<Histogram>,
    position: u64,
    counts: Histogram,
    tables: Option<Box<Tables>>,
}

impl Spans {
    /// For a file of `length` bytes; `cuts` are the starts and ends of its parts, in any order.
    pub fn new(length: u64, cuts: impl IntoIterator<Item = u64>) -> Self {
        let mut cuts: Vec<u64> = cuts.into_iter().filter(|&cut| cut < length).collect();
        cuts.push(length);
        cuts.sort_unstable();
        cuts.dedup();
        let mut spans = Self {
            before: Vec::with_capacity(cuts.len()),
            cuts,
            position: 0,
            counts: Histogram::default(),
            tables: Some(Tables::take()),
        };
        if spans.cuts.first() == Some(&0) {
            spans.pass_cut();
        }
        spans
    }

    /// The histograms of `bytes` cut at `cuts`.
    pub fn of(bytes: &[u8], cuts: impl IntoIterator<Item = u64>) -> Self {
        let mut spans = Self::new(bytes.len() as u64, cuts);
        spans.push(bytes);
        spans
    }

    /// Counts the file's next bytes; those beyond its length are not.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while let Some(&cut) = self.cuts.get(self.before.len())
            && !bytes.is_empty()
        {
            let (piece, after) = bytes.split_at((cut - self.position).min(bytes.len() as u64) as usize);
            if let Some(tables) = &mut self.tables {
                tables.add(piece, &mut self.counts);
            }
            self.position += piece.len() as u64;
            if self.position == cut {
                self.pass_cut();
            }
            bytes = after;
        }
    }

    /// Notes the counts at the cut that is reached; at the last one the tables are given back.
    fn pass_cut(&mut self) {
        if let Some(mut tables) = self.tables.take() {
            if self.before.len() + 1 < self.cuts.len() {
                tables.empty(&mut self.counts);
                self.tables = Some(tables);
            } else {
                tables.give_back(&mut self.counts);
            }
        }
        self.before.push(self.counts.clone());
    }

    /// The histogram of the bytes from `start` to `end`: both cuts, or the start or length of the
    /// file, that are passed. Otherwise, and where `end` is before `start`, there is none.
    pub fn part(&self, start: u64, end: u64) -> Option<Histogram> {
        let mut part = self.at(end)?.clone();
        if start > 0 {
            for (count, before) in part.counts.iter_mut().zip(&self.at(start)?.counts) {
                *count = count.checked_sub(*before)?;
            }
        }
        (start <= end).then_some(part)
    }

    fn at(&self, cut: u64) -> Option<&Histogram> {
        self.before.get(self.cuts.binary_search(&cut).ok()?)
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used)]
mod tests {
    use super::{Histogram, Spans};

    fn noise(length: usize) -> Vec<u8> {
        (0..length as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8 & (i >> 12) as u8).collect()
    }

    #[test]
    fn parts_that_overlap_nest_touch_or_are_empty_are_each_counted_alone() {
        let bytes = noise(700_000);
        let parts = [(0, 512), (512, 300_000), (300_000, 300_001), (100_000, 600_000), (100_000, 300_000)];
        let parts = parts.into_iter().chain([(5, 5), (0, 0), (699_999, 700_000), (0, 700_000)]);
        for size in [4095, 4096, 200_001, 700_000] {
            let mut spans = Spans::new(700_000, parts.clone().flat_map(|(start, end)| [end, start]));
            bytes.chunks(size).for_each(|piece| spans.push(piece));
            for (start, end) in parts.clone() {
                let expected = Histogram::of(&bytes[start as usize..end as usize]);
                assert_eq!(spans.part(start, end), Some(expected), "{start} to {end}, pieces of {size}");
            }
        }
    }

    /// Lengths around blocks and the pieces that are counted at once, and long ones.
    fn span(random: &mut impl FnMut(u64) -> u64) -> u64 {
        match random(4) {
            0 => random(70),
            1 => 4_094 + random(5),
            2 => random(9_000),
            _ => 100_000 + random(200_000),
        }
    }

    #[test]
    fn sections_side_by_side_of_any_lengths_have_the_counts_of_a_loop_over_their_bytes() {
        let mut state = 1_u64;
        let mut random = |end: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 8) % end
        };
        for layout in 0..40 {
            let lengths: Vec<u64> = (0..=random(8)).map(|_| span(&mut random)).collect();
            let ends: Vec<u64> = lengths
                .iter()
                .scan(0, |end, length| {
                    *end += length;
                    Some(*end)
                })
                .collect();
            let bytes = noise(*ends.last().unwrap() as usize);
            let mut spans = Spans::new(bytes.len() as u64, ends.iter().copied());
            // In pieces that end anywhere, also within a block and a step.
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(rest.len().min(1 + random(150_000) as usize));
                spans.push(piece);
                rest = after;
            }
            for (end, length) in ends.iter().zip(&lengths) {
                let mut counts = [0; 256];
                for &byte in &bytes[(end - length) as usize..*end as usize] {
                    counts[byte as usize] += 1;
                }
                let part = spans.part(end - length, *end).unwrap();
                assert_eq!(part.counts, counts, "layout {layout}, {length} bytes to {end} of {lengths:?}");
            }
        }
    }

    #[test]
    fn a_part_that_is_no_cut_or_did_not_come_is_none() {
        let mut spans = Spans::new(100, [10, 40, 200]);
        spans.push(&[7; 50]);
        assert_eq!(spans.part(10, 40).unwrap().counts[7], 30);
        assert_eq!(spans.part(0, 40).unwrap().total(), 40);
        for (start, end) in [(11, 40), (10, 41), (40, 10), (10, 100), (10, 200)] {
            assert_eq!(spans.part(start, end), None, "{start} to {end}");
        }
    }

    #[test]
    fn an_empty_file_has_an_empty_part_and_bytes_beyond_the_length_do_not_count() {
        assert_eq!(Spans::of(&[], []).part(0, 0), Some(Histogram::default()));
        assert_eq!(Spans::of(&[], [0, 9]).part(0, 0), Some(Histogram::default()));
        let mut spans = Spans::new(3, []);
        spans.push(b"abcdef");
        assert_eq!(spans.part(0, 3), Some(Histogram::of(b"abc")));
    }
}
