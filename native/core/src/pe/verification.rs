//! What the keys that came along say of a signature (RFC 5652, sections 5.4 and 5.6).
//!
//! A fact about bytes: the signer's key made the signature, the digest that is signed is that of the
//! message. Who holds the key, whether a chain ends at a root, and time and revocation are not asked:
//! the answer would change from day to day while the file does not.

use crate::asn1::der::{Element, OBJECT_IDENTIFIER, SEQUENCE, SET};
use crate::hash::{Algorithm, digest_parts};
use crate::pe::authenticode::digest_algorithm;
use crate::pe::pkcs7::{SignedData, SignerInfo, typed};
use crate::pe::public_key::{Budget, Signed};
use crate::pe::x509::public_key;

/// Contents octets of 1.2.840.113549.1.9.4, `messageDigest`.
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];

/// The length octet of an element that ends with end-of-contents.
const INDEFINITE: u8 = 0x80;

/// Whether the signed attribute `messageDigest` is the digest of `message`; none where one of them is
/// not there or cut, or the algorithm is unknown.
pub(super) fn message_digest_matches(info: &SignerInfo, message: &[u8]) -> Option<bool> {
    is_digest_of(&info.signed.first(MESSAGE_DIGEST)?, &info.digest_algorithm?, message)
}

/// Whether the key of the signer's `certificate` made the signature of `info`, over its attributes or,
/// where it has none, over `message`; none where something is missing, cut or of an unknown kind.
pub(super) fn signature_verifies(
    info: &SignerInfo,
    certificate: Option<Element>,
    message: &[u8],
    budget: &mut Budget,
) -> Option<bool> {
    let algorithm = known(&info.digest_algorithm?)?;
    let scheme = info.signature_algorithm?.first().filter(|oid| oid.identifier == OBJECT_IDENTIFIER)?;
    let signature = info.signature.filter(|signature| signature.whole)?;
    let key = public_key(&certificate?)?;
    let digest = match info.signed_set {
        // What is signed is a SET in DER; an implicit tag stands in its place.
        Some(set) => {
            let rest = set.raw.get(1..).filter(|rest| set.whole && rest.first() != Some(&INDEFINITE))?;
            digest_parts(&[&[SET], rest], &[algorithm])
        }
        None if message.is_empty() => return None,
        None => digest_parts(&[message], &[algorithm]),
    };
    let signed =
        Signed { algorithm, digest: digest.first()?, scheme: scheme.content, signature: signature.content };
    signed.is_of(&key, budget)
}

/// Whether the timestamp in `token_info`, a `TSTInfo` (RFC 3161, section 2.4.2), is of `stamped`.
pub(super) fn imprint_matches(token_info: &Element, stamped: &[u8]) -> Option<bool> {
    // Behind version and policy.
    let imprint = token_info.children().take(3).flatten().find(|field| field.identifier == SEQUENCE)?;
    let mut fields = imprint.children();
    let algorithm = fields.next()?.ok()?;
    is_digest_of(&fields.next()?.ok()?, &algorithm, stamped)
}

/// The bytes that a `SignedData` of the content type `kind` signs.
pub(super) fn message<'a>(token: &SignedData<'a>, kind: &[u8]) -> Option<Element<'a>> {
    let (content_type, value) = typed(&token.content?)?;
    value.filter(|_| content_type == kind)?.octets().filter(|octets| octets.whole)
}

fn is_digest_of(claimed: &Element, algorithm: &Element, message: &[u8]) -> Option<bool> {
    let claimed = claimed.octets().filter(|octets| octets.whole && !message.is_empty())?;
    Some(digest_parts(&[message], &[known(algorithm)?]).first()? == claimed.content)
}

fn known(identifier: &Element) -> Option<Algorithm> {
    Algorithm::named(&digest_algorithm(identifier)?)
}
