//! CLR headers and metadata that are wrong in one place each.
//!
//! Expected values stand in the file as built, by ECMA-335.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that panics has failed

use merc_core::pe::Image;
use merc_core::pe::clr::clr;
use merc_core::problems::Problems;
use merc_core::schema::Clr;

mod support {
    pub mod clr_builder;
    pub mod pe_builder;
}
use support::clr_builder::{ClrBuilder, OFFSET, ROOT, RVA, row};
use support::pe_builder::PeBuilder;

const ASSEMBLY: u8 = 0x20;
const ASSEMBLY_REF: u8 = 0x23;

fn clr_of(file: &[u8]) -> (Option<Clr>, Problems) {
    let mut problems = Problems::default();
    let found = Image::parse(file, &mut problems).and_then(|image| clr(&image, &mut problems));
    (found, problems)
}

fn built(builder: &ClrBuilder) -> (Clr, Problems) {
    let (found, problems) = clr_of(&builder.file().build());
    (found.unwrap(), problems)
}

fn kinds(problems: &Problems) -> Vec<&str> {
    problems.list.iter().map(|problem| problem.kind.as_str()).collect()
}

fn assembly(key: u16, name: u16, culture: u16) -> Vec<u8> {
    row![0x8004_u32, 4_u16, 3_u16, 2_u16, 65535_u16, 1_u32, key, name, culture]
}

fn reference(flags: u32, key: u16, name: u16) -> Vec<u8> {
    row![1_u16, 0_u16, 0_u16, 9_u16, flags, key, name, 0_u16, 0_u16]
}

#[test]
fn header_version_streams_module_and_mvid_are_given_in_both_widths() {
    for wide in [false, true] {
        let builder = ClrBuilder {
            wide,
            flags: 0x2_0009,
            strong_name_size: 128,
            native_header: 0x2000,
            user_strings: b"\0\x05a\0b\0\0\x01\0\x03c\0\0\0".to_vec(),
            ..ClrBuilder::new()
        };
        let (clr, problems) = built(&builder);
        assert_eq!((clr.major_runtime_version, clr.minor_runtime_version), (2, 5));
        let names =
            ["COMIMAGE_FLAGS_ILONLY", "COMIMAGE_FLAGS_STRONGNAMESIGNED", "COMIMAGE_FLAGS_32BITPREFERRED"];
        assert_eq!((clr.flags, clr.flag_names), (0x2_0009, names.map(str::to_owned).to_vec()));
        assert_eq!((clr.entry_point_token, clr.entry_point_rva), (Some(0x0600_0001), None));
        assert_eq!((clr.strong_name_size, clr.has_native_header), (128, true));
        assert_eq!(clr.metadata_version.as_deref(), Some("v4.0.30319"));
        let streams = clr.streams.unwrap();
        let names: Vec<_> = streams.iter().map(|stream| stream.name.as_str()).collect();
        assert_eq!(names, ["#~", "#Strings", "#US", "#GUID", "#Blob"]);
        let root = OFFSET as i64 + i64::from(ROOT);
        // Root with version and storage header, then five stream headers.
        assert_eq!(streams[0].file_offset, root + 32 + 12 + 20 + 12 + 16 + 16);
        assert_eq!(streams[1].file_offset, streams[0].file_offset + streams[0].size);
        assert_eq!(clr.module_name.as_deref(), Some("m.dll"));
        assert_eq!(clr.mvid.as_deref(), Some("03020100-0504-0706-0809-0a0b0c0d0e0f"));
        assert_eq!(clr.guids.unwrap(), ["03020100-0504-0706-0809-0a0b0c0d0e0f"]);
        assert_eq!(clr.user_string_count, Some(2));
        assert_eq!((clr.assembly, clr.resources), (None, Some(vec![])));
        assert!(problems.list.is_empty(), "{problems:?}");
    }
}

#[test]
fn a_native_entry_point_is_an_rva_and_0_is_none() {
    let (clr, _) = built(&ClrBuilder { flags: 0x10, entry_point: 0x1234, ..ClrBuilder::new() });
    assert_eq!((clr.entry_point_token, clr.entry_point_rva), (None, Some(0x1234)));
    let (clr, _) = built(&ClrBuilder { entry_point: 0, ..ClrBuilder::new() });
    assert_eq!((clr.entry_point_token, clr.entry_point_rva), (None, None));
}

#[test]
fn a_public_key_gives_the_token_that_the_standard_names_for_it() {
    // ECMA-335 II.6.2.1.3: the standard public key, whose token is b77a5c561934e089.
    let standard_key = [&[0; 8][..], &[4], &[0; 7]].concat();
    let mut builder = ClrBuilder::new();
    let (key, name, culture) = (builder.blob(&standard_key), builder.text(b"a"), builder.text(b"de"));
    let token = builder.blob(&[0xb0, 0x3f, 0x5f, 0x7f, 0x11, 0xd5, 0x0a, 0x3a]);
    let builder = builder
        .table(ASSEMBLY, &[assembly(key, name, culture)])
        .table(ASSEMBLY_REF, &[reference(1, key, name), reference(0, token, name), reference(0, 0, name)]);
    let (clr, problems) = built(&builder);
    let assembly = clr.assembly.unwrap();
    assert_eq!((assembly.name.as_deref(), assembly.version.as_str()), (Some("a"), "4.3.2.65535"));
    assert_eq!((assembly.culture.as_deref(), assembly.hash_algorithm), (Some("de"), 0x8004));
    assert_eq!(assembly.public_key_token.as_deref(), Some("b77a5c561934e089"));
    assert_eq!(assembly.public_key.unwrap().0, standard_key);
    let refs = clr.assembly_refs.unwrap();
    let tokens: Vec<_> = refs.iter().map(|entry| entry.public_key_token.as_deref()).collect();
    assert_eq!(tokens, [Some("b77a5c561934e089"), Some("b03f5f7f11d50a3a"), None]);
    assert_eq!((refs[0].version.as_str(), &refs[0].culture), ("1.0.0.9", &None));
    assert!(problems.list.is_empty(), "{problems:?}");
}

#[test]
fn the_type_library_is_the_guid_attribute_of_the_assembly_and_of_nothing_else() {
    let mut builder = ClrBuilder::new();
    let name = builder.text(b"GuidAttribute");
    let longer = builder.text(b"GuidAttributes");
    let [other, right] = [b"\x01\0\x03bad\0\0", b"\x01\0\x04guid\0"].map(|value| builder.blob(value));
    let attribute = |parent: u16, class: u16, value: u16| row![parent, class, value];
    let builder = builder
        .table(0x01, &[row![0_u16, longer, 0_u16], row![0_u16, name, 0_u16]])
        // Members of the first and of the second type.
        .table(0x0a, &[row![1_u16 << 3 | 1, 0_u16, 0_u16], row![2_u16 << 3 | 1, 0_u16, 0_u16]])
        .table(
            0x0c,
            &[
                attribute(1 << 5 | 7, 2 << 3 | 3, other),   // of the module
                attribute(1 << 5 | 0xe, 2 << 3 | 2, other), // constructor is a method of this module
                attribute(1 << 5 | 0xe, 1 << 3 | 3, other), // another name
                attribute(1 << 5 | 0xe, 9 << 3 | 3, other), // no such member
                attribute(1 << 5 | 0xe, 2 << 3 | 3, right),
            ],
        );
    let (clr, problems) = built(&builder);
    assert_eq!(clr.typelib.as_deref(), Some("guid"));
    assert!(problems.list.is_empty(), "{problems:?}");
}

#[test]
fn resources_tell_where_they_are_whether_here_in_a_file_or_in_an_assembly() {
    let mut builder = ClrBuilder::new();
    let [inner, file, assembly] = [&b"inner"[..], b"x.netmodule", b"other"].map(|name| builder.text(name));
    builder.resources = b"\x03\0\0\0abc\0\x09\0\0\0cut".to_vec();
    let builder = builder
        .table(ASSEMBLY_REF, &[reference(0, 0, assembly)])
        .table(0x26, &[row![0_u32, file, 0_u16]])
        .table(
            0x28,
            &[
                row![0_u32, 1_u32, inner, 0_u16],
                row![0_u32, 2_u32, inner, 1_u16 << 2],
                row![0_u32, 1_u32, inner, 1_u16 << 2 | 1],
                row![8_u32, 1_u32, inner, 0_u16],
                row![0x100_u32, 1_u32, inner, 0_u16],
                row![0_u32, 1_u32, inner, 7_u16 << 2],
            ],
        );
    let file = builder.file().build();
    let (clr, problems) = clr_of(&file);
    let resources = clr.unwrap().resources.unwrap();
    let offset = resources[0].file_offset.unwrap() as usize;
    assert_eq!(&file[offset..offset + resources[0].size.unwrap() as usize], b"abc");
    let shown: Vec<_> = resources
        .iter()
        .map(|resource| (resource.public, resource.location.as_deref(), resource.size))
        .collect();
    assert_eq!(
        shown,
        [
            (true, None, Some(3)),
            (false, Some("x.netmodule"), None),
            (true, Some("other"), None),
            (true, None, Some(9)),
            (true, None, None),
            (true, None, None),
        ]
    );
    assert_eq!(kinds(&problems), ["resource_truncated", "resource_unmapped", "resource_location"]);
}

#[test]
fn constants_are_those_of_type_string_with_half_surrogates_shown() {
    let mut builder = ClrBuilder::new();
    let text = builder.blob(b"h\0\xe9\0\x3d\xd8\0\xde\0\xd8");
    let builder = builder.table(
        0x0b,
        &[row![0x0e_u16, 4_u16, text], row![0x08_u16, 4_u16, text], row![0x0e_u16, 4_u16, 0_u16]],
    );
    assert_eq!(built(&builder).0.constants.unwrap(), ["h\u{e9}\u{1f600}\\ud800", ""]);
}

#[test]
fn field_data_that_only_memory_holds_has_no_offset() {
    let builder = ClrBuilder::new().table(0x1d, &[row![RVA + 4, 1_u16], row![RVA + 0xf00, 2_u16]]);
    let mut file = builder.file();
    file.sections[0].virtual_size = 0x1000;
    let (clr, _) = clr_of(&file.build());
    assert_eq!(clr.unwrap().field_offsets.unwrap(), [OFFSET as i64 + 4]);
}

#[test]
fn heap_indices_of_four_bytes_and_extra_data_before_the_tables_are_read() {
    let mut builder = ClrBuilder {
        heap_sizes: 0x47,
        table_extra: vec![0xaa; 4],
        tables: vec![(0, 1, row![0_u16, 1_u32, 1_u32, 0_u32, 0_u32])],
        ..ClrBuilder::new()
    };
    let name = builder.text(b"kernel32.dll");
    let (clr, problems) = built(&builder.table(0x1a, &[row![u32::from(name)]]));
    assert_eq!(
        (clr.module_name.as_deref(), clr.module_refs.unwrap()),
        (Some("m.dll"), vec!["kernel32.dll".to_owned()])
    );
    assert!(problems.list.is_empty(), "{problems:?}");
}

#[test]
fn row_numbers_have_four_bytes_from_the_first_count_that_two_cannot_hold() {
    // A coded index of 2 tag bits grows at 0x4000 rows, a plain one at 0x10000.
    for (refs, width) in [(0x3fff, 2), (0x4000, 4)] {
        let mut builder = ClrBuilder::new();
        let name = builder.text(b"r");
        let implementation = &[0; 4][..width];
        let resource = [row![0x100_u32, 1_u32, name], implementation.to_vec()].concat();
        let refs = vec![reference(0, 0, name); refs];
        let (clr, _) = built(&builder.table(ASSEMBLY_REF, &refs).table(0x28, &[resource.clone(), resource]));
        let names: Vec<_> = clr.resources.unwrap().into_iter().map(|resource| resource.name).collect();
        assert_eq!(names, [Some("r".to_owned()), Some("r".to_owned())], "{width}");
    }
}

#[test]
fn an_uncompressed_stream_with_jtd_beside_it_has_wide_indices() {
    let builder = ClrBuilder {
        tables_name: b"#-",
        tables: vec![(0, 1, row![0_u16, 1_u32, 1_u32, 0_u32, 0_u32])],
        streams: vec![(b"#JTD".to_vec(), vec![])],
        ..ClrBuilder::new()
    };
    assert_eq!(built(&builder).0.module_name.as_deref(), Some("m.dll"));
}

#[test]
fn of_two_streams_with_one_name_the_last_counts() {
    let builder =
        ClrBuilder { streams: vec![(b"#Strings".to_vec(), b"\0real\0".to_vec())], ..ClrBuilder::new() };
    assert_eq!(built(&builder).0.module_name.as_deref(), Some("real"));
}

#[test]
fn extra_data_before_the_stream_headers_is_passed_over() {
    let builder = ClrBuilder { storage_flags: 1, extra: b"\x04\0\0\0skip".to_vec(), ..ClrBuilder::new() };
    let (clr, problems) = built(&builder);
    assert_eq!(clr.module_name.as_deref(), Some("m.dll"));
    assert!(problems.list.is_empty(), "{problems:?}");
}

#[test]
fn no_clr_directory_an_unmapped_and_a_truncated_header_are_three_answers() {
    let file = PeBuilder::with_data(false, vec![0; 64]);
    let (found, problems) = clr_of(&file.build());
    assert_eq!((found, kinds(&problems)), (None, vec![]));
    let (found, problems) = clr_of(&file.clone().directory(14, 0x9999_0000, 72).build());
    assert_eq!((found, kinds(&problems)), (None, vec!["header_unmapped"]));
    let (found, problems) = clr_of(&file.directory(14, RVA, 72).build());
    assert_eq!((found, kinds(&problems)), (None, vec!["header_truncated"]));
}

#[test]
fn a_header_without_metadata_still_gives_its_flags() {
    let metadata_rva = OFFSET + 8;
    for (rva, kind) in
        [(0_u32, "metadata_unmapped"), (0x9999_0000, "metadata_unmapped"), (RVA, "metadata_signature")]
    {
        let file = ClrBuilder::new().file().patch(metadata_rva, &rva.to_le_bytes());
        let (clr, problems) = clr_of(&file.build());
        let clr = clr.unwrap();
        assert_eq!((clr.flags, clr.streams, clr.assembly_refs), (1, None, None));
        assert_eq!(kinds(&problems), [kind]);
    }
}

#[test]
fn a_directory_that_the_header_does_not_count_is_read_as_the_runtime_does() {
    let mut file = ClrBuilder::new().file();
    file.number_of_rva_and_sizes = Some(2);
    let (clr, problems) = clr_of(&file.build());
    assert_eq!(clr.unwrap().module_name.as_deref(), Some("m.dll"));
    assert_eq!(kinds(&problems), ["directory_undeclared"]);
    assert!(!problems.broken);
    // Nothing is made of bytes that are no CLR header.
    let (found, problems) = clr_of(&file.patch(OFFSET, &[71]).build());
    assert_eq!((found, kinds(&problems)), (None, vec![]));
}

#[test]
fn an_odd_header_size_and_an_overlong_version_lose_nothing() {
    let version = [b"v1".to_vec(), vec![0; 298]].concat();
    let builder = ClrBuilder { version, ..ClrBuilder::new() };
    let (clr, problems) = clr_of(&builder.file().patch(OFFSET, &[100]).build());
    let clr = clr.unwrap();
    assert_eq!((clr.metadata_version.as_deref(), clr.module_name.as_deref()), (Some("v1"), Some("m.dll")));
    assert_eq!((kinds(&problems), problems.broken), (vec!["header_size", "version_length"], false));
}

#[test]
fn stream_headers_past_the_end_leave_the_streams_before_them() {
    let builder = ClrBuilder { stream_count: Some(9), ..ClrBuilder::new() };
    let end = builder.data().len();
    let mut file = builder.file();
    // The section ends behind the fifth stream header and half a sixth.
    file.sections[0].data.truncate(end - 30);
    file.sections[0].virtual_size = (end - 30) as u32;
    let (clr, problems) = clr_of(&file.build());
    assert!(clr.unwrap().streams.unwrap().len() >= 5);
    assert!(kinds(&problems).contains(&"streams_truncated"), "{problems:?}");
    let builder = ClrBuilder { version_length: Some(u32::MAX), ..ClrBuilder::new() };
    let (clr, problems) = built(&builder);
    assert_eq!(
        (clr.streams, kinds(&problems)),
        (Some(vec![]), vec!["version_length", "streams_truncated", "tables_missing"])
    );
}

#[test]
fn more_streams_than_the_cap_are_cut_with_a_limit() {
    let streams = vec![(b"#x".to_vec(), vec![]); 300];
    let (clr, problems) = built(&ClrBuilder { streams, ..ClrBuilder::new() });
    assert_eq!(clr.streams.unwrap().len(), 256);
    assert_eq!(problems.limits_hit, ["clr_streams"]);
}

#[test]
fn a_table_that_the_stream_does_not_hold_has_the_rows_that_are_there() {
    let mut builder = ClrBuilder::new();
    let name = builder.text(b"r");
    let mut builder = builder.table(ASSEMBLY_REF, &[reference(0, 0, name)]).table(0x28, &[]);
    builder.tables[1].1 = u32::MAX;
    builder.tables[2].1 = 5;
    // With that many rows a coded index over `AssemblyRef` has four bytes; the row itself none.
    let (clr, problems) = built(&builder);
    assert_eq!(clr.assembly_refs.unwrap().len(), 1);
    assert_eq!(clr.resources.unwrap().len(), 0);
    assert_eq!(clr.table_rows.unwrap()[1].rows, 0xffff_ffff);
    assert_eq!(kinds(&problems), ["tables_truncated"]);
}

#[test]
fn indices_outside_their_heaps_lose_the_value_and_not_the_row() {
    let builder =
        ClrBuilder { tables: vec![(0, 1, row![0_u16, 0x99_u16, 7_u16, 0_u16, 0_u16])], ..ClrBuilder::new() };
    let builder = builder.table(0x1a, &[row![0x99_u16]]).table(ASSEMBLY, &[assembly(0x77, 1, 0)]);
    let (clr, problems) = built(&builder);
    assert_eq!(clr.module_refs.unwrap(), [""]);
    assert_eq!((clr.module_name, clr.mvid), (None, None));
    assert_eq!(clr.assembly.unwrap().name.as_deref(), Some("m.dll"));
    assert_eq!(kinds(&problems), ["string_index", "guid_index", "blob_broken"]);
}

#[test]
fn unknown_tables_and_repeated_assemblies_are_noted_and_lose_nothing() {
    let builder =
        ClrBuilder::new().table(ASSEMBLY, &[assembly(0, 1, 0), assembly(0, 0, 0)]).table(0x30, &[vec![0; 8]]);
    let (clr, problems) = built(&builder);
    assert_eq!(clr.table_rows.unwrap().last().unwrap().name, "0x30");
    assert_eq!(clr.assembly.unwrap().name.as_deref(), Some("m.dll"));
    assert_eq!((kinds(&problems), problems.broken), (vec!["table_unknown", "table_repeated"], false));
}

#[test]
fn a_user_string_past_its_heap_ends_the_count() {
    let user_strings = b"\0\x03a\0\0\xc0\x0f\xff\xff".to_vec();
    let (clr, problems) = built(&ClrBuilder { user_strings, ..ClrBuilder::new() });
    assert_eq!((clr.user_string_count, kinds(&problems)), (Some(1), vec!["user_string_broken"]));
}

#[test]
fn streams_outside_the_size_of_the_metadata_are_read_and_outside_the_file_are_cut() {
    let (clr, problems) = built(&ClrBuilder { metadata_size: Some(16), ..ClrBuilder::new() });
    assert_eq!(clr.module_name.as_deref(), Some("m.dll"));
    assert_eq!((kinds(&problems), problems.broken), (vec!["stream_outside_metadata"], false));
    let builder = ClrBuilder { metadata_size: Some(0x7fff_ffff), ..ClrBuilder::new() };
    assert_eq!(kinds(&built(&builder).1), ["metadata_truncated"]);
}

#[test]
fn rows_that_share_a_large_blob_or_a_long_name_are_cut_and_end_soon() {
    let long = vec![b'a'; 60_000];
    let mut builder = ClrBuilder::new();
    let name = builder.text(&long);
    // A blob of 0x3000 bytes at index 1.
    builder.blobs = [&[0, 0xb0, 0x00][..], &[b'x'; 0x3000]].concat();
    let constants = vec![row![0x0e_u16, 4_u16, 1_u16]; 40_000];
    let names = vec![row![name]; 60_000];
    let (clr, problems) = built(&builder.clone().table(0x1a, &names));
    assert!(clr.module_refs.unwrap().len() < 6_000);
    assert_eq!(problems.limits_hit, ["name_length", "clr_text"]);
    let (clr, problems) = built(&builder.clone().table(0x0b, &constants));
    assert!(clr.constants.unwrap().len() < 4_000);
    assert_eq!(problems.limits_hit, ["clr_text"]);
    let (clr, problems) = built(&builder.table(ASSEMBLY_REF, &vec![reference(1, 1, 0); 20_000]));
    assert!(clr.assembly_refs.unwrap().len() < 3_000);
    assert_eq!(problems.limits_hit, ["clr_text"]);
}

#[test]
fn a_heap_of_empty_user_strings_ends_at_the_cap() {
    let (clr, problems) = built(&ClrBuilder { user_strings: vec![0; 6 << 20], ..ClrBuilder::new() });
    assert_eq!((clr.user_string_count, problems.limits_hit), (None, vec!["clr_steps".to_owned()]));
}

#[test]
fn lists_that_a_spent_walk_has_not_begun_are_null_and_those_without_rows_are_empty() {
    let mut builder = ClrBuilder::new();
    let name = builder.text(&[b'a'; 4_000]);
    let constant = builder.blob(b"c\0");
    let builder = builder
        .table(0x0b, &[row![0x0e_u16, 4_u16, constant]])
        .table(0x1a, &[row![name]])
        .table(ASSEMBLY_REF, &vec![reference(0, 0, name); 2_000]);
    let (clr, problems) = built(&builder);
    assert_eq!(problems.limits_hit, ["clr_text"]);
    // 2 MiB of names of 4,000 bytes after "m.dll"; the row whose name found no room is the last.
    assert_eq!(clr.assembly_refs.unwrap().len(), 2 * 1024 * 1024 / 4_000 + 1);
    assert_eq!((clr.module_refs, clr.constants, clr.user_string_count), (None, None, None));
    assert_eq!((clr.resources, clr.field_offsets), (Some(vec![]), Some(vec![])));
}

#[test]
fn metadata_cut_anywhere_or_with_any_byte_changed_is_read_without_a_panic_and_twice_the_same() {
    let mut builder = ClrBuilder::new();
    let name = builder.text(b"GuidAttribute");
    let value = builder.blob(b"\x01\0\x04guid\0");
    builder.resources = b"\x03\0\0\0abc\0".to_vec();
    let builder = builder
        .table(0x01, &[row![0_u16, name, 0_u16]])
        .table(0x0a, &[row![1_u16 << 3 | 1, 0_u16, 0_u16]])
        .table(0x0b, &[row![0x0e_u16, 4_u16, value]])
        .table(0x0c, &[row![1_u16 << 5 | 0xe, 1_u16 << 3 | 3, value]])
        .table(0x1d, &[row![RVA, 1_u16]])
        .table(ASSEMBLY, &[assembly(value, 1, 1)])
        .table(ASSEMBLY_REF, &[reference(0, value, 1)])
        .table(0x28, &[row![0_u32, 1_u32, name, 0_u16]]);
    let file = builder.file().build();
    assert_eq!(clr_of(&file).0.unwrap().typelib.as_deref(), Some("guid"));
    for end in OFFSET..file.len() {
        clr_of(&file[..end]);
    }
    for offset in OFFSET..file.len() {
        for byte in [0, 1, 0x7f, 0x80, 0xc0, 0xff] {
            let mut mutated = file.clone();
            mutated[offset] = byte;
            let (first, problems) = clr_of(&mutated);
            let (second, again) = clr_of(&mutated);
            assert_eq!((first, problems.list, problems.limits_hit), (second, again.list, again.limits_hit));
        }
    }
}
