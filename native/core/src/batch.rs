//! What a worker does in one call: the files of a batch in, two Parquet files and a summary out.
//!
//! Files are read, scanned and parsed one after the other and stay in memory, as a group, until they are
//! hashed side by side.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::extract::aside::{SetAside, set_aside};
use crate::extract::digests::complete;
use crate::extract::{FileRef, Options, begin};
use crate::input::{self, Buffers, Opened};
use crate::limits::{GROUP_BYTES, MAX_SLOWEST, RECORDS_CHUNK_BYTES};
use crate::output::Written;
use crate::output::records::RecordsWriter;
use crate::output::strings::StringsWriter;
use crate::profile::{self, Profile, Stage};
use crate::progress;
use crate::schema::Sample;

/// What extracting a batch came to.
#[derive(Debug, Default)]
pub struct Summary {
    /// Files, each a row.
    pub rows: u64,
    /// Bytes of input read.
    pub bytes: u64,
    /// The strings' file, of which each is a row.
    pub strings: Written,
    /// Files by `status`.
    pub statuses: BTreeMap<String, u32>,
    /// Files by problem, as `stage.kind`.
    pub problems: BTreeMap<String, u32>,
    /// The slowest files first.
    pub slowest: Vec<Slow>,
    /// CPU time by stage, where the caller has started it.
    pub profile: Profile,
}

/// A file and the time it took.
#[derive(Debug, Clone)]
pub struct Slow {
    /// Path below its root.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Wall time of reading, scanning and parsing it; it is hashed together with others.
    pub milliseconds: f64,
}

/// Where a batch's output goes and what is written into it.
#[derive(Debug)]
pub struct Target<'a> {
    /// Parquet file of the records.
    pub records: &'a Path,
    /// Parquet file of the strings.
    pub strings: &'a Path,
    /// `created_by` of the files.
    pub created_by: &'a str,
    /// Key-value metadata of the strings file, a part as it is.
    pub metadata: &'a [(String, String)],
}

/// Files that have ended a worker, by `sample_id`.
pub type Aside = HashMap<i32, SetAside>;

/// Extracts `files`, each with its location, in ascending `sample_id`. Careful, which is where some may
/// be set aside, it hashes them one by one: whatever happens happens at a file that `progress` names.
///
/// # Errors
/// Only where the output cannot be written; whatever is wrong with an input is in its row.
pub fn extract_batch(
    files: &[(PathBuf, FileRef)],
    options: Options,
    careful: Option<&Aside>,
    target: &Target,
    buffers: &mut Buffers,
) -> io::Result<Summary> {
    let mut strings = StringsWriter::create(target.strings, target.created_by, target.metadata)?;
    let mut records = RecordsWriter::create(target.records, options.classic).map_err(io::Error::other)?;
    let mut summary = Summary::default();
    let mut bytes = 0;
    let open =
        |location: &PathBuf| profile::during(Stage::Read, || input::open(location).inspect(input::announce));
    let mut opened = files.iter().map(|(location, file)| (location, file, open(location)));
    let mut next = opened.next();
    while let Some((_, _, first)) = &next {
        let held = |opened: &io::Result<Opened<File>>| {
            opened.as_ref().map_or(0, |opened| input::held(opened.size, options.max_file_size))
        };
        let mut room = buffers.room(held(first).max(GROUP_BYTES as u64));
        let (mut group, mut admitted_bytes) = (Vec::new(), Vec::new());
        let mut record_bytes = 0;
        let mut group_bytes = 0;
        while let Some((location, file, file_opened)) = next.take_if(|(_, _, opened)| {
            // The first one is taken where there is no room too: its row says so.
            group.is_empty()
                || (careful.is_none() && room.holds(held(opened)) && record_bytes <= RECORDS_CHUNK_BYTES)
        }) {
            // Opened before this one is worked on, so that the disk brings it meanwhile.
            next = opened.next();
            let started = Instant::now();
            let file_bytes = file_opened.as_ref().map_or(0, |opened| opened.size);
            group_bytes += file_bytes;
            progress::begin(Some(file.sample_id), file_bytes);
            strings.begin(file.sample_id);
            let again = || open(location);
            let mut extraction = match careful.and_then(|aside| aside.get(&file.sample_id)) {
                Some(how) => set_aside(file_opened, file, how),
                None => begin(file_opened, again, file, options, &mut room, &mut strings),
            };
            let admitted = records.admit(&mut extraction.sample);
            record_bytes += admitted;
            summary.add(&extraction.sample, started.elapsed().as_secs_f64() * 1e3);
            group.push(extraction);
            admitted_bytes.push(admitted);
        }
        bytes += group_bytes;
        if careful.is_none() {
            progress::begin(None, group_bytes);
        }
        profile::during(Stage::Hash, || complete(&mut group));
        profile::during(Stage::Records, || {
            let mut admitted = group.into_iter().zip(admitted_bytes);
            admitted.try_for_each(|(extraction, bytes)| records.push(extraction.sample, bytes))
        })
        .map_err(io::Error::other)?;
    }
    progress::begin(None, bytes);
    summary.strings = profile::during(Stage::Strings, || strings.finish())?;
    profile::during(Stage::Records, || records.finish()).map_err(io::Error::other)?;
    summary.profile = profile::taken();
    Ok(summary)
}

impl Summary {
    fn add(&mut self, sample: &Sample, milliseconds: f64) {
        self.rows += 1;
        self.bytes += sample.file_size as u64;
        *self.statuses.entry(sample.status.clone()).or_default() += 1;
        let mut kinds: Vec<_> = sample.problems.iter().map(|p| format!("{}.{}", p.stage, p.kind)).collect();
        kinds.extend(sample.limits_hit.iter().map(|limit| format!("limit.{limit}")));
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds {
            *self.problems.entry(kind).or_default() += 1;
        }
        let slower = self.slowest.partition_point(|slow| slow.milliseconds >= milliseconds);
        if slower < MAX_SLOWEST {
            let slow = Slow { path: sample.path.clone(), size: sample.file_size as u64, milliseconds };
            self.slowest.insert(slower, slow);
            self.slowest.truncate(MAX_SLOWEST);
        }
    }
}
