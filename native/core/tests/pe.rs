//! Headers, sections, imports and exports of PE files that are wrong in one place each.
//!
//! Expected values are those of pefile 2024.8.26 on the same bytes, or stand in the file as built.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that panics has failed

use merc_core::pe::{Image, directory, export, import};
use merc_core::problems::Problems;
use merc_core::schema::{Export, Import};

mod support {
    pub mod pe_builder;
}
use support::pe_builder::{PeBuilder, SectionSpec, Target, Thunk, dwords, exports, imports, put};

fn imports_of(file: &[u8]) -> (Option<Vec<Import>>, Problems) {
    let mut problems = Problems::default();
    let list = Image::parse(file, &mut problems).and_then(|image| import::imports(&image, &mut problems));
    (list, problems)
}

fn exports_of(file: &[u8]) -> (Option<Vec<Export>>, Problems) {
    let mut problems = Problems::default();
    let list = Image::parse(file, &mut problems).and_then(|image| export::exports(&image, &mut problems));
    (list, problems)
}

fn kinds(problems: &Problems) -> Vec<&str> {
    problems.list.iter().map(|problem| problem.kind.as_str()).collect()
}

/// `dll: name #ordinal ...` a descriptor.
fn shown(imports: &[Import]) -> Vec<String> {
    let function = |function: &merc_core::schema::ImportedFunction| match (&function.name, function.ordinal) {
        (Some(name), None) => name.clone(),
        (name, ordinal) => format!("#{}{}", ordinal.unwrap(), name.as_deref().unwrap_or_default()),
    };
    let line = |import: &Import| {
        let functions: Vec<_> = import.functions.iter().map(function).collect();
        format!("{}: {}", import.dll, functions.join(" "))
    };
    imports.iter().map(line).collect()
}

fn named(exports: &[Export]) -> Vec<(Option<&str>, i64)> {
    exports.iter().map(|export| (export.name.as_deref(), export.ordinal)).collect()
}

fn two_dlls(wide: bool, rva: u32) -> Vec<u8> {
    imports(
        rva,
        wide,
        &[
            (b"KERNEL32.dll", &[Thunk::Name(7, b"ExitProcess"), Thunk::Ordinal(0x1234)]),
            (b"user32.DLL", &[Thunk::Name(0, b"MessageBoxA")]),
        ],
    )
}
const TWO_DLLS: [&str; 2] = ["KERNEL32.dll: ExitProcess #4660", "user32.DLL: MessageBoxA"];

#[test]
fn names_ordinals_and_hints_are_given_in_thunk_order_in_both_widths() {
    for wide in [false, true] {
        let file =
            PeBuilder::with_data(wide, two_dlls(wide, 0x1000)).directory(directory::IMPORT, 0x1000, 60);
        let (list, problems) = imports_of(&file.build());
        let list = list.unwrap();
        assert_eq!(shown(&list), TWO_DLLS);
        assert_eq!(list[0].functions[0].hint, Some(7));
        assert_eq!(list[0].functions[1].hint, None);
        assert!(problems.list.is_empty(), "{problems:?}");
    }
}

#[test]
fn an_import_directory_of_size_0_is_read_all_the_same() {
    let file = PeBuilder::with_data(false, two_dlls(false, 0x1000)).directory(directory::IMPORT, 0x1000, 0);
    assert_eq!(shown(&imports_of(&file.build()).0.unwrap()), TWO_DLLS);
}

#[test]
fn an_import_directory_inside_the_headers_is_mapped() {
    let file = PeBuilder::with_data(true, vec![1; 16]).directory(directory::IMPORT, 0x240, 0);
    let file = file.patch(0x240, &two_dlls(true, 0x240)).build();
    assert_eq!(shown(&imports_of(&file).0.unwrap()), TWO_DLLS);
}

#[test]
fn a_file_without_sections_can_import() {
    let file = PeBuilder::new(false).directory(directory::IMPORT, 0x300, 0);
    let (list, _) = imports_of(&file.patch(0x300, &two_dlls(false, 0x300)).build());
    assert_eq!(shown(&list.unwrap()), TWO_DLLS);
}

#[test]
fn no_import_directory_an_empty_and_an_unreadable_one_are_three_answers() {
    let file = PeBuilder::with_data(false, vec![0; 64]);
    let (absent, problems) = imports_of(&file.build());
    assert_eq!((absent, kinds(&problems)), (None, vec![]));
    let (empty, problems) = imports_of(&file.clone().directory(directory::IMPORT, 0x1000, 20).build());
    assert_eq!((empty, kinds(&problems)), (Some(vec![]), vec![]));
    let (broken, problems) = imports_of(&file.directory(directory::IMPORT, 0x9999_0000, 20).build());
    assert_eq!((broken, kinds(&problems)), (None, vec!["descriptors_unterminated"]));
}

#[test]
fn ordinals_of_winsock_and_oleaut32_have_the_frozen_names_and_no_others_do() {
    let thunks = || [Thunk::Ordinal(23), Thunk::Ordinal(2), Thunk::Ordinal(600)];
    let (a, b, c, d) = (thunks(), thunks(), thunks(), thunks());
    let dlls: [(&[u8], &[Thunk<'_>]); 4] =
        [(b"WS2_32.dll", &a), (b"wsock32.dll", &b), (b"OleAut32.dll", &c), (b"ws2_32", &d)];
    let file =
        PeBuilder::with_data(false, imports(0x1000, false, &dlls)).directory(directory::IMPORT, 0x1000, 0);
    let expected = [
        "WS2_32.dll: #23socket #2bind #600",
        "wsock32.dll: #23socket #2bind #600",
        "OleAut32.dll: #23SafeArrayAccessData #2SysAllocString #600",
        "ws2_32: #23 #2 #600",
    ];
    assert_eq!(shown(&imports_of(&file.build()).0.unwrap()), expected);
}

#[test]
fn a_name_that_is_not_utf8_keeps_its_bytes() {
    let dlls: [(&[u8], &[Thunk<'_>]); 1] = [(b"a\xff.dll", &[Thunk::Name(0, b"f\xfe\xc3\xa9")])];
    let file =
        PeBuilder::with_data(true, imports(0x1000, true, &dlls)).directory(directory::IMPORT, 0x1000, 0);
    let (list, problems) = imports_of(&file.build());
    assert_eq!(shown(&list.unwrap()), ["a\\xff.dll: f\\xfe\u{e9}"]);
    assert_eq!(kinds(&problems), ["name_unprintable"]);
}

#[test]
fn a_broken_lookup_table_gives_way_to_the_address_table() {
    let mut data = two_dlls(false, 0x1000);
    let lookup = u32::from_le_bytes(*data.first_chunk().unwrap()) as usize - 0x1000;
    put(&mut data, lookup + 4, &0x8123_4567_u32.to_le_bytes());
    let file = PeBuilder::with_data(false, data).directory(directory::IMPORT, 0x1000, 0);
    let (list, problems) = imports_of(&file.build());
    assert_eq!(shown(&list.unwrap()), TWO_DLLS);
    assert_eq!(kinds(&problems), ["thunk_ordinal"]);
}

#[test]
fn descriptors_that_share_a_thunk_table_cost_a_bounded_walk() {
    let (descriptors, thunks) = (40_000, 40_000);
    let tables = 0x1000 + (descriptors + 1) * 20;
    let name = tables + (thunks + 1) * 4;
    let mut data = dwords(&[tables, 0, 0, name + 2, tables]).repeat(descriptors as usize);
    data.extend([0; 20]);
    data.extend(dwords(&[name]).repeat(thunks as usize));
    data.extend(b"\0\0\0\0\x01\0shared\0\0");
    put(&mut data, (name - 0x1000) as usize, b"\x01\0shared\0");
    let file = PeBuilder::with_data(false, data).directory(directory::IMPORT, 0x1000, 0).build();
    let (list, problems) = imports_of(&file);
    assert_eq!(problems.limits_hit, ["import_steps"]);
    let functions: usize = list.unwrap().iter().map(|import| import.functions.len()).sum();
    assert!((200_000..=262_144).contains(&functions), "{functions}");
}

#[test]
fn names_that_are_long_and_shared_stop_at_the_text_limit() {
    let name = 0x1000 + 40 + 10_001 * 4;
    let mut data = dwords(&[0x1028, 0, 0, name + 2, 0x1028]);
    data.extend([0; 20]);
    data.extend(dwords(&[name]).repeat(10_000));
    data.extend([0; 4]);
    data.extend([b'a'; 5_000]);
    let file = PeBuilder::with_data(false, data).directory(directory::IMPORT, 0x1000, 0).build();
    let (list, problems) = imports_of(&file);
    assert_eq!(problems.limits_hit, ["name_length", "import_text"]);
    assert_eq!(list.unwrap()[0].functions.len(), 511);
}

#[test]
fn exports_come_by_name_table_and_then_the_nameless_by_ordinal() {
    let targets = [
        Target::Rva(0x10),
        Target::Rva(0x20),
        Target::Rva(0),
        Target::Forwarder(b"NTDLL.RtlX"),
        Target::Rva(0x30),
    ];
    let data = exports(0x1000, 0xffff, &targets, &[(b"b", 4), (b"a", 0), (b"a2", 0), (b"gone", 2)]);
    let file =
        PeBuilder::with_data(false, data.clone()).directory(directory::EXPORT, 0x1000, data.len() as u32);
    let list = exports_of(&file.build()).0.unwrap();
    let expected = [
        (Some("b"), 0x1_0003),
        (Some("a"), 0xffff),
        (Some("a2"), 0xffff),
        (None, 0x1_0000),
        (None, 0x1_0002),
    ];
    assert_eq!(named(&list), expected);
    assert_eq!(list[4].forwarder.as_deref(), Some("NTDLL.RtlX"));
    assert_eq!((list[1].rva, &list[1].forwarder), (0x10, &None));
}

#[test]
fn an_export_directory_of_size_0_is_read_and_has_no_forwarders() {
    let data = exports(0x1000, 1, &[Target::Forwarder(b"A.B")], &[(b"x\xff", 0)]);
    let file = PeBuilder::with_data(false, data).directory(directory::EXPORT, 0x1000, 0);
    let list = exports_of(&file.build()).0.unwrap();
    assert_eq!(named(&list), [(Some("x\\xff"), 1)]);
    assert_eq!(list[0].forwarder, None);
}

#[test]
fn a_sparse_export_table_of_ordinals_only_gives_the_ones_that_are_set() {
    let mut targets: Vec<_> = (0..65_536).map(|_| Target::Rva(0)).collect();
    targets[3] = Target::Rva(0x50);
    targets[65_535] = Target::Rva(0x60);
    let file = PeBuilder::with_data(true, exports(0x1000, 10, &targets, &[])).directory(
        directory::EXPORT,
        0x1000,
        0,
    );
    let (list, problems) = exports_of(&file.build());
    assert_eq!(named(&list.unwrap()), [(None, 13), (None, 65_545)]);
    assert!(problems.limits_hit.is_empty() && problems.list.is_empty());
}

#[test]
fn an_export_table_that_claims_4_billion_entries_gives_those_in_the_file() {
    let mut data = exports(0x1000, 1, &[Target::Rva(0x10)], &[(b"a", 0)]);
    put(&mut data, 20, &dwords(&[u32::MAX, u32::MAX]));
    let file = PeBuilder::with_data(false, data).directory(directory::EXPORT, 0x1000, 0).build();
    let (list, problems) = exports_of(&file);
    assert_eq!(list.unwrap()[0].name.as_deref(), Some("a"));
    assert_eq!(kinds(&problems)[0], "table_truncated");
}

#[test]
fn a_folded_header_is_read() {
    for wide in [false, true] {
        let mut file = PeBuilder::new(wide);
        // At 4 the section alignment lies on e_lfanew, so it is 4 too.
        (file.e_lfanew, file.section_alignment) = if wide { (4, 4) } else { (0x10, 0x1000) };
        let (bytes, mut problems) = (file.build(), Problems::default());
        let image = Image::parse(&bytes, &mut problems).unwrap();
        assert_eq!(image.dos_header().e_lfanew, i64::from(file.e_lfanew));
        assert_eq!(image.coff_header().unwrap().machine, i32::from(file.machine));
        assert_eq!(image.optional_header().unwrap().subsystem, Some(3));
        assert_eq!(kinds(&problems), ["folded"]);
    }
}

#[test]
fn more_than_16_directories_are_declared_and_16_given() {
    for count in [17, u32::MAX] {
        let mut file =
            PeBuilder::with_data(true, two_dlls(true, 0x1000)).directory(directory::IMPORT, 0x1000, 9);
        file.number_of_rva_and_sizes = Some(count);
        let (bytes, mut problems) = (file.build(), Problems::default());
        let image = Image::parse(&bytes, &mut problems).unwrap();
        assert_eq!(image.optional_header().unwrap().number_of_rva_and_sizes, Some(i64::from(count)));
        assert_eq!(image.data_directories().len(), 16);
        assert_eq!(image.data_directories()[1].name, "IMAGE_DIRECTORY_ENTRY_IMPORT");
        assert_eq!(shown(&import::imports(&image, &mut problems).unwrap()), TWO_DLLS);
        assert_eq!(kinds(&problems), ["directory_count"]);
    }
}

#[test]
fn an_unknown_magic_and_an_optional_header_of_size_0_are_read_as_pe32() {
    for (magic, size) in [(0x107, 224), (0, 224), (0x10b, 0)] {
        let mut file = PeBuilder::new(false);
        (file.magic, file.size_of_optional_header) = (Some(magic), Some(size));
        let (bytes, mut problems) = (file.build(), Problems::default());
        let image = Image::parse(&bytes, &mut problems).unwrap();
        let optional = image.optional_header().unwrap();
        assert_eq!((optional.magic, optional.image_base), (i32::from(magic), Some(0x40_0000)));
        assert_eq!(image.coff_header().unwrap().size_of_optional_header, i32::from(size));
        assert_eq!(problems.list.len(), 1, "{problems:?}");
    }
}

#[test]
fn odd_rich_data_does_not_cost_the_headers() {
    let file = PeBuilder::new(true).patch(0x60, b"Rich\x11\x22\x33\x44").build();
    let mut problems = Problems::default();
    assert_eq!(Image::parse(&file, &mut problems).unwrap().optional_header().unwrap().magic, 0x20b);
    assert_eq!(kinds(&problems), ["rich_malformed"]);
}

#[test]
fn a_pe_of_97_bytes_is_read_to_its_last_byte() {
    let mut file = vec![0; 97];
    put(&mut file, 0, b"MZ\0\0PE\0\0\x4c\x01\x01\0");
    put(&mut file, 0x14, b"\0\0\0\0\x04\0\x03\x01\x0b\x01\x08\0");
    put(&mut file, 0x3c, &dwords(&[4, 4]));
    file[96] = 2;
    let mut problems = Problems::default();
    let image = Image::parse(&file, &mut problems).unwrap();
    let optional = image.optional_header().unwrap();
    assert_eq!((optional.magic, optional.subsystem), (0x10b, Some(2)));
    assert_eq!((optional.file_alignment, optional.section_alignment), (Some(4), Some(4)));
    assert_eq!((optional.dll_characteristics, optional.number_of_rva_and_sizes), (None, None));
    assert_eq!(image.sections().len(), 1);
    assert!(image.data_directories().is_empty());
    assert_eq!(kinds(&problems), ["folded", "optional_header_truncated"]);
}

#[test]
fn a_file_that_is_no_pe_is_none_and_a_broken_pe_is_not() {
    let mut problems = Problems::default();
    let dos = [b"MZ".as_slice(), &[0; 100]].concat();
    for file in [b"".as_slice(), b"MZ", b"\x7fELF", &dos] {
        assert!(Image::parse(file, &mut problems).is_none());
    }
    assert!(problems.list.is_empty());
    let file = PeBuilder::new(false).build();
    let image = Image::parse(&file[..0x80 + 10], &mut problems).unwrap();
    assert!(image.coff_header().is_none() && image.sections().is_empty());
    assert_eq!(
        kinds(&problems),
        [
            "optional_header_size",
            "optional_header_magic",
            "optional_header_truncated",
            "file_header_truncated"
        ]
    );
}

#[test]
fn a_file_cut_at_any_length_is_read_as_far_as_it_goes() {
    let mut data = two_dlls(true, 0x1000);
    let start = 0x1000 + data.len() as u32;
    data.extend(exports(start, 1, &[Target::Rva(0x10), Target::Forwarder(b"A.B")], &[(b"name", 0)]));
    let file = PeBuilder::with_data(true, data).directory(directory::IMPORT, 0x1000, 0);
    let file = file.directory(directory::EXPORT, start, 0x100).build();
    for len in 0..=file.len() {
        let cut = &file[..len];
        let mut problems = Problems::default();
        let image = Image::parse(cut, &mut problems);
        assert_eq!(image.is_some(), len >= 0x84, "{len}");
        let list = image.and_then(|image| import::imports(&image, &mut problems)).unwrap_or_default();
        assert!(list.len() <= 2 && exports_of(cut).0.unwrap_or_default().len() <= 2);
        assert!(len < 0x84 || len == file.len() || !problems.list.is_empty() || list.len() == 2, "{len}");
    }
}

#[test]
fn of_65535_sections_2048_are_given_and_the_header_keeps_its_number() {
    let mut file = PeBuilder::new(false);
    let section =
        SectionSpec { name: *b"/x\0\xff\0\0\0a", virtual_address: 0x1000, ..SectionSpec::default() };
    file.sections = vec![section; 65_535];
    let bytes = file.directory(directory::IMPORT, 0x1000, 0).build();
    let mut problems = Problems::default();
    let image = Image::parse(&bytes, &mut problems).unwrap();
    import::imports(&image, &mut problems);
    assert_eq!(image.coff_header().unwrap().number_of_sections, 65_535);
    assert_eq!(image.sections().len(), 2_048);
    assert_eq!(image.sections()[0].name, "/xa");
    assert_eq!(image.sections()[0].name_raw.0, b"/x\0\xff\0\0\0a");
    assert_eq!(problems.limits_hit, ["sections"]);
}

#[test]
fn a_section_table_ends_at_zeros_at_other_bytes_and_at_the_end_of_the_file() {
    let mut file = PeBuilder::with_data(false, vec![1; 16]);
    file.number_of_sections = Some(9);
    let table = file.section_table();
    for (next, kind) in [([0; 40], "header_empty"), ([0xf7; 40], "header_implausible")] {
        let bytes = file.clone().patch(table + 40, &next).build();
        let mut problems = Problems::default();
        assert_eq!(Image::parse(&bytes, &mut problems).unwrap().sections().len(), 1);
        assert_eq!(kinds(&problems), [kind]);
    }
    let mut problems = Problems::default();
    assert_eq!(Image::parse(&file.build()[..table + 60], &mut problems).unwrap().sections().len(), 1);
    assert_eq!(kinds(&problems), ["table_truncated"]);
}

#[test]
fn an_rva_maps_as_in_pefile() {
    let section = |virtual_address, virtual_size, raw_offset, raw_size| SectionSpec {
        virtual_address,
        virtual_size,
        raw_offset,
        raw_size: Some(raw_size),
        ..SectionSpec::default()
    };
    let mut file = PeBuilder::new(false);
    file.sections = vec![
        section(0x3000, 0x1000, 0x610, 0x200),
        section(0x1000, 0x9000, 0x400, 0x200),
        section(0xffff_f000, 0x2000, 0x400, 0x200),
        section(0x8000, 0x1000, 0, 0),
    ];
    let mut bytes = file.build();
    put(&mut bytes, 0x900, b"\x01");
    let mut problems = Problems::default();
    let image = Image::parse(&bytes, &mut problems).unwrap();
    let at = |rva| (image.offset_of(rva), image.data_at(rva, 0x1000).map(<[u8]>::len));
    assert_eq!(at(0x1010), (Some(0x410), Some(0x1f0)), "in a section that the next one cuts");
    assert_eq!(at(0x2f00), (Some(0x2300), Some(0)), "behind its data: memory of zeros");
    assert_eq!(at(0x3000), (Some(0x600), Some(0x210)), "raw offset rounded down to 0x200, end not");
    assert_eq!(at(0x8010), (Some(0x10), Some(0)), "without data in the file");
    assert_eq!(at(0x10), (Some(0x10), Some(0x8f1)), "in the headers");
    assert_eq!(at(0xffff_f010), (Some(0x410), Some(0x1f0)), "in a section that wraps");
    assert_eq!(at(0x1_0000_0010), (Some(0x1410), Some(0)), "where it would have wrapped to the start");
    assert_eq!(at(0x9000_0000), (None, None), "nowhere");
}

#[test]
fn low_alignment_maps_a_section_whose_offset_is_its_address_as_it_is() {
    let mut file = PeBuilder::new(false);
    (file.section_alignment, file.file_alignment) = (0x20, 0x20);
    let section = SectionSpec {
        virtual_address: 0x2a0,
        virtual_size: 0x40,
        raw_offset: 0x2a0,
        data: vec![7; 0x40],
        ..SectionSpec::default()
    };
    file.sections = vec![section];
    let bytes = file.build();
    let image = Image::parse(&bytes, &mut Problems::default()).unwrap();
    assert_eq!(image.data_at(0x2a0, 4), Some([7; 4].as_slice()));
}

#[test]
fn the_certificate_table_is_a_file_range_that_nothing_clips() {
    let file = PeBuilder::new(false).directory(directory::SECURITY, 0x5000, u32::MAX).build();
    let image = Image::parse(&file, &mut Problems::default()).unwrap();
    assert_eq!(image.certificate_table(), Some(0x5000..0x1_0000_4fff));
    let without = PeBuilder::new(false).build();
    assert_eq!(Image::parse(&without, &mut Problems::default()).unwrap().certificate_table(), None);
}

#[test]
fn no_change_to_headers_or_directories_panics_or_takes_long() {
    let mut data = two_dlls(false, 0x1000);
    let start = 0x1000 + data.len() as u32;
    data.extend(exports(start, 1, &[Target::Rva(0x10), Target::Forwarder(b"A.B")], &[(b"name", 0)]));
    let file = PeBuilder::with_data(false, data).directory(directory::IMPORT, 0x1000, 0);
    let file = file.directory(directory::EXPORT, start, 0x100).build();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed as usize
    };
    for _ in 0..20_000 {
        let mut mutant = file.clone();
        for _ in 0..=random() % 4 {
            let value = [0, 1, 0x40, 0x200, 0x1000, 0x7fff_ffff, 0x8000_0000, u32::MAX, random() as u32]
                [random() % 9];
            let offset = random() % (mutant.len() - 4);
            put(&mut mutant, offset, &value.to_le_bytes()[..=random() % 4]);
        }
        imports_of(&mutant);
        exports_of(&mutant);
    }
}

#[test]
fn the_export_directory_says_its_name_base_and_counts() {
    let data = exports(0x1000, 7, &[Target::Rva(0x10), Target::Rva(0), Target::Rva(0x20)], &[(b"a", 0)]);
    let file = PeBuilder::with_data(false, data).directory(directory::EXPORT, 0x1000, 0).build();
    let mut problems = Problems::default();
    let image = Image::parse(&file, &mut problems).unwrap();
    let found = merc_core::pe::export::export_directory(&image).unwrap();
    assert_eq!((found.base, found.number_of_functions, found.number_of_names), (7, 3, 1));
    let absent = PeBuilder::new(false).build();
    let image = Image::parse(&absent, &mut problems).unwrap();
    assert_eq!(merc_core::pe::export::export_directory(&image), None);
}
