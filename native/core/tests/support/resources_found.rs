//! What the resource stages find in one file, for tests.

#![allow(dead_code, unreachable_pub)] // each test binary uses its part
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that panics has failed

use merc_core::hash::{Digests, hex};
use merc_core::pe::{Image, directory, icon, manifest, resource, resource_tree, version_info};
use merc_core::problems::Problems;
use merc_core::schema::{Manifest, Resource, ResourceDirectory, VersionInfo};

use super::pe_builder::PeBuilder;
use super::resource_builder::{Key, Node, resources};

pub const RVA: u32 = 0x1000;
/// File offset of `RVA`.
pub const OFFSET: usize = 0x400;
#[derive(Debug, Default, PartialEq)]
pub struct Found {
    pub root: Option<ResourceDirectory>,
    pub list: Vec<Resource>,
    pub version: Option<VersionInfo>,
    pub manifest: Option<Manifest>,
    pub icon: Option<String>,
    pub problems: Vec<String>,
    pub limits: Vec<String>,
    pub broken: bool,
}

pub fn found(file: &[u8]) -> Found {
    let mut problems = Problems::default();
    let mut found = Found::default();
    let image = Image::parse(file, &mut Problems::default()).unwrap();
    if let Some(tree) = resource_tree::tree(&image, &mut problems) {
        let leaves = &tree.leaves;
        let (list, data) = resource::resources(&image, leaves, &mut problems);
        found.list = list;
        for data in data {
            for place in data.places {
                found.list[place].sha256 = Some(sha256(data.bytes));
            }
        }
        found.version = version_info::version_info(&image, leaves, &mut problems);
        found.manifest = manifest::manifest(&image, leaves, &mut problems);
        let icon = icon::main_icon(&image, leaves, &mut problems);
        found.icon = icon.and_then(|place| found.list[place].sha256.clone());
        found.root = Some(tree.directory);
    }
    found.problems = problems.list.into_iter().map(|problem| problem.kind).collect();
    found.limits = problems.limits_hit;
    found.broken = problems.broken;
    found
}

/// The file whose one section is the resource directory `data`.
pub fn file(data: Vec<u8>) -> Vec<u8> {
    PeBuilder::with_data(false, data).directory(directory::RESOURCE, RVA, 0).build()
}

pub fn of_tree(root: &[(Key, Node)]) -> Found {
    found(&file(resources(RVA, root)))
}

pub fn sha256(bytes: &[u8]) -> String {
    hex(&Digests::of(bytes).sha256)
}
