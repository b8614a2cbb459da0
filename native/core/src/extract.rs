//! One file: read once, counted, scanned, parsed, and hashed together with others; a row whatever it holds.
//!
//! Each stage is guarded by itself, so that a panic in one costs that stage's columns and nothing
//! else. The strings go to the caller's sink, everything else into the record.

use std::cell::RefCell;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use self::digests::{Columns, Extraction, Pending, complete};
use crate::column::{Bytes, Timestamp};
use crate::hash::{AlgorithmSet, Digests, hex};
use crate::input::{self, Buffers, Contents, Opened, Room};
use crate::pe::checksum::Words;
use crate::pe::{self, Image, names};
use crate::problems::Problems;
use crate::profile::{self, Stage};
use crate::schema::Sample;
use crate::text::histogram::Histogram;
use crate::text::histogram::spans::Spans;
use crate::text::magic::magic;
use crate::text::scan::{Encoding, Scanner, StringCounts, StringSink, scan_beside};
use crate::{fault, feature, progress};

pub mod aside;
pub mod digests;
mod pivots;
mod trust;

/// `Characteristics` of the COFF header: the file is a DLL.
const IMAGE_FILE_DLL: i32 = 0x2000;

/// What changes rows.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Only the columns of the classic system.
    pub classic: bool,
    /// Bytes up to which a file is held whole and parsed; of a larger one the first window is.
    pub max_file_size: u64,
    /// TLSH of files that are held whole.
    pub tlsh: bool,
    /// What of a file is extracted.
    pub part: Part,
}

/// What of a file is extracted: all of it, or a part, where workers of their own do each and a store joins
/// their rows. The columns of other parts are null then, and `status` and `problems` are of this part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    #[default]
    All,
    /// Structure and magic, with the digests and counts of sections, resources and the like.
    Pe,
    /// Digests, entropy and histogram of the whole file.
    Hashes,
    /// Static strings.
    Strings,
}

impl Part {
    /// The part of that name, as `pe`.
    pub fn named(name: &str) -> Option<Self> {
        [("all", Self::All), ("pe", Self::Pe), ("hashes", Self::Hashes), ("strings", Self::Strings)]
            .into_iter()
            .find_map(|(known, part)| (known == name).then_some(part))
    }

    fn has(self, part: Self) -> bool {
        self == Self::All || self == part
    }
}

/// One file of a plan.
#[derive(Debug, Clone)]
pub struct FileRef {
    /// Its number within the output.
    pub sample_id: i32,
    /// Path below its root, as it is shown.
    pub path: String,
    /// The path's own bytes, where they are not UTF-8.
    pub path_raw: Option<Vec<u8>>,
    /// Size and modification time (milliseconds since 1970) that the plan saw; none where there is no plan.
    pub planned: Option<(u64, i64)>,
}

/// Extracts the file at `location`; `file` says how it is named in its row.
pub fn extract(
    location: &Path,
    file: &FileRef,
    options: Options,
    buffers: &mut Buffers,
    strings: &mut impl StringSink,
) -> Sample {
    extract_from(|| input::open(location), file, options, buffers, strings)
}

/// Extracts what `open` opens: once, or twice where it is larger than the bound of what is held whole.
pub fn extract_from<R: Read>(
    open: impl Fn() -> io::Result<Opened<R>>,
    file: &FileRef,
    options: Options,
    buffers: &mut Buffers,
    strings: &mut impl StringSink,
) -> Sample {
    let opened = open();
    let size = opened.as_ref().map_or(0, |opened| input::held(opened.size, options.max_file_size));
    let mut extractions = [begin(opened, open, file, options, &mut buffers.room(size), strings)];
    complete(&mut extractions);
    let [Extraction { sample, .. }] = extractions;
    sample
}

/// Extracts what is `opened`, all but its digests, for which its bytes stay in the `room`; `again` opens it
/// a second time, which is done where it is larger than the bound of what is held whole.
pub fn begin<'a, R: Read>(
    opened: io::Result<Opened<R>>,
    again: impl Fn() -> io::Result<Opened<R>>,
    file: &FileRef,
    options: Options,
    room: &mut Room<'a>,
    strings: &mut impl StringSink,
) -> Extraction<'a> {
    let mut extraction = Extraction { sample: unread(file), ..Extraction::default() };
    let mut problems = Problems::default();
    if let Err(error) = see(opened, again, file, options, room, strings, (&mut extraction, &mut problems)) {
        "failed".clone_into(&mut extraction.sample.status);
        problems.add("read", "unreadable", None, error.to_string());
    }
    let sample = &mut extraction.sample;
    let cut = !sample.limits_hit.is_empty();
    sample.problems = problems.list;
    sample.limits_hit.extend(problems.limits_hit);
    if sample.status == "ok" && (problems.broken || cut) {
        "partial".clone_into(&mut sample.status);
    }
    extraction
}

/// The row of a file of which nothing has been read.
fn unread(file: &FileRef) -> Sample {
    Sample {
        sample_id: file.sample_id,
        file_name: file.path.rsplit('/').next().unwrap_or_default().to_owned(),
        path: file.path.clone(),
        path_raw: file.path_raw.clone().map(Bytes),
        ..Sample::default()
    }
}

/// Reads, scans and parses. The headers come before the scan, so that it can count sections apart.
fn see<'a, R: Read>(
    opened: io::Result<Opened<R>>,
    again: impl Fn() -> io::Result<Opened<R>>,
    file: &FileRef,
    options: Options,
    room: &mut Room<'a>,
    strings: &mut impl StringSink,
    (extraction, problems): (&mut Extraction<'a>, &mut Problems),
) -> io::Result<()> {
    let mut windows = Windows::default();
    let contents = caught_io(|| {
        profile::during(Stage::Read, || {
            fault::strike_reading(&file.path);
            input::read(opened?, options.max_file_size, room, |window| {
                profile::during(Stage::Scan, || windows.push(window, options.part, strings));
            })
        })
    })?;
    let is_whole = contents.head.len() as u64 == contents.size;
    let image = options.part.has(Part::Pe).then(|| {
        profile::during(Stage::Parse, || {
            guarded("header", problems, |problems| {
                fault::strike_parsing(&file.path);
                Image::parse(contents.head, problems)
            })
        })
    });
    let counts = caught_io(|| {
        profile::during(Stage::Scan, || {
            if is_whole {
                let cuts = image
                    .as_ref()
                    .and_then(Option::as_ref)
                    .filter(|_| !options.classic)
                    .map(feature::parts::cuts);
                Ok(Some(scan_whole(&contents, cuts.unwrap_or_default(), options, strings, extraction)))
            } else {
                windows.finish(again()?, room, options, strings, &mut extraction.sample)?;
                Ok(None)
            }
        })
    })?;
    extraction.sample.file_size = contents.size as i64;
    note_changes(file, &contents, problems);
    if options.tlsh && is_whole && options.part.has(Part::Hashes) {
        extraction.sample.tlsh = guarded("tlsh", problems, |_| feature::tlsh::tlsh(contents.head));
    }
    match image {
        Some(image) => profile::during(Stage::Parse, || {
            parse(&contents, image, counts.as_ref(), options, extraction, problems);
        }),
        None => "ok".clone_into(&mut extraction.sample.status),
    }
    Ok(())
}

/// Scans a file that is in memory; the counts of its bytes, cut at `cuts`.
fn scan_whole<'a>(
    contents: &Contents<'a>,
    cuts: Vec<u64>,
    options: Options,
    strings: &mut impl StringSink,
    Extraction { sample, pending, .. }: &mut Extraction<'a>,
) -> Counts {
    let (hashes, full_pe) = (options.part.has(Part::Hashes), !options.classic && options.part.has(Part::Pe));
    let mut counts = Counts { spans: Spans::new(contents.size, cuts), words: Words::default() };
    let mut count = |bytes: &[u8]| {
        if hashes || full_pe {
            counts.spans.push(bytes);
        }
        if full_pe {
            counts.words.add(bytes);
        }
    };
    if options.part.has(Part::Strings) {
        let (ascii, wide) = scan_beside(contents.head, strings, count);
        count_strings(sample, ascii, wide);
    } else {
        contents.head.chunks(COUNTED_AT_ONCE).for_each(&mut count);
    }
    if hashes {
        pending.push(Pending::new(contents.head, AlgorithmSet::FILE, Columns::File));
        count_bytes(sample, &counts.spans.part(0, contents.size).unwrap_or_default(), options);
    }
    counts
}

/// Bytes that are counted together where no strings are looked for: they stay in L1.
const COUNTED_AT_ONCE: usize = 8 << 10;

/// What the scan of a file that is held whole has counted beside strings.
struct Counts {
    spans: Spans,
    words: Words,
}

/// What is gathered of a file that is larger than what is held.
struct Windows {
    digests: Digests,
    histogram: Histogram,
    ascii: Scanner,
}

impl Default for Windows {
    fn default() -> Self {
        Self {
            digests: Digests::default(),
            histogram: Histogram::default(),
            ascii: Scanner::new(Encoding::Ascii),
        }
    }
}

impl Windows {
    fn push(&mut self, window: &[u8], part: Part, strings: &mut impl StringSink) {
        if part.has(Part::Hashes) {
            self.digests.update(window);
            self.histogram.add(window);
        }
        if part.has(Part::Strings) {
            self.ascii.push(window, strings);
        }
    }

    /// All ASCII strings come before all wide ones, and a file in windows could hold more wide text than
    /// memory: it is read a second time.
    fn finish(
        self,
        mut again: Opened<impl Read>,
        room: &mut Room,
        options: Options,
        strings: &mut impl StringSink,
        sample: &mut Sample,
    ) -> io::Result<()> {
        if options.part.has(Part::Strings) {
            let ascii = self.ascii.finish(strings);
            let mut wide = Scanner::new(Encoding::Utf16Le);
            input::windows(&mut again.bytes, again.size, room, |window| wide.push(window, strings))?;
            count_strings(sample, ascii, wide.finish(strings));
        }
        if !options.part.has(Part::Hashes) {
            return Ok(());
        }
        count_bytes(sample, &self.histogram, options);
        let digests = self.digests.finish();
        sample.md5 = Some(hex(&digests.md5));
        sample.sha1 = Some(hex(&digests.sha1));
        sample.sha256 = Some(hex(&digests.sha256));
        Ok(())
    }
}

fn count_bytes(sample: &mut Sample, histogram: &Histogram, options: Options) {
    sample.entropy = Some(histogram.entropy());
    if !options.classic {
        sample.byte_histogram = Some(histogram.counts.iter().map(|&count| count as i64).collect());
    }
}

fn count_strings(sample: &mut Sample, ascii: StringCounts, wide: StringCounts) {
    sample.string_count_ascii = Some(ascii.strings as i64);
    sample.string_count_wide = Some(wide.strings as i64);
    sample.string_bytes = Some((ascii.text_bytes + wide.text_bytes) as i64);
    if ascii.cut + wide.cut > 0 {
        sample.limits_hit.push("string_length".to_owned());
    }
}

fn note_changes(file: &FileRef, contents: &Contents, problems: &mut Problems) {
    let seen = (contents.size, contents.mtime);
    let changed =
        file.planned.is_some_and(|planned| planned != seen) || contents.size != contents.size_at_open;
    if changed {
        let (size, mtime) = file.planned.unwrap_or((contents.size_at_open, contents.mtime));
        let detail =
            format!("planned {size} bytes of {}, read {} of {}", millis(mtime), seen.0, millis(seen.1));
        problems.add("read", "changed", None, detail);
    }
}

fn millis(time: i64) -> String {
    format!("{}.{:03}", Timestamp(time.div_euclid(1_000)), time.rem_euclid(1_000))
}

/// The stages that parse, each guarded.
fn parse<'a>(
    contents: &Contents<'a>,
    image: Option<Image<'a>>,
    counts: Option<&Counts>,
    options: Options,
    extraction: &mut Extraction<'a>,
    problems: &mut Problems,
) {
    let bytes = contents.head;
    let sample = &mut extraction.sample;
    if bytes.len() as u64 != contents.size {
        problems.limit("max_file_size");
    }
    sample.magic =
        profile::during(Stage::Parts, || guarded("magic", problems, |_| Some(magic(bytes, contents.size))));
    let Some(image) = image else {
        "not_pe".clone_into(&mut sample.status);
        return;
    };
    "ok".clone_into(&mut sample.status);
    guarded("header", problems, |_| {
        headers(&image, options, sample);
        sample.sections = Some(image.sections().to_vec());
        Some(())
    });
    sample.imports = guarded("import", problems, |problems| pe::import::imports(&image, problems));
    sample.exports = guarded("export", problems, |problems| pe::export::exports(&image, problems));
    trust::trust(&image, contents, options, extraction, problems);
    if options.classic {
        return;
    }
    let sample = &mut extraction.sample;
    sample.export_directory = guarded("export", problems, |_| pe::export::export_directory(&image));
    directories(&image, sample, problems);
    clr(&image, sample, problems);
    resources(&image, extraction, problems);
    pivots::pivots(&image, contents.size, counts, extraction, problems);
}

fn clr(image: &Image, sample: &mut Sample, problems: &mut Problems) {
    sample.clr = guarded("clr", problems, |problems| pe::clr::clr(image, problems));
}

/// Debug, TLS, load configuration, relocations, exceptions.
fn directories(image: &Image, sample: &mut Sample, problems: &mut Problems) {
    sample.debug = guarded("debug", problems, |problems| pe::debug::debug(image, problems));
    let mut records = sample.debug.iter().flatten().filter_map(|entry| entry.codeview.as_ref());
    if let Some(pdb) = records.find(|record| record.path.is_some()) {
        sample.pdb_path.clone_from(&pdb.path);
        sample.pdb_guid.clone_from(&pdb.guid);
        sample.pdb_age = pdb.age;
    }
    sample.tls = guarded("tls", problems, |problems| pe::tls::tls(image, problems));
    sample.load_config =
        guarded("load_config", problems, |problems| pe::load_config::load_config(image, problems));
    sample.relocations =
        guarded("relocation", problems, |problems| pe::relocation::relocations(image, problems));
    sample.exceptions = guarded("exception", problems, |problems| pe::exception::exceptions(image, problems));
}

fn headers(image: &Image, options: Options, sample: &mut Sample) {
    let coff = image.coff_header();
    sample.headers = coff.cloned();
    sample.headers_optional = image.optional_header().cloned();
    if options.classic {
        return;
    }
    sample.dos_header = Some(image.dos_header().clone());
    sample.data_directories = Some(image.data_directories());
    sample.is_64bit = Some(image.is_64bit());
    sample.is_dll = coff.map(|coff| coff.characteristics & IMAGE_FILE_DLL != 0);
    sample.machine_name =
        coff.and_then(|coff| names::name(names::MACHINES, coff.machine as u32)).map(str::to_owned);
    sample.subsystem_name = image
        .optional_header()
        .and_then(|optional| names::name(names::SUBSYSTEMS, optional.subsystem? as u32))
        .map(str::to_owned);
    sample.coff_timestamp = coff.map(|coff| Timestamp(coff.time_date_stamp));
}

/// The resource directory and what single resources say.
fn resources<'a>(
    image: &Image<'a>,
    Extraction { sample, pending, main_icon }: &mut Extraction<'a>,
    problems: &mut Problems,
) {
    let tree = guarded("resource", problems, |problems| pe::resource_tree::tree(image, problems));
    let Some(tree) = tree else { return };
    let leaves = &tree.leaves;
    sample.resource_directory = Some(tree.directory);
    let (rows, data) = profile::during(Stage::Parts, || {
        guarded("resource", problems, |problems| Some(pe::resource::resources(image, leaves, problems)))
    })
    .unzip();
    sample.resources = rows;
    pending.extend(
        data.into_iter()
            .flatten()
            .map(|data| Pending::new(data.bytes, AlgorithmSet::SHA256, Columns::Resources(data.places))),
    );
    sample.version_info =
        guarded("version_info", problems, |problems| pe::version_info::version_info(image, leaves, problems));
    sample.manifest =
        guarded("manifest", problems, |problems| pe::manifest::manifest(image, leaves, problems));
    *main_icon = guarded("icon", problems, |problems| pe::icon::main_icon(image, leaves, problems));
}

/// Runs one stage; a panic becomes a problem of that stage.
fn guarded<T>(
    stage: &'static str,
    problems: &mut Problems,
    run: impl FnOnce(&mut Problems) -> Option<T>,
) -> Option<T> {
    let around = progress::enter(stage);
    let result = caught(|| run(problems));
    progress::enter(around);
    result.unwrap_or_else(|panic| {
        problems.add(stage, "panic", None, panic);
        None
    })
}

/// What `run` gives; a panic is an error like any other of reading.
fn caught_io<T>(run: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    caught(run).unwrap_or_else(|panic| Err(io::Error::other(format!("panic: {panic}"))))
}

/// What `run` gives, or place and message of its panic.
fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| LAST_PANIC.take())
}

thread_local! {
    /// Place and message of this thread's last panic.
    static LAST_PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps panics off the terminal: a stage's panic is noted in its row, with place and message.
pub fn silence_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let text = panic.payload().downcast_ref::<String>().map(String::as_str);
        let message = text.or_else(|| panic.payload().downcast_ref().copied()).unwrap_or("no message");
        LAST_PANIC.set(format!("{place}: {message}"));
    }));
}
