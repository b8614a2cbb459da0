//! What becomes of each trick, against the record that was reviewed and committed.
//!
//! `MERC_GOLDEN=refresh cargo test -p merc-core --test golden` writes the records anew: what then differs is
//! to be reviewed as a change of the program's answers. `plain_pe32` and `plain_pe32_plus` are whole but for
//! null columns and floating-point numbers, which have tests of their own; of any other file stands what
//! differs from the plain one of its width, `null` where that has a value. Long lists and texts are
//! shortened, with a hash of the whole. `MERC_TRICKS=FOLDER` writes the files themselves, for other tools.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that panics has failed

mod support {
    pub mod clr_builder;
    pub mod directory_builder;
    pub mod extraction;
    pub mod pe_builder;
    pub mod pivots_builder;
    pub mod resource_builder;
    pub mod signature_builder;
    pub mod trick_files;
}

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use merc_core::hash::{Digests, hex};
use merc_core::schema::Sample;
use serde_json::{Map, Value, json};
use support::extraction::{FULL, extracted};
use support::trick_files::{Trick, tricks};

/// Columns that are the same for every trick or that follow from the file's bytes alone.
const LEFT_OUT: [&str; 7] = ["byte_histogram", "entropy", "file_name", "md5", "path", "sample_id", "sha1"];

const LONGEST_LIST: usize = 12;
const LONGEST_TEXT: usize = 120;
const LINE: usize = 110;

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "fixtures", "golden"].iter().collect()
}

fn record(file: &[u8]) -> Value {
    let sample = extracted(file, FULL, &mut |_, _, _: &[u8]| {});
    let Value::Object(columns) = serde_json::to_value(sample).unwrap() else { unreachable!() };
    let kept = columns.into_iter().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()));
    shortened(Value::Object(kept.collect()))
}

fn hash(text: &str) -> String {
    hex(&Digests::of(text.as_bytes()).sha256[..8])
}

fn shortened(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null() && !value.is_f64());
            Value::Object(kept.map(|(name, value)| (name, shortened(value))).collect())
        }
        Value::Array(list) if list.len() > LONGEST_LIST => {
            let hash = hash(&Value::Array(list.clone()).to_string());
            let ends = [list.first(), list.last()].map(|row| shortened(row.unwrap().clone()));
            json!({ "length": list.len(), "first": ends[0], "last": ends[1], "hash": hash })
        }
        Value::Array(list) => Value::Array(list.into_iter().map(shortened).collect()),
        Value::String(text) if text.len() > LONGEST_TEXT => {
            let start: String = text.chars().take(40).collect();
            Value::String(format!("{start}... ({} bytes, {})", text.len(), hash(&text)))
        }
        other => other,
    }
}

/// What of a record can be told for many files at a glance.
fn outline(sample: &Sample) -> Value {
    let mut outline = Map::new();
    outline.insert("status".to_owned(), json!(sample.status));
    let problems = sample.problems.iter().map(|problem| format!("{}.{}", problem.stage, problem.kind));
    outline.insert("problems".to_owned(), json!(problems.collect::<Vec<_>>()));
    let Value::Object(columns) = serde_json::to_value(sample).unwrap() else { unreachable!() };
    for (name, value) in columns {
        let count = match (name.as_str(), &value) {
            ("problems" | "byte_histogram", _) => continue,
            (_, Value::Array(list)) => list.len(),
            ("headers" | "headers_optional" | "load_config", Value::Object(fields)) => {
                fields.values().filter(|value| !value.is_null()).count()
            }
            _ => continue,
        };
        outline.insert(name, json!(count));
    }
    Value::Object(outline)
}

/// The fields of `value` that `from` has not or has otherwise, and `null` for those that only `from` has.
fn difference(value: Value, from: &Value) -> Value {
    let (Value::Object(fields), Value::Object(others)) = (&value, from) else { return value };
    let mut different: Map<String, Value> = others
        .keys()
        .filter(|name| !fields.contains_key(*name))
        .map(|name| (name.clone(), Value::Null))
        .collect();
    for (name, field) in fields {
        match others.get(name) {
            Some(other) if other == field => {}
            Some(other) => drop(different.insert(name.clone(), difference(field.clone(), other))),
            None => drop(different.insert(name.clone(), field.clone())),
        }
    }
    Value::Object(different)
}

/// What becomes of the files of a series, in runs from the first to the last file with one outline; each
/// but the first by its difference from the run before.
fn series(files: &[Vec<u8>]) -> Value {
    let mut runs: Vec<(usize, usize, Value)> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let outline = outline(&extracted(file, FULL, &mut |_, _, _: &[u8]| {}));
        match runs.last_mut() {
            Some((_, last, same)) if *same == outline => *last = index,
            _ => runs.push((index, index, outline)),
        }
    }
    let mut before = json!({});
    let rows = runs.into_iter().map(|(first, last, outline)| {
        let row = json!([format!("{first}-{last}"), difference(outline.clone(), &before)]);
        before = outline;
        row
    });
    rows.collect()
}

/// JSON with a line for each value that fits one.
fn lines(value: &Value, indent: usize) -> String {
    let compact = value.to_string();
    let (open, rows, close) = match value {
        _ if indent > 0 && compact.len() <= LINE => return compact,
        Value::Object(fields) => {
            let rows =
                fields.iter().map(|(name, value)| format!("{}: {}", json!(name), lines(value, indent + 1)));
            ('{', rows.collect::<Vec<_>>(), '}')
        }
        Value::Array(list) => ('[', list.iter().map(|value| lines(value, indent + 1)).collect(), ']'),
        _ => return compact,
    };
    let margin = " ".repeat(indent + 1);
    let rows = rows.join(&format!(",\n{margin}"));
    format!("{open}\n{margin}{rows}\n{}{close}", " ".repeat(indent))
}

fn golden(trick: &Trick, plain: &[Value]) -> String {
    let value = match trick.files.as_slice() {
        [file] if trick.name.starts_with("plain") => record(file),
        [file] => {
            let record = record(file);
            let same_width = plain.iter().find(|plain| plain["is_64bit"] == record["is_64bit"]);
            difference(record, same_width.unwrap_or(&json!({})))
        }
        files => series(files),
    };
    lines(&value, 0) + "\n"
}

#[test]
fn every_trick_gives_the_record_that_was_reviewed() {
    let refresh = std::env::var("MERC_GOLDEN").is_ok_and(|value| value == "refresh");
    if refresh {
        let _ = fs::remove_dir_all(folder());
        fs::create_dir_all(folder()).unwrap();
    }
    let written_to = std::env::var("MERC_TRICKS");
    let mut names = BTreeSet::new();
    let mut different = Vec::new();
    let tricks = tricks();
    let plain: Vec<Value> = tricks
        .iter()
        .filter(|trick| trick.name.starts_with("plain"))
        .map(|trick| record(&trick.files[0]))
        .collect();
    for trick in tricks {
        if let Ok(folder) = &written_to {
            let file = trick.files.last().unwrap();
            fs::write(PathBuf::from(folder).join(trick.name), file).unwrap();
        }
        let path = folder().join(format!("{}.json", trick.name));
        assert!(names.insert(format!("{}.json", trick.name)), "{} twice", trick.name);
        let now = golden(&trick, &plain);
        if refresh {
            fs::write(&path, &now).unwrap();
        }
        let reviewed = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        let changed =
            now.lines().zip(reviewed.lines().chain(std::iter::repeat(""))).find(|(now, then)| now != then);
        if let Some((now, then)) = changed {
            different.push(format!("{}: {then}\n    is now {now}", trick.name));
        } else if now != reviewed {
            different.push(format!("{}: has lost its end", trick.name));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    let files =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(files.collect::<BTreeSet<_>>(), names);
}
