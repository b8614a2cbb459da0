//! The certificate table: a list of `WIN_CERTIFICATE`, and the certificates of every PKCS#7 in it.
//!
//! An entry with a wrong length, revision or type is noted and read as far as it goes; a broken
//! certificate costs itself alone. Certificates of nested signatures and of timestamps that lie in
//! attributes are not listed. Source: "PE Format", section "The Attribute Certificate Table".

use crate::asn1::der::{Element, Elements, SEQUENCE};
use crate::limits::{MAX_CERTIFICATE_BYTES, MAX_CERTIFICATES, MAX_WIN_CERTIFICATES};
use crate::pe::pkcs7::signed_data;
use crate::pe::x509::certificate;
use crate::problems::Problems;
use crate::schema::Certificate;

/// `dwLength`, `wRevision` and `wCertificateType`.
const HEADER_SIZE: usize = 8;
/// `WIN_CERT_TYPE_PKCS_SIGNED_DATA`.
const PKCS_SIGNED_DATA: u16 = 2;
/// `WIN_CERT_REVISION_1_0` and `WIN_CERT_REVISION_2_0`.
const REVISIONS: [u16; 2] = [0x100, 0x200];

const STAGE: &str = "certificate";

/// Every certificate in `table`, the bytes of the certificate table that the file holds, which lie
/// at `table_offset`; in the order of the entries and of each PKCS#7.
pub fn certificates(table: &[u8], table_offset: u64, problems: &mut Problems) -> Vec<Certificate> {
    let mut list = Vec::new();
    let mut at = 0usize;
    for _ in 0..MAX_WIN_CERTIFICATES {
        let rest = table.get(at..).unwrap_or_default();
        let offset = table_offset.saturating_add(at as u64);
        let Some(entry) = Entry::read(rest, offset, problems) else {
            return list;
        };
        if entry.kind == PKCS_SIGNED_DATA {
            collect(entry.body, offset.saturating_add(HEADER_SIZE as u64), &mut list, problems);
        } else {
            problems.add(STAGE, "entry_type", offset, format!("wCertificateType {}", entry.kind));
        }
        let Some(next) = entry.next else {
            return list;
        };
        at = at.saturating_add(next);
    }
    if table.get(at..).is_some_and(|rest| rest.iter().any(|byte| *byte != 0)) {
        problems.limit("certificate_entries");
    }
    list
}

/// One `WIN_CERTIFICATE`.
struct Entry<'a> {
    kind: u16,
    /// `bCertificate`, with the padding that the length includes.
    body: &'a [u8],
    /// Bytes from this entry to the next; none where the length does not lead to one.
    next: Option<usize>,
}

impl<'a> Entry<'a> {
    /// The entry that `rest` begins with; none where there is none.
    fn read(rest: &'a [u8], offset: u64, problems: &mut Problems) -> Option<Entry<'a>> {
        // Zeros behind the last entry fill the table up to its alignment.
        if rest.iter().take(HEADER_SIZE).all(|byte| *byte == 0) {
            return None;
        }
        let Some((&[l0, l1, l2, l3, r0, r1, k0, k1], behind)) = rest.split_first_chunk::<HEADER_SIZE>()
        else {
            problems.add(STAGE, "entry_truncated", offset, format!("{} bytes of a header", rest.len()));
            return None;
        };
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        let revision = u16::from_le_bytes([r0, r1]);
        if !REVISIONS.contains(&revision) {
            problems.add(STAGE, "entry_revision", offset, format!("wRevision 0x{revision:04x}"));
        }
        let body = length.checked_sub(HEADER_SIZE).and_then(|size| behind.get(..size));
        if body.is_none() {
            let detail = format!("dwLength {length}, {} bytes left", rest.len());
            let kind = if length < HEADER_SIZE { "entry_length" } else { "entry_truncated" };
            problems.add(STAGE, kind, offset, detail);
        }
        Some(Entry {
            kind: u16::from_le_bytes([k0, k1]),
            // A length that is wrong says nothing of where the PKCS#7 ends, which knows it itself.
            body: body.unwrap_or(behind),
            next: body.and(length.checked_next_multiple_of(8)),
        })
    }
}

/// Adds the certificates of every PKCS#7 in `body`.
fn collect(body: &[u8], offset: u64, list: &mut Vec<Certificate>, problems: &mut Problems) {
    let mut content_infos = Elements::new(body, offset);
    let mut found = 0usize;
    loop {
        let behind = content_infos.clone();
        let Some(element) = content_infos.next() else {
            break;
        };
        let signed = element.ok().and_then(|element| Some((element, signed_data(&element)?)));
        let Some((content_info, signed)) = signed else {
            // Installers keep data of their own behind the PKCS#7, where no hash covers it.
            not_pkcs7(found, behind.offset(), behind.rest().len(), problems);
            return;
        };
        found += 1;
        if !content_info.whole {
            problems.add(STAGE, "pkcs7_truncated", content_info.offset, "");
        }
        if let Some(set) = signed.certificates
            && !certificate_set(&set, list, problems)
        {
            return;
        }
    }
    let rest = content_infos.rest();
    if found == 0 || rest.iter().any(|byte| *byte != 0) {
        not_pkcs7(found, content_infos.offset(), rest.len(), problems);
    }
}

fn not_pkcs7(found: usize, offset: u64, size: usize, problems: &mut Problems) {
    let kind = if found == 0 { "pkcs7_broken" } else { "pkcs7_trailing_data" };
    problems.add(STAGE, kind, offset, format!("{size} bytes"));
}

/// Adds the certificates of one set; false once a file has as many as are kept.
fn certificate_set(set: &Element, list: &mut Vec<Certificate>, problems: &mut Problems) -> bool {
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
        if element.identifier != SEQUENCE {
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
            list.push(certificate(&element, problems));
        }
    }
    true
}
