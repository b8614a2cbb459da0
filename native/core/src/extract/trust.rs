//! The columns of trust: certificate table, signatures, authentihash.
//!
//! Signatures are read before the file is hashed, so that one message serves the columns and every
//! digest that a signature names.

use super::digests::{Columns, Extraction, Pending, algorithm_of};
use super::{Options, guarded};
use crate::hash::AlgorithmSet;
use crate::input::Contents;
use crate::pe::Image;
use crate::pe::authentihash::hashed_parts;
use crate::pe::certificate::{add_certificates, certificates};
use crate::pe::certificate_table::CertificateTable;
use crate::pe::signature::signatures;
use crate::problems::Problems;
use crate::schema::Signature;

/// The certificate table, its signatures, and what they sign.
pub(super) fn trust<'a>(
    image: &Image<'a>,
    contents: &Contents,
    options: Options,
    Extraction { sample, pending, .. }: &mut Extraction<'a>,
    problems: &mut Problems,
) {
    let table =
        guarded("certificate", problems, |problems| certificate_table(image, contents.size, problems));
    sample.certificates =
        guarded("certificate", problems, |problems| Some(certificates(table.as_ref()?, problems)));
    if options.classic {
        return;
    }
    if let Some(table) = table {
        let read = guarded("signature", problems, |problems| Some(signatures(&table, problems)));
        let (signatures, sets) = read.unzip();
        sample.win_certificates = Some(table.entries);
        sample.signatures = signatures;
        guarded("certificate", problems, |problems| {
            add_certificates(&sets?, sample.certificates.as_mut()?, problems);
            Some(())
        });
    }
    if image.bytes().len() as u64 == contents.size {
        pending.extend(guarded("authentihash", problems, |_| {
            let algorithms = algorithms(sample.signatures.as_deref().unwrap_or_default());
            Some(Pending::of_parts(hashed_parts(image), algorithms, Columns::Authentihash))
        }));
    }
}

/// The certificate table as far as it is held; `None` where there is none, or it lies behind the end of the
/// file or of what is held of it.
fn certificate_table<'a>(
    image: &Image<'a>,
    file_size: u64,
    problems: &mut Problems,
) -> Option<CertificateTable<'a>> {
    let range = image.certificate_table()?;
    let bytes = image.bytes();
    let end = (range.end as usize).min(bytes.len());
    let Some(table) = bytes.get(range.start as usize..end) else {
        if range.start < file_size {
            return None; // behind what is held of the file: `max_file_size` has said so
        }
        let detail = format!("{} bytes", range.end - range.start);
        problems.add("certificate", "table_out_of_file", range.start, detail);
        return None;
    };
    if range.end > file_size {
        let detail = format!("{} of {} bytes", table.len(), range.end - range.start);
        problems.add("certificate", "table_truncated", range.start, detail);
    }
    Some(CertificateTable::read(table, range.start, problems))
}

/// What the authentihash is made by: every algorithm that is a column or that a signature names.
fn algorithms(signatures: &[Signature]) -> AlgorithmSet {
    if signatures.is_empty() {
        return AlgorithmSet::SHA256;
    }
    AlgorithmSet::FILE | signatures.iter().filter_map(algorithm_of).collect()
}
