//! What went wrong with one file, as data.
//!
//! A stage never fails the file: it notes what it met here and gives what it could read. Absent,
//! broken and cut are three different notes: nothing, a problem, a limit.

use crate::limits::{MAX_PROBLEM_DETAIL, MAX_PROBLEMS};
use crate::schema::Problem;

/// The beginning of foreign bytes, as much as a problem's detail holds.
pub fn shown(bytes: &[u8]) -> String {
    bytes.get(..MAX_PROBLEM_DETAIL).unwrap_or(bytes).escape_ascii().to_string()
}

/// Collects the problems and the limits of one file, bounded.
#[derive(Debug, Default)]
pub struct Problems {
    /// In the order they were met.
    pub list: Vec<Problem>,
    /// Names of the limits that cut something, each once.
    pub limits_hit: Vec<String>,
    /// Something is missing from the row or in doubt: more than oddities were met.
    pub broken: bool,
}

impl Problems {
    /// Notes that `stage` met `kind` at `file_offset`, and that data is missing or in doubt for it.
    pub fn add(
        &mut self,
        stage: &str,
        kind: &str,
        file_offset: impl Into<Option<u64>>,
        detail: impl Into<String>,
    ) {
        self.broken = true;
        self.odd(stage, kind, file_offset, detail);
    }

    /// Notes an oddity that costs the row nothing.
    pub fn odd(
        &mut self,
        stage: &str,
        kind: &str,
        file_offset: impl Into<Option<u64>>,
        detail: impl Into<String>,
    ) {
        if self.list.len() >= MAX_PROBLEMS {
            self.limit("problems");
            return;
        }
        let detail: String = detail.into();
        let detail: String = detail.chars().take(MAX_PROBLEM_DETAIL).collect();
        self.list.push(Problem {
            stage: stage.to_owned(),
            kind: kind.to_owned(),
            file_offset: file_offset.into().map(|offset| offset as i64),
            detail: (!detail.is_empty()).then_some(detail),
        });
    }

    /// Notes that the limit `name` cut something.
    pub fn limit(&mut self, name: &str) {
        self.broken = true;
        if !self.limits_hit.iter().any(|hit| hit == name) {
            self.limits_hit.push(name.to_owned());
        }
    }
}
