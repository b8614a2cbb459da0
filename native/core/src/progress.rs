//! How far the batch at hand is: in memory for a watch, and in a small file that outlives the process.
//!
//! Promise: when a process ends, however it does, the file names the sample that was in hand. Rows do not
//! depend on it: a write that fails is lost, and a thread that has begun no progress keeps none. Who
//! reads the file and what is done about it is the pool's business.

use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Bytes of the file, always. At 0 the marks so far (u64), 8 `sample_id` or -1 (i32), 12 what is wrong
/// ([`Verdict::code`]), 13 bytes of the stage's name, 14 whole seconds of waiting (u16), 16 the name.
/// Integers are little-endian.
pub const PROGRESS_BYTES: usize = 16 + MAX_STAGE_NAME;

/// Bytes of a stage's name that are kept: the longest is `bound_import`.
const MAX_STAGE_NAME: usize = 24;

/// What is being done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// Signs of progress so far: pieces of work begun, and stages entered or left.
    pub marks: u64,
    /// Pieces of work begun: a file, the digests of a group, the end of a batch.
    pub work: u64,
    /// The file in hand; none where the work is of several files, or has not begun.
    pub sample_id: Option<i32>,
    /// Bytes of input that the work is about.
    pub bytes: u64,
    /// Name of the stage.
    pub stage: &'static str,
}

/// The position of one batch, seen by several threads.
#[derive(Debug)]
pub struct Progress {
    file: File,
    /// Every stage goes to the file, not only every piece of work.
    each_stage: bool,
    position: Mutex<Position>,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Progress>>> = const { RefCell::new(None) };
}

impl Progress {
    /// Begins the file at `path`, and notes there what this thread does until `stop`.
    ///
    /// # Errors
    /// Where the file cannot be made.
    pub fn start(path: &Path, each_stage: bool) -> io::Result<Arc<Self>> {
        let progress = Arc::new(Self { file: File::create(path)?, each_stage, position: Mutex::default() });
        write_at_start(&progress.file, &encode(&Position::default(), Verdict::Fine))?;
        CURRENT.set(Some(Arc::clone(&progress)));
        Ok(progress)
    }

    /// The position, where nobody is changing it.
    pub fn position(&self) -> Option<Position> {
        Some(*self.position.try_lock().ok()?)
    }

    /// Writes what is wrong with a position and does `then`, unless the work has gone on from it. The work
    /// waits meanwhile, so that nothing else can be blamed.
    pub fn accuse(&self, judged: Position, verdict: Verdict, then: impl FnOnce()) {
        let position = self.position.lock().unwrap_or_else(PoisonError::into_inner);
        if *position == judged {
            let _ = write_at_start(&self.file, &encode(&position, verdict));
            then();
        }
    }

    fn change(&self, written: bool, change: impl FnOnce(&mut Position)) {
        let mut position = self.position.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut position);
        position.marks += 1;
        if written {
            let _ = write_at_start(&self.file, &encode(&position, Verdict::Fine));
        }
    }
}

/// Ends what `Progress::start` began: this thread notes nothing more.
pub fn stop() {
    CURRENT.set(None);
}

/// Notes that work on the file `sample_id`, or on several, begins; it is about `bytes` of input.
pub fn begin(sample_id: Option<i32>, bytes: u64) {
    with_current(|progress| {
        progress.change(true, |position| {
            *position = Position { sample_id, bytes, work: position.work + 1, stage: "", ..*position };
        });
    });
}

/// Notes that the thread goes over to `stage`; the stage before it.
pub fn enter(stage: &'static str) -> &'static str {
    let mut before = "";
    with_current(|progress| {
        progress.change(progress.each_stage, |position| {
            before = std::mem::replace(&mut position.stage, stage);
        });
    });
    before
}

fn with_current(note: impl FnOnce(&Progress)) {
    CURRENT.with_borrow(|current| current.as_deref().map(note));
}

fn encode(position: &Position, verdict: Verdict) -> [u8; PROGRESS_BYTES] {
    let mut bytes = [0; PROGRESS_BYTES];
    let stage = position.stage.as_bytes();
    let length = stage.len().min(MAX_STAGE_NAME);
    let waiting = match verdict {
        Verdict::Waiting(time) => u16::try_from(time.as_secs()).unwrap_or(u16::MAX),
        _ => 0,
    };
    let fields = position
        .marks
        .to_le_bytes()
        .into_iter()
        .chain(position.sample_id.unwrap_or(-1).to_le_bytes())
        .chain([verdict.code(), length as u8])
        .chain(waiting.to_le_bytes())
        .chain(stage.iter().copied().take(length));
    bytes.iter_mut().zip(fields).for_each(|(to, from)| *to = from);
    bytes
}

#[cfg(unix)]
fn write_at_start(file: &File, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::FileExt as _;
    file.write_all_at(bytes, 0)
}

#[cfg(not(unix))]
fn write_at_start(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    use std::io::{Seek as _, SeekFrom, Write as _};
    file.seek(SeekFrom::Start(0))?;
    file.write_all(bytes)
}

/// What a piece of work may take before something is wrong with it.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// CPU time of any work.
    pub cpu: Duration,
    /// CPU time beyond that, a megabyte.
    pub cpu_per_mb: Duration,
    /// CPU time without a mark; beyond that, a tenth of `cpu_per_mb`.
    pub stall: Duration,
    /// Time without a mark and without CPU.
    pub wait: Duration,
}

/// What is wrong with a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Fine,
    /// The work has used more CPU time than it may.
    CpuTime,
    /// It uses CPU time and makes no progress.
    Stalled,
    /// It makes no progress and uses no CPU time, for so long: it waits for a disk.
    Waiting(Duration),
}

impl Verdict {
    /// Its number in the file.
    pub const fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::CpuTime => 1,
            Self::Stalled => 2,
            Self::Waiting(_) => 3,
        }
    }
}

/// Judges a position that is looked at again and again.
#[derive(Debug)]
pub struct Judge {
    allowance: Allowance,
    last: Position,
    /// CPU time when this piece of work was seen first, when its last mark was, and at the last look.
    work_cpu: Duration,
    mark_cpu: Duration,
    look_cpu: Duration,
    waiting: Duration,
}

impl Judge {
    /// Begins with a process that has used `cpu`.
    pub fn new(allowance: Allowance, cpu: Duration) -> Self {
        let last = Position::default();
        Self { allowance, last, work_cpu: cpu, mark_cpu: cpu, look_cpu: cpu, waiting: Duration::ZERO }
    }

    /// Looks at `position` when the process has used `cpu`, a `pause` after the last look. Pauses and not
    /// the clock: a process that was stopped for an hour has not waited for a disk.
    pub fn look(&mut self, position: Position, cpu: Duration, pause: Duration) -> Verdict {
        if position.work != self.last.work {
            self.work_cpu = cpu;
        }
        let idle = cpu.saturating_sub(self.look_cpu) < pause / IDLE_SHARE;
        if position.marks != self.last.marks {
            self.mark_cpu = cpu;
        }
        let is_waiting = idle && position.marks == self.last.marks && position.work > 0;
        self.waiting = if is_waiting { self.waiting + pause } else { Duration::ZERO };
        (self.last, self.look_cpu) = (position, cpu);
        let Allowance { cpu: base, cpu_per_mb, stall, wait } = self.allowance;
        let megabytes = position.bytes as f64 / 1e6;
        if position.work == 0 {
            Verdict::Fine
        } else if cpu.saturating_sub(self.work_cpu) > base + cpu_per_mb.mul_f64(megabytes) {
            Verdict::CpuTime
        } else if cpu.saturating_sub(self.mark_cpu) > stall + cpu_per_mb.mul_f64(megabytes) / STALL_SHARE {
            Verdict::Stalled
        } else if self.waiting >= wait {
            Verdict::Waiting(self.waiting)
        } else {
            Verdict::Fine
        }
    }
}

/// A stage without a mark may take this part of the time that all stages may: the digests of a file are one
/// stage, some seconds a gigabyte.
const STALL_SHARE: u32 = 10;

/// A process that used less than this part of a pause is idle: a runtime's own threads use some.
const IDLE_SHARE: u32 = 10;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Allowance, Judge, PROGRESS_BYTES, Position, Progress, Verdict, begin, enter, stop};

    const SECOND: Duration = Duration::from_secs(1);
    const ALLOWANCE: Allowance = Allowance {
        cpu: Duration::from_secs(10),
        cpu_per_mb: SECOND,
        stall: Duration::from_secs(30),
        wait: SECOND,
    };

    #[test]
    fn the_file_names_the_sample_in_hand_and_the_stage_where_each_is_asked_for() {
        let path = std::env::temp_dir().join(format!("merc-progress-{}", std::process::id()));
        let read = || std::fs::read(&path).unwrap_or_default();
        for each_stage in [false, true] {
            let Ok(progress) = Progress::start(&path, each_stage) else { panic!("no file") };
            assert_eq!(read().get(8..12), Some(&(-1_i32).to_le_bytes()[..]));
            begin(Some(77), 1_000);
            assert_eq!(enter("import"), "");
            assert_eq!(read().len(), PROGRESS_BYTES);
            assert_eq!(read().get(8..12), Some(&77_i32.to_le_bytes()[..]));
            assert_eq!(read().get(16..22) == Some(b"import"), each_stage);
            let Some(position) = progress.position() else { panic!("no position") };
            progress.accuse(Position { marks: 0, ..position }, Verdict::Stalled, || panic!("it has gone on"));
            progress.accuse(position, Verdict::Waiting(Duration::from_millis(2_900)), || ());
            assert_eq!(read().get(12..22), Some(&b"\x03\x06\x02\x00import"[..]));
            assert_eq!(enter(""), "import");
            assert_eq!(
                progress.position().map(|position| (position.marks, position.bytes)),
                Some((3, 1_000))
            );
            stop();
            begin(Some(78), 0);
            assert_eq!(progress.position().and_then(|position| position.sample_id), Some(77));
        }
        assert!(std::fs::remove_file(&path).is_ok());
    }

    #[test]
    fn a_work_may_use_ten_seconds_of_cpu_and_one_a_megabyte_and_a_new_one_starts_over() {
        let mut judge = Judge::new(ALLOWANCE, Duration::ZERO);
        let mut at = Position { work: 1, marks: 1, bytes: 2_000_000, ..Position::default() };
        assert_eq!(judge.look(at, SECOND * 100, SECOND), Verdict::Fine, "what came before it is not its own");
        assert_eq!(judge.look(at, SECOND * 112, SECOND), Verdict::Fine);
        assert_eq!(judge.look(at, SECOND * 113, SECOND), Verdict::CpuTime);
        (at.work, at.marks) = (2, 2);
        assert_eq!(judge.look(at, SECOND * 114, SECOND), Verdict::Fine);
    }

    #[test]
    fn a_large_file_is_stalled_without_marks_and_goes_on_with_them() {
        let mut judge = Judge::new(ALLOWANCE, Duration::ZERO);
        let mut at = Position { work: 1, marks: 1, bytes: 200_000_000, ..Position::default() };
        assert_eq!(judge.look(at, Duration::ZERO, SECOND), Verdict::Fine);
        assert_eq!(judge.look(at, SECOND * 30, SECOND), Verdict::Fine);
        at.marks = 2;
        assert_eq!(judge.look(at, SECOND * 59, SECOND), Verdict::Fine);
        assert_eq!(judge.look(at, SECOND * 109, SECOND), Verdict::Fine);
        assert_eq!(judge.look(at, SECOND * 110, SECOND), Verdict::Stalled);
    }

    #[test]
    fn waiting_needs_no_mark_and_no_cpu_and_time_between_batches_is_none() {
        let mut judge = Judge::new(ALLOWANCE, Duration::ZERO);
        let mut at = Position::default();
        assert_eq!(judge.look(at, Duration::ZERO, SECOND * 60), Verdict::Fine);
        (at.work, at.marks) = (1, 1);
        let half = SECOND / 2;
        assert_eq!(judge.look(at, Duration::ZERO, half), Verdict::Fine);
        assert_eq!(judge.look(at, Duration::ZERO, half), Verdict::Fine);
        assert_eq!(judge.look(at, Duration::ZERO, half), Verdict::Waiting(SECOND));
        assert_eq!(judge.look(at, half, half), Verdict::Fine, "it uses CPU again");
        at.marks = 2;
        assert_eq!(judge.look(at, half, half), Verdict::Fine);
    }
}
