//! The plain Rust rival: one thread, one file after the other, three digest passes, byte loops for
//! histogram and strings, goblin for the structure, a JSON line a file on standard output.
//!
//!   merc-baseline LIST      LIST: paths, each ended by NUL
//!
//! Nothing here is tuned, and nothing is made slower than one would write it at first.

use std::io::{BufWriter, Write};
use std::{env, error::Error, fmt::Write as _, fs, io};

use goblin::pe::PE;
use md5::Md5;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use sha2::Sha256;

const MIN_STRING: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let list = fs::read_to_string(env::args().nth(1).ok_or("usage: merc-baseline LIST")?)?;
    let mut out = BufWriter::new(io::stdout().lock());
    for path in list.split_terminator('\0') {
        serde_json::to_writer(&mut out, &sample(path, &fs::read(path)?))?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

fn sample(path: &str, data: &[u8]) -> Value {
    let strings = [strings(data, 1, 0), strings(data, 2, 0), strings(data, 2, 1)].concat();
    json!({
        "path": path,
        "file_size": data.len(),
        "md5": hex(&Md5::digest(data)),
        "sha1": hex(&Sha1::digest(data)),
        "sha256": hex(&Sha256::digest(data)),
        "entropy": entropy(data),
        "pe": structure(data),
        "strings": strings,
    })
}

fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn entropy(data: &[u8]) -> f64 {
    let mut counts = [0u64; 256];
    for &byte in data {
        counts[byte as usize] += 1;
    }
    let share = |&count: &u64| count as f64 / data.len() as f64;
    -counts.iter().filter(|&&count| count > 0).map(share).map(|p| p * p.log2()).sum::<f64>()
}

fn structure(data: &[u8]) -> Option<Value> {
    let pe = PE::parse(data).ok()?;
    let section = |section: &goblin::pe::section_table::SectionTable| json!({"name": section.name().ok(), "raw_size": section.size_of_raw_data, "virtual_size": section.virtual_size});
    Some(json!({
        "machine": pe.header.coff_header.machine,
        "timestamp": pe.header.coff_header.time_date_stamp,
        "entry": pe.entry,
        "sections": pe.sections.iter().map(section).collect::<Vec<_>>(),
        "imports": pe.imports.iter().map(|import| json!([import.dll, import.name])).collect::<Vec<_>>(),
        "exports": pe.exports.iter().map(|export| export.name).collect::<Vec<_>>(),
    }))
}

/// Runs of printable characters, each `width` bytes wide, at offsets that are `phase` modulo `width`.
fn strings(data: &[u8], width: usize, phase: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut run = String::new();
    for unit in data.get(phase..).unwrap_or_default().chunks_exact(width) {
        let printable = matches!(unit[0], b'\t' | 0x20..=0x7e) && unit[1..].iter().all(|&byte| byte == 0);
        if printable {
            run.push(unit[0] as char);
        } else {
            if run.len() >= MIN_STRING {
                found.push(run.clone());
            }
            run.clear();
        }
    }
    if run.len() >= MIN_STRING {
        found.push(run);
    }
    found
}
