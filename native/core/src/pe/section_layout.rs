//! What is odd about how sections lie in file and memory.
//!
//! Each kind is noted once, at the first section that shows it, with how many do. Only data that the
//! section table promises and the file lacks is a problem; the rest costs the row nothing.

use crate::problems::Problems;
use crate::schema::Section;
use crate::work;

use super::Image;

/// A test of one section.
type Test = fn(&Layout<'_>, &Section) -> bool;

/// What the tests need to know of the file.
struct Layout<'a> {
    section_alignment: i64,
    file_alignment: i64,
    file_len: i64,
    image: &'a Image<'a>,
}

/// Notes what is odd.
pub fn oddities(image: &Image<'_>, problems: &mut Problems) {
    let optional = image.optional_header();
    let layout = Layout {
        section_alignment: optional.and_then(|optional| optional.section_alignment).unwrap_or(0),
        file_alignment: optional.and_then(|optional| optional.file_alignment).unwrap_or(0),
        file_len: image.bytes().len() as i64,
        image,
    };
    let tests: [(&str, bool, Test); 7] = [
        ("data_truncated", true, |layout, section| {
            wanted(section) > layout.image.section_window(section).len() as i64
        }),
        ("raw_past_end", false, |layout, section| {
            section.raw_size > 0
                && section.raw_offset.saturating_add(section.raw_size) > layout.file_len
                && wanted(section) <= layout.image.section_window(section).len() as i64
        }),
        ("raw_unaligned", false, |layout, section| {
            section.raw_size > 0 && !is_aligned(section.raw_offset, layout.file_alignment)
        }),
        ("virtual_unaligned", false, |layout, section| {
            !is_aligned(section.virtual_address, layout.section_alignment)
        }),
        ("virtual_size_zero", false, |_, section| section.virtual_size == 0),
        ("writable_executable", false, |_, section| section.writable && section.executable),
        ("executable_without_data", false, |_, section| {
            section.executable && section.raw_size == 0 && section.virtual_size > 0
        }),
    ];
    for (kind, is_loss, test) in tests {
        work::steps(image.sections().len());
        note(kind, is_loss, image.sections().iter().filter(|section| test(&layout, section)), problems);
    }
    let raw = |section: &&Section| (section.raw_offset, section.raw_size);
    note("raw_overlap", false, overlapping(image.sections(), raw).into_iter(), problems);
    let size = |section: &&Section| (section.virtual_address, section.virtual_size.max(1));
    note("virtual_overlap", false, overlapping(image.sections(), size).into_iter(), problems);
    let steps = image.sections().iter().zip(image.sections().iter().skip(1));
    let unordered = steps.filter(|(section, next)| next.virtual_address < section.virtual_address);
    note("virtual_order", false, unordered.map(|(_, next)| next), problems);
}

/// Bytes of the file that memory gets.
fn wanted(section: &Section) -> i64 {
    if section.virtual_size == 0 { section.raw_size } else { section.raw_size.min(section.virtual_size) }
}

fn is_aligned(value: i64, alignment: i64) -> bool {
    alignment == 0 || value % alignment == 0
}

/// Sections that begin before one in front of them, by address, has ended.
fn overlapping<'a>(sections: &'a [Section], range: fn(&&'a Section) -> (i64, i64)) -> Vec<&'a Section> {
    let mut sorted: Vec<&Section> = sections.iter().filter(|section| range(section).1 > 0).collect();
    sorted.sort_by_key(range);
    work::steps(sorted.len());
    let mut reach = 0;
    sorted.retain(|section| {
        let (start, size) = range(section);
        let overlaps = start < reach;
        reach = reach.max(start.saturating_add(size));
        overlaps
    });
    sorted
}

fn note<'a>(
    kind: &str,
    is_loss: bool,
    mut sections: impl Iterator<Item = &'a Section>,
    problems: &mut Problems,
) {
    let Some(first) = sections.next() else { return };
    let place = format!(
        "{} at {:#x}+{:#x}, in the file {:#x}+{:#x}",
        first.name, first.virtual_address, first.virtual_size, first.raw_offset, first.raw_size
    );
    let detail = match sections.count() {
        0 => place,
        more => format!("{place}, and {more} more"),
    };
    let offset = first.raw_offset as u64;
    if is_loss {
        problems.add("section", kind, offset, detail);
    } else {
        problems.odd("section", kind, offset, detail);
    }
}
