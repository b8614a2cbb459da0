//! Digests and statistics of the parts of a file: its sections' data and its overlay.
//!
//! All parts are hashed in one call. Sections that share their data are computed once, and what 2,048 that
//! overlap may cost is bounded (`section_bytes`).

use std::collections::HashMap;
use std::ops::Range;

use crate::hash::{Part, PartDigests, digest_each_part, hex};
use crate::limits::MAX_SECTION_PASSES;
use crate::pe::Image;
use crate::problems::Problems;
use crate::schema::{Overlay, Section};
use crate::text::histogram::Histogram;

/// Fills in the columns of `sections`, and those of `overlay` where the file holds it whole.
pub fn fill(
    image: &Image<'_>,
    sections: &mut [Section],
    overlay: Option<&mut Overlay>,
    problems: &mut Problems,
) {
    let bytes = image.bytes();
    let mut budget = bytes.len().saturating_mul(MAX_SECTION_PASSES);
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut places: HashMap<Range<usize>, usize> = HashMap::new();
    let mut place_of = |section: &Section| {
        let window = image.section_window(section);
        if let Some(place) = places.get(&window) {
            return Some(*place);
        }
        budget = budget.checked_sub(window.len())?;
        parts.push(Part { bytes: bytes.get(window.clone())?, with_md5: true });
        places.insert(window, parts.len() - 1);
        Some(parts.len() - 1)
    };
    let of_sections: Vec<Option<usize>> = sections.iter().map(&mut place_of).collect();
    if of_sections.contains(&None) {
        problems.limit("section_bytes");
    }
    let overlay = overlay.and_then(|overlay| {
        let start = usize::try_from(overlay.file_offset).ok()?;
        let part = bytes.get(start..).filter(|part| part.len() as i64 == overlay.size)?;
        parts.push(Part { bytes: part, with_md5: false });
        Some(overlay)
    });

    let digests = digest_each_part(&parts);
    let statistics: Vec<Histogram> = parts.iter().map(|part| Histogram::of(part.bytes)).collect();
    let computed = |place: usize| statistics.get(place).zip(digests.get(place));
    for (section, place) in sections.iter_mut().zip(of_sections) {
        if let Some((histogram, PartDigests { md5, sha256 })) = place.and_then(computed) {
            section.entropy = Some(histogram.entropy());
            section.chi2 = chi2(histogram);
            section.md5 = md5.map(|md5| hex(&md5));
            section.sha256 = Some(hex(sha256));
        }
    }
    if let Some((overlay, (histogram, digests))) = overlay.zip(parts.len().checked_sub(1).and_then(computed))
    {
        overlay.entropy = Some(histogram.entropy());
        overlay.sha256 = Some(hex(&digests.sha256));
    }
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
