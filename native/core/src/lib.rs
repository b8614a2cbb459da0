//! merc-core: one file in, one record and its strings out; bounded, and without a panic.
//!
//! Start at `batch` (what a worker does in one call) and `schema` (what comes out). The crate knows
//! nothing of Node, processes, queues or databases.

pub mod column;
pub mod hash;
pub mod limits;
pub mod problems;
pub mod schema;
