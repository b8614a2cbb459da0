//! The certificate table: a list of `WIN_CERTIFICATE`, and where the PKCS#7 in it lie.
//!
//! An entry with a wrong length, revision or type is noted and read as far as it goes. What the
//! PKCS#7 hold is left to `certificate` and `signature`. Source: "PE Format", section "The Attribute
//! Certificate Table".

use crate::asn1::der::{Element, Elements};
use crate::limits::{MAX_SIGNATURES, MAX_WIN_CERTIFICATES};
use crate::pe::pkcs7::{SignedData, signed_data};
use crate::problems::Problems;
use crate::schema::WinCertificate;

/// `dwLength`, `wRevision` and `wCertificateType`.
const HEADER_SIZE: usize = 8;
/// `WIN_CERT_TYPE_PKCS_SIGNED_DATA`.
const PKCS_SIGNED_DATA: i32 = 2;
/// `WIN_CERT_REVISION_1_0` and `WIN_CERT_REVISION_2_0`.
const REVISIONS: [i32; 2] = [0x100, 0x200];

const STAGE: &str = "certificate";

/// What a certificate table holds.
#[derive(Debug, Default)]
pub struct CertificateTable<'a> {
    /// Headers of the entries.
    pub entries: Vec<WinCertificate>,
    /// Every PKCS#7 of every entry.
    pub(super) pkcs7: Vec<Pkcs7<'a>>,
}

/// A `ContentInfo` that holds a `SignedData`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pkcs7<'a> {
    pub(super) content_info: Element<'a>,
    pub(super) signed_data: SignedData<'a>,
}

impl<'a> CertificateTable<'a> {
    /// Reads `table`, the bytes of the certificate table that the file holds, which lie at
    /// `table_offset`.
    pub fn read(table: &'a [u8], table_offset: u64, problems: &mut Problems) -> Self {
        let mut read = Self::default();
        let mut at = 0usize;
        for _ in 0..MAX_WIN_CERTIFICATES {
            let rest = table.get(at..).unwrap_or_default();
            let offset = table_offset.saturating_add(at as u64);
            let Some(entry) = Entry::read(rest, offset, problems) else {
                return read;
            };
            let kind = entry.header.certificate_type;
            read.entries.push(entry.header);
            if kind == PKCS_SIGNED_DATA {
                read.collect(entry.body, offset.saturating_add(HEADER_SIZE as u64), problems);
            } else {
                problems.add(STAGE, "entry_type", offset, format!("wCertificateType {kind}"));
            }
            let Some(next) = entry.next else {
                return read;
            };
            at = at.saturating_add(next);
        }
        if table.get(at..).is_some_and(|rest| rest.iter().any(|byte| *byte != 0)) {
            problems.limit("certificate_entries");
        }
        read
    }

    /// Adds every PKCS#7 in `body`.
    fn collect(&mut self, body: &'a [u8], offset: u64, problems: &mut Problems) {
        let mut content_infos = Elements::new(body, offset);
        let mut found = 0usize;
        loop {
            let behind = content_infos.clone();
            let Some(element) = content_infos.next() else {
                break;
            };
            let signed = element.ok().and_then(|element| Some((element, signed_data(&element)?)));
            let Some((content_info, signed_data)) = signed else {
                // Installers keep data of their own behind the PKCS#7, where no hash covers it.
                not_pkcs7(found, behind.offset(), behind.rest().len(), problems);
                return;
            };
            if self.pkcs7.len() >= MAX_SIGNATURES {
                problems.limit("signatures");
                return;
            }
            found += 1;
            if !content_info.whole {
                problems.add(STAGE, "pkcs7_truncated", content_info.offset, "");
            }
            self.pkcs7.push(Pkcs7 { content_info, signed_data });
        }
        let rest = content_infos.rest();
        if found == 0 || rest.iter().any(|byte| *byte != 0) {
            not_pkcs7(found, content_infos.offset(), rest.len(), problems);
        }
    }
}

fn not_pkcs7(found: usize, offset: u64, size: usize, problems: &mut Problems) {
    let kind = if found == 0 { "pkcs7_broken" } else { "pkcs7_trailing_data" };
    problems.add(STAGE, kind, offset, format!("{size} bytes"));
}

/// One `WIN_CERTIFICATE`.
struct Entry<'a> {
    header: WinCertificate,
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
        let dw_length = u32::from_le_bytes([l0, l1, l2, l3]);
        let length = dw_length as usize;
        let header = WinCertificate {
            file_offset: offset as i64,
            length: dw_length.into(),
            revision: u16::from_le_bytes([r0, r1]).into(),
            certificate_type: u16::from_le_bytes([k0, k1]).into(),
        };
        if !REVISIONS.contains(&header.revision) {
            problems.add(STAGE, "entry_revision", offset, format!("wRevision 0x{:04x}", header.revision));
        }
        let body = length.checked_sub(HEADER_SIZE).and_then(|size| behind.get(..size));
        if body.is_none() {
            let detail = format!("dwLength {length}, {} bytes left", rest.len());
            let kind = if length < HEADER_SIZE { "entry_length" } else { "entry_truncated" };
            problems.add(STAGE, kind, offset, detail);
        }
        Some(Entry {
            header,
            // A length that is wrong says nothing of where the PKCS#7 ends, which knows it itself.
            body: body.unwrap_or(behind),
            next: body.and(length.checked_next_multiple_of(8)),
        })
    }
}
