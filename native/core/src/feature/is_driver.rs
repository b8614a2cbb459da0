//! Whether a file is a Windows driver, by pefile's rule.
//!
//! No flag says so. A driver imports from the kernel or one of its first companions, or it has the pageable
//! section that the driver kit makes and a native subsystem.

use crate::schema::{Import, Section};

const KERNEL: [&str; 5] = ["ntoskrnl.exe", "hal.dll", "ndis.sys", "bootvid.dll", "kdcom.dll"];
const PAGEABLE: [&str; 2] = ["page", "paged"];
/// `IMAGE_SUBSYSTEM_NATIVE` and `IMAGE_SUBSYSTEM_NATIVE_WINDOWS`.
const NATIVE: [i32; 2] = [1, 8];

/// Whether it is one.
pub fn is_driver(imports: &[Import], sections: &[Section], subsystem: Option<i32>) -> bool {
    let is_one_of = |name: &str, names: &[&str]| names.iter().any(|other| name.eq_ignore_ascii_case(other));
    let imports_kernel = imports.iter().any(|import| !import.delayed && is_one_of(&import.dll, &KERNEL));
    let is_pageable = sections.iter().any(|section| is_one_of(&section.name, &PAGEABLE));
    imports_kernel || is_pageable && subsystem.is_some_and(|subsystem| NATIVE.contains(&subsystem))
}
