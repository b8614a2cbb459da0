//! One X.509 certificate (RFC 5280, section 4.1) as a record.
//!
//! Its fields are read by their place; one that cannot be read is null with a problem, and those
//! behind it are still tried. Nothing is verified here.

use sha2::{Digest, Sha256};

use crate::asn1::der::{CONTEXT_0, Element, Elements, INTEGER, OBJECT_IDENTIFIER, SEQUENCE};
use crate::asn1::{integer, oid, time};
use crate::column::Timestamp;
use crate::hash::hex;
use crate::limits::MAX_SERIAL_BYTES;
use crate::pe::distinguished_name::distinguished_name;
use crate::pe::pem::pem;
use crate::problems::Problems;
use crate::schema::Certificate;

/// The certificate in `element`, a `Certificate` of RFC 5280.
pub(super) fn certificate(element: &Element, problems: &mut Problems) -> Certificate {
    let mut certificate = Certificate {
        fingerprint: hex(&Sha256::digest(element.raw)),
        certificate: pem("CERTIFICATE", element.raw),
        ..Certificate::default()
    };
    let mut fields = Fields { elements: element.children(), problems };
    let tbs = fields.take(SEQUENCE, "tbsCertificate");
    // Of the two places that name the algorithm, the one that says how the signature was made.
    certificate.algorithm =
        fields.take(SEQUENCE, "signatureAlgorithm").and_then(|element| fields.algorithm(&element));
    if let Some(tbs) = tbs {
        to_be_signed(&mut Fields { elements: tbs.children(), problems }, &mut certificate);
    }
    certificate
}

/// Fills in the fields of a `TBSCertificate`.
fn to_be_signed(fields: &mut Fields, certificate: &mut Certificate) {
    if fields.elements.peek() == Some(CONTEXT_0) {
        fields.take(CONTEXT_0, "version");
    }
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
            self.broken(element.offset, format!("{name}: {}", element.content.escape_ascii()));
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

    /// Name of the algorithm in an `AlgorithmIdentifier`.
    fn algorithm(&mut self, element: &Element) -> Option<String> {
        let mut fields = Fields { elements: element.children(), problems: self.problems };
        let algorithm = fields.take(OBJECT_IDENTIFIER, "algorithm").filter(|oid| oid.whole)?;
        let dotted = oid::dotted(algorithm.content);
        if dotted.is_none() {
            self.broken(algorithm.offset, "algorithm: no object identifier".to_owned());
        }
        dotted.map(oid::signature_algorithm)
    }

    fn broken(&mut self, offset: u64, detail: String) {
        self.problems.add("certificate", "field_broken", offset, detail);
    }
}
