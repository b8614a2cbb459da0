//! Statistics of the parts of a file, its sections' data and its overlay, and which bytes are to be hashed.
//!
//! Sections that share their data are computed once, and what 2,048 that overlap may cost is bounded
//! (`section_bytes`).

use std::ops::Range;

use crate::limits::MAX_SECTION_PASSES;
use crate::pe::{Image, overlay};
use crate::problems::Problems;
use crate::schema::{Overlay, Section};
use crate::shared::{Shared, SharedRanges};
use crate::text::histogram::Histogram;
use crate::text::histogram::spans::Spans;

/// Fills in entropy and chi-squared of `sections`; the data that is to be hashed, with the sections it is of.
pub fn sections<'a>(
    image: &Image<'a>,
    sections: &mut [Section],
    spans: Option<&Spans>,
    problems: &mut Problems,
) -> Vec<Shared<'a>> {
    let bytes = image.bytes();
    let mut budget = bytes.len().saturating_mul(MAX_SECTION_PASSES);
    let mut data = SharedRanges::default();
    for (place, section) in sections.iter().enumerate() {
        let window = image.section_window(section);
        if data.again(&window, place).is_some() {
            continue;
        }
        match (budget.checked_sub(window.len()), bytes.get(window.clone())) {
            (Some(left), Some(part)) => {
                budget = left;
                data.add(window, part, place);
            }
            _ => problems.limit("section_bytes"),
        }
    }
    for Shared { bytes, places } in &data.list {
        let window = places.first().and_then(|place| Some(image.section_window(sections.get(*place)?)));
        let histogram = histogram(spans, window.unwrap_or_default(), bytes);
        for place in places {
            if let Some(section) = sections.get_mut(*place) {
                section.entropy = Some(histogram.entropy());
                section.chi2 = chi2(&histogram);
            }
        }
    }
    data.list
}

/// Fills in the entropy of `overlay`; its bytes, where the file holds them whole.
pub fn overlay<'a>(image: &Image<'a>, overlay: &mut Overlay, spans: Option<&Spans>) -> Option<&'a [u8]> {
    let start = usize::try_from(overlay.file_offset).ok()?;
    let bytes = image.bytes().get(start..).filter(|bytes| bytes.len() as i64 == overlay.size)?;
    overlay.entropy = Some(histogram(spans, start..start + bytes.len(), bytes).entropy());
    Some(bytes)
}

/// Where the parts begin and end: a scan that counts bytes up to each of these has counted every part.
pub fn cuts(image: &Image<'_>) -> Vec<u64> {
    let windows = image.sections().iter().map(|section| image.section_window(section));
    let ends = windows.flat_map(|window| [window.start as u64, window.end as u64]);
    ends.chain(overlay::start(image, image.bytes().len() as u64)).collect()
}

/// The histogram of a part, from the counts of the scan where there are any.
fn histogram(spans: Option<&Spans>, Range { start, end }: Range<usize>, bytes: &[u8]) -> Histogram {
    let counted = spans.and_then(|spans| spans.part(start as u64, end as u64));
    counted.unwrap_or_else(|| Histogram::of(bytes))
}

/// Chi-squared of the counts against equal shares, 255 degrees of freedom; `None` of nothing.
fn chi2(histogram: &Histogram) -> Option<f64> {
    let expected = histogram.total() as f64 / 256.0;
    let distance = |&count: &u64| (count as f64 - expected).powi(2) / expected;
    (expected > 0.0).then(|| histogram.counts.iter().map(distance).sum())
}

#[cfg(test)]
mod tests {
    use super::{Histogram, chi2};

    #[test]
    fn chi_squared_is_0_for_equal_counts_and_255_times_the_length_for_one_value() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(chi2(&Histogram::of(&all)), Some(0.0));
        assert_eq!(chi2(&Histogram::of(&[7; 512])), Some(512.0 * 255.0));
        assert_eq!(chi2(&Histogram::of(&[])), None);
    }
}
