//! Stub, Rich data, entry point, checksum, symbols, delay and bound imports, sections, overlay and hints of
//! files that are odd in one place each.
//!
//! Expected values stand in the file as built, or are those of pefile 2024.8.26 on the same bytes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that panics has failed

use merc_core::extract::Options;
use merc_core::pe::directory;
use merc_core::schema::Sample;

mod support {
    pub mod extraction;
    pub mod pe_builder;
    pub mod pivots_builder;
}
use support::extraction::{self, FULL};
use support::pe_builder::{PeBuilder, SectionSpec, Thunk, dwords, exports, imports, put};
use support::pivots_builder::{Space, bound_imports, delay_imports, rich};

fn extracted_with(file: &[u8], options: Options) -> Sample {
    extraction::extracted(file, options, &mut |_, _, _: &[u8]| {})
}

fn extracted(file: &[u8]) -> Sample {
    extracted_with(file, FULL)
}

fn kinds(sample: &Sample) -> Vec<String> {
    sample.problems.iter().map(|problem| format!("{}.{}", problem.stage, problem.kind)).collect()
}

fn has(sample: &Sample, kind: &str) -> bool {
    kinds(sample).iter().any(|other| other == kind)
}

/// `name (kind)` of each hint.
fn hints(sample: &Sample) -> Vec<String> {
    let hints = sample.packer_hints.as_ref().unwrap();
    hints.iter().map(|hint| format!("{} ({})", hint.name, hint.kind)).collect()
}

fn section(name: [u8; 8], virtual_address: u32, raw_offset: u32, data: Vec<u8>) -> SectionSpec {
    let virtual_size = data.len() as u32;
    let characteristics = 0x4000_0040;
    SectionSpec { name, virtual_address, virtual_size, raw_offset, characteristics, data, raw_size: None }
}

/// A file with Rich data at 0x80 and the signature at 0x100.
fn with_rich(tools: &[(u16, u16, u32)]) -> PeBuilder {
    let mut builder = PeBuilder::with_data(false, vec![1; 0x200]);
    builder.e_lfanew = 0x100;
    let data = rich(&builder.build()[..0x80], tools);
    builder.patch(0x80, &data)
}

#[test]
fn rich_data_gives_its_tools_and_its_checksum_tells_a_copy_from_the_original() {
    let tools = [(0x93, 30729, 11), (0x102, 30154, 1)];
    let sample = extracted(&with_rich(&tools).build());
    let found = sample.rich.unwrap();
    assert!(found.checksum_ok && found.file_offset == 0x80);
    let entries: Vec<_> = found.entries.iter().map(|e| (e.product_id, e.build, e.count)).collect();
    assert_eq!(entries, [(0x93, 30729, 11), (0x102, 30154, 1)]);
    assert_eq!(sample.rich_hash.as_deref(), Some("4480c25fcf67e735b7b7c2d3bb95e328"));
    assert_eq!(sample.status, "ok", "{:?}", sample.problems);

    let copied = extracted(&with_rich(&tools).patch(0x50, b"This program").build());
    assert!(!copied.rich.as_ref().unwrap().checksum_ok);
    assert_eq!((copied.status.as_str(), kinds(&copied)), ("ok", vec!["rich.checksum".to_owned()]));
    assert_eq!(copied.rich_hash, sample.rich_hash);
}

#[test]
fn rich_without_dans_is_broken_and_a_stub_without_rich_is_not() {
    let broken = extracted(&with_rich(&[(0x102, 30154, 1)]).patch(0x80, b"none").build());
    assert!(broken.rich.is_none() && broken.rich_hash.is_none());
    assert!(has(&broken, "rich.start_missing"), "{:?}", broken.problems);
    let absent = extracted(&PeBuilder::with_data(false, vec![1; 0x200]).build());
    assert!(absent.rich.is_none());
    assert_eq!(absent.problems, []);
    assert_eq!(absent.dos_stub.unwrap().size, 0x40);
}

#[test]
fn an_entry_point_says_where_it_lies_and_what_is_odd_about_the_place() {
    let at = |rva: u32| {
        let file = PeBuilder::with_data(false, (0..=255).cycle().take(0x210).collect());
        extracted(&file.patch(0x80 + 24 + 16, &rva.to_le_bytes()).build())
    };
    let inside = at(0x1010);
    let entry = inside.entry_point.as_ref().unwrap();
    assert_eq!((entry.file_offset, entry.section.as_deref()), (Some(0x410), Some(".data")));
    assert_eq!(entry.bytes.as_ref().unwrap().0, (0x10..0x50).collect::<Vec<u8>>());
    assert_eq!(kinds(&inside), ["entry_point.not_executable", "entry_point.writable"]);

    let short = at(0x1200).entry_point.unwrap();
    assert_eq!(short.bytes.unwrap().0.len(), 0x10);
    let headers = at(0x80);
    assert_eq!(kinds(&headers), ["entry_point.outside_sections"]);
    assert_eq!(headers.entry_point.unwrap().file_offset, Some(0x80));
    let nowhere = at(0x90_0000);
    assert!(has(&nowhere, "entry_point.unmapped") && nowhere.status == "partial");
    let entry = nowhere.entry_point.unwrap();
    assert_eq!((entry.rva, entry.file_offset, entry.bytes), (0x90_0000, None, None));
    assert_eq!(at(0).entry_point, None);
}

#[test]
fn a_wrong_checksum_is_stated_beside_the_right_one_and_is_no_problem() {
    let field = 0x80 + 24 + 64;
    let file = PeBuilder::with_data(false, vec![0xA5; 0x201]);
    let right = extracted(&file.build()).checksum.unwrap();
    assert_eq!(right.stored, 0);
    let computed = right.computed.unwrap();
    let exact = extracted(&file.clone().patch(field, &(computed as u32).to_le_bytes()).build());
    assert_eq!((exact.checksum.unwrap().computed, exact.problems.len()), (Some(computed), 0));
    let wrong = extracted(&file.patch(field, &[1, 0, 0, 0]).build());
    assert_eq!((wrong.status.as_str(), kinds(&wrong)), ("ok", Vec::new()));
}

#[test]
fn long_section_names_are_found_in_the_string_table_by_decimal_and_by_base_64() {
    let mut file = PeBuilder::new(false);
    file.sections = vec![
        section(*b"/4\0\0\0\0\0\0", 0x1000, 0x400, vec![1; 0x200]),
        section(*b"//AAAAAR", 0x2000, 0x600, vec![2; 0x200]),
        section(*b"/999999\0", 0x3000, 0x800, vec![3; 0x200]),
        section(*b"/x\0\0\0\0\0\0", 0x4000, 0xA00, vec![4; 0x200]),
    ];
    let mut symbols = vec![0; 18 * 3];
    symbols[17] = 1; // the second record is the first symbol's
    put(&mut symbols, 18 * 3, &dwords(&[32]));
    put(&mut symbols, 18 * 3 + 4, b".debug_frame\0.debug_info\0\0\0\0");
    let file = file.patch(0x80 + 12, &dwords(&[0xC00, 3])).patch(0xC00, &symbols);
    let sample = extracted(&file.build());
    let names: Vec<_> = sample.sections.unwrap().into_iter().map(|section| section.long_name).collect();
    assert_eq!(names, [Some(".debug_frame".to_owned()), Some(".debug_info".to_owned()), None, None]);
    let table = sample.coff_symbol_table.unwrap();
    assert_eq!((table.symbol_count, table.string_table_size), (2, Some(32)));
}

#[test]
fn symbols_outside_the_file_are_broken_and_cut_ones_are_counted_as_far_as_they_go() {
    let file = |offset: u32, count: u32| {
        let file = PeBuilder::with_data(false, vec![1; 0x200]).patch(0x80 + 12, &dwords(&[offset, count]));
        extracted(&file.build())
    };
    let outside = file(0x7000_0000, 9);
    assert_eq!(
        (outside.coff_symbol_table.clone(), kinds(&outside)),
        (None, vec!["coff.symbols_out_of_file".to_owned()])
    );
    let cut = file(0x600 - 40, 0xFFFF_FFFF);
    assert!(has(&cut, "coff.symbols_truncated"));
    assert_eq!(cut.coff_symbol_table.unwrap().string_table_size, None);
    assert_eq!(file(0, 7).coff_symbol_table, None);
}

#[test]
fn delay_imports_of_rvas_and_of_old_virtual_addresses_follow_the_others() {
    let wanted: [(&[u8], &[Thunk<'_>]); 2] =
        [(b"OLEAUT32.dll", &[Thunk::Ordinal(6)]), (b"shell32.dll", &[Thunk::Name(3, b"ShellExecuteA")])];
    for (wide, space) in [(false, Space::Rva), (true, Space::Rva), (false, Space::Virtual(0x40_0000))] {
        let mut data = imports(0x1000, wide, &[(b"KERNEL32.dll", &[Thunk::Name(0, b"ExitProcess")])]);
        data.resize(0x200, 0);
        let delayed = delay_imports(0x1200, wide, &space, &wanted);
        data.extend_from_slice(&delayed);
        let file = PeBuilder::with_data(wide, data)
            .directory(directory::IMPORT, 0x1000, 40)
            .directory(directory::DELAY_IMPORT, 0x1200, 64)
            .patch(0x80 + 24 + 56, &dwords(&[0x2000]));
        let sample = extracted(&file.build());
        let found = sample.imports.unwrap();
        let dlls: Vec<_> = found.iter().map(|import| (import.dll.as_str(), import.delayed)).collect();
        assert_eq!(dlls, [("KERNEL32.dll", false), ("OLEAUT32.dll", true), ("shell32.dll", true)]);
        assert_eq!(found[1].functions[0].name.as_deref(), Some("SysFreeString"));
        assert_eq!(
            (found[2].functions[0].hint, found[2].functions[0].name.as_deref()),
            (Some(3), Some("ShellExecuteA"))
        );
        assert_eq!(
            sample.imphash.as_deref(),
            Some("f9ade0aa18f660a34a4fa23392e21838"),
            "without the delayed"
        );
        assert_eq!(sample.status, "ok", "{:?}", sample.problems);
    }
}

#[test]
fn a_file_with_delay_imports_only_has_imports_and_no_imphash() {
    let data = delay_imports(0x1000, true, &Space::Rva, &[(b"a.dll", &[Thunk::Name(0, b"f")])]);
    let sample =
        extracted(&PeBuilder::with_data(true, data).directory(directory::DELAY_IMPORT, 0x1000, 64).build());
    assert_eq!(sample.imports.unwrap().len(), 1);
    assert_eq!(sample.imphash, None);
}

#[test]
fn thousands_of_delay_descriptors_that_share_one_thunk_table_end_in_a_limit() {
    let descriptors = 0x8000;
    let tables = 0x1000 + descriptors * 32;
    let descriptor = dwords(&[1, tables, 0, tables + 0x10, tables + 0x10, 0, 0, 0]);
    let mut data: Vec<u8> = descriptor.iter().copied().cycle().take(descriptors as usize * 32).collect();
    data.extend_from_slice(b"shared.dll\0\0\0\0\0\0");
    data.extend(std::iter::repeat_n(0x8000_0001_u32.to_le_bytes(), 4_096).flatten());
    data.extend_from_slice(&[0; 4]);
    let file = PeBuilder::with_data(false, data).directory(directory::DELAY_IMPORT, 0x1000, 64).build();
    let sample = extracted(&file);
    assert_eq!(sample.limits_hit, ["delay_import_steps"]);
    assert!(!sample.imports.unwrap().is_empty());
}

#[test]
fn bound_imports_have_times_and_forwarders_and_end_at_a_name_that_is_no_text() {
    let data = bound_imports(&[
        ("KERNEL32.dll", 1_000_000_000, &[("NTDLL.DLL", 1_000_000_001)]),
        ("USER32.dll", 5, &[]),
    ]);
    let file = |data: &[u8]| {
        let file = PeBuilder::with_data(false, vec![1; 0x200]).directory(directory::BOUND_IMPORT, 0x290, 64);
        extracted(&file.patch(0x290, data).build())
    };
    let sample = file(&data);
    let bound = sample.bound_imports.clone().unwrap();
    assert_eq!(bound.len(), 2);
    assert_eq!((bound[0].dll.as_str(), bound[0].timestamp.0), ("KERNEL32.dll", 1_000_000_000));
    assert_eq!(
        (bound[0].forwarders[0].dll.as_str(), bound[0].forwarders[0].timestamp.0),
        ("NTDLL.DLL", 1_000_000_001)
    );
    assert_eq!(sample.status, "ok", "{:?}", sample.problems);
    let mut broken = data;
    let name = broken.len() - b"USER32.dll\0".len();
    broken[name] = 0x03;
    let sample = file(&broken);
    assert_eq!(sample.bound_imports.clone().unwrap().len(), 1);
    assert!(has(&sample, "bound_import.name_implausible"));
}

#[test]
fn section_data_begins_at_its_sector_and_ends_with_the_file() {
    let mut file = PeBuilder::new(false);
    file.sections = vec![
        section(*b".a\0\0\0\0\0\0", 0x1000, 0x400, vec![7; 0x200]),
        SectionSpec { raw_size: Some(0x180), ..section(*b".b\0\0\0\0\0\0", 0x2000, 0x610, vec![9; 0x180]) },
        SectionSpec { raw_size: Some(0x1000), ..section(*b".c\0\0\0\0\0\0", 0x3000, 0x800, vec![1; 0x100]) },
        SectionSpec { virtual_size: 0x5000, ..section(*b".bss\0\0\0\0", 0x4000, 0, vec![]) },
    ];
    let bytes = file.build();
    let sample = extracted(&bytes);
    let sections = sample.sections.as_ref().unwrap();
    let sha256 = |range: std::ops::Range<usize>| {
        merc_core::hash::hex(&merc_core::hash::Digests::of(&bytes[range]).sha256)
    };
    assert_eq!(sections[0].sha256.as_deref(), Some(sha256(0x400..0x600).as_str()));
    assert_eq!((sections[0].entropy, sections[0].chi2), (Some(0.0), Some(512.0 * 255.0)));
    assert_eq!(sections[1].sha256.as_deref(), Some(sha256(0x600..0x780).as_str()));
    assert_eq!(sections[2].sha256.as_deref(), Some(sha256(0x800..0x900).as_str()));
    assert_eq!(sections[3].md5.as_deref(), Some("d41d8cd98f00b204e9800998ecf8427e"));
    assert_eq!((sections[3].entropy, sections[3].chi2), (Some(0.0), None));
    assert_eq!(kinds(&sample), ["section.raw_past_end", "section.raw_unaligned"]);
    assert_eq!(sample.status, "ok");
}

#[test]
fn what_is_odd_about_sections_is_noted_once_a_kind_and_only_missing_data_is_a_loss() {
    let mut file = PeBuilder::new(false);
    let odd = SectionSpec {
        virtual_size: 0x1001,
        characteristics: 0xe000_0020,
        ..section(*b".wx\0\0\0\0\0", 0x1000, 0x400, vec![7; 0x400])
    };
    file.sections = vec![
        odd.clone(),
        SectionSpec { virtual_address: 0x2000, raw_offset: 0x600, ..odd.clone() },
        SectionSpec {
            virtual_address: 0x1800,
            virtual_size: 0,
            raw_offset: 0xC00,
            data: vec![1; 0x200],
            ..odd.clone()
        },
        SectionSpec { virtual_address: 0x8000, data: vec![], ..odd },
    ];
    let sample = extracted(&file.build());
    assert_eq!(
        kinds(&sample),
        [
            "section.virtual_unaligned",
            "section.virtual_size_zero",
            "section.writable_executable",
            "section.executable_without_data",
            "section.raw_overlap",
            "section.virtual_overlap",
            "section.virtual_order",
        ]
    );
    assert_eq!(sample.status, "ok");
    assert!(sample.problems[2].detail.as_ref().unwrap().ends_with(", and 3 more"));
    file.sections.truncate(1);
    let mut bytes = file.build();
    bytes.truncate(0x500);
    let cut = extracted(&bytes);
    assert!(has(&cut, "section.data_truncated") && cut.status == "partial");
}

#[test]
fn thousands_of_sections_that_overlap_cost_a_few_passes_and_equal_ones_none() {
    let sections = |step: u32| {
        let mut file = PeBuilder::new(false);
        file.sections = (0..2_048)
            .map(|i| SectionSpec {
                raw_size: Some(2 << 20),
                ..section([b's'; 8], 0x1000 + i * 0x1000, 0x2_0000 + i * step, vec![])
            })
            .collect();
        let mut bytes = file.build();
        bytes.resize(4 << 20, 0x5A);
        extracted(&bytes)
    };
    let overlapping = sections(0x200);
    assert_eq!(overlapping.limits_hit, ["section_bytes"]);
    let hashed = overlapping.sections.unwrap().iter().filter(|section| section.sha256.is_some()).count();
    assert!((2..=4).contains(&hashed), "{hashed}");
    let equal = sections(0);
    assert_eq!(equal.limits_hit, [""; 0]);
    assert!(equal.sections.unwrap().iter().all(|section| section.md5.is_some()));
}

#[test]
fn the_overlay_begins_behind_sections_and_directories_and_holds_the_certificate_table() {
    let mut bytes =
        PeBuilder::with_data(false, vec![1; 0x200]).directory(directory::SECURITY, 0x600, 8).build();
    assert_eq!(extracted(&bytes).overlay, None);
    bytes.extend_from_slice(b"7z\xbc\xaf\x27\x1c\0\x04");
    let sample = extracted(&bytes);
    let overlay = sample.overlay.as_ref().unwrap();
    assert_eq!((overlay.file_offset, overlay.size), (0x600, 8));
    assert_eq!(overlay.entropy, Some(3.0));
    assert!(overlay.magic.as_ref().unwrap().starts_with("7-zip archive data"), "{overlay:?}");
    assert_eq!(hints(&sample), ["7-Zip SFX (archive)"]);
    let with_directory = |rva: u32, size: u32| {
        let file = PeBuilder::with_data(false, vec![1; 0x200]).directory(6, rva, size);
        let mut bytes = file.build();
        bytes.extend_from_slice(&[1; 16]);
        extracted(&bytes).overlay.map(|overlay| overlay.file_offset)
    };
    // A directory may reach past its section, as a debug directory's data may; not past the file.
    assert_eq!(with_directory(0x11F8, 0x10), Some(0x608));
    assert_eq!(with_directory(0x11F8, 0x18), None);
    assert_eq!(with_directory(0x11F8, 0x19), Some(0x600));
    assert_eq!(with_directory(0x9000, 0x10), Some(0x600));
}

#[test]
fn an_overlay_of_a_file_that_is_not_held_whole_has_no_digest() {
    let mut bytes = PeBuilder::with_data(false, vec![1; 0x200]).build();
    bytes.resize(0x10_000, 7);
    let sample = extracted_with(&bytes, Options { max_file_size: 0x1000, tlsh: true, ..FULL });
    let overlay = sample.overlay.unwrap();
    assert_eq!(
        (overlay.file_offset, overlay.size, overlay.sha256, overlay.entropy),
        (0x600, 0xFA00, None, None)
    );
    assert_eq!((sample.checksum.unwrap().computed, sample.tlsh), (None, None));
}

#[test]
fn export_names_are_hashed_in_lower_case_and_ordinals_left_out() {
    use support::pe_builder::Target::Rva;
    let data = exports(0x1000, 1, &[Rva(0x10), Rva(0x20), Rva(0x30)], &[(b"Beta", 1), (b"alpha", 0)]);
    let size = data.len() as u32;
    let sample =
        extracted(&PeBuilder::with_data(false, data).directory(directory::EXPORT, 0x1000, size).build());
    // printf 'beta,alpha' | md5sum
    assert_eq!(sample.exphash.as_deref(), Some("62e062f9e56b5187617b4f5a4dd25678"));
}

#[test]
fn kernel_imports_make_a_driver_and_a_native_subsystem_alone_does_not() {
    let driver = |dll: &[u8], name: [u8; 8], subsystem: u16| {
        let data = imports(0x1000, true, &[(dll, &[Thunk::Name(0, b"f")])]);
        let mut file = PeBuilder::with_data(true, data).directory(directory::IMPORT, 0x1000, 40);
        (file.sections[0].name, file.subsystem) = (name, subsystem);
        extracted(&file.build()).is_driver.unwrap()
    };
    assert!(driver(b"NTOSKRNL.exe", *b".data\0\0\0", 3));
    assert!(driver(b"a.dll", *b"PAGE\0\0\0\0", 1));
    assert!(!driver(b"a.dll", *b"PAGE\0\0\0\0", 3));
    assert!(!driver(b"a.dll", *b".data\0\0\0", 1));
}

#[test]
fn hints_name_the_product_and_what_shows_it_and_a_plain_file_has_none() {
    assert_eq!(hints(&extracted(&PeBuilder::with_data(false, vec![1; 0x200]).build())), [""; 0]);
    let code =
        [&[0x60, 0xBE, 0, 0x10, 0x40, 0, 0x8D, 0xBE, 0, 0, 0xFF, 0xFF, 0x57, 0x83, 0xCD, 0xFF][..], &[0; 64]]
            .concat();
    let data = imports(
        0x2000,
        false,
        &[(
            b"KERNEL32.DLL",
            &[
                Thunk::Name(0, b"LoadLibraryA"),
                Thunk::Name(0, b"GetProcAddress"),
                Thunk::Name(0, b"VirtualProtect"),
            ],
        )],
    );
    let mut file = PeBuilder::new(false).directory(directory::IMPORT, 0x2000, 40);
    file.sections =
        vec![section(*b"UPX1\0\0\0\0", 0x1000, 0x400, code), section(*b".rsrc\0\0\0", 0x2000, 0x600, data)];
    let mut bytes = file.patch(0x80 + 24 + 16, &dwords(&[0x1000])).build();
    bytes.extend_from_slice(&[0, 0, 0, 0, 0xEF, 0xBE, 0xAD, 0xDE]);
    bytes.extend_from_slice(b"NullsoftInst");
    let sample = extracted(&bytes);
    assert_eq!(hints(&sample), ["UPX (packer)", "unpacking stub (packer)", "NSIS (installer)"]);
    let evidence: Vec<_> = sample.packer_hints.unwrap().into_iter().map(|hint| hint.evidence).collect();
    assert_eq!(evidence[0], "section UPX1; entry code 60 be ?? ?? ?? ?? 8d be ?? ?? ?? ?? 57 83 cd ff");
    assert_eq!(evidence[1], "imports only LoadLibraryA, GetProcAddress, VirtualProtect");
    assert_eq!(evidence[2], "NullsoftInst in the overlay");
}

#[test]
fn tlsh_is_given_only_where_it_is_asked_for() {
    let data: Vec<u8> = (0..4_096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
    let file = PeBuilder::with_data(false, data).build();
    assert_eq!(extracted(&file).tlsh, None);
    let asked = Options { tlsh: true, ..FULL };
    let hash = extracted_with(&file, asked).tlsh.unwrap();
    assert!(hash.starts_with("T1") && hash.len() == 72, "{hash}");
    assert_eq!(extracted_with(b"MZ too short", asked).tlsh, None);
}

#[test]
fn files_changed_at_random_never_panic_and_give_the_same_row_twice() {
    let mut data = imports(0x1000, false, &[(b"KERNEL32.dll", &[Thunk::Name(0, b"LoadLibraryA")])]);
    data.resize(0x200, 0);
    data.extend(delay_imports(
        0x1200,
        false,
        &Space::Virtual(0x40_0000),
        &[(b"a.dll", &[Thunk::Name(0, b"f"), Thunk::Ordinal(9)])],
    ));
    data.resize(0x400, 0);
    let mut file = with_rich(&[(0x102, 30154, 3), (0x93, 1, 2)]);
    file.sections[0].virtual_size = data.len() as u32;
    file.sections[0].data = data;
    let file = file
        .directory(directory::IMPORT, 0x1000, 40)
        .directory(directory::DELAY_IMPORT, 0x1200, 64)
        .directory(directory::BOUND_IMPORT, 0x318, 64)
        .patch(0x318, &bound_imports(&[("KERNEL32.dll", 1, &[("NTDLL.DLL", 2)])]))
        .patch(0x100 + 12, &dwords(&[0x700, 4]))
        .patch(0x100 + 24 + 16, &dwords(&[0x1000]));
    let original = file.build();
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    for case in 0..1_500 {
        let mut bytes = original.clone();
        for _ in 0..=random(6) {
            let at = random(bytes.len());
            let value = [0, 1, 0x7F, 0x80, 0xFF, random(256) as u8][random(6)];
            let run = [1, 1, 2, 4][random(4)];
            bytes.iter_mut().skip(at).take(run).for_each(|byte| *byte = value);
        }
        if random(4) == 0 {
            bytes.truncate(random(bytes.len()));
        }
        let (first, second) = (extracted(&bytes), extracted(&bytes));
        assert_eq!(first, second, "case {case}");
        let panicked = first.problems.iter().any(|problem| problem.kind == "panic");
        assert!(!panicked, "case {case}: {:?}", first.problems);
    }
}
