//! The certificates of every PKCS#7: of the certificate table, of nested signatures, of timestamps.
//!
//! A broken certificate costs itself alone. Those of the certificate table come first and in its
//! order, so that a limit cuts the others; which is which stands in `source`.

use crate::asn1::der::{CONTEXT_1, Element, SEQUENCE};
use crate::limits::{MAX_CERTIFICATE_BYTES, MAX_CERTIFICATES};
use crate::pe::certificate_table::CertificateTable;
use crate::pe::signature::{CertificateSet, Source};
use crate::pe::x509::certificate;
use crate::problems::Problems;
use crate::schema::Certificate;

const STAGE: &str = "certificate";

/// Every certificate of every PKCS#7 that lies in the certificate table itself.
pub fn certificates(table: &CertificateTable, problems: &mut Problems) -> Vec<Certificate> {
    let mut list = Vec::new();
    for set in table.pkcs7.iter().filter_map(|pkcs7| pkcs7.signed_data.certificates) {
        if !certificate_set(&set, Source::Signature, &mut list, problems) {
            break;
        }
    }
    list
}

/// Adds the certificates of the `sets` that lie deeper: in nested signatures and in timestamps.
pub fn add_certificates(sets: &[CertificateSet], list: &mut Vec<Certificate>, problems: &mut Problems) {
    for set in sets {
        if !certificate_set(&set.set, set.source, list, problems) {
            return;
        }
    }
}

/// Adds the certificates of one set; false once a file has as many as are kept.
fn certificate_set(
    set: &Element,
    source: Source,
    list: &mut Vec<Certificate>,
    problems: &mut Problems,
) -> bool {
    for element in set.children() {
        let element = match element {
            Ok(element) => element,
            Err(broken) => {
                problems.add(STAGE, "certificate_broken", broken.offset, broken.to_string());
                return true;
            }
        };
        if list.len() >= MAX_CERTIFICATES {
            problems.limit("certificates");
            return false;
        }
        if source == Source::Timestamp && element.identifier == CONTEXT_1 {
            // Every timestamp of Microsoft's carries an attribute certificate: neither X.509 nor odd.
        } else if element.identifier != SEQUENCE {
            // An attribute certificate or an obsolete extended one.
            problems.add(
                STAGE,
                "certificate_kind",
                element.offset,
                format!("tag 0x{:02x}", element.identifier),
            );
        } else if !element.whole {
            // The fingerprint of a part would be that of no certificate.
            let detail = format!("{} bytes left", element.raw.len());
            problems.add(STAGE, "certificate_truncated", element.offset, detail);
        } else if element.raw.len() > MAX_CERTIFICATE_BYTES {
            problems.limit("certificate_bytes");
        } else {
            let source = source.name().to_owned();
            list.push(Certificate { source, ..certificate(&element, problems) });
        }
    }
    true
}
