//! When a signature was made, by the word of another: PKCS#9 countersignatures (RFC 2985, section
//! 5.3.6) and timestamp tokens (RFC 3161, section 2.4.2).
//!
//! Whether one is of the signature that carries it is a fact and given; trust in it is not.

use crate::asn1::der::{Element, SEQUENCE};
use crate::asn1::time;
use crate::column::Timestamp;
use crate::pe::pkcs7::{Attributes, SignerInfo, signed_data};
use crate::pe::public_key::Budget;
use crate::pe::signer::{Signer, signer};
use crate::pe::verification::{imprint_matches, message, message_digest_matches, signature_verifies};
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

/// How a countersignature is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// A `SignerInfo` over the signature.
    #[default]
    Pkcs9,
    /// A timestamp token.
    Rfc3161,
}

impl Kind {
    /// Its name in the column.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pkcs9 => "pkcs9",
            Self::Rfc3161 => "rfc3161",
        }
    }
}

/// One countersignature.
#[derive(Debug, Default)]
pub(super) struct Countersignature<'a> {
    pub(super) kind: Kind,
    /// The `TSTInfo` of a timestamp token.
    token_info: Option<Element<'a>>,
    pub(super) time: Option<Timestamp>,
    pub(super) signer: Signer<'a>,
    /// It is of the signature around it, and the countersigner's key made it.
    pub(super) verifies: Option<bool>,
    /// Certificates that came with it.
    pub(super) certificates: Option<Element<'a>>,
}

/// Where the countersignatures among `unsigned` lie, with their kind, in file order.
pub(super) fn elements<'a>(unsigned: &Attributes<'a>) -> impl Iterator<Item = (Kind, Element<'a>)> {
    unsigned.iter().flat_map(|(kind, values)| {
        let kind = match kind {
            COUNTERSIGNATURE => Some(Kind::Pkcs9),
            MICROSOFT_TIMESTAMP | TIMESTAMP_TOKEN => Some(Kind::Rfc3161),
            _ => None,
        };
        kind.into_iter().flat_map(move |kind| values.children().flatten().map(move |value| (kind, value)))
    })
}

/// The countersignature in `element` of the signature that has the value `stamped` and came with the
/// certificates `around`.
pub(super) fn countersignature<'a>(
    kind: Kind,
    element: &Element<'a>,
    stamped: &[u8],
    around: Option<Element<'a>>,
    budget: &mut Budget,
) -> Countersignature<'a> {
    let problems = &mut *budget.problems;
    let mut read = Countersignature { kind, ..Countersignature::default() };
    let info = match kind {
        Kind::Pkcs9 => SignerInfo::read(element, problems),
        Kind::Rfc3161 => {
            let token = signed_data(element).unwrap_or_default();
            read.certificates = token.certificates;
            read.token_info = message(&token, TST_INFO);
            read.time = read.token_info.and_then(|info| token_time(&info));
            token.signer_infos.and_then(|infos| SignerInfo::read(&infos.first()?, problems))
        }
    };
    if let Some(info) = info {
        if kind == Kind::Pkcs9 {
            read.time = signing_time(&info, problems);
        }
        read.signer = signer(&info, read.certificates.into_iter().chain(around), problems);
        read.verifies = verifies(&read, &info, stamped, budget);
    } else {
        problems.add(STAGE, "countersignature_broken", element.offset, kind.name());
    }
    if read.time.is_none() {
        budget.problems.add(STAGE, "countersignature_time", element.offset, kind.name());
    }
    read
}

/// Whether the countersigner's key made the countersignature, and it is of `stamped`.
fn verifies(read: &Countersignature, info: &SignerInfo, stamped: &[u8], budget: &mut Budget) -> Option<bool> {
    // What a timestamp signs names in turn what is stamped.
    let (message, is_of_this) = match read.kind {
        Kind::Pkcs9 => (stamped, true),
        Kind::Rfc3161 => {
            let token_info = read.token_info?;
            (token_info.content, imprint_matches(&token_info.first()?, stamped)?)
        }
    };
    let made = signature_verifies(info, read.signer.certificate, message, budget)?;
    Some(made && is_of_this && message_digest_matches(info, message)?)
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

/// `genTime` of a `TSTInfo`.
fn token_time(token_info: &Element) -> Option<Timestamp> {
    let info = token_info.first().filter(|info| info.identifier == SEQUENCE)?;
    // The only time in it stands behind version, policy, imprint and serial number.
    let time = info.children().take(5).flatten().find(|field| field.identifier == GENERALIZED_TIME)?;
    time::timestamp(&time)
}
