//! One X.509 certificate (RFC 5280, section 4.1) as a record.
//!
//! Its fields are read by their place; one that cannot be read is null with a problem, and those
//! behind it are still tried. Nothing is verified here.

use crate::asn1::der::{CONTEXT_0, Element, Elements, INTEGER, OBJECT_IDENTIFIER, SEQUENCE};
use crate::asn1::{integer, oid, time};
use crate::column::Timestamp;
use crate::hash::{hex, sha256};
use crate::limits::MAX_SERIAL_BYTES;
use crate::pe::distinguished_name::distinguished_name;
use crate::pe::pem::pem;
use crate::problems::{Problems, shown};
use crate::schema::Certificate;

/// The certificate in `element`, a `Certificate` of RFC 5280.
pub(super) fn certificate(element: &Element, problems: &mut Problems) -> Certificate {
    let mut certificate = Certificate {
        fingerprint: hex(&sha256(element.raw)),
        certificate: pem("CERTIFICATE", element.raw),
        ..Certificate::default()
    };
    let mut fields = Fields { elements: element.children(), problems };
    let tbs = fields.take(SEQUENCE, "tbsCertificate");
    // Of the two places that name the algorithm, the one that says how the signature was made.
    certificate.algorithm_oid =
        fields.take(SEQUENCE, "signatureAlgorithm").and_then(|element| fields.algorithm(&element));
    certificate.algorithm = certificate.algorithm_oid.clone().map(oid::signature_algorithm);
    if let Some(tbs) = tbs {
        to_be_signed(&mut Fields { elements: tbs.children(), problems }, &mut certificate);
    }
    certificate
}

/// Serial number, issuer and subject of the certificate in `element`.
pub(super) fn identity<'a>(element: &Element<'a>) -> Option<(Element<'a>, Element<'a>, Element<'a>)> {
    let [serial, _, issuer, _, subject] = behind_version(element)?;
    Some((serial, issuer, subject))
}

/// The `SubjectPublicKeyInfo` of the certificate in `element`.
pub(super) fn public_key<'a>(element: &Element<'a>) -> Option<Element<'a>> {
    let [_, _, _, _, _, key] = behind_version(element)?;
    Some(key).filter(|key| key.identifier == SEQUENCE && key.whole)
}

/// The first `N` fields of a `TBSCertificate` behind its version: serial number, algorithm, issuer,
/// validity, subject, key.
fn behind_version<'a, const N: usize>(element: &Element<'a>) -> Option<[Element<'a>; N]> {
    let fields = element.first()?.children();
    let version = usize::from(fields.peek() == Some(CONTEXT_0));
    let fields: Vec<_> = fields.skip(version).map_while(Result::ok).take(N).collect();
    fields.try_into().ok()
}

/// Fills in the fields of a `TBSCertificate`.
fn to_be_signed(fields: &mut Fields, certificate: &mut Certificate) {
    // Left out it is 0, the first version.
    let version = match fields.elements.peek() {
        Some(CONTEXT_0) => fields.take(CONTEXT_0, "version").and_then(|version| version.first()),
        _ => None,
    };
    certificate.version = match version.map(|version| version.content) {
        None => Some(1),
        Some([number]) => Some(i32::from(*number) + 1),
        Some(_) => None,
    };
    certificate.serial = fields.take(INTEGER, "serialNumber").and_then(|serial| fields.serial(&serial));
    fields.take(SEQUENCE, "signature");
    if let Some(issuer) = fields.take(SEQUENCE, "issuer") {
        (certificate.issuer, certificate.issuer_parts) = distinguished_name(&issuer, fields.problems);
    }
    if let Some(validity) = fields.take(SEQUENCE, "validity") {
        let mut times = Fields { elements: validity.children(), problems: fields.problems };
        certificate.not_before = times.time("notBefore");
        certificate.not_after = times.time("notAfter");
    }
    if let Some(subject) = fields.take(SEQUENCE, "subject") {
        (certificate.subject, certificate.subject_parts) = distinguished_name(&subject, fields.problems);
    }
    // The bytes as they stand: keys of an unknown algorithm are as good as any other.
    certificate.public_key = fields
        .take(SEQUENCE, "subjectPublicKeyInfo")
        .filter(|key| key.whole)
        .map(|key| pem("PUBLIC KEY", key.raw));
}

/// The elements of a `SEQUENCE`, taken in their order.
struct Fields<'a, 'p> {
    elements: Elements<'a>,
    problems: &'p mut Problems,
}

impl<'a> Fields<'a, '_> {
    /// The next element, if it is what belongs there.
    fn take(&mut self, identifier: u8, name: &str) -> Option<Element<'a>> {
        let element = self.next(name)?;
        if element.identifier != identifier {
            self.broken(element.offset, format!("{name}: tag 0x{:02x}", element.identifier));
            return None;
        }
        Some(element)
    }

    fn next(&mut self, name: &str) -> Option<Element<'a>> {
        let offset = self.elements.offset();
        match self.elements.next() {
            Some(Ok(element)) => {
                if !element.whole {
                    self.broken(offset, format!("{name}: ends early"));
                }
                Some(element)
            }
            Some(Err(broken)) => {
                self.broken(broken.offset, format!("{name}: {broken}"));
                None
            }
            None => {
                self.broken(offset, format!("{name}: missing"));
                None
            }
        }
    }

    fn time(&mut self, name: &str) -> Option<Timestamp> {
        let element = self.next(name)?;
        let timestamp = time::timestamp(&element);
        if timestamp.is_none() {
            self.broken(element.offset, format!("{name}: {}", shown(element.content)));
        }
        timestamp
    }

    fn serial(&mut self, element: &Element) -> Option<String> {
        if element.content.len() > MAX_SERIAL_BYTES {
            self.problems.limit("certificate_serial_bytes");
            return None;
        }
        // Half a number would be another number.
        let serial = if element.whole { integer::decimal(element.content) } else { None };
        if serial.is_none() {
            self.broken(element.offset, "serialNumber: no number".to_owned());
        }
        serial
    }

    /// Dotted text of the algorithm in an `AlgorithmIdentifier`.
    fn algorithm(&mut self, element: &Element) -> Option<String> {
        let mut fields = Fields { elements: element.children(), problems: self.problems };
        let algorithm = fields.take(OBJECT_IDENTIFIER, "algorithm").filter(|oid| oid.whole)?;
        let dotted = oid::dotted(algorithm.content);
        if dotted.is_none() {
            self.broken(algorithm.offset, "algorithm: no object identifier".to_owned());
        }
        dotted
    }

    fn broken(&mut self, offset: u64, detail: String) {
        self.problems.add("certificate", "field_broken", offset, detail);
    }
}
