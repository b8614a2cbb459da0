//! Files that would cost more than they hold: each bound is seen to cut, and to leave the rest.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/directory_builder.rs"]
mod directory_builder;
#[path = "support/pe_builder.rs"]
mod pe_builder;

use merc_core::asn1::oid;
use merc_core::feature::imphash::imphash;
use merc_core::pe::{Image, debug};
use merc_core::problems::Problems;
use merc_core::schema::{Import, ImportedFunction};

use directory_builder::debug_file;

fn imports(dll: usize, functions: i32) -> Vec<Import> {
    let functions =
        (0..functions).map(|ordinal| ImportedFunction { ordinal: Some(ordinal), ..Default::default() });
    vec![Import { dll: "d".repeat(dll), functions: functions.collect(), ..Default::default() }]
}

#[test]
fn a_long_dll_name_is_not_hashed_again_for_a_quarter_of_a_million_ordinals() {
    let mut problems = Problems::default();
    assert_eq!(imphash(&imports(16_380, 260_000), &mut problems), None);
    assert_eq!(problems.limits_hit, ["imphash_bytes"]);
    let mut problems = Problems::default();
    // MD5 of "dd.ord0,dd.ord1", by md5sum.
    assert_eq!(imphash(&imports(2, 2), &mut problems).as_deref(), Some("b0e856d50c166bd736cae142f6560d4b"));
    assert!(problems.limits_hit.is_empty());
}

#[test]
fn names_that_many_debug_entries_share_are_kept_until_the_text_is_spent() {
    // Each of 200 entries points to its own 60 names of 4,000 characters: 48 MB of text if all were kept.
    let names = [&[0; 8][..], &[b'n'; 4_000], &[0; 4]].concat().repeat(60);
    let record = [b"LTCG", names.as_slice()].concat();
    let file = debug_file(&[(13, record.as_slice()); 20]).build();
    let mut problems = Problems::default();
    let image = Image::parse(&file, &mut problems).unwrap();
    let entries = debug::debug(&image, &mut problems).unwrap();
    let kept: usize = entries
        .iter()
        .flat_map(|entry| &entry.pogo)
        .flat_map(|pogo| &pogo.entries)
        .map(|e| e.name.len())
        .sum();
    assert!((1_900_000..=2_097_152).contains(&kept), "{kept}");
    assert!(problems.limits_hit.contains(&"debug_text".to_owned()), "{:?}", problems.limits_hit);
}

#[test]
fn a_pogo_name_without_an_end_ends_the_list_and_is_not_searched_for() {
    let mut record = [b"LTCG".as_slice(), &[0; 8], b"first\0\0\0", &[0; 8]].concat();
    record.resize(100_000, b'x');
    let file = debug_file(&[(13, record.as_slice())]).build();
    let mut problems = Problems::default();
    let image = Image::parse(&file, &mut problems).unwrap();
    let entries = debug::debug(&image, &mut problems).unwrap();
    let names: Vec<_> =
        entries[0].pogo.iter().flat_map(|pogo| &pogo.entries).map(|e| e.name.clone()).collect();
    assert_eq!(names, ["first"]);
    assert_eq!(problems.list[0].kind, "pogo_unterminated");
}

#[test]
fn an_object_identifier_longer_than_any_in_use_is_none() {
    assert_eq!(oid::dotted(&[0x2a, 0x86, 0x48]).as_deref(), Some("1.2.840"));
    assert!(oid::dotted(&[0x7f; 128]).is_some());
    assert_eq!(oid::dotted(&[0x7f; 129]), None);
}
