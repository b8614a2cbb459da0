//! Resource trees, version information, manifests.

use super::super::pe_builder::{PeBuilder, dwords, put};
use super::super::resource_builder::{
    Key, Key::Number, Node, icon_group, node, resource, resources, shared_directories, string, utf16, version,
};
use super::{Trick, one};

const RVA: u32 = 0x1000;
const RT_ICON: Key = Number(3);
const RT_RCDATA: Key = Number(10);
const RT_GROUP_ICON: Key = Number(14);
const RT_VERSION: Key = Number(16);
const RT_MANIFEST: Key = Number(24);

fn file(data: Vec<u8>) -> Vec<u8> {
    PeBuilder::with_data(false, data).directory(2, RVA, 0).build()
}

fn of(root: &[(Key, Node)]) -> Vec<u8> {
    file(resources(RVA, root))
}

/// The name directory leads to the root.
fn cyclic() -> Vec<u8> {
    let inner = vec![(Number(1), Node::Directory(vec![(Number(2), Node::Claim(0, 0))]))];
    let mut data = resources(RVA, &[(RT_RCDATA, Node::Directory(inner))]);
    put(&mut data, 44, &dwords(&[1 << 31]));
    file(data)
}

fn deep() -> Vec<u8> {
    let mut tree = Node::Leaf(b"x".to_vec());
    for level in 0..300 {
        tree = Node::Directory(vec![(Number(level), tree), (Number(1000), Node::Leaf(b"y".to_vec()))]);
    }
    of(&[(RT_RCDATA, tree)])
}

fn claims() -> Vec<u8> {
    let claim =
        |number, rva, size| (Number(number), Node::Directory(vec![(Number(0), Node::Claim(rva, size))]));
    let claims = vec![
        claim(1, RVA + 8, 4_000_000),
        claim(2, RVA + 8, u32::MAX),
        claim(3, 0x7000_0000, 4),
        claim(4, u32::MAX, 1),
        claim(5, 0, 0),
    ];
    of(&[(RT_RCDATA, Node::Directory(claims))])
}

fn of_version(data: &[u8]) -> Vec<u8> {
    of(&[resource(RT_VERSION, Number(1), 1033, data)])
}

fn version_data() -> Vec<u8> {
    let strings = [string("CompanyName", "Café"), string("FileVersion", "1, 2"), string("Empty", "")];
    let table = node("040904B0", 0, &[], &strings);
    let translation = node("Translation", 4, &dwords(&[0x04b0_0409]), &[]);
    version(&[node("StringFileInfo", 0, &[], &[table]), node("VarFileInfo", 0, &[], &[translation])])
}

fn broken_version() -> Vec<u8> {
    let mut data = version_data();
    // The root says it is as long as a node can be, the string table that it is 5 bytes long.
    put(&mut data, 0, &[0xff, 0xff]);
    let table = data.windows(6).position(|bytes| bytes == utf16("040")).map_or(0, |at| at - 6);
    put(&mut data, table, &[5, 0]);
    of_version(&data)
}

const MANIFEST: &[u8] = b"<assembly><!-- <requestedExecutionLevel level='x'/> --><requestedExecutionLevel \
level='requireAdministrator' uiAccess='maybe'/></assembly>";

pub(super) fn tricks() -> Vec<Trick> {
    let icons = icon_group(&[(16, 16, 32, 4, 1), (0, 0, 32, 4, 2)]);
    let mut truncated = resources(RVA, &[resource(RT_RCDATA, Number(1), 0, b"x")]);
    put(&mut truncated, 12, &[0xff; 4]);
    let texts = [
        resource(Key::Text("TYPE"), Key::Text("näme"), 0, b"MZ"),
        resource(RT_RCDATA, Number(u32::MAX >> 1), 0xffff, b""),
    ];
    vec![
        one("resources_named", of(&texts)),
        one("resources_empty", of(&[])),
        one(
            "resources_unmapped",
            PeBuilder::with_data(true, vec![0; 64]).directory(2, 0x9000_0000, 64).build(),
        ),
        one("resources_cyclic", cyclic()),
        one("resources_deep", deep()),
        one("resources_wide", file(shared_directories(RVA, 600))),
        one("resources_sharing_directories", file(shared_directories(RVA, 9))),
        one("resources_entries_past_the_end", file(truncated)),
        one("resources_claims_past_the_end", claims()),
        one("version_info", of_version(&version_data())),
        one("version_info_broken", broken_version()),
        one("manifest", of(&[resource(RT_MANIFEST, Number(1), 0, MANIFEST)])),
        one(
            "icons",
            of(&[
                (
                    RT_ICON,
                    Node::Directory(vec![
                        (Number(1), Node::Directory(vec![(Number(0), Node::Leaf(b"tiny".to_vec()))])),
                        (Number(2), Node::Directory(vec![(Number(0), Node::Leaf(b"main".to_vec()))])),
                    ]),
                ),
                resource(RT_GROUP_ICON, Number(1), 0, &icons),
            ]),
        ),
        one("icons_without_image", of(&[resource(RT_GROUP_ICON, Number(1), 0, &icons)])),
    ]
}
