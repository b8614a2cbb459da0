//! The documented list of every column merc writes: the schema's own and those of the join.
//!
//! `merc features` and `docs/FEATURES.md` are printed from here. Extracted columns are documented
//! in `schema`; the dataset's and the strings table's columns, which SQL and the strings writer
//! make, are documented here.

use crate::column::{Column, Member};
use crate::schema::Sample;
use serde::Serialize;

/// Columns of one table that belong together.
#[derive(Debug, Serialize)]
pub struct Group {
    /// Table: `samples` or `strings`.
    pub table: &'static str,
    /// Name of the group.
    pub name: &'static str,
    /// Its columns, in table order.
    pub columns: Vec<Feature>,
}

/// One column.
#[derive(Debug, Serialize)]
pub struct Feature {
    /// Its name, type, meaning and members.
    #[serde(flatten)]
    pub member: Member,
    /// Kept by `--only classic`.
    pub classic: bool,
}

/// Groups of `samples` and the first extracted column of each; a group ends where the next begins.
const GROUPS: &[(&str, &str)] = &[
    ("identity", "sample_id"),
    ("outcome", "status"),
    ("headers", "dos_header"),
    ("tables", "sections"),
    ("trust", "certificates"),
    ("pivots", "dos_stub"),
    ("strings", "string_count_ascii"),
];

/// Extracted columns that the classic system had, with what identifies a row and says how it went.
pub const CLASSIC: &[&str] = &[
    "sample_id",
    "file_name",
    "path",
    "path_raw",
    "file_size",
    "md5",
    "sha1",
    "sha256",
    "entropy",
    "magic",
    "status",
    "problems",
    "limits_hit",
    "headers",
    "headers_optional",
    "sections",
    "imports",
    "exports",
    "certificates",
    "string_count_ascii",
    "string_count_wide",
    "string_bytes",
];

/// Columns that the join with the dataset adds after the group `outcome`.
const DATASET: &[(&str, &str, &str)] = &[
    ("dataset_row", "BIGINT", "Number of the dataset's row, from 1; null without a match."),
    ("id", "BIGINT", "The dataset's id; VARCHAR where not all of its ids are integers."),
    ("list", "VARCHAR", "`Whitelist` or `Blacklist`."),
    ("label", "BOOLEAN", "true = Blacklist, false = Whitelist."),
    ("positives", "INTEGER", "Scanners that called the file malicious."),
    ("total", "INTEGER", "Scanners asked."),
    ("submitted", "VARCHAR", "When it was submitted, as the dataset has it."),
    ("submitted_at", "TIMESTAMP", "The first 19 characters of `submitted`, where they are a time."),
    ("file_type", "VARCHAR", "The dataset's `filetype`."),
    (
        "dataset_match",
        "VARCHAR",
        "How the row was found: `sha256`, `md5`, `sha1`, `id` (the row has no hash), `id_hash_differs` (the row has another hash), null = no row. Other CSV columns follow as `csv_<name>`.",
    ),
];

const STRINGS: &[(&str, &str, &str)] = &[
    ("sample_id", "INTEGER", "The sample that holds the string; ascending."),
    ("file_offset", "BIGINT", "Where it begins, bytes from the start of the file."),
    (
        "encoding",
        "VARCHAR",
        "`ascii` or `utf16le`; within a sample all of the first, then all of the second.",
    ),
    ("value", "VARCHAR", "The string: at least 4 characters of 0x20-0x7E and TAB (FLOSS's rule)."),
];

/// All groups, in table order.
pub fn features() -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for member in Sample::members() {
        if let Some((name, _)) = GROUPS.iter().find(|(_, first)| *first == member.name) {
            if *name == "headers" {
                groups.push(Group { table: "samples", name: "dataset", columns: plain(DATASET) });
            }
            groups.push(Group { table: "samples", name, columns: Vec::new() });
        }
        let classic = CLASSIC.contains(&member.name);
        if let Some(group) = groups.last_mut() {
            group.columns.push(Feature { member, classic });
        }
    }
    groups.push(Group { table: "strings", name: "rows", columns: plain(STRINGS) });
    groups
}

fn plain(columns: &[(&'static str, &str, &str)]) -> Vec<Feature> {
    columns
        .iter()
        .map(|&(name, sql_type, doc)| Feature {
            member: Member {
                name,
                sql_type: sql_type.to_owned(),
                nullable: true,
                doc: doc.to_owned(),
                members: Vec::new(),
            },
            classic: true,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_the_lists_is_a_column_of_the_schema() {
        let columns: Vec<&str> = Sample::members().iter().map(|member| member.name).collect();
        for name in CLASSIC.iter().chain(GROUPS.iter().map(|(_, first)| first)) {
            assert!(columns.contains(name), "{name} is not in the schema");
        }
    }

    #[test]
    fn every_column_is_documented() {
        fn walk(members: &[Member]) {
            for member in members {
                assert!(member.doc.ends_with('.'), "{} has no sentence", member.name);
                walk(&member.members);
            }
        }
        walk(&Sample::members());
    }
}
