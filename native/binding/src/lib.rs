//! merc-core for JavaScript: names and options in, plans and small summaries out. One plain function behind
//! each export and one class (`found`), synchronous but for `file_stats`; the pool's workers are what runs
//! side by side.

mod found;
mod guard;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use merc_core::batch::{self, Aside, Slow, Target};
use merc_core::extract::aside::SetAside;
use merc_core::extract::{self, FileRef, Options, Part};
use merc_core::fault::{self, Fault};
use merc_core::hash;
use merc_core::input::{self, Buffers};
use merc_core::output::Written;
use merc_core::output::concat;
use merc_core::output::samples::{self, SamplesPart};
use merc_core::profile;
use merc_core::text::scan::Encoding;
use napi::bindgen_prelude::{AsyncTask, Buffer, Float64Array};
use napi::{Env, Error, Result, Task};
use napi_derive::napi;

thread_local! {
    /// Buffers of this worker, kept from batch to batch.
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

/// Options that change rows.
#[napi(object)]
pub struct ExtractOptions {
    /// Only the columns of the classic system.
    pub classic: bool,
    /// Bytes up to which a file is held whole and parsed.
    pub max_file_size: f64,
    /// TLSH too.
    pub tlsh: bool,
    /// `pe`, `hashes` or `strings`: that part alone.
    pub part: Option<String>,
}

/// One file of a plan.
#[napi(object)]
pub struct BatchFile {
    pub sample_id: i32,
    /// Index into the roots.
    pub root: u32,
    /// Below its root, as it is shown.
    pub path: String,
    /// Its own bytes, base64, where they are not UTF-8.
    pub path_raw: Option<String>,
    /// Bytes when it was planned.
    pub size: f64,
    /// Milliseconds since 1970 when it was planned.
    pub mtime: f64,
}

/// A batch and where its output goes.
#[napi(object)]
pub struct BatchTask {
    pub roots: Vec<String>,
    pub files: Vec<BatchFile>,
    pub records_path: String,
    pub strings_path: String,
    pub options: ExtractOptions,
    /// Key-value metadata of the parts.
    pub metadata: HashMap<String, String>,
    /// Of a worker process: it is watched.
    pub guard: Option<TaskGuard>,
    /// Files one by one, those that have ended a worker set aside.
    pub careful: Option<Vec<AsideFile>>,
    /// Faults by path, for tests.
    pub faults: Option<HashMap<String, String>>,
    /// CPU time by stage is wanted.
    pub profile: Option<bool>,
}

/// How a worker process is watched while it is at a batch.
#[napi(object)]
pub struct TaskGuard {
    /// File that says how far it is.
    pub progress_path: String,
    /// Process that it does not outlive.
    pub parent: u32,
    /// Other bounds than the usual ones, for tests.
    pub bounds: Option<GuardBounds>,
}

/// Bounds of a worker process.
#[napi(object)]
pub struct GuardBounds {
    /// CPU seconds of any file, without those a megabyte.
    pub cpu_seconds: Option<f64>,
    /// CPU seconds of a stage.
    pub stall_seconds: Option<f64>,
    /// Seconds after which a file that uses no CPU is said to wait.
    pub wait_seconds: Option<f64>,
    /// Bytes beyond what the runtime itself has.
    pub memory: Option<f64>,
}

/// A file that has ended a worker, and how.
#[napi(object)]
pub struct AsideFile {
    pub sample_id: i32,
    pub stage: String,
    pub kind: String,
    pub detail: String,
    /// It may be read and hashed.
    pub readable: bool,
}

/// A file and the time it took.
#[napi(object)]
pub struct SlowFile {
    pub path: String,
    pub size: f64,
    pub milliseconds: f64,
}

/// A part as it was written.
#[napi(object)]
pub struct WrittenPart {
    pub rows: f64,
    pub bytes: f64,
    /// Of the bytes on their way to the disk, lower-case hex.
    pub sha256: String,
}

impl From<Written> for WrittenPart {
    fn from(written: Written) -> Self {
        let (rows, bytes) = (written.rows as f64, written.bytes as f64);
        Self { rows, bytes, sha256: hash::hex(&written.sha256) }
    }
}

/// What extracting a batch came to.
#[napi(object)]
pub struct BatchSummary {
    pub rows: f64,
    pub bytes: f64,
    /// The strings' file.
    pub strings: WrittenPart,
    /// Files by `status`.
    pub statuses: HashMap<String, u32>,
    /// Files by problem, as `stage.kind`.
    pub problems: HashMap<String, u32>,
    pub slowest: Vec<SlowFile>,
    /// CPU seconds by stage, where they were wanted.
    pub stages: HashMap<String, f64>,
}

/// What this build is.
#[napi(object)]
pub struct Version {
    pub extractor_version: String,
    pub schema_version: u32,
    /// Which kernels this CPU runs.
    pub cpu_path: String,
}

/// Once, when the addon is loaded.
#[napi_derive::module_init]
fn init() {
    extract::silence_panics();
}

/// Extracts a batch; throws only where its output cannot be written. With a guard, the process is ended
/// where a file takes too long or its parent is gone.
#[napi(catch_unwind)]
pub fn extract_batch(task: BatchTask) -> Result<BatchSummary> {
    fault::arm(faults(task.faults.unwrap_or_default())?);
    let _guarded = task
        .guard
        .map(|guard| guard::start(&guard, task.options.max_file_size as u64, task.careful.is_some()))
        .transpose()
        .map_err(|error| Error::from_reason(error.to_string()))?;
    let aside: Option<Aside> = task.careful.map(|files| files.into_iter().map(aside_file).collect());
    let files = task.files.iter().map(|file| locate(&task.roots, file)).collect::<Result<Vec<_>>>()?;
    let metadata = sorted(task.metadata);
    let target = Target {
        records: Path::new(&task.records_path),
        strings: Path::new(&task.strings_path),
        created_by: CREATED_BY,
        metadata: &metadata,
    };
    let options = options(task.options)?;
    if task.profile == Some(true) {
        profile::start();
    }
    let summary = BUFFERS
        .with_borrow_mut(|buffers| batch::extract_batch(&files, options, aside.as_ref(), &target, buffers))
        .map_err(|error| Error::from_reason(error.to_string()))?;
    Ok(BatchSummary {
        rows: summary.rows as f64,
        bytes: summary.bytes as f64,
        strings: summary.strings.into(),
        statuses: summary.statuses.into_iter().collect(),
        problems: summary.problems.into_iter().collect(),
        slowest: summary.slowest.into_iter().map(slow_file).collect(),
        stages: summary
            .profile
            .stages()
            .map(|(stage, time)| (stage.name().to_owned(), time.as_secs_f64()))
            .collect(),
    })
}

/// Extracts one file: `{"sample": {...}, "strings": [{"file_offset", "encoding", "value"}, ...]}` as
/// JSON text, since its integers may be larger than JavaScript's; at most `max_strings` strings.
#[napi(catch_unwind)]
pub fn extract_file(path: String, options: ExtractOptions, max_strings: u32) -> Result<String> {
    let name =
        Path::new(&path).file_name().map_or_else(|| path.clone(), |name| name.to_string_lossy().into_owned());
    let file = FileRef { sample_id: 0, path: name, path_raw: None, planned: None };
    let mut strings = Vec::new();
    let mut sink = |encoding: Encoding, file_offset: u64, text: &[u8]| {
        if strings.len() < max_strings as usize {
            strings.push(ExtractedString {
                file_offset,
                encoding: encoding.name(),
                value: String::from_utf8_lossy(text).into_owned(),
            });
        }
    };
    let options = self::options(options)?;
    let sample = BUFFERS
        .with_borrow_mut(|buffers| extract::extract(Path::new(&path), &file, options, buffers, &mut sink));
    serde_json::to_string(&Extracted { sample, strings })
        .map_err(|error| Error::from_reason(error.to_string()))
}

/// A part of samples and what it is made of.
#[napi(object)]
pub struct SamplesTask {
    /// Files of samples, each list in row order and all lists of the same rows.
    pub sources: Vec<Vec<String>>,
    /// File of as many rows with the columns that are given anew.
    pub renewed: String,
    pub columns: Vec<SamplesColumn>,
    pub target: String,
    /// Key-value metadata of the part.
    pub metadata: HashMap<String, String>,
}

/// A column of a part of samples.
#[napi(object)]
pub struct SamplesColumn {
    pub name: String,
    /// Number of the list that it is taken from; `renewed`, if not given.
    pub source: Option<u32>,
}

/// Writes a part of samples whose records are taken over page by page.
#[napi(catch_unwind)]
pub fn write_samples(task: SamplesTask) -> Result<WrittenPart> {
    let paths = |source: Vec<String>| source.into_iter().map(PathBuf::from).collect();
    let sources: Vec<_> = task.sources.into_iter().map(paths).collect();
    let column = |SamplesColumn { name, source }| (name, source.map(|source| source as usize));
    let columns: Vec<_> = task.columns.into_iter().map(column).collect();
    let metadata = sorted(task.metadata);
    let renewed = Path::new(&task.renewed);
    let part = SamplesPart {
        sources: &sources,
        renewed,
        columns: &columns,
        created_by: CREATED_BY,
        metadata: &metadata,
    };
    samples::write_samples(&part, Path::new(&task.target))
        .map(WrittenPart::from)
        .map_err(|error| Error::from_reason(error.to_string()))
}

/// Several files of strings as one, row group by row group.
#[napi(catch_unwind)]
pub fn concat_strings(
    sources: Vec<String>,
    target: String,
    metadata: HashMap<String, String>,
) -> Result<WrittenPart> {
    concat::concat_strings(&sources, Path::new(&target), CREATED_BY, &sorted(metadata))
        .map(WrittenPart::from)
        .map_err(|error| Error::from_reason(error.to_string()))
}

/// Bytes and modification times of files in a folder, as `fileStats` asks for them.
pub struct FileStats {
    folder: PathBuf,
    names: Vec<u8>,
}

impl Task for FileStats {
    type Output = Vec<f64>;
    type JsValue = Float64Array;

    fn compute(&mut self) -> Result<Vec<f64>> {
        let stats = self.names.split(|&byte| byte == 0).map(|name| {
            let found = input::size_and_time(&self.folder.join(native_path(name)));
            found.map_or([f64::NAN; 2], |(size, mtime)| [size as f64, mtime as f64])
        });
        Ok(stats.flatten().collect())
    }

    fn resolve(&mut self, _: Env, stats: Vec<f64>) -> Result<Float64Array> {
        Ok(stats.into())
    }
}

/// Size and modification time (milliseconds since 1970) of each name in a folder, in their order, NaN of
/// what is no regular file or cannot be asked; on a thread of the runtime's.
/// @param folder Its path, in the system's bytes.
/// @param names In the system's bytes, with a NUL between two.
#[napi(ts_return_type = "Promise<Float64Array>")]
pub fn file_stats(folder: Buffer, names: Buffer) -> AsyncTask<FileStats> {
    AsyncTask::new(FileStats { folder: native_path(&folder), names: names.to_vec() })
}

/// The bytes of a name as text: what is not UTF-8 as `\xNN`.
#[napi(catch_unwind)]
pub fn shown_name(name: &[u8]) -> String {
    merc_core::plan::shown(name).into_owned()
}

/// Every column, documented: groups as JSON text.
#[napi]
pub fn columns() -> Result<String> {
    serde_json::to_string(&merc_core::features::features())
        .map_err(|error| Error::from_reason(error.to_string()))
}

/// Which features of PE files there are and which not, as JSON text.
#[napi]
pub fn coverage() -> Result<String> {
    serde_json::to_string(merc_core::coverage::FEATURES)
        .map_err(|error| Error::from_reason(error.to_string()))
}

/// What is wrong with `MERC_CPU`; none where it can be followed.
#[napi]
pub fn cpu_problem() -> Option<String> {
    merc_core::cpu::forced().err()
}

/// Versions of extractor and schema, and the kernels in use.
#[napi]
pub fn version() -> Version {
    Version {
        extractor_version: env!("CARGO_PKG_VERSION").to_owned(),
        schema_version: merc_core::schema::SCHEMA_VERSION,
        cpu_path: merc_core::hash::cpu_path().to_owned(),
    }
}

/// The JSON of `extract_file`, members in this order.
#[derive(serde::Serialize)]
struct Extracted {
    sample: merc_core::schema::Sample,
    strings: Vec<ExtractedString>,
}

#[derive(serde::Serialize)]
struct ExtractedString {
    file_offset: u64,
    encoding: &'static str,
    value: String,
}

/// Key-value metadata as it is written, whatever order it came in.
fn sorted(metadata: HashMap<String, String>) -> Vec<(String, String)> {
    let mut metadata: Vec<_> = metadata.into_iter().collect();
    metadata.sort_unstable();
    metadata
}

const CREATED_BY: &str = concat!("merc ", env!("CARGO_PKG_VERSION"));

fn options(ExtractOptions { classic, max_file_size, tlsh, part }: ExtractOptions) -> Result<Options> {
    let part = part.map_or(Some(Part::All), |name| Part::named(&name));
    let part = part.ok_or_else(|| Error::from_reason("no such part"))?;
    Ok(Options { classic, max_file_size: max_file_size as u64, tlsh, part })
}

fn faults(named: HashMap<String, String>) -> Result<HashMap<String, Fault>> {
    let fault =
        |name: &str| Fault::named(name).ok_or_else(|| Error::from_reason(format!("{name}: no such fault")));
    named.into_iter().map(|(path, name)| Ok((path, fault(&name)?))).collect()
}

fn aside_file(AsideFile { sample_id, stage, kind, detail, readable }: AsideFile) -> (i32, SetAside) {
    (sample_id, SetAside { stage, kind, detail, readable })
}

fn slow_file(Slow { path, size, milliseconds }: Slow) -> SlowFile {
    SlowFile { path, size: size as f64, milliseconds }
}

fn locate(roots: &[String], file: &BatchFile) -> Result<(PathBuf, FileRef)> {
    let root = roots
        .get(file.root as usize)
        .ok_or_else(|| Error::from_reason(format!("{}: root {} is not in the plan", file.path, file.root)))?;
    let path_raw = file
        .path_raw
        .as_ref()
        .map(|raw| STANDARD.decode(raw))
        .transpose()
        .map_err(|error| Error::from_reason(format!("{}: {error}", file.path)))?;
    let relative = path_raw.as_deref().map_or_else(|| PathBuf::from(&file.path), native_path);
    let reference = FileRef {
        sample_id: file.sample_id,
        path: file.path.clone(),
        path_raw,
        planned: Some((file.size as u64, file.mtime as i64)),
    };
    Ok((Path::new(root).join(relative), reference))
}

#[cfg(unix)]
fn native_path(raw: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(raw))
}

#[cfg(not(unix))]
fn native_path(raw: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(raw).into_owned())
}
