//! merc-core: one file in, one record and its strings out; bounded, and without a panic.
//!
//! Start at `batch` (what a worker does in one call) and `schema` (what comes out). The crate knows
//! nothing of Node, processes, queues or databases.

pub mod asn1;
pub mod batch;
pub mod column;
pub mod coverage;
pub mod cpu;
pub mod extract;
pub mod fault;
pub mod feature;
pub mod features;
pub mod hash;
pub mod input;
pub mod limits;
pub mod output;
pub mod pe;
pub mod plan;
pub mod problems;
pub mod profile;
pub mod progress;
pub mod schema;
pub mod shared;
pub mod text;
pub mod work;
