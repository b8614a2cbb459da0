//! Digests of a file and of its parts: collected while files are read, computed for many files at once.
//!
//! Promise: a record has every digest as soon as `complete` has returned, and no byte is hashed before.
//! What is a part, and what parts may cost, is decided where they are collected.

use crate::hash::{Algorithm, AlgorithmSet, Job, JobDigests, digest_jobs, hex};
use crate::schema::{Sample, Signature};

/// A record whose digests are still to come.
#[derive(Debug, Default)]
pub struct Extraction<'a> {
    /// The record.
    pub sample: Sample,
    pub(super) pending: Vec<Pending<'a>>,
    /// Place of the resource that is the main icon.
    pub(super) main_icon: Option<usize>,
}

/// A message of a file, and the columns that wait for its digests.
#[derive(Debug)]
pub(super) struct Pending<'a> {
    parts: Vec<&'a [u8]>,
    algorithms: AlgorithmSet,
    columns: Columns,
}

/// Columns that digests go to.
#[derive(Debug)]
pub(super) enum Columns {
    /// `md5`, `sha1`, `sha256`.
    File,
    /// `dos_stub.sha256`.
    DosStub,
    /// `md5` and `sha256` of the sections at these places, which share their data.
    Sections(Vec<usize>),
    /// `overlay.sha256`.
    Overlay,
    /// `sha256` of the resources at these places, which share their data.
    Resources(Vec<usize>),
    /// `authentihash_*`, and `digest_matches` of the signatures.
    Authentihash,
}

impl<'a> Pending<'a> {
    pub(super) fn new(message: &'a [u8], algorithms: AlgorithmSet, columns: Columns) -> Self {
        Self { parts: vec![message], algorithms, columns }
    }

    /// Of a message that lies in parts.
    pub(super) fn of_parts(parts: Vec<&'a [u8]>, algorithms: AlgorithmSet, columns: Columns) -> Self {
        Self { parts, algorithms, columns }
    }

    fn fill(&self, digests: &JobDigests, sample: &mut Sample) {
        let md5 = digests.md5.map(|digest| hex(&digest));
        let sha1 = digests.sha1.map(|digest| hex(&digest));
        let sha256 = digests.sha256.map(|digest| hex(&digest));
        match &self.columns {
            Columns::File => {
                sample.md5 = md5;
                sample.sha1 = sha1;
                sample.sha256 = sha256;
            }
            Columns::DosStub => {
                if let Some(stub) = &mut sample.dos_stub {
                    stub.sha256 = sha256;
                }
            }
            Columns::Sections(places) => {
                let sections = sample.sections.as_deref_mut().unwrap_or_default();
                for place in places {
                    if let Some(section) = sections.get_mut(*place) {
                        section.md5.clone_from(&md5);
                        section.sha256.clone_from(&sha256);
                    }
                }
            }
            Columns::Overlay => {
                if let Some(overlay) = &mut sample.overlay {
                    overlay.sha256 = sha256;
                }
            }
            Columns::Resources(places) => {
                let resources = sample.resources.as_deref_mut().unwrap_or_default();
                for place in places {
                    if let Some(resource) = resources.get_mut(*place) {
                        resource.sha256.clone_from(&sha256);
                    }
                }
            }
            Columns::Authentihash => {
                for signature in sample.signatures.as_deref_mut().unwrap_or_default() {
                    let own = algorithm_of(signature).and_then(|algorithm| digests.by(algorithm));
                    signature.digest_matches =
                        own.zip(signature.digest.as_ref()).map(|(own, signed)| hex(own) == *signed);
                }
                sample.authentihash_sha256 = sha256;
                sample.authentihash_sha1 = sha1;
                sample.authentihash_md5 = md5;
            }
        }
    }
}

/// The algorithm of the digest that a signature signs, where it is a known one.
pub(super) fn algorithm_of(signature: &Signature) -> Option<Algorithm> {
    Algorithm::named(signature.digest_algorithm.as_deref()?)
}

/// Computes all digests that the `extractions` wait for, side by side.
pub fn complete(extractions: &mut [Extraction<'_>]) {
    let pending = extractions.iter().flat_map(|extraction| &extraction.pending);
    let jobs: Vec<Job<'_>> =
        pending.map(|pending| Job::of_parts(&pending.parts, pending.algorithms)).collect();
    let mut digests = digest_jobs(&jobs).into_iter();
    drop(jobs);
    for Extraction { sample, pending, main_icon } in extractions {
        for pending in pending.drain(..) {
            if let Some(digests) = digests.next() {
                pending.fill(&digests, sample);
            }
        }
        let icon = main_icon.and_then(|place| sample.resources.as_deref()?.get(place));
        sample.icon_hash = icon.and_then(|icon| icon.sha256.clone());
    }
}
