//! The exception directory: function table and unwind records, counted.
//!
//! Counts what LIEF counts: every entry that the directory's bytes hold, and of each entry the record
//! it points to. A record is looked at once for each entry that names it and followed no further.
//! Layouts: Microsoft's "x64 exception handling", "ARM64 exception handling".

use crate::limits::MAX_RUNTIME_FUNCTIONS;
use crate::problems::Problems;
use crate::schema::{Exceptions, UnwindVersion};
use crate::work;

use super::fields::dwords;
use super::{Image, directory};

const UNW_FLAG_EHANDLER: u8 = 1;
const UNW_FLAG_UHANDLER: u8 = 2;
const UNW_FLAG_CHAININFO: u8 = 4;

/// Which entries and records a machine has.
#[derive(Clone, Copy, PartialEq)]
enum Format {
    X64,
    Arm64,
    Arm,
}

impl Format {
    fn of(machine: i32) -> Option<Self> {
        match machine {
            0x8664 => Some(Self::X64),
            // ARM64EC and ARM64X images say AMD64 or ARM64.
            0xaa64 | 0xa641 | 0xa64e => Some(Self::Arm64),
            0x1c0 | 0x1c2 | 0x1c4 => Some(Self::Arm),
            _ => None,
        }
    }

    fn entry_size(self) -> usize {
        if self == Self::X64 { 12 } else { 8 }
    }
}

/// What one unwind record adds to the counts.
#[derive(Default)]
struct Record {
    version: u8,
    has_exception_handler: bool,
    has_termination_handler: bool,
    is_chained: bool,
    code_bytes: usize,
}

/// The counts; `None` where there is no exception directory, or, with a problem, none that can be read.
pub fn exceptions(image: &Image<'_>, problems: &mut Problems) -> Option<Exceptions> {
    let (start, size) = image.directory(directory::EXCEPTION)?;
    let (start, size) = (u64::from(start), size as usize);
    let at = image.offset_of(start);
    let machine = image.coff_header().map_or(0, |coff| coff.machine);
    let Some(format) = Format::of(machine) else {
        problems.add("exception", "machine_unknown", at, format!("{machine:#x}"));
        return None;
    };
    let data = image.data_at(start, size).unwrap_or_default();
    if data.len() < size {
        let detail = format!("{start:#x}, {} of {size} bytes", data.len());
        problems.add("exception", "directory_truncated", at, detail);
        if data.len() < format.entry_size() {
            return None;
        }
    }
    Some(count(image, format, data, at, problems))
}

fn count(
    image: &Image<'_>,
    format: Format,
    data: &[u8],
    at: Option<u64>,
    problems: &mut Problems,
) -> Exceptions {
    let name = match format {
        Format::X64 => "x64",
        Format::Arm64 => "arm64",
        Format::Arm => "arm",
    };
    let entries = data.chunks_exact(format.entry_size());
    let mut counts =
        Exceptions { format: name.to_owned(), entries: entries.len() as i64, ..Exceptions::default() };
    if entries.len() > MAX_RUNTIME_FUNCTIONS {
        problems.limit("runtime_functions");
    }
    let mut versions = [0_i64; 8];
    work::steps(entries.len().min(MAX_RUNTIME_FUNCTIONS));
    let (mut previous, mut is_sorted, mut unreadable) = (0, true, None);
    for entry in entries.take(MAX_RUNTIME_FUNCTIONS) {
        let (begin, unwind) = match format {
            Format::X64 => dwords(entry).map_or((0, 0), |[begin, _end, unwind]| (begin, unwind)),
            _ => dwords(entry).map_or((0, 0), |[begin, unwind]| (begin, unwind)),
        };
        is_sorted &= begin >= previous;
        previous = begin;
        if format != Format::X64 && unwind & 3 != 0 {
            counts.packed += 1;
            continue;
        }
        let record = match format {
            Format::X64 => x64_record(image, unwind),
            _ => arm_record(image, unwind, format),
        };
        if let Some(record) = record {
            add(&record, &mut counts, &mut versions);
        } else {
            counts.unwind_unreadable += 1;
            unreadable = unreadable.or(Some(unwind));
        }
    }
    if let Some(unwind) = unreadable {
        let detail = format!("{} records, the first at {unwind:#x}", counts.unwind_unreadable);
        problems.add("exception", "unwind_unreadable", image.offset_of(unwind.into()), detail);
    }
    if !is_sorted {
        problems.odd("exception", "unsorted", at, "");
    }
    let versions = versions.iter().zip(0..).filter(|(count, _)| **count > 0);
    counts.unwind_versions =
        versions.map(|(count, version)| UnwindVersion { version, count: *count }).collect();
    counts
}

fn add(record: &Record, counts: &mut Exceptions, versions: &mut [i64; 8]) {
    counts.unwind_records += 1;
    counts.exception_handlers += i64::from(record.has_exception_handler);
    counts.termination_handlers += i64::from(record.has_termination_handler);
    counts.chained += i64::from(record.is_chained);
    counts.unwind_code_bytes += record.code_bytes as i64;
    if let Some(count) = versions.get_mut(usize::from(record.version)) {
        *count += 1;
    }
}

/// `UNWIND_INFO`: 4 bytes, codes of 2 bytes padded to 4, then a handler or the next function's entry.
fn x64_record(image: &Image<'_>, rva: u32) -> Option<Record> {
    let data = image.data_at(rva.into(), 4 + 2 * 256 + 12).filter(|_| rva != 0)?;
    let [version_and_flags, _prolog_size, code_count, _frame] = *data.first_chunk::<4>()?;
    let flags = version_and_flags >> 3;
    let codes = usize::from(code_count);
    let has_handler = flags & (UNW_FLAG_EHANDLER | UNW_FLAG_UHANDLER) != 0;
    data.get(..4 + 2 * codes.next_multiple_of(2) + if has_handler { 4 } else { 0 })?;
    Some(Record {
        version: version_and_flags & 7,
        has_exception_handler: flags & UNW_FLAG_EHANDLER != 0,
        has_termination_handler: flags & UNW_FLAG_UHANDLER != 0,
        is_chained: flags & UNW_FLAG_CHAININFO != 0,
        code_bytes: 2 * codes,
    })
}

/// `.xdata`: a word of counts, a second one where both are 0, epilog scopes, codes, then a handler.
fn arm_record(image: &Image<'_>, rva: u32, format: Format) -> Option<Record> {
    let data = image.data_at(rva.into(), usize::MAX).filter(|_| rva != 0)?;
    let [word] = dwords(data)?;
    // 32-bit ARM has one more flag, F, below the counts.
    let (scopes, words) = match format {
        Format::Arm => (word >> 23 & 0x1f, word >> 28),
        _ => (word >> 22 & 0x1f, word >> 27),
    };
    let is_extended = scopes == 0 && words == 0;
    let (scopes, words) = if is_extended {
        let [_, second] = dwords(data)?;
        (second & 0xffff, second >> 16 & 0xff)
    } else {
        (scopes, words)
    };
    let has_handler = word >> 20 & 1 != 0;
    // With E the count is where the only epilog's codes begin.
    let scopes = if word >> 21 & 1 == 0 { scopes as usize } else { 0 };
    let header_words = if is_extended { 2 } else { 1 };
    data.get(..4 * (header_words + scopes + words as usize + usize::from(has_handler)))?;
    Some(Record {
        version: (word >> 18 & 3) as u8,
        has_exception_handler: has_handler,
        code_bytes: 4 * words as usize,
        ..Record::default()
    })
}
