//! PKCS#7 `SignedData` (RFC 2315, section 9; CMS, RFC 5652, section 5): where its parts lie.
//!
//! Serves the signatures of the certificate table and any `ContentInfo` inside one. Nothing is
//! verified, and what the parts hold is left to others.

use crate::asn1::der::{
    CONTEXT_0, CONTEXT_1, Element, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET,
};
use crate::limits::MAX_SIGNER_ATTRIBUTES;
use crate::problems::Problems;

/// Contents octets of 1.2.840.113549.1.7.2, `signedData`.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// Parts of a `SignedData`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SignedData<'a> {
    /// What is signed: type and value.
    pub(super) content: Option<Element<'a>>,
    /// The set of certificates; none where it is left out.
    pub(super) certificates: Option<Element<'a>>,
    /// The set of `SignerInfo`; none where it is left out or cannot be reached.
    pub(super) signer_infos: Option<Element<'a>>,
}

/// The `SignedData` in `content_info`; none if it holds something else or cannot be read.
pub(super) fn signed_data<'a>(content_info: &Element<'a>) -> Option<SignedData<'a>> {
    let (content_type, content) = typed(content_info)?;
    if content_type != SIGNED_DATA {
        return None;
    }
    let signed_data = content.filter(|data| data.identifier == SEQUENCE)?;
    let mut parts = SignedData::default();
    for field in signed_data.children() {
        let Ok(field) = field else {
            // Left out is one answer, hidden behind something unreadable another.
            parts.certificates?;
            break;
        };
        match field.identifier {
            SEQUENCE if parts.content.is_none() => parts.content = Some(field),
            CONTEXT_0 if parts.certificates.is_none() => parts.certificates = Some(field),
            // The set in front of the content is of digest algorithms.
            SET if parts.content.is_some() => {
                parts.signer_infos = Some(field);
                break;
            }
            _ => {}
        }
    }
    Some(parts)
}

/// Contents octets of the type and the value, where it is there, of a `ContentInfo`.
pub(super) fn typed<'a>(content_info: &Element<'a>) -> Option<(&'a [u8], Option<Element<'a>>)> {
    let mut fields = content_info.children();
    let content_type = fields.next()?.ok()?;
    if content_info.identifier != SEQUENCE || content_type.identifier != OBJECT_IDENTIFIER {
        return None;
    }
    let explicit = fields.next().and_then(Result::ok).filter(|content| content.identifier == CONTEXT_0);
    Some((content_type.content, explicit.and_then(|content| content.first())))
}

/// One `SignerInfo`.
#[derive(Debug, Default)]
pub(super) struct SignerInfo<'a> {
    /// Issuer of the signer's certificate; none where it is named by its key.
    pub(super) issuer: Option<Element<'a>>,
    /// Serial number of the signer's certificate.
    pub(super) serial: Option<Element<'a>>,
    /// The `AlgorithmIdentifier` of the digest.
    pub(super) digest_algorithm: Option<Element<'a>>,
    /// The `[0]` of the attributes that the signature covers; none where it covers the content.
    pub(super) signed_set: Option<Element<'a>>,
    /// Attributes that the signature covers.
    pub(super) signed: Attributes<'a>,
    /// The `AlgorithmIdentifier` of the signature.
    pub(super) signature_algorithm: Option<Element<'a>>,
    /// The signature itself.
    pub(super) signature: Option<Element<'a>>,
    /// Attributes that it does not.
    pub(super) unsigned: Attributes<'a>,
}

impl<'a> SignerInfo<'a> {
    /// The `SignerInfo` in `element`; none where it is something else.
    pub(super) fn read(element: &Element<'a>, problems: &mut Problems) -> Option<Self> {
        let mut fields = element.children();
        let version = fields.next()?.ok()?;
        if element.identifier != SEQUENCE || version.identifier != INTEGER {
            return None;
        }
        let mut info = Self::default();
        let identifier = fields.next()?.ok()?;
        if identifier.identifier == SEQUENCE {
            let mut parts = identifier.children();
            info.issuer = parts.next().and_then(Result::ok).filter(|issuer| issuer.identifier == SEQUENCE);
            info.serial = parts.next().and_then(Result::ok).filter(|serial| serial.identifier == INTEGER);
        }
        info.digest_algorithm = Some(fields.next()?.ok()?).filter(|field| field.identifier == SEQUENCE);
        for field in fields {
            match field {
                Ok(field) if field.identifier == CONTEXT_0 => {
                    info.signed = Attributes::read(&field, problems);
                    info.signed_set = Some(field);
                }
                Ok(field) if field.identifier == SEQUENCE && info.signature_algorithm.is_none() => {
                    info.signature_algorithm = Some(field);
                }
                Ok(field) if field.identifier == OCTET_STRING && info.signature.is_none() => {
                    info.signature = Some(field);
                }
                Ok(field) if field.identifier == CONTEXT_1 => {
                    info.unsigned = Attributes::read(&field, problems);
                }
                Ok(_) => {}
                Err(broken) => {
                    problems.add("signature", "signer_broken", broken.offset, broken.to_string());
                }
            }
        }
        Some(info)
    }
}

/// The attributes of a signer.
#[derive(Debug, Default)]
pub(super) struct Attributes<'a> {
    /// Contents octets of each type, and the set of its values.
    list: Vec<(&'a [u8], Element<'a>)>,
}

impl<'a> Attributes<'a> {
    fn read(set: &Element<'a>, problems: &mut Problems) -> Self {
        let mut list = Vec::new();
        for element in set.children() {
            if list.len() >= MAX_SIGNER_ATTRIBUTES {
                problems.limit("signer_attributes");
                break;
            }
            let attribute = element.as_ref().ok().and_then(attribute);
            let offset = element.map_or_else(|broken| broken.offset, |element| element.offset);
            match attribute {
                Some(attribute) => list.push(attribute),
                None => problems.add("signature", "attribute_broken", offset, ""),
            }
        }
        Self { list }
    }

    /// The types in their order, each with the values of it.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a [u8], Element<'a>)> {
        self.list.iter().copied()
    }

    /// First value of the first attribute of a type.
    pub(super) fn first(&self, kind: &[u8]) -> Option<Element<'a>> {
        self.list.iter().find(|(type_of, _)| *type_of == kind)?.1.first()
    }
}

fn attribute<'a>(element: &Element<'a>) -> Option<(&'a [u8], Element<'a>)> {
    let mut fields = element.children();
    let kind = fields.next()?.ok().filter(|kind| kind.identifier == OBJECT_IDENTIFIER)?;
    let values = fields.next()?.ok().filter(|values| values.identifier == SET)?;
    Some((kind.content, values))
}
