//! What keeps a worker process in bounds: a thread that watches the batch at hand, and a memory limit.
//!
//! Promise: a process that was guarded once ends within a second of its parent, and one whose file is over
//! its CPU time ends, even in an endless loop of native code; it is SIGKILL that ends it, since the
//! handlers of an orderly exit would wait for the thread that is stuck. Why it ended stands in the progress
//! file. What is too much is judged in `merc_core::progress`.
//!
//! Not by `PR_SET_PDEATHSIG`: it fires when the thread ends that made the process, and Deno makes
//! processes from threads that come and go.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread;
use std::time::Duration;

use cpu_time::ProcessTime;
use merc_core::limits::{FILE_CPU, FILE_CPU_PER_MB, GROUP_BYTES, IO_WAIT, STAGE_CPU, WORKER_MEMORY};
use merc_core::progress::{self, Allowance, Judge, Progress, Verdict};

use crate::{GuardBounds, TaskGuard};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// The batch at hand.
static AT_HAND: Mutex<Option<(Arc<Progress>, Allowance)>> = Mutex::new(None);

static ONCE: Once = Once::new();

/// A batch that is watched until this is dropped.
#[derive(Debug)]
pub(crate) struct Guarded(());

impl Drop for Guarded {
    fn drop(&mut self) {
        progress::stop();
        *AT_HAND.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Begins to watch this thread's batch, whose files are held up to `max_file_size`.
///
/// # Errors
/// Where the progress file cannot be made.
pub(crate) fn start(guard: &TaskGuard, max_file_size: u64, each_stage: bool) -> io::Result<Guarded> {
    let bounds = guard.bounds.as_ref();
    let seconds =
        |bound: fn(&GuardBounds) -> Option<f64>| bounds.and_then(bound).map(Duration::from_secs_f64);
    let cpu = seconds(|bounds| bounds.cpu_seconds);
    let allowance = Allowance {
        cpu: cpu.unwrap_or(FILE_CPU),
        cpu_per_mb: if cpu.is_some() { Duration::ZERO } else { FILE_CPU_PER_MB },
        stall: seconds(|bounds| bounds.stall_seconds).unwrap_or(STAGE_CPU),
        wait: seconds(|bounds| bounds.wait_seconds).unwrap_or(IO_WAIT),
    };
    let progress = Progress::start(Path::new(&guard.progress_path), each_stage)?;
    *AT_HAND.lock().unwrap_or_else(PoisonError::into_inner) = Some((progress, allowance));
    let guarded = Guarded(());
    let parent = guard.parent;
    let memory = bounds.and_then(|bounds| bounds.memory).map_or_else(
        || WORKER_MEMORY.saturating_add(max_file_size.max(GROUP_BYTES as u64)),
        |memory| memory as u64,
    );
    let mut started = Ok(());
    ONCE.call_once(|| {
        started = thread::Builder::new().name("merc-guard".to_owned()).spawn(move || watch(parent)).map(drop);
        limit_memory(memory);
    });
    started.map(|()| guarded)
}

/// Ends the process when it must end; a thread of its own.
fn watch(parent: u32) {
    let begun = ProcessTime::now();
    let mut judge: Option<(Arc<Progress>, Judge)> = None;
    loop {
        thread::sleep(PAUSE);
        if parent_is_gone(parent) {
            end();
        }
        let Some((progress, allowance)) = AT_HAND.lock().unwrap_or_else(PoisonError::into_inner).clone()
        else {
            judge = None;
            continue;
        };
        let cpu = begun.elapsed();
        let (_, judge) = match judge.take() {
            Some((judged, of_it)) if Arc::ptr_eq(&judged, &progress) => judge.insert((judged, of_it)),
            _ => judge.insert((Arc::clone(&progress), Judge::new(allowance, cpu))),
        };
        let Some(position) = progress.position() else { continue };
        match judge.look(position, cpu, PAUSE) {
            Verdict::Fine => {}
            verdict @ Verdict::Waiting(_) => progress.accuse(position, verdict, || ()),
            verdict => progress.accuse(position, verdict, || end()),
        }
    }
}

#[cfg(unix)]
fn parent_is_gone(parent: u32) -> bool {
    // Its children go to another process at that moment.
    rustix::process::getppid().is_none_or(|now| now.as_raw_nonzero().get() as u32 != parent)
}

#[cfg(not(unix))]
fn parent_is_gone(_: u32) -> bool {
    false
}

fn end() -> ! {
    #[cfg(unix)]
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}

/// Allows this process `more` bytes of data than it has. Beyond them an allocation fails, which aborts it.
/// Not the address space (`RLIMIT_AS`): JavaScript engines reserve gigabytes that they never touch.
#[cfg(target_os = "linux")]
fn limit_memory(more: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Some(now) = data_bytes() else { return };
    let Rlimit { current, maximum } = getrlimit(Resource::Data);
    let limit = now.saturating_add(more);
    if current.is_none_or(|current| limit < current) {
        // Where it is refused, there is none: rows are the same without.
        let _ = setrlimit(Resource::Data, Rlimit { current: Some(limit), maximum });
    }
}

#[cfg(not(target_os = "linux"))]
fn limit_memory(_: u64) {}

/// What `RLIMIT_DATA` counts, of this process.
#[cfg(target_os = "linux")]
fn data_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmData:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}
