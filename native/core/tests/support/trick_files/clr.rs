//! .NET metadata.

use super::super::clr_builder::{ClrBuilder, OFFSET, RVA, row};
use super::{Trick, one};

const COM_DESCRIPTOR: usize = 14;

/// An assembly that refers to one and has a resource and user strings.
fn assembly() -> ClrBuilder {
    let mut builder = ClrBuilder { resources: b"\x03\0\0\0abc\0".to_vec(), ..ClrBuilder::new() };
    builder.user_strings = b"\0\x05a\0b\0\0\x01\0".to_vec();
    let [name, library, resource] = [&b"app"[..], b"mscorlib", b"r"].map(|text| builder.text(text));
    let token = builder.blob(&[0xb7, 0x7a, 0x5c, 0x56, 0x19, 0x34, 0xe0, 0x89]);
    builder
        .table(0x20, &[row![0x8004_u32, 1_u16, 2_u16, 3_u16, 4_u16, 0_u32, 0_u16, name, 0_u16]])
        .table(0x23, &[row![4_u16, 0_u16, 0_u16, 0_u16, 0_u32, token, library, 0_u16, 0_u16]])
        .table(0x28, &[row![0_u32, 1_u32, resource, 0_u16]])
}

fn patched(builder: &ClrBuilder, at: usize, bytes: &[u8]) -> Vec<u8> {
    builder.file().patch(OFFSET + at, bytes).build()
}

pub(super) fn tricks() -> Vec<Trick> {
    let mut counts = assembly();
    for table in &mut counts.tables {
        table.1 = u32::MAX;
    }
    let mut indices = ClrBuilder::new();
    indices.tables = vec![(0, 1, row![0_u16, 0x99_u16, 7_u16, 0_u16, 0_u16])];
    let indices = indices.table(0x1a, &[row![0x99_u16]]);
    let streams = vec![(b"#x".to_vec(), Vec::new()); 300];
    let mut shared = ClrBuilder::new();
    // 2,000 constants of one blob of 0x3000 bytes.
    shared.blobs = [&[0, 0xb0, 0x00][..], &[b'x'; 0x3000]].concat();
    let shared = shared.table(0x0b, &vec![row![0x0e_u16, 4_u16, 1_u16]; 2_000]);
    let undeclared = {
        let mut file = assembly().file();
        file.number_of_rva_and_sizes = Some(2);
        file.build()
    };
    vec![
        one("clr_assembly", assembly().file().build()),
        one("clr_assembly_pe32_plus", ClrBuilder { wide: true, ..assembly() }.file().build()),
        one("clr_header_unmapped", assembly().file().directory(COM_DESCRIPTOR, 0x7000_0000, 72).build()),
        one(
            "clr_header_cut",
            assembly()
                .file()
                .directory(COM_DESCRIPTOR, RVA + assembly().data().len() as u32 - 20, 72)
                .build(),
        ),
        one("clr_directory_undeclared", undeclared),
        one("clr_metadata_absent", patched(&assembly(), 8, &[0; 8])),
        one("clr_metadata_signature", patched(&assembly(), 0x48, b"BSJX")),
        one(
            "clr_version_endless",
            ClrBuilder { version_length: Some(u32::MAX), ..assembly() }.file().build(),
        ),
        one("clr_streams_300", ClrBuilder { streams, ..assembly() }.file().build()),
        one(
            "clr_streams_65535_declared",
            ClrBuilder { stream_count: Some(u16::MAX), ..assembly() }.file().build(),
        ),
        one("clr_table_counts_4_billion", counts.file().build()),
        one("clr_indices_outside_heaps", indices.file().build()),
        one("clr_rows_sharing_a_blob", shared.file().build()),
        one(
            "clr_user_strings_broken",
            ClrBuilder { user_strings: b"\0\x03a\0\0\xc0\x0f\xff\xff".to_vec(), ..assembly() }.file().build(),
        ),
    ]
}
