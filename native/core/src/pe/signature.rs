//! The signatures of a file (Authenticode), those inside other signatures included.
//!
//! Gives what each says: digest, signer, program, time, and whether its bytes hold together. No chain
//! and no trust is verified. Nested signatures wait in a queue, so that depth costs no stack, and every
//! byte read is counted.

use std::collections::VecDeque;

use crate::asn1::der::Element;
use crate::limits::{MAX_SIGNATURE_BYTES, MAX_SIGNATURE_DEPTH, MAX_SIGNATURES, MAX_VERIFICATION_STEPS};
use crate::pe::authenticode::{IndirectData, digest_algorithm, indirect_data, opus_info};
use crate::pe::certificate_table::{CertificateTable, Pkcs7};
use crate::pe::countersignature::{self, countersignature, signing_time};
use crate::pe::pkcs7::{SignerInfo, signed_data};
use crate::pe::public_key::Budget;
use crate::pe::signer::signer;
use crate::pe::verification::{message_digest_matches, signature_verifies};
use crate::problems::Problems;
use crate::schema::Signature;

/// Contents octets of 1.3.6.1.4.1.311.2.4.1, `szOID_NESTED_SIGNATURE`.
const NESTED_SIGNATURE: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 4, 1];
/// Contents octets of 1.3.6.1.4.1.311.2.1.12, `SPC_SP_OPUS_INFO_OBJID`.
const OPUS_INFO: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 12];

const STAGE: &str = "signature";

/// Where a certificate was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// In a PKCS#7 of the certificate table.
    Signature,
    /// In a signature inside another.
    Nested,
    /// In a timestamp token.
    Timestamp,
}

impl Source {
    /// Its name in the column.
    pub fn name(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Nested => "nested",
            Self::Timestamp => "timestamp",
        }
    }
}

/// A set of certificates that does not lie in the certificate table itself.
#[derive(Debug, Clone, Copy)]
pub struct CertificateSet<'a> {
    /// What it came with.
    pub source: Source,
    pub(super) set: Element<'a>,
}

/// A signature that waits to be read.
struct Waiting<'a> {
    pkcs7: Pkcs7<'a>,
    depth: usize,
}

/// Reads every signature of a file.
struct Reader<'a, 'p> {
    queue: VecDeque<Waiting<'a>>,
    signatures: Vec<Signature>,
    sets: Vec<CertificateSet<'a>>,
    bytes_left: usize,
    verification_steps: usize,
    problems: &'p mut Problems,
}

/// Every signature in `table`, those nested behind those around them, `digest_matches` still null; and
/// the certificates that came with nested signatures and timestamps.
pub fn signatures<'a>(
    table: &CertificateTable<'a>,
    problems: &mut Problems,
) -> (Vec<Signature>, Vec<CertificateSet<'a>>) {
    let queue = table.pkcs7.iter().map(|pkcs7| Waiting { pkcs7: *pkcs7, depth: 0 }).collect();
    let mut reader = Reader {
        queue,
        signatures: Vec::new(),
        sets: Vec::new(),
        bytes_left: MAX_SIGNATURE_BYTES,
        verification_steps: MAX_VERIFICATION_STEPS,
        problems,
    };
    while let Some(waiting) = reader.queue.pop_front() {
        reader.read(&waiting);
    }
    (reader.signatures, reader.sets)
}

impl<'a> Reader<'a, '_> {
    fn read(&mut self, waiting: &Waiting<'a>) {
        let (content_info, parts) = (waiting.pkcs7.content_info, waiting.pkcs7.signed_data);
        if self.signatures.len() >= MAX_SIGNATURES {
            self.problems.limit("signatures");
            return;
        }
        if !self.affords(&content_info) {
            return;
        }
        let mut signature = Signature {
            nested: waiting.depth > 0,
            file_offset: content_info.offset as i64,
            size: content_info.raw.len() as i64,
            ..Signature::default()
        };
        if let Some(set) = parts.certificates.filter(|_| signature.nested) {
            self.sets.push(CertificateSet { source: Source::Nested, set });
        }
        let content = parts.content.map_or_else(IndirectData::default, |content| {
            let content = indirect_data(&content, self.problems);
            signature.digest_algorithm.clone_from(&content.digest_algorithm);
            signature.digest.clone_from(&content.digest);
            signature.page_hashes.clone_from(&content.page_hashes);
            content
        });
        let mut infos = parts.signer_infos.into_iter().flat_map(|infos| infos.children().flatten());
        let info = infos.next().and_then(|info| SignerInfo::read(&info, self.problems));
        if let Some(second) = infos.next() {
            self.problems.add(STAGE, "several_signers", second.offset, "");
        }
        if let Some(info) = info {
            self.signed_by(&info, parts.certificates, &content, &mut signature);
            self.nest(&info, waiting.depth + 1);
        } else {
            self.problems.add(STAGE, "no_signer", content_info.offset, "");
        }
        self.signatures.push(signature);
    }

    /// Fills in what the signer says.
    fn signed_by(
        &mut self,
        info: &SignerInfo<'a>,
        certificates: Option<Element<'a>>,
        content: &IndirectData,
        signature: &mut Signature,
    ) {
        let signer = signer(info, certificates, self.problems);
        signature.signer = signer.subject;
        signature.signer_issuer = signer.issuer;
        signature.signer_serial = signer.serial;
        signature.signer_fingerprint = signer.fingerprint;
        signature.signer_digest_algorithm = info.digest_algorithm.and_then(|id| digest_algorithm(&id));
        signature.content_digest_matches = message_digest_matches(info, content.signed_bytes);
        signature.signature_verifies =
            signature_verifies(info, signer.certificate, content.signed_bytes, &mut self.budget());
        if signature.content_digest_matches == Some(false) {
            self.problems.odd(
                STAGE,
                "content_digest",
                signature.file_offset as u64,
                "the signer signed other content",
            );
        }
        if let Some(opus) = info.signed.first(OPUS_INFO) {
            (signature.program_name, signature.url) = opus_info(&opus, self.problems);
        }
        signature.signing_time = signing_time(info, self.problems);

        let mut elements = countersignature::elements(&info.unsigned);
        if let Some((kind, element)) = elements.next()
            && self.affords(&element)
        {
            let stamped = info.signature.map_or(&[][..], |signature| signature.content);
            let read = countersignature(kind, &element, stamped, certificates, &mut self.budget());
            signature.countersignature = Some(read.kind.name().to_owned());
            signature.countersignature_verifies = read.verifies;
            signature.countersignature_time = read.time;
            signature.countersigner = read.signer.subject;
            signature.countersigner_issuer = read.signer.issuer;
            signature.countersigner_serial = read.signer.serial;
            signature.signing_time = read.time.or(signature.signing_time);
            let set = read.certificates;
            self.sets.extend(set.map(|set| CertificateSet { source: Source::Timestamp, set }));
        }
        if let Some((kind, element)) = elements.next() {
            self.problems.add(STAGE, "several_countersignatures", element.offset, kind.name());
        }
    }

    /// Puts the signatures inside this one into the queue.
    fn nest(&mut self, info: &SignerInfo<'a>, depth: usize) {
        let values = info.unsigned.iter().filter(|(kind, _)| *kind == NESTED_SIGNATURE);
        for content_info in values.flat_map(|(_, values)| values.children().flatten()) {
            if depth > MAX_SIGNATURE_DEPTH {
                self.problems.limit("signature_depth");
                return;
            }
            if self.queue.len() + self.signatures.len() >= MAX_SIGNATURES {
                self.problems.limit("signatures");
                return;
            }
            match signed_data(&content_info) {
                Some(signed_data) => {
                    self.queue.push_back(Waiting { pkcs7: Pkcs7 { content_info, signed_data }, depth });
                }
                None => self.problems.add(STAGE, "nested_broken", content_info.offset, ""),
            }
        }
    }

    fn budget(&mut self) -> Budget<'_> {
        Budget { steps: &mut self.verification_steps, problems: self.problems }
    }

    /// Whether the bytes of `element` may still be read; they are taken off what is left.
    fn affords(&mut self, element: &Element) -> bool {
        if let Some(left) = self.bytes_left.checked_sub(element.raw.len()) {
            self.bytes_left = left;
            return true;
        }
        self.problems.limit("signature_bytes");
        false
    }
}
