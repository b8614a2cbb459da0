//! Who signed: the certificate that a `SignerInfo` names, found among those that came with it.
//!
//! A `SignerInfo` names it by issuer and serial number; whether its key made the signature,
//! `verification` says.

use crate::asn1::der::Element;
use crate::asn1::integer;
use crate::hash::{hex, sha256};
use crate::limits::{MAX_CERTIFICATE_BYTES, MAX_SERIAL_BYTES};
use crate::pe::distinguished_name::distinguished_name;
use crate::pe::pkcs7::SignerInfo;
use crate::pe::x509::identity;
use crate::problems::Problems;

/// A signer, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Signer<'a> {
    /// RFC 4514 text of the certificate's subject.
    pub(super) subject: Option<String>,
    /// RFC 4514 text of the issuer's name.
    pub(super) issuer: Option<String>,
    /// Serial number, decimal.
    pub(super) serial: Option<String>,
    /// SHA-256 of the certificate.
    pub(super) fingerprint: Option<String>,
    /// The certificate; none where it did not come along.
    pub(super) certificate: Option<Element<'a>>,
}

/// The signer of `info`, looked for in each of the `sets` of certificates.
pub(super) fn signer<'a>(
    info: &SignerInfo,
    sets: impl IntoIterator<Item = Element<'a>>,
    problems: &mut Problems,
) -> Signer<'a> {
    let (Some(issuer), Some(serial)) = (info.issuer, info.serial) else {
        return Signer::default();
    };
    let mut signer = Signer { issuer: distinguished_name(&issuer, problems).0, ..Signer::default() };
    if serial.content.len() > MAX_SERIAL_BYTES {
        problems.limit("certificate_serial_bytes");
        return signer;
    }
    signer.serial = integer::decimal(serial.content);
    let mut certificates = sets.into_iter().flat_map(|set| set.children().flatten());
    let found = certificates.find_map(|certificate| {
        let (its_serial, its_issuer, subject) = identity(&certificate)?;
        let same = its_serial.content == serial.content && its_issuer.raw == issuer.raw;
        same.then_some((certificate, subject))
    });
    if let Some((certificate, subject)) = found {
        // What is odd about the name is noted where the certificate is read.
        signer.certificate = Some(certificate);
        signer.subject = distinguished_name(&subject, &mut Problems::default()).0;
        if certificate.whole && certificate.raw.len() <= MAX_CERTIFICATE_BYTES {
            signer.fingerprint = Some(hex(&sha256(certificate.raw)));
        }
    }
    signer
}
