//! Resource trees that are wrong in one place each.
//!
//! Expected values stand in the file as built.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that panics has failed

use merc_core::column::Timestamp;
use merc_core::extract::Options;
use merc_core::pe::directory;
use merc_core::schema::{Resource, ResourceDirectory};

mod support {
    pub mod extraction;
    pub mod pe_builder;
    pub mod resource_builder;
    pub mod resources_found;
}
use support::extraction::{FULL, extracted};
use support::pe_builder::{PeBuilder, SectionSpec, dwords, put};
use support::resource_builder::Key::{Number, Text};
use support::resource_builder::{
    Key, Node, icon_group, node, resource, resources, shared_directories, string, utf16, version,
};
use support::resources_found::{Found, OFFSET, RVA, file, found, of_tree, sha256};

const RT_ICON: Key = Number(3);
const RT_RCDATA: Key = Number(10);
const RT_GROUP_ICON: Key = Number(14);
const RT_VERSION: Key = Number(16);
const RT_MANIFEST: Key = Number(24);

/// `type/name/language` a row; `-` for null.
fn paths(found: &Found) -> Vec<String> {
    let row = |row: &Resource| {
        let language = row.language.map(|language| language.to_string());
        [&row.r#type, &row.name, &language].map(|part| part.as_deref().unwrap_or("-").to_owned()).join("/")
    };
    found.list.iter().map(row).collect()
}

#[test]
fn leaves_come_in_tree_order_with_what_their_bytes_are() {
    let found = of_tree(&[
        resource(Text("PNG"), Text("LOGO"), 1049, b"abab"),
        (
            RT_RCDATA,
            Node::Directory(vec![
                (
                    Number(7),
                    Node::Directory(vec![
                        (Number(0), Node::Leaf(b"%PDF-1.4".to_vec())),
                        (Number(1033), Node::Leaf(vec![])),
                    ]),
                ),
                (Number(8), Node::Directory(vec![(Number(1033), Node::Leaf(vec![0; 4]))])),
            ]),
        ),
        resource(Number(240), Number(1), 0, b"x"),
    ]);
    assert_eq!(
        paths(&found),
        ["PNG/LOGO/1049", "RT_RCDATA/7/0", "RT_RCDATA/7/1033", "RT_RCDATA/8/1033", "240/1/0"]
    );
    let (first, pdf, empty) = (&found.list[0], &found.list[1], &found.list[2]);
    assert_eq!((first.size, first.codepage, first.entropy), (4, 1252, Some(1.0)));
    assert_eq!(first.file_offset.unwrap() - OFFSET as i64, first.rva - i64::from(RVA));
    // `printf abab | sha256sum`.
    let known = "a667282675f4876021d392aa6592f39dabf718748c4b738563cb9d5dc8f21f24";
    assert_eq!(first.sha256.as_deref(), Some(known));
    assert_eq!(pdf.magic.as_deref(), Some("PDF document"));
    assert_eq!((empty.magic.as_deref(), empty.sha256.clone()), (Some("empty"), Some(sha256(b""))));
    assert_eq!((found.problems.len(), found.limits.len()), (0, 0));
}

#[test]
fn the_root_is_given_and_its_time_only_where_it_has_one() {
    let mut data =
        resources(RVA, &[resource(RT_RCDATA, Text("A"), 0, b"x"), resource(Text("B"), Number(1), 0, b"x")]);
    let expected = ResourceDirectory {
        characteristics: 0,
        timestamp: None,
        major_version: 4,
        minor_version: 0,
        number_of_named_entries: 1,
        number_of_id_entries: 1,
    };
    assert_eq!(found(&file(data.clone())).root, Some(expected.clone()));
    put(&mut data, 0, &dwords(&[9, 1_000_000_000, 0x2_0001]));
    let expected = ResourceDirectory {
        characteristics: 9,
        timestamp: Some(Timestamp(1_000_000_000)),
        major_version: 1,
        minor_version: 2,
        ..expected
    };
    assert_eq!(found(&file(data)).root, Some(expected));
}

#[test]
fn absent_empty_and_unreadable_are_three_answers() {
    let absent = found(&PeBuilder::with_data(true, vec![0; 64]).build());
    assert_eq!(absent, Found::default());
    let empty = of_tree(&[]);
    assert_eq!((empty.root.is_some(), empty.list.len(), empty.broken), (true, 0, false));
    for rva in [RVA + 60, 0x9000_0000] {
        let file = PeBuilder::with_data(true, vec![0; 64]).directory(directory::RESOURCE, rva, 64);
        let unreadable = found(&file.build());
        assert_eq!((unreadable.root, unreadable.problems), (None, vec!["directory_unmapped".to_owned()]));
    }
}

#[test]
fn a_directory_that_leads_to_itself_or_above_ends_there() {
    let inner = vec![(Number(1), Node::Directory(vec![(Number(2), Node::Claim(0, 0))]))];
    let mut data = resources(RVA, &[(Number(5), Node::Directory(inner))]);
    data.extend_from_slice(&[0; 64]);
    // Of root, type and name: each in turn leads to the root.
    for entry in [20, 44, 68] {
        let mut data = data.clone();
        put(&mut data, entry, &dwords(&[1 << 31]));
        let found = found(&file(data));
        assert_eq!((found.list.len(), found.problems), (0, vec!["directory_cyclic".to_owned()]));
    }
}

#[test]
fn nothing_below_the_third_level_is_followed() {
    let mut tree = Node::Leaf(b"x".to_vec());
    for level in 0..600 {
        let siblings = vec![(Number(level), tree), (Number(1000), Node::Leaf(b"y".to_vec()))];
        tree = Node::Directory(siblings);
    }
    let found = of_tree(&[(RT_RCDATA, tree)]);
    assert_eq!(paths(&found), ["RT_RCDATA/599/1000", "RT_RCDATA/1000/-"]);
    assert_eq!(found.problems, ["directory_deep", "leaf_shallow"]);
}

#[test]
fn a_leaf_above_the_third_level_is_listed_and_costs_nothing() {
    let found = of_tree(&[(RT_RCDATA, Node::Leaf(b"x".to_vec()))]);
    assert_eq!(paths(&found), ["RT_RCDATA/-/-"]);
    assert_eq!((found.problems, found.broken), (vec!["leaf_shallow".to_owned()], false));
}

#[test]
fn directories_that_share_their_children_are_cut() {
    // Three directories of 6,000 entries each, every entry leading to the next directory.
    let mut data = shared_directories(RVA, 6_000);
    let leaves = found(&file(data.clone()));
    assert_eq!((leaves.list.len(), leaves.limits), (65_536, vec!["resources".to_owned()]));
    // Without a leaf only the steps end it.
    data.truncate(data.len() - 16);
    let steps = found(&file(data));
    assert_eq!((steps.list.len(), steps.limits), (0, vec!["resource_steps".to_owned()]));
    assert_eq!(steps.problems, ["entry_unmapped"]);
}

#[test]
fn a_directory_that_claims_more_entries_than_the_file_holds_is_read_as_far_as_it_goes() {
    let mut data = resources(RVA, &[(RT_RCDATA, Node::Leaf(b"x".to_vec()))]);
    put(&mut data, 12, &[0xff; 4]);
    let found = found(&file(data));
    assert_eq!(found.list[0].sha256, Some(sha256(b"x")));
    assert!(found.problems.contains(&"directory_truncated".to_owned()), "{:?}", found.problems);
}

#[test]
fn a_leaf_whose_bytes_the_file_does_not_hold_is_listed_without_them() {
    let claim = |rva, size| {
        (
            RT_RCDATA,
            Node::Directory(vec![(Number(1), Node::Directory(vec![(Number(0), Node::Claim(rva, size))]))]),
        )
    };
    for (rva, size, kind, mapped) in [
        (RVA + 8, 4_000_000, "data_truncated", true),
        (RVA + 8, u32::MAX, "data_truncated", true),
        (0x7000_0000, 4, "data_unmapped", false),
        (u32::MAX, 1, "data_unmapped", false),
    ] {
        let found = of_tree(&[claim(rva, size), resource(RT_RCDATA, Number(2), 0, b"y")]);
        let row = &found.list[0];
        assert_eq!((row.rva, row.size), (i64::from(rva), i64::from(size)));
        assert_eq!(
            (row.file_offset.is_some(), &row.sha256, row.entropy, &row.magic),
            (mapped, &None, None, &None)
        );
        assert_eq!((found.problems, found.broken), (vec![kind.to_owned()], true));
        assert_eq!(found.list[1].sha256, Some(sha256(b"y")));
    }
}

#[test]
fn a_resource_in_memory_only_is_not_hashed_as_zeros() {
    let mut builder = PeBuilder::with_data(false, vec![]);
    builder.sections[0].data = resources(RVA, &[(RT_RCDATA, Node::Claim(0x5010, 32))]);
    builder.sections.push(SectionSpec {
        name: *b"UPX0\0\0\0\0",
        virtual_address: 0x5000,
        virtual_size: 0x1000,
        ..SectionSpec::default()
    });
    let found = found(&builder.directory(directory::RESOURCE, RVA, 0).build());
    assert_eq!((found.list[0].sha256.as_ref(), found.list[0].size), (None, 32));
    assert!(found.problems.contains(&"data_truncated".to_owned()), "{:?}", found.problems);
}

#[test]
fn overlapping_leaves_are_hashed_up_to_twice_the_files_size() {
    let blob = 100_000;
    let leaves = (0..200).map(|index| (Number(index), Node::Claim(RVA + 4 + index, blob)));
    let languages = Node::Directory(vec![(Number(1), Node::Directory(leaves.collect()))]);
    let mut data = resources(RVA, &[(RT_RCDATA, languages)]);
    data.resize(blob as usize + 1_000, 0);
    let found = found(&file(data));
    let hashed = found.list.iter().filter(|row| row.sha256.is_some()).count();
    assert_eq!((found.list.len(), hashed), (200, 2));
    assert_eq!(found.limits, ["resource_bytes", "resource_magic"]);
    assert!(found.broken);
}

#[test]
fn leaves_of_the_same_bytes_are_hashed_once() {
    let leaves = (0..200).map(|index| (Number(index), Node::Claim(RVA + 4, 100_000)));
    let languages = Node::Directory(vec![(Number(1), Node::Directory(leaves.collect()))]);
    let mut data = resources(RVA, &[(RT_RCDATA, languages)]);
    data.resize(101_000, 7);
    let expected = Some(sha256(&data[4..100_004]));
    let found = found(&file(data));
    assert!(found.list.iter().all(|row| row.sha256 == expected && row.magic.is_some()));
    assert_eq!((found.list.len(), found.limits.len()), (200, 0));
}

#[test]
fn names_that_cannot_be_read_cost_themselves_alone() {
    let leaf = |key| (key, Node::Directory(vec![(Number(0), Node::Leaf(b"x".to_vec()))]));
    let mut data = resources(
        RVA,
        &[(RT_RCDATA, Node::Directory(vec![leaf(Number(1)), leaf(Number(2)), leaf(Number(3))]))],
    );
    let names = 24 + 16;
    put(&mut data, names, &dwords(&[0xf000_0000]));
    let end = data.len() as u32;
    data.extend([3, 0, b'a', 0, 0, 0xd8]);
    put(&mut data, names + 8, &dwords(&[end | 1 << 31]));
    let found = found(&file(data));
    assert_eq!(paths(&found), ["RT_RCDATA/-/0", "RT_RCDATA/a\\ud800/0", "RT_RCDATA/3/0"]);
    assert_eq!(found.problems, ["name_unmapped", "name_truncated"]);
}

#[test]
fn a_name_is_cut_at_4096_characters_and_a_language_that_is_text_is_null() {
    let mut data = resources(RVA, &[resource(RT_RCDATA, Number(1), 0, b"x")]);
    let end = data.len() as u32;
    data.extend(5_000_u16.to_le_bytes());
    data.extend(utf16(&"n".repeat(5_000)));
    for entry in [40, 64] {
        let mut data = data.clone();
        put(&mut data, entry, &dwords(&[end | 1 << 31]));
        let found = found(&file(data));
        assert_eq!(found.limits, ["name_length"]);
        if entry == 40 {
            assert_eq!(found.list[0].name, Some("n".repeat(4_096)));
        } else {
            assert_eq!((found.list[0].language, found.problems), (None, vec!["language_text".to_owned()]));
        }
    }
}

#[test]
fn a_long_name_over_many_leaves_is_cut_by_the_text_kept() {
    let leaves = (0..10_000).map(|index| (Number(index), Node::Claim(RVA, 4)));
    let mut data =
        resources(RVA, &[(RT_RCDATA, Node::Directory(vec![(Number(1), Node::Directory(leaves.collect()))]))]);
    let end = data.len() as u32;
    data.extend(4_096_u16.to_le_bytes());
    data.extend(utf16(&"n".repeat(4_096)));
    put(&mut data, 16, &dwords(&[end | 1 << 31]));
    let found = found(&file(data));
    assert_eq!((found.list.len(), found.limits), (511, vec!["resource_text".to_owned()]));
}

#[test]
fn the_columns_are_filled_and_the_classic_row_has_none_of_them() {
    let icon = resource(RT_ICON, Number(1), 0, b"image");
    let group = resource(RT_GROUP_ICON, Number(1), 0, &icon_group(&[(16, 16, 32, 5, 1)]));
    let version = resource(RT_VERSION, Number(1), 0, &version(&[]));
    let manifest = resource(RT_MANIFEST, Number(1), 0, b"<a/>");
    let file = file(resources(RVA, &[icon, group, version, manifest]));
    for classic in [false, true] {
        let row = extracted(&file, Options { classic, ..FULL }, &mut |_, _, _: &[u8]| {});
        assert_eq!(row.resources.map(|list| list.len()), (!classic).then_some(4));
        assert_eq!(row.icon_hash, (!classic).then(|| sha256(b"image")));
        assert_eq!(row.manifest.map(|manifest| manifest.text), (!classic).then(|| "<a/>".to_owned()));
        assert_eq!((row.version_info.is_some(), row.resource_directory.is_some()), (!classic, !classic));
        assert_eq!(row.status, "ok");
    }
}

/// xorshift64*.
fn next(state: &mut u64) -> usize {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize
}

#[test]
fn mutated_directories_never_panic_and_read_the_same_twice() {
    let table = node("040904b0", 0, &[], &[string("A", "b"), string("C", "d")]);
    let languages = node("Translation", 4, &dwords(&[0x04b0_0409]), &[]);
    let children = [node("StringFileInfo", 0, &[], &[table]), node("VarFileInfo", 0, &[], &[languages])];
    let manifest = b"<a><!-- b --><requestedExecutionLevel level='asInvoker' uiAccess='true'/></a>";
    let tree = [
        resource(Text("PNG"), Text("LOGO"), 1049, b"abab"),
        resource(RT_ICON, Number(2), 1033, b"image"),
        resource(RT_GROUP_ICON, Number(1), 1033, &icon_group(&[(0, 0, 8, 1, 2), (48, 48, 32, 900, 3)])),
        resource(RT_VERSION, Number(1), 1033, &version(&children)),
        resource(RT_MANIFEST, Number(1), 1033, manifest),
    ];
    let good = file(resources(RVA, &tree));
    let interesting = [0, 1, 0x7f, 0x80, 0xff];
    let mut state = 0x6d65_7263;
    for _ in 0..4_000 {
        let mut bad = good.clone();
        for _ in 0..=next(&mut state) % 6 {
            let at = OFFSET + next(&mut state) % (good.len() - OFFSET);
            bad[at] = match next(&mut state) % 3 {
                0 => interesting[next(&mut state) % interesting.len()],
                1 => bad[at] ^ 1 << (next(&mut state) % 8),
                _ => next(&mut state) as u8,
            };
        }
        if next(&mut state).is_multiple_of(8) {
            bad.truncate(OFFSET + next(&mut state) % (good.len() - OFFSET));
        }
        assert_eq!(found(&bad), found(&bad));
    }
}
