//! An allocator that counts what this thread asks for and holds, for tests that bound memory.

#![allow(dead_code, unreachable_pub)] // each test binary uses its part
#![allow(unsafe_code)] // an allocator cannot be written without; it only counts around the system's

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    static ASKED: Cell<Asked> = const { Cell::new(Asked { times: 0, bytes: 0 }) };
}

/// What was asked of the allocator, a larger place for the same bytes included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    pub times: u64,
    pub bytes: u64,
}

impl std::ops::AddAssign for Asked {
    fn add_assign(&mut self, more: Self) {
        self.times += more.times;
        self.bytes += more.bytes;
    }
}

pub struct Counting;

fn count(bytes: isize) {
    // A thread that ends frees memory after its own cells are gone.
    let _ = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        PEAK.with(|peak| peak.set(peak.get().max(held.get())));
        if bytes > 0 {
            let mut asked = ASKED.get();
            asked += Asked { times: 1, bytes: bytes as u64 };
            ASKED.set(asked);
        }
    });
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both exist while the old bytes are copied.
        count(size as isize);
        count(-(layout.size() as isize));
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// What `run` gives, and the most bytes that this thread held during it beyond those before.
pub fn peak_of<T>(run: impl FnOnce() -> T) -> (T, u64) {
    let before = HELD.get();
    PEAK.set(before);
    let result = run();
    (result, (PEAK.get() - before) as u64)
}

/// What `run` gives, and what this thread asked for during it.
pub fn asked_by<T>(run: impl FnOnce() -> T) -> (T, Asked) {
    let before = ASKED.get();
    let result = run();
    let after = ASKED.get();
    (result, Asked { times: after.times - before.times, bytes: after.bytes - before.bytes })
}
