//! What Authenticode puts into a PKCS#7: the digest of the file, page hashes, program name and URL.
//!
//! Source: "Windows Authenticode Portable Executable Signature Format". Nothing is compared or
//! verified here.

use crate::asn1::der::{
    CONTEXT_0, CONTEXT_1, CONTEXT_2, Element, IMPLICIT_0, IMPLICIT_1, OBJECT_IDENTIFIER, SEQUENCE, SET,
};
use crate::asn1::oid;
use crate::asn1::text::{Text, text};
use crate::hash::hex;
use crate::limits::{MAX_DIGEST_BYTES, MAX_SIGNATURE_TEXT_BYTES};
use crate::pe::pkcs7::typed;
use crate::problems::Problems;

/// Contents octets of 1.3.6.1.4.1.311.2.1.4, `SPC_INDIRECT_DATA_OBJID`.
const INDIRECT_DATA: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 4];
/// Contents octets of 1.3.6.1.4.1.311.2.1.15, `SPC_PE_IMAGE_DATA_OBJID`.
const PE_IMAGE_DATA: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 15];
/// Contents octets of 1.3.6.1.4.1.311.2.3.1 and .2, `SPC_PE_IMAGE_PAGE_HASHES_V1_OBJID` and `V2`.
const PAGE_HASHES: [(&[u8], &str); 2] = [
    (&[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 3, 1], "sha1"),
    (&[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 3, 2], "sha256"),
];
/// The class of a `SpcSerializedObject` that holds page hashes.
const PAGE_HASHES_CLASS: &[u8] = b"\xa6\xb5\x86\xd5\xb4\xa1\x24\x66\xae\x05\xa2\x17\xda\x8e\x60\xd6";

const STAGE: &str = "signature";

/// Parts of a `SpcIndirectDataContent`.
#[derive(Debug, Default)]
pub(super) struct IndirectData<'a> {
    /// Name of the digest's algorithm.
    pub(super) digest_algorithm: Option<String>,
    /// The digest of the file, lower-case hex.
    pub(super) digest: Option<String>,
    /// Algorithm of the page hashes, where there are any.
    pub(super) page_hashes: Option<String>,
    /// What the attribute `messageDigest` is the digest of; empty where it is cut.
    pub(super) signed_bytes: &'a [u8],
}

/// The `SpcIndirectDataContent` in `content`, which a `SignedData` signs.
pub(super) fn indirect_data<'a>(content: &Element<'a>, problems: &mut Problems) -> IndirectData<'a> {
    let Some((INDIRECT_DATA, Some(value))) = typed(content) else {
        problems.add(STAGE, "content_type", content.offset, "no SpcIndirectDataContent");
        return IndirectData::default();
    };
    // CMS wraps into an OCTET STRING what PKCS#7 holds as it is.
    let octets = value.octets();
    let data = octets.map_or(Some(value), |octets| octets.first());
    let mut read = IndirectData {
        signed_bytes: Some(octets.unwrap_or(value))
            .filter(|signed| signed.whole)
            .map_or(&[], |signed| signed.content),
        ..IndirectData::default()
    };
    let Some(data) = data.filter(|data| data.identifier == SEQUENCE) else {
        problems.add(STAGE, "content_broken", value.offset, "");
        return read;
    };
    let mut fields = data.children();
    if let Some(Ok(image_data)) = fields.next() {
        read.page_hashes = page_hashes(&image_data);
    }
    let info = fields.next().and_then(Result::ok);
    let (algorithm, digest) = info.map_or((None, None), |info| {
        let mut fields = info.children();
        (fields.next().and_then(Result::ok), fields.next().and_then(Result::ok))
    });
    read.digest_algorithm = algorithm.and_then(|algorithm| digest_algorithm(&algorithm));
    read.digest = digest
        .and_then(|digest| digest.octets())
        .filter(|digest| digest.whole && digest.content.len() <= MAX_DIGEST_BYTES)
        .map(|digest| hex(digest.content));
    if read.digest_algorithm.is_none() || read.digest.is_none() {
        problems.add(STAGE, "digest_broken", info.map_or(data.offset, |info| info.offset), "");
    }
    read
}

/// Name of the digest algorithm in an `AlgorithmIdentifier`, as hashlib has it, else the dotted text.
pub(super) fn digest_algorithm(identifier: &Element) -> Option<String> {
    let algorithm = identifier.first().filter(|oid| oid.identifier == OBJECT_IDENTIFIER)?;
    Some(oid::digest_algorithm(oid::dotted(algorithm.content)?))
}

/// Algorithm of the page hashes in a `SpcAttributeTypeAndOptionalValue` of `SpcPeImageData`.
fn page_hashes(image_data: &Element) -> Option<String> {
    let mut fields = image_data.children();
    fields.next()?.ok().filter(|kind| kind.content == PE_IMAGE_DATA)?;
    let file = fields.next()?.ok()?.children().flatten().find(|field| field.identifier == CONTEXT_0)?;
    let moniker = file.first().filter(|link| link.identifier == CONTEXT_1)?;
    let mut parts = moniker.children();
    parts.next()?.ok().filter(|class| class.content == PAGE_HASHES_CLASS)?;
    let set = parts.next()?.ok()?.octets()?.first().filter(|set| set.identifier == SET)?;
    let kind = set.first()?.first()?;
    PAGE_HASHES.iter().find(|(oid, _)| *oid == kind.content).map(|(_, name)| (*name).to_owned())
}

/// Program name and URL of a `SpcSpOpusInfo`.
pub(super) fn opus_info(info: &Element, problems: &mut Problems) -> (Option<String>, Option<String>) {
    let (mut program_name, mut url) = (None, None);
    for field in info.children() {
        let Ok(field) = field else {
            problems.add(STAGE, "opus_info_broken", info.offset, "");
            break;
        };
        let Some(choice) = field.first() else {
            continue;
        };
        match field.identifier {
            CONTEXT_0 => program_name = spc_string(&choice, problems),
            CONTEXT_1 => url = spc_link(&choice, problems),
            _ => {}
        }
    }
    (program_name, url)
}

/// `SpcString`: a `BMPString` or an `IA5String`.
fn spc_string(choice: &Element, problems: &mut Problems) -> Option<String> {
    match choice.identifier {
        IMPLICIT_0 => Some(bounded_text(&choice.tagged(30), problems)),
        IMPLICIT_1 => Some(bounded_text(&choice.tagged(22), problems)),
        identifier => {
            problems.add(STAGE, "opus_info_broken", choice.offset, format!("tag 0x{identifier:02x}"));
            None
        }
    }
}

/// `SpcLink`: a URL, or text in the place of a file; a serialized object is no text.
fn spc_link(choice: &Element, problems: &mut Problems) -> Option<String> {
    match choice.identifier {
        IMPLICIT_0 => Some(bounded_text(&choice.tagged(22), problems)),
        CONTEXT_2 => spc_string(&choice.first()?, problems),
        _ => None,
    }
}

fn bounded_text(element: &Element, problems: &mut Problems) -> String {
    let (Text::String(mut text) | Text::Invalid(mut text) | Text::Hex(mut text)) = text(element);
    if text.len() > MAX_SIGNATURE_TEXT_BYTES {
        problems.limit("signature_text_bytes");
        let end = (0..=MAX_SIGNATURE_TEXT_BYTES).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
    }
    text
}
