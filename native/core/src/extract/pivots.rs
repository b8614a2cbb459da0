//! The stages of stub, Rich data, entry point, checksum, delay and bound imports, section data, overlay, hints.
//!
//! They run behind the stages of the tables, because hashes and hints are computed from those.

use super::digests::{Columns, Extraction, Pending};
use super::{Counts, guarded};
use crate::feature;
use crate::hash::{AlgorithmSet, hex, md5};
use crate::limits::{MAX_DOS_STUB, MAX_SECTION_TEXT};
use crate::pe::checksum::Words;
use crate::pe::{self, Image};
use crate::problems::Problems;
use crate::profile::{self, Stage};
use crate::schema::{Checksum, DosStub, Overlay, Rich};
use crate::text::magic::magic;

/// Fills in the columns; the file may be longer than the image that was held of it.
pub(super) fn pivots<'a>(
    image: &Image<'a>,
    file_size: u64,
    counts: Option<&Counts>,
    Extraction { sample, pending, .. }: &mut Extraction<'a>,
    problems: &mut Problems,
) {
    let spans = counts.map(|counts| &counts.spans);
    if let Some(stub) = pe::rich::stub(image) {
        sample.dos_stub = Some(DosStub { size: stub.len() as i64, sha256: None });
        if stub.len() <= MAX_DOS_STUB {
            pending.push(Pending::new(stub, AlgorithmSet::SHA256, Columns::DosStub));
        } else {
            problems.limit("dos_stub");
        }
    }
    let rich = guarded("rich", problems, |problems| pe::rich::rich(image, problems));
    sample.rich = rich.map(|rich| Rich {
        key: rich.key.into(),
        file_offset: rich.offset as i64,
        entries: rich.entries,
        hash: hex(&md5(&rich.clear)),
        checksum_ok: rich.checksum_ok,
    });
    sample.rich_hash = sample.rich.as_ref().map(|rich| rich.hash.clone());
    sample.coff_symbol_table = guarded("coff", problems, |problems| pe::coff::symbol_table(image, problems));
    sample.entry_point =
        guarded("entry_point", problems, |problems| pe::entry_point::entry_point(image, problems));
    sample.checksum = guarded("checksum", problems, |_| checksum(image, counts.map(|counts| counts.words)));
    let delayed =
        guarded("delay_import", problems, |problems| pe::delay_import::delay_imports(image, problems));
    if let Some(delayed) = delayed {
        sample.imports.get_or_insert_default().extend(delayed);
    }
    sample.bound_imports =
        guarded("bound_import", problems, |problems| pe::bound_import::bound_imports(image, problems));
    let imports = sample.imports.as_deref().unwrap_or_default();
    let subsystem = image.optional_header().and_then(|optional| optional.subsystem);
    sample.is_driver = Some(feature::is_driver::is_driver(imports, image.sections(), subsystem));
    sample.imphash = guarded("imphash", problems, |problems| feature::imphash::imphash(imports, problems));
    let exports = sample.exports.as_deref().unwrap_or_default();
    sample.exphash = guarded("exphash", problems, |_| feature::exphash::exphash(exports));
    sample.overlay = profile::during(Stage::Parts, || {
        guarded("overlay", problems, |_| {
            let mut overlay = overlay(image, file_size)?;
            let bytes = feature::parts::overlay(image, &mut overlay, spans);
            pending.extend(bytes.map(|bytes| Pending::new(bytes, AlgorithmSet::SHA256, Columns::Overlay)));
            Some(overlay)
        })
    });

    let mut sections = image.sections().to_vec();
    let data = guarded("section", problems, |problems| {
        let mut room = MAX_SECTION_TEXT;
        for section in &mut sections {
            let name = pe::coff::long_name(image, section, problems);
            if name.as_ref().is_some_and(|name| name.len() > room) {
                problems.limit("section_text");
                break;
            }
            room -= name.as_ref().map_or(0, String::len);
            section.long_name = name;
        }
        pe::section_layout::oddities(image, problems);
        Some(profile::during(Stage::Parts, || {
            feature::parts::sections(image, &mut sections, spans, problems)
        }))
    });
    pending.extend(data.into_iter().flatten().map(|data| {
        let algorithms = AlgorithmSet::MD5 | AlgorithmSet::SHA256;
        Pending::new(data.bytes, algorithms, Columns::Sections(data.places))
    }));
    sample.sections = Some(sections);
    sample.packer_hints = guarded("packer", problems, |_| Some(feature::packer::hints(image, sample)));
}

fn checksum(image: &Image, words: Option<Words>) -> Option<Checksum> {
    let stored = image.optional_header()?.check_sum?;
    let offset = image.optional_header_offset();
    let computed = words.map(|words| i64::from(pe::checksum::checksum(image.bytes(), words, offset)));
    Some(Checksum { stored, computed })
}

fn overlay(image: &Image, file_size: u64) -> Option<Overlay> {
    let start = pe::overlay::start(image, file_size)?;
    let bytes = usize::try_from(start).ok().and_then(|start| image.bytes().get(start..));
    Some(Overlay {
        file_offset: start as i64,
        size: (file_size - start) as i64,
        magic: bytes.map(|bytes| magic(bytes, file_size - start)),
        ..Overlay::default()
    })
}
