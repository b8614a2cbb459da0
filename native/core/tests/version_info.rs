//! Version information, manifests and icons that are wrong in one place each.
//!
//! Expected values stand in the file as built.

#![allow(clippy::unwrap_used)] // a test that panics has failed
#![allow(clippy::indexing_slicing)]

use merc_core::schema::{Manifest, Translation};

mod support {
    pub mod pe_builder;
    pub mod resource_builder;
    pub mod resources_found;
}
use support::pe_builder::{dwords, put};
use support::resource_builder::Key::{Number, Text};
use support::resource_builder::{Key, Node, icon_group, node, resource, resources, string, utf16, version};
use support::resources_found::{Found, RVA, file, found, of_tree, sha256};

const RT_ICON: Key = Number(3);
const RT_GROUP_ICON: Key = Number(14);
const RT_VERSION: Key = Number(16);
const RT_MANIFEST: Key = Number(24);

fn translation(pairs: &[u32]) -> Vec<u8> {
    node("VarFileInfo", 0, &[], &[node("Translation", pairs.len() as u16 * 4, &dwords(pairs), &[])])
}

fn table(block: &str, strings: &[Vec<u8>]) -> Vec<u8> {
    node(block, 0, &[], strings)
}

fn of_version(data: &[u8]) -> Found {
    of_tree(&[resource(RT_VERSION, Number(1), 1033, data)])
}

fn strings(found: &Found) -> Vec<String> {
    let strings = found.version.iter().flat_map(|version| &version.strings);
    strings.map(|string| format!("{} {}={}", string.block, string.name, string.value)).collect()
}

#[test]
fn every_string_of_every_table_and_resource_is_given_in_order() {
    let first = version(&[
        translation(&[0x04b0_0409, 0x04e4_0007]),
        node(
            "StringFileInfo",
            0,
            &[],
            &[
                table("040904b0", &[string("CompanyName", "Ä & Co"), string("Odd", ""), string("Odd", "2")]),
                table("000704e4", &[string("FileVersion", "1, 2")]),
            ],
        ),
    ]);
    let second = version(&[node("StringFileInfo", 0, &[], &[table("041904b0", &[string("A", "b")])])]);
    let found = of_tree(&[(
        RT_VERSION,
        Node::Directory(vec![(
            Number(1),
            Node::Directory(vec![(Number(0), Node::Leaf(first)), (Number(1049), Node::Leaf(second))]),
        )]),
    )]);
    assert_eq!(
        strings(&found),
        [
            "040904b0 CompanyName=Ä & Co",
            "040904b0 Odd=",
            "040904b0 Odd=2",
            "000704e4 FileVersion=1, 2",
            "041904b0 A=b"
        ]
    );
    let version = found.version.unwrap();
    assert_eq!(
        version.translations,
        [Translation { language: 1033, codepage: 1200 }, Translation { language: 7, codepage: 1252 }]
    );
    assert_eq!((found.problems.len(), found.limits.len()), (0, 0));
}

#[test]
fn the_fixed_part_is_decoded() {
    let version = of_version(&version(&[])).version.unwrap();
    assert_eq!(version.file_version.as_deref(), Some("1.2.3.4"));
    assert_eq!(version.product_version.as_deref(), Some("5.6.7.8"));
    // 0x41 under the mask 0x3f.
    assert_eq!((version.file_flags, version.file_flags_names), (Some(1), vec!["VS_FF_DEBUG".to_owned()]));
    assert_eq!((version.file_os, version.file_os_name.as_deref()), (Some(0x40004), Some("VOS_NT_WINDOWS32")));
    assert_eq!((version.file_type, version.file_type_name.as_deref()), (Some(2), Some("VFT_DLL")));
    assert_eq!(version.file_subtype, Some(9));
    assert_eq!(version.file_date.unwrap().to_string(), "2016-10-21T03:48:35");
}

#[test]
fn a_value_ends_at_its_nul_or_its_node_whatever_its_length_says() {
    let text = [utf16("value"), vec![0, 0]].concat();
    let strings_of = [1, 5, 6, 10, 12, 0xffff].map(|length| node("Name", length, &text, &[]));
    let without_nul = node("Bare", 3, &utf16("abc"), &[]);
    let tail = node("Tail", 9, &[utf16("a\0b"), vec![0, 0]].concat(), &[]);
    let all = [&strings_of[..], &[without_nul, tail]].concat();
    // A length where there is no value, as some compilers write it for StringFileInfo.
    let found = of_version(&version(&[node("StringFileInfo", 1, &[], &[table("x", &all)])]));
    let mut expected = vec!["x Name=value"; 6];
    expected.extend(["x Bare=abc", "x Tail=a"]);
    assert_eq!(strings(&found), expected);
    assert!(found.problems.is_empty(), "{:?}", found.problems);
}

#[test]
fn a_fixed_part_with_another_signature_is_null_and_costs_no_string() {
    let mut data = version(&[node("StringFileInfo", 0, &[], &[table("x", &[string("A", "b")])])]);
    put(&mut data, 40, &[0]);
    let found = of_version(&data);
    assert_eq!(
        (strings(&found), &found.problems),
        (vec!["x A=b".to_owned()], &vec!["fixed_broken".to_owned()])
    );
    assert_eq!(found.version.unwrap().file_version, None);
}

#[test]
fn broken_version_trees_give_what_is_before_the_break() {
    let pair = [string("A", "b"), string("C", "d")];
    let tree = |strings: &[Vec<u8>]| version(&[node("StringFileInfo", 0, &[], &[table("x", strings)])]);
    let whole = tree(&pair);
    assert_eq!(strings(&of_version(&whole)), ["x A=b", "x C=d"]);

    let cut = of_version(&whole[..whole.len() - 6]);
    assert_eq!(strings(&cut), ["x A=b", "x C="]);
    assert!(cut.problems.contains(&"root_truncated".to_owned()), "{:?}", cut.problems);

    let mut zero_length = pair.clone();
    put(&mut zero_length[1], 0, &[0, 0]);
    let stopped = of_version(&tree(&zero_length));
    assert_eq!(
        (strings(&stopped), stopped.problems),
        (vec!["x A=b".to_owned()], vec!["node_broken".to_owned()])
    );

    for data in [&b""[..], b"abc", &[0xff; 200], &utf16("VS_VERSION_INFO")] {
        let nothing = of_version(data);
        assert_eq!((nothing.version, nothing.problems), (None, vec!["root_broken".to_owned()]), "{data:x?}");
    }
}

#[test]
fn version_resources_that_overlap_by_the_thousand_are_cut() {
    let many: Vec<Vec<u8>> = (0..3_000).map(|_| string("A", "b")).collect();
    let data = version(&[node("StringFileInfo", 0, &[], &[table(&"k".repeat(1_000), &many)])]);
    assert!(data.len() > 50_000);
    let languages = (0..5_000).map(|index| (Number(index), Node::Claim(RVA + 0x4_0000, data.len() as u32)));
    let mut tree = resources(
        RVA,
        &[(RT_VERSION, Node::Directory(vec![(Number(1), Node::Directory(languages.collect()))]))],
    );
    put(&mut tree, 0x4_0000, &data);
    let found = found(&file(tree));
    assert_eq!(found.limits, ["version_block", "version_bytes"]);
    let version = found.version.unwrap();
    assert_eq!(version.strings.len(), (1 << 20) / data.len() * 3_000);
    assert_eq!(version.strings[0].block, "k".repeat(32));
}

const MANIFEST: &str = "<assembly><!-- <requestedExecutionLevel level=\"asInvoker\"/> --><a:trustInfo>\
    <a:requestedExecutionLevel level='requireAdministrator' uiAccess='true'/></a:trustInfo></assembly>";

#[test]
fn the_first_manifest_with_bytes_is_read_in_utf_8_and_utf_16() {
    let expected = Manifest {
        text: MANIFEST.to_owned(),
        requested_execution_level: Some("requireAdministrator".to_owned()),
        ui_access: Some(true),
    };
    let wide = [vec![0xff, 0xfe], utf16(MANIFEST)].concat();
    for bytes in [MANIFEST.as_bytes(), &wide] {
        let found = of_tree(&[
            resource(RT_MANIFEST, Number(1), 0, b""),
            resource(RT_MANIFEST, Number(2), 0, bytes),
            resource(RT_MANIFEST, Number(3), 0, b"<other/>"),
        ]);
        assert_eq!(found.manifest, Some(expected.clone()));
        assert!(found.problems.is_empty(), "{:?}", found.problems);
    }
}

#[test]
fn a_manifest_that_asks_for_no_level_is_not_one_that_cannot_be_read() {
    let silent = of_tree(&[resource(RT_MANIFEST, Number(1), 0, b"<a uiAccess='true'/>\xff")]);
    let expected = Manifest {
        text: "<a uiAccess='true'/>\\xff".to_owned(),
        requested_execution_level: None,
        ui_access: None,
    };
    assert_eq!((silent.manifest, silent.problems.len()), (Some(expected), 0));

    let odd =
        of_tree(&[resource(RT_MANIFEST, Number(1), 0, b"<requestedExecutionLevel level='' uiAccess='1'>")]);
    let manifest = odd.manifest.unwrap();
    assert_eq!((manifest.requested_execution_level.as_deref(), manifest.ui_access), (Some(""), None));
    assert_eq!((odd.problems, odd.broken), (vec!["ui_access".to_owned()], false));

    let missing = of_tree(&[(RT_MANIFEST, Node::Claim(0x7000_0000, 10))]);
    assert_eq!(missing.manifest, None);
    assert!(missing.problems.contains(&"data_missing".to_owned()), "{:?}", missing.problems);
}

#[test]
fn a_manifest_is_kept_up_to_a_mebibyte() {
    let data = [MANIFEST.as_bytes(), &vec![b' '; 2 << 20]].concat();
    let found = of_tree(&[resource(RT_MANIFEST, Number(1), 0, &data)]);
    let manifest = found.manifest.unwrap();
    assert_eq!((manifest.text.len(), found.limits), (1 << 20, vec!["manifest_bytes".to_owned()]));
    assert_eq!(manifest.requested_execution_level.as_deref(), Some("requireAdministrator"));
}

fn images() -> (Key, Node) {
    let image = |number, data: &[u8]| {
        (
            Number(number),
            Node::Directory(vec![
                (Number(9), Node::Leaf(b"other".to_vec())),
                (Number(1033), Node::Leaf(data.to_vec())),
            ]),
        )
    };
    (RT_ICON, Node::Directory(vec![image(1, b"one"), image(2, b"two"), image(3, b"three")]))
}

#[test]
fn the_main_icon_is_the_largest_image_in_the_groups_language() {
    for (group, image) in [
        // 0 stands for 256 pixels; then colours, then bytes, then order decide.
        (icon_group(&[(255, 255, 32, 900, 1), (0, 0, 8, 1, 2), (48, 48, 32, 900, 3)]), b"two".as_slice()),
        (icon_group(&[(32, 32, 4, 900, 1), (32, 32, 32, 1, 3)]), b"three"),
        (icon_group(&[(32, 32, 8, 1, 1), (32, 32, 8, 2, 2), (32, 32, 8, 2, 3)]), b"two"),
    ] {
        let second = icon_group(&[(0, 0, 32, 1, 1)]);
        let found = of_tree(&[
            images(),
            resource(RT_GROUP_ICON, Text("MAIN"), 1033, &group),
            resource(RT_GROUP_ICON, Number(1), 1033, &second),
        ]);
        assert_eq!((found.icon, found.problems.len()), (Some(sha256(image)), 0));
    }
    let other_language =
        of_tree(&[images(), resource(RT_GROUP_ICON, Number(1), 7, &icon_group(&[(1, 1, 1, 1, 1)]))]);
    assert_eq!(other_language.icon, Some(sha256(b"other")));
}

#[test]
fn an_icon_group_without_its_image_is_a_problem_and_no_group_is_none() {
    assert_eq!((of_tree(&[images()]).icon, of_tree(&[images()]).problems.len()), (None, 0));
    for (group, kind) in [
        (icon_group(&[(0, 0, 32, 1, 77), (1, 1, 1, 1, 1)]), "image_missing"),
        (icon_group(&[]), "group_broken"),
        (vec![0, 0, 1, 0, 9], "group_broken"),
    ] {
        let found = of_tree(&[images(), resource(RT_GROUP_ICON, Number(1), 1033, &group)]);
        assert_eq!((found.icon, found.problems), (None, vec![kind.to_owned()]));
    }
}
