//! PKCS#7 `SignedData` (RFC 2315, section 9; CMS, RFC 5652, section 5.1): where its parts lie.
//!
//! Serves the signatures of the certificate table and any `ContentInfo` inside one. Nothing is
//! verified, and what the parts hold is left to others.

use crate::asn1::der::{CONTEXT_0, Element, OBJECT_IDENTIFIER, SEQUENCE};

/// Contents octets of 1.2.840.113549.1.7.2, `signedData`.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// Parts of a `SignedData`.
#[derive(Debug, Clone, Copy)]
pub(super) struct SignedData<'a> {
    /// The set of certificates; none where it is left out.
    pub certificates: Option<Element<'a>>,
}

/// The `SignedData` in `content_info`; none if it holds something else or cannot be read.
pub(super) fn signed_data<'a>(content_info: &Element<'a>) -> Option<SignedData<'a>> {
    let mut fields = content_info.children();
    let content_type = fields.next()?.ok()?;
    if content_info.identifier != SEQUENCE
        || content_type.identifier != OBJECT_IDENTIFIER
        || content_type.content != SIGNED_DATA
    {
        return None;
    }
    let content = fields.next()?.ok().filter(|content| content.identifier == CONTEXT_0)?;
    let signed_data = content.children().next()?.ok().filter(|data| data.identifier == SEQUENCE)?;
    // Left out is one answer, hidden behind something unreadable another.
    let mut certificates = None;
    for field in signed_data.children() {
        let field = field.ok()?;
        if field.identifier == CONTEXT_0 {
            certificates = Some(field);
            break;
        }
    }
    Some(SignedData { certificates })
}
