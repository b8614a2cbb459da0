//! The columns of trust: certificate table, signatures, authentihash.
//!
//! Signatures are read before the file is hashed, so that one pass serves the columns and every
//! digest that a signature names.

use super::{Options, guarded};
use crate::hash::{Algorithm, digest_parts, hex};
use crate::input::Contents;
use crate::pe::Image;
use crate::pe::authentihash::hashed_parts;
use crate::pe::certificate::{add_certificates, certificates};
use crate::pe::certificate_table::CertificateTable;
use crate::pe::signature::signatures;
use crate::problems::Problems;
use crate::schema::{Sample, Signature};

/// The certificate table, its signatures, and what they sign.
pub(super) fn trust(
    image: &Image,
    contents: &Contents,
    options: Options,
    sample: &mut Sample,
    problems: &mut Problems,
) {
    let table = guarded("certificate", problems, |problems| certificate_table(image, problems));
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
        guarded("authentihash", problems, |_| {
            authentihash(image, sample);
            Some(())
        });
    }
}

/// The certificate table as far as the file holds it; `None` where there is none or it lies behind the
/// end of the file.
fn certificate_table<'a>(image: &Image<'a>, problems: &mut Problems) -> Option<CertificateTable<'a>> {
    let range = image.certificate_table()?;
    let bytes = image.bytes();
    let end = (range.end as usize).min(bytes.len());
    let Some(table) = bytes.get(range.start as usize..end) else {
        let detail = format!("{} bytes", range.end - range.start);
        problems.add("certificate", "table_out_of_file", range.start, detail);
        return None;
    };
    Some(CertificateTable::read(table, range.start, problems))
}

/// What Authenticode hashes, by every algorithm that is a column or that a signature names, in one pass.
fn authentihash(image: &Image, sample: &mut Sample) {
    let signatures = sample.signatures.as_deref_mut().unwrap_or_default();
    let mut algorithms = vec![Algorithm::Sha256];
    if !signatures.is_empty() {
        algorithms.extend([Algorithm::Sha1, Algorithm::Md5]);
        algorithms.extend(signatures.iter().filter_map(algorithm_of));
        algorithms.sort_unstable();
        algorithms.dedup();
    }
    let digests = digest_parts(&hashed_parts(image), &algorithms);
    let digest_by = |wanted| {
        let mut named = algorithms.iter().zip(&digests);
        named.find(|(algorithm, _)| **algorithm == wanted).map(|(_, digest)| hex(digest))
    };
    for signature in signatures {
        let own = algorithm_of(signature).and_then(digest_by);
        signature.digest_matches = own.zip(signature.digest.as_ref()).map(|(own, signed)| own == *signed);
    }
    sample.authentihash_sha256 = digest_by(Algorithm::Sha256);
    sample.authentihash_sha1 = digest_by(Algorithm::Sha1);
    sample.authentihash_md5 = digest_by(Algorithm::Md5);
}

fn algorithm_of(signature: &Signature) -> Option<Algorithm> {
    Algorithm::named(signature.digest_algorithm.as_deref()?)
}
