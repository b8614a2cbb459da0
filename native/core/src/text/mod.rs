//! What a file says as plain bytes: how often each occurs, and the strings in between.

pub mod histogram;
pub mod magic;
mod mask;
mod run;
pub mod scan;
