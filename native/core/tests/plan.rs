//! Found files: their order, what a plan says of them, where shards and batches end.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that panics has failed

use merc_core::plan::{Bounds, Found};
use serde_json::Value;

const WIDE: Bounds = Bounds { batch_bytes: u64::MAX, batch_files: 9, shard_bytes: u64::MAX, shard_files: 9 };

fn found(files: &[(u32, &[u8], u64)]) -> Found {
    let mut found = Found::default();
    for (root, path, size) in files {
        found.add(*root, b"", path, *size, 7);
    }
    found
}

fn paths(found: &Found) -> Vec<String> {
    let files: Vec<Value> = serde_json::from_str(&found.json(0..found.len()).unwrap()).unwrap();
    files.iter().map(|file| format!("{}:{}", file["root"], file["path"].as_str().unwrap())).collect()
}

/// Paths of each batch of each shard.
fn cut(found: &Found, bounds: Bounds) -> Vec<Vec<Vec<String>>> {
    let mut shards = Vec::new();
    let mut first = 0;
    while let Some(shard) = found.shard(first, "id", 1, bounds).unwrap() {
        first += shard.files;
        let line: Value = serde_json::from_str(&shard.line).unwrap();
        let batches = line["batches"].as_array().unwrap();
        assert_eq!(batches.len(), shard.batches);
        let path = |file: &Value| file["path"].as_str().unwrap().to_owned();
        shards
            .push(batches.iter().map(|batch| batch.as_array().unwrap().iter().map(path).collect()).collect());
    }
    assert_eq!(first, found.len());
    shards
}

#[test]
fn the_order_is_size_descending_then_root_then_bytes_of_the_path() {
    let mut files = found(&[
        (1, b"a", 5),
        (0, b"b", 5),
        (0, "\u{1f600}".as_bytes(), 5),
        (0, b"ab", 5),
        (0, b"a", 5),
        (0, b"z", 9),
    ]);
    files.put_in_plan_order(usize::MAX);
    assert_eq!(paths(&files), ["0:z", "0:a", "0:ab", "0:b", "0:\u{1f600}", "1:a"]);
    files.put_in_plan_order(3);
    assert_eq!(paths(&files), ["0:a", "0:ab", "0:b"]);
}

#[test]
fn a_line_has_its_members_in_order_and_the_bytes_of_names_that_are_not_utf8() {
    let mut files = Found::default();
    files.add(2, b"a/", b"b\"\n\x01\\", 1 << 53, -1_500);
    files.add(0, b"", b"\xffx\xe6\xbc", 0, 0);
    let shard = files.shard(0, "0003-00007", 41, WIDE).unwrap().unwrap();
    let expected = concat!(
        r#"{"id":"0003-00007","batches":[["#,
        r#"{"sampleId":41,"root":2,"path":"a/b\"\n\u0001\\","size":9007199254740992,"mtime":-1500},"#,
        r#"{"sampleId":42,"root":0,"path":"\\xffx\\xe6\\xbc","pathRaw":"/3jmvA==","size":0,"mtime":0}]]}"#
    );
    assert_eq!((shard.line.as_str(), shard.files, shard.bytes), (expected, 2, 1 << 53));
    assert!(files.shard(2, "0003-00008", 43, WIDE).unwrap().is_none());
    assert_eq!(
        files.json(1..9).unwrap(),
        r#"[{"root":0,"path":"\\xffx\\xe6\\xbc","pathRaw":"/3jmvA==","size":0,"mtime":0}]"#
    );
    assert_eq!(files.json(9..10).unwrap(), "[]");
}

#[test]
fn each_bound_ends_a_batch_or_a_shard_and_a_file_over_it_is_alone() {
    let files = found(&[(0, b"a", 8), (0, b"b", 4), (0, b"c", 4), (0, b"d", 1), (0, b"e", 0)]);
    assert_eq!(cut(&files, WIDE), [[["a", "b", "c", "d", "e"]]]);
    let by_batch_bytes: Vec<Vec<Vec<&str>>> = vec![vec![vec!["a"], vec!["b"], vec!["c", "d", "e"]]];
    assert_eq!(cut(&files, Bounds { batch_bytes: 5, ..WIDE }), by_batch_bytes);
    let by_batch_files: Vec<Vec<Vec<&str>>> = vec![vec![vec!["a", "b"], vec!["c", "d"], vec!["e"]]];
    assert_eq!(cut(&files, Bounds { batch_files: 2, ..WIDE }), by_batch_files);
    let by_shard_bytes: Vec<Vec<Vec<&str>>> =
        vec![vec![vec!["a"]], vec![vec!["b"]], vec![vec!["c", "d", "e"]]];
    assert_eq!(cut(&files, Bounds { shard_bytes: 5, ..WIDE }), by_shard_bytes);
    let by_shard_files: Vec<Vec<Vec<&str>>> = vec![vec![vec!["a", "b", "c"]], vec![vec!["d", "e"]]];
    assert_eq!(cut(&files, Bounds { shard_files: 3, ..WIDE }), by_shard_files);
}

#[test]
fn sizes_that_no_disk_has_are_added_without_a_panic() {
    let files = found(&[(0, b"a", u64::MAX), (0, b"b", u64::MAX), (0, b"c", 1)]);
    assert_eq!(files.bytes(), u64::MAX);
    assert_eq!(cut(&files, Bounds { shard_bytes: 9, ..WIDE }), [[["a"]], [["b"]], [["c"]]]);
}

#[test]
fn what_is_kept_stays_in_order_and_shares_its_paths() {
    let files = found(&[(0, b"a", 1), (0, b"b", 2), (0, b"c", 3)]);
    let kept = files.kept(&[1, 0, 1]);
    assert_eq!((paths(&kept), kept.bytes()), (vec!["0:a".to_owned(), "0:c".to_owned()], 4));
    drop(files);
    assert!(!kept.is_empty() && kept.kept(&[0, 0]).is_empty());
}

#[test]
fn a_file_takes_32_bytes_and_those_of_its_path() {
    let mut files = Found::default();
    for number in 0..10_000 {
        files.add(0, b"folder/", format!("{number:09}").as_bytes(), number, 0);
    }
    files.put_in_plan_order(usize::MAX);
    assert_eq!(files.allocated(), 10_000 * (32 + 16));
}
