//! When a signature was made, by the word of another: PKCS#9 countersignatures (RFC 2985, section
//! 5.3.6) and timestamp tokens (RFC 3161, section 2.4.2).
//!
//! Whether a countersignature belongs to its signature is not verified.

use crate::asn1::der::{Element, SEQUENCE};
use crate::asn1::time;
use crate::column::Timestamp;
use crate::pe::pkcs7::{Attributes, SignedData, SignerInfo, signed_data, typed};
use crate::pe::signer::{Signer, signer};
use crate::problems::{Problems, shown};

/// Contents octets of 1.2.840.113549.1.9.5, `signingTime`.
const SIGNING_TIME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 5];
/// Contents octets of 1.2.840.113549.1.9.6, `countersignature`.
const COUNTERSIGNATURE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 6];
/// Contents octets of 1.3.6.1.4.1.311.3.3.1, `szOID_RFC3161_counterSign`.
const MICROSOFT_TIMESTAMP: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 3, 3, 1];
/// Contents octets of 1.2.840.113549.1.9.16.2.14, `id-aa-timeStampToken`.
const TIMESTAMP_TOKEN: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 14];
/// Contents octets of 1.2.840.113549.1.9.16.1.4, `id-ct-TSTInfo`.
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4];
/// `GeneralizedTime`.
const GENERALIZED_TIME: u8 = 0x18;

const STAGE: &str = "signature";

/// One countersignature.
#[derive(Debug)]
pub(super) struct Countersignature<'a> {
    /// `pkcs9` or `rfc3161`.
    pub(super) kind: &'static str,
    pub(super) time: Option<Timestamp>,
    pub(super) signer: Signer,
    /// Certificates that came with it.
    pub(super) certificates: Option<Element<'a>>,
}

/// Where the countersignatures among `unsigned` lie, with their kind, in file order.
pub(super) fn elements<'a>(unsigned: &Attributes<'a>) -> impl Iterator<Item = (&'static str, Element<'a>)> {
    unsigned.iter().flat_map(|(kind, values)| {
        let kind = match kind {
            COUNTERSIGNATURE => Some("pkcs9"),
            MICROSOFT_TIMESTAMP | TIMESTAMP_TOKEN => Some("rfc3161"),
            _ => None,
        };
        kind.into_iter().flat_map(move |kind| values.children().flatten().map(move |value| (kind, value)))
    })
}

/// The countersignature in `element`; `around` are the certificates of the signature.
pub(super) fn countersignature<'a>(
    kind: &'static str,
    element: &Element<'a>,
    around: Option<Element<'a>>,
    problems: &mut Problems,
) -> Countersignature<'a> {
    let mut read = Countersignature { kind, time: None, signer: Signer::default(), certificates: None };
    let info = if kind == "pkcs9" {
        let info = SignerInfo::read(element, problems);
        read.time = info.as_ref().and_then(|info| signing_time(info, problems));
        info
    } else {
        let token = signed_data(element).unwrap_or_default();
        read.certificates = token.certificates;
        read.time = token_time(&token);
        token.signer_infos.and_then(|infos| SignerInfo::read(&infos.first()?, problems))
    };
    match info {
        Some(info) => read.signer = signer(&info, read.certificates.into_iter().chain(around), problems),
        None => problems.add(STAGE, "countersignature_broken", element.offset, kind),
    }
    if read.time.is_none() {
        problems.add(STAGE, "countersignature_time", element.offset, kind);
    }
    read
}

/// When the signer says that it signed; none where it does not.
pub(super) fn signing_time(info: &SignerInfo, problems: &mut Problems) -> Option<Timestamp> {
    let element = info.signed.first(SIGNING_TIME)?;
    let time = time::timestamp(&element);
    if time.is_none() {
        problems.add(STAGE, "signing_time", element.offset, shown(element.content));
    }
    time
}

/// `genTime` of the `TSTInfo` that a timestamp token signs.
fn token_time(token: &SignedData) -> Option<Timestamp> {
    let (TST_INFO, Some(value)) = typed(&token.content?)? else {
        return None;
    };
    let info = value.octets()?.first().filter(|info| info.identifier == SEQUENCE)?;
    // The only time in it stands behind version, policy, imprint and serial number.
    let time = info.children().take(5).flatten().find(|field| field.identifier == GENERALIZED_TIME)?;
    time::timestamp(&time)
}
