//! Debug, TLS, load configuration, relocation and exception directories that are wrong in one place each.
//!
//! Expected values stand in the bytes as built; on whole files they are compared with LIEF and pefile.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that panics has failed

use merc_core::pe::{Image, debug, directory, exception, load_config, relocation, tls};
use merc_core::problems::Problems;
use merc_core::schema::{DebugEntry, Exceptions, LoadConfig, Relocations, Tls};

mod support {
    pub mod directory_builder;
    pub mod pe_builder;
}
use support::directory_builder::{
    BASE, RVA, debug_file, load_config_64, reloc_block, tls_file, with_directory, words,
};
use support::pe_builder::{PeBuilder, dwords, put};

fn run<T>(file: &[u8], read: fn(&Image<'_>, &mut Problems) -> Option<T>) -> (Option<T>, Problems) {
    let image = Image::parse(file, &mut Problems::default()).unwrap();
    let mut problems = Problems::default();
    (read(&image, &mut problems), problems)
}

fn kinds(problems: &Problems) -> Vec<&str> {
    problems.list.iter().map(|problem| problem.kind.as_str()).collect()
}

fn debug_of(file: &PeBuilder) -> (Option<Vec<DebugEntry>>, Problems) {
    run(&file.build(), debug::debug)
}

fn tls_of(file: &PeBuilder) -> (Option<Tls>, Problems) {
    run(&file.build(), tls::tls)
}

fn config_of(file: &PeBuilder) -> (Option<LoadConfig>, Problems) {
    run(&file.build(), load_config::load_config)
}

fn relocations_of(file: &PeBuilder) -> (Option<Relocations>, Problems) {
    run(&file.build(), relocation::relocations)
}

fn exceptions_of(file: &PeBuilder) -> (Option<Exceptions>, Problems) {
    run(&file.build(), exception::exceptions)
}

#[test]
fn absent_and_unreadable_directories_are_two_answers() {
    let absent = PeBuilder::with_data(true, vec![0; 64]);
    let mut broken = absent.clone();
    for index in [3, 5, 6, 9, 10] {
        broken = broken.directory(index, 0x9999_0000, 64);
    }
    let (absent, broken) = (&absent, &broken);
    assert_eq!((debug_of(absent).0, kinds(&debug_of(absent).1)), (None, vec![]));
    assert_eq!((debug_of(broken).0, kinds(&debug_of(broken).1)), (None, vec!["directory_truncated"]));
    assert_eq!((tls_of(absent).0, kinds(&tls_of(absent).1)), (None, vec![]));
    assert_eq!((tls_of(broken).0, kinds(&tls_of(broken).1)), (None, vec!["directory_truncated"]));
    assert_eq!((config_of(absent).0, kinds(&config_of(absent).1)), (None, vec![]));
    assert_eq!((config_of(broken).0, kinds(&config_of(broken).1)), (None, vec!["directory_truncated"]));
    assert_eq!((relocations_of(absent).0, kinds(&relocations_of(absent).1)), (None, vec![]));
    assert_eq!(kinds(&relocations_of(broken).1), ["directory_truncated"]);
    assert_eq!((exceptions_of(absent).0, kinds(&exceptions_of(absent).1)), (None, vec![]));
    assert_eq!(kinds(&exceptions_of(broken).1), ["directory_truncated"]);
    assert_eq!((relocations_of(broken).0, exceptions_of(broken).0), (None, None));
}

#[test]
fn an_rsds_record_gives_guid_age_and_path_up_to_its_nul() {
    let mut record = b"RSDS".to_vec();
    record.extend(0..16);
    record.extend_from_slice(&7_u32.to_le_bytes());
    record.extend_from_slice(b"C:\\a\xff.pdb\0rest");
    let (list, problems) = debug_of(&debug_file(&[(2, &record)]));
    let entry = &list.unwrap()[0];
    let record = entry.codeview.as_ref().unwrap();
    assert_eq!(entry.type_name.as_deref(), Some("IMAGE_DEBUG_TYPE_CODEVIEW"));
    assert_eq!(record.guid.as_deref(), Some("03020100-0504-0706-0809-0a0b0c0d0e0f"));
    assert_eq!((record.age, record.path.as_deref()), (Some(7), Some("C:\\a\\xff.pdb")));
    assert!(problems.list.is_empty(), "{problems:?}");
}

#[test]
fn an_nb10_record_has_a_time_and_no_guid() {
    let record = [b"NB10".as_slice(), &dwords(&[0, 0x3f00_0000, 2]), b"old.pdb\0"].concat();
    let record = debug_of(&debug_file(&[(2, &record)])).0.unwrap()[0].codeview.clone().unwrap();
    assert_eq!((record.guid, record.timestamp, record.age), (None, Some(0x3f00_0000), Some(2)));
    assert_eq!(record.path.as_deref(), Some("old.pdb"));
}

#[test]
fn every_decoded_type_fills_its_own_columns() {
    let repro = [dwords(&[32]), vec![0xab; 32]].concat();
    let pogo = [
        dwords(&[0x4c54_4347, 0x1000, 3]),
        b".text$mn\0\0\0\0".to_vec(),
        dwords(&[0x2000, 8]),
        b".r\0\0".to_vec(),
    ]
    .concat();
    let misc = [dwords(&[1, 20, 0]), b"app.exe\0".to_vec()].concat();
    let checksum = [b"SHA256\0".to_vec(), vec![0x11; 32]].concat();
    let (list, problems) = debug_of(&debug_file(&[
        (16, &repro),
        (13, &pogo),
        (4, &misc),
        (19, &checksum),
        (12, &dwords(&[1, 2, 3, 4, 5])),
        (20, &dwords(&[0x41])),
        (3, &[0; 48]),
        (17, b"MPDB\x00\x10\x00\x00packed"),
        (14, &[]),
    ]));
    let list = list.unwrap();
    assert_eq!(list[0].repro_hash.as_deref(), Some("ab".repeat(32).as_str()));
    let pogo = list[1].pogo.as_ref().unwrap();
    let groups: Vec<_> = pogo.entries.iter().map(|e| (e.rva, e.size, e.name.as_str())).collect();
    assert_eq!((pogo.signature.as_str(), groups), ("LTCG", vec![(0x1000, 3, ".text$mn"), (0x2000, 8, ".r")]));
    assert_eq!(list[2].misc_name.as_deref(), Some("app.exe"));
    let checksum = list[3].pdb_checksum.as_ref().unwrap();
    assert_eq!((checksum.algorithm.as_str(), checksum.value.len()), ("SHA256", 64));
    let feature = list[4].vc_feature.as_ref().unwrap();
    assert_eq!((feature.pre_vcpp, feature.guard_cf), (Some(1), Some(5)));
    assert_eq!(
        list[5].ex_dll_characteristics_names.as_ref().unwrap(),
        &["IMAGE_DLLCHARACTERISTICS_EX_CET_COMPAT", "IMAGE_DLLCHARACTERISTICS_EX_FORWARD_CFI_COMPAT"]
    );
    assert_eq!((list[6].fpo_entries, list[7].embedded_pdb_size), (Some(3), Some(0x1000)));
    assert!(list[0].codeview.is_none() && list[8].repro_hash.is_none());
    assert!(problems.list.is_empty(), "{problems:?}");
}

#[test]
fn a_name_in_utf16_keeps_what_is_no_character_and_ends_at_its_nul_or_the_cap() {
    let misc = |units: &[u16]| [dwords(&[1, 0, 1]), words(units)].concat();
    let odd = misc(&[0x61, 0xd800, 0x62, 0xdc01, 0, 0x63]);
    let (list, problems) = debug_of(&debug_file(&[(4, &odd), (4, &misc(&[0x61; 5_000]))]));
    let list = list.unwrap();
    assert_eq!(list[0].misc_name.as_deref(), Some("a\\ud800b\\udc01"));
    assert_eq!(list[1].misc_name.as_ref().unwrap().len(), 4_096);
    assert_eq!((problems.list.len(), problems.limits_hit), (0, vec!["name_length".to_owned()]));
}

#[test]
fn a_broken_record_costs_its_own_columns_only() {
    let repro = [dwords(&[0xffff_fff0]), vec![1; 8]].concat();
    let checksum = [b"SHA256\0".to_vec(), vec![0x11; 65]].concat();
    let records: [(u32, &[u8]); 5] =
        [(2, b"RS"), (16, &repro), (19, &checksum), (13, b"abc"), (20, &dwords(&[1]))];
    let (list, problems) = debug_of(&debug_file(&records));
    let list = list.unwrap();
    assert_eq!(list.len(), 5);
    assert!(list[0].codeview.is_none() && list[1].repro_hash.is_none() && list[3].pogo.is_none());
    assert_eq!((list[2].pdb_checksum.as_ref(), list[4].ex_dll_characteristics), (None, Some(1)));
    assert_eq!(kinds(&problems), ["data_unreadable", "hash_length"]);
}

#[test]
fn debug_data_past_the_end_of_the_file_is_cut_and_noted() {
    let mut entry = dwords(&[0, 0, 0, 2, 0x7fff_ffff, 0]);
    entry.extend_from_slice(&0x10_0000_u32.to_le_bytes());
    let (list, problems) = debug_of(&with_directory(true, directory::DEBUG, 28, entry));
    assert_eq!(list.unwrap()[0].size_of_data, 0x7fff_ffff);
    assert_eq!(kinds(&problems), ["data_truncated"]);
}

#[test]
fn thousands_of_debug_entries_on_one_record_end_at_the_limits() {
    let mut data: Vec<u8> = dwords(&[0, 0, 0, 13, 0x4_0000, RVA, 0x400]).repeat(3_000);
    data.resize(0x4_0000, 1);
    let (list, problems) = debug_of(&with_directory(true, directory::DEBUG, 28 * 3_000, data));
    let groups: usize = list.unwrap().iter().filter_map(|e| e.pogo.as_ref()).map(|p| p.entries.len()).sum();
    assert!(groups <= 262_144);
    assert!(problems.limits_hit.contains(&"debug_entries".to_owned()), "{problems:?}");
}

#[test]
fn a_bad_tls_callback_hides_none_of_the_others() {
    for wide in [false, true] {
        let good = BASE + u64::from(RVA);
        let (tls, problems) = tls_of(&tls_file(wide, &[good, 5, good + 4, 0, good]));
        let callbacks: Vec<_> = tls.unwrap().callbacks.iter().map(|c| (c.address, c.rva)).collect();
        let rva = i64::from(RVA);
        assert_eq!(callbacks, [(good, Some(rva)), (5, None), (good + 4, Some(rva + 4))]);
        assert_eq!((kinds(&problems), problems.broken), (vec!["callback_unmapped"], false));
    }
}

#[test]
fn a_callback_table_that_is_nowhere_or_never_ends_is_noted() {
    let mut file = tls_file(true, &[]);
    put(&mut file.sections[0].data, 24, &0x1234_u64.to_le_bytes());
    let (tls, problems) = tls_of(&file);
    assert_eq!((tls.unwrap().callbacks, kinds(&problems)), (vec![], vec!["callbacks_unmapped"]));

    let (tls, problems) = tls_of(&tls_file(true, &[BASE + 0x1000; 7]));
    assert_eq!((tls.unwrap().callbacks.len(), kinds(&problems)), (7, vec!["callbacks_unterminated"]));

    let (tls, problems) = tls_of(&tls_file(false, &vec![BASE + 0x1000; 70_000]));
    assert_eq!(
        (tls.unwrap().callbacks.len(), problems.limits_hit),
        (4_096, vec!["tls_callbacks".to_owned()])
    );
}

#[test]
fn a_load_config_of_every_size_gives_the_fields_that_it_covers() {
    let full = load_config_64();
    let mut fields = 0;
    for size in 4..=328_u32 {
        let mut data = full.clone();
        put(&mut data, 0, &size.to_le_bytes());
        let (config, problems) = config_of(&with_directory(true, directory::LOAD_CONFIG, 64, data));
        let config = config.unwrap();
        assert_eq!(config.security_cookie.is_some(), size >= 96, "{size}");
        assert_eq!(config.guard_flags.is_some(), size >= 148, "{size}");
        assert_eq!(config.uma_function_pointers.is_some(), size >= 328, "{size}");
        let shown = serde_json::to_value(&config).unwrap();
        let present = shown.as_object().unwrap().values().filter(|value| !value.is_null()).count();
        assert!(present >= fields, "{size}: a field went away");
        fields = present;
        assert!(problems.list.is_empty(), "{size}: {problems:?}");
    }
}

#[test]
fn heap_flags_and_affinity_mask_change_places_between_the_widths() {
    let mut wide = load_config_64();
    put(&mut wide, 64, &0xaaaa_u64.to_le_bytes());
    put(&mut wide, 72, &0xbbbb_u32.to_le_bytes());
    let config = config_of(&with_directory(true, directory::LOAD_CONFIG, 64, wide)).0.unwrap();
    assert_eq!((config.process_affinity_mask, config.process_heap_flags), (Some(0xaaaa), Some(0xbbbb)));
    let mut narrow = vec![0; 196];
    put(&mut narrow, 0, &72_u32.to_le_bytes());
    put(&mut narrow, 44, &dwords(&[0xbbbb, 0xaaaa]));
    let config = config_of(&with_directory(false, directory::LOAD_CONFIG, 64, narrow)).0.unwrap();
    assert_eq!((config.process_affinity_mask, config.process_heap_flags), (Some(0xaaaa), Some(0xbbbb)));
}

#[test]
fn a_load_config_without_a_size_of_its_own_has_the_directorys() {
    let mut data = load_config_64();
    put(&mut data, 0, &[0; 4]);
    let config = config_of(&with_directory(true, directory::LOAD_CONFIG, 112, data)).0.unwrap();
    assert_eq!((config.size, config.se_handler_count, config.guard_flags), (0, Some(0), None));
}

#[test]
fn a_guard_table_counts_what_the_file_holds_of_what_is_declared() {
    let mut data = load_config_64();
    let table = BASE + u64::from(RVA) + 400;
    data.resize(450, 0);
    put(&mut data, 128, &[table.to_le_bytes(), u64::MAX.to_le_bytes()].concat());
    put(&mut data, 144, &0x1000_0500_u32.to_le_bytes());
    let (config, problems) = config_of(&with_directory(true, directory::LOAD_CONFIG, 320, data));
    let config = config.unwrap();
    let table = &config.tables[0];
    assert_eq!((table.name.as_str(), table.entry_size), ("guard_cf_functions", 5));
    assert_eq!((table.declared, table.present), (u64::MAX, 10));
    assert_eq!(
        config.guard_flags_names.unwrap(),
        ["IMAGE_GUARD_CF_INSTRUMENTED", "IMAGE_GUARD_CF_FUNCTION_TABLE_PRESENT"]
    );
    assert_eq!(kinds(&problems), ["table_truncated"]);
}

#[test]
fn dynamic_relocations_of_both_versions_give_their_kinds() {
    let first = [dwords(&[1, 12 + 4 + 12, 7, 0, 4, 0xffff, 3, 0]), dwords(&[0])].concat();
    let second = dwords(&[2, 24 + 8, 24, 8, 6, 0, 0, 0, 1, 2]);
    for (table, symbols) in [(first, vec![7, 3]), (second, vec![6])] {
        let mut data = load_config_64();
        put(&mut data, 224, &dwords(&[328]));
        put(&mut data, 228, &words(&[1, 0]));
        data.extend_from_slice(&table);
        let (config, problems) = config_of(&with_directory(true, directory::LOAD_CONFIG, 320, data));
        assert_eq!(config.unwrap().dynamic_relocations.unwrap().symbols, symbols);
        assert!(problems.list.is_empty(), "{problems:?}");
    }
}

#[test]
fn empty_relocation_blocks_count_and_so_do_the_zeros_that_end_a_directory() {
    let data = [
        reloc_block(0x1000, &[0xa008, 0xa010, 0x3000, 0]),
        reloc_block(0x1000, &[]),
        reloc_block(0x1000, &[0xa000]),
        vec![0; 8],
    ]
    .concat();
    let size = data.len() as u32;
    let (counts, problems) = relocations_of(&with_directory(true, directory::BASERELOC, size, data));
    let counts = counts.unwrap();
    assert_eq!((counts.blocks, counts.empty_blocks, counts.entries), (4, 2, 5));
    let types: Vec<_> =
        counts.types.iter().map(|t| (t.relocation_type, t.name.as_deref(), t.count)).collect();
    assert_eq!(
        types,
        [
            (0, Some("IMAGE_REL_BASED_ABSOLUTE"), 1),
            (3, Some("IMAGE_REL_BASED_HIGHLOW"), 1),
            (10, Some("IMAGE_REL_BASED_DIR64"), 3)
        ]
    );
    assert!(problems.list.is_empty(), "{problems:?}");
}

#[test]
fn a_relocation_block_that_is_too_small_ends_the_walk_and_one_too_large_is_cut() {
    for (size, expected, kind) in [(4, (1, 1), "block_size"), (0x7fff_ffff, (2, 3), "block_truncated")] {
        let data = [reloc_block(0x1000, &[0xa000]), dwords(&[0x1000, size]), words(&[1, 2])].concat();
        let len = data.len() as u32;
        let (counts, problems) = relocations_of(&with_directory(true, directory::BASERELOC, len, data));
        let counts = counts.unwrap();
        assert_eq!(((counts.blocks, counts.entries), kinds(&problems)), (expected, vec![kind]));
    }
}

#[test]
fn x64_unwind_records_are_counted_and_an_unmapped_one_hides_none() {
    let record = u32::from_le_bytes;
    let mut data =
        dwords(&[0x10, 0x20, RVA + 48, 0x20, 0x30, 0x7000_0000, 0x30, 0x40, RVA + 60, 0x5, 0x6, RVA + 48]);
    // Version 1 with both handlers and three codes; version 2, chained.
    data.extend(dwords(&[record([1 | 3 << 3, 0, 3, 0]), 0, 0]));
    data.extend(dwords(&[record([2 | 4 << 3, 0, 0, 0]), 0, 0, 0]));
    put(&mut data, 60 + 16, &[0; 4]);
    let (counts, problems) = exceptions_of(&with_directory(true, directory::EXCEPTION, 48, data.clone()));
    let counts = counts.unwrap();
    assert_eq!((counts.format.as_str(), counts.entries), ("x64", 4));
    assert_eq!((counts.unwind_records, counts.unwind_unreadable, counts.chained), (3, 1, 1));
    assert_eq!(
        (counts.exception_handlers, counts.termination_handlers, counts.unwind_code_bytes),
        (2, 2, 12)
    );
    let versions: Vec<_> = counts.unwind_versions.iter().map(|v| (v.version, v.count)).collect();
    assert_eq!(versions, [(1, 2), (2, 1)]);
    assert_eq!(kinds(&problems), ["unwind_unreadable", "unsorted"]);

    let mut file = with_directory(true, directory::EXCEPTION, 48, data);
    file.machine = 0x14c;
    let (counts, problems) = exceptions_of(&file);
    assert_eq!((counts, kinds(&problems)), (None, vec!["machine_unknown"]));
}

#[test]
fn arm64_entries_are_packed_or_point_to_records_of_both_sizes() {
    let mut data = dwords(&[0x10, RVA + 24, 0x20, 0x0000_0101, 0x30, RVA + 40]);
    // One epilog scope, two words of codes, no handler; then the extended form with a handler.
    data.extend(dwords(&[1 << 22 | 2 << 27, 0, 0, 0]));
    data.extend(dwords(&[1 << 20, 1 | 3 << 16, 0, 0, 0, 0, 0x1000]));
    let mut file = with_directory(true, directory::EXCEPTION, 24, data);
    file.machine = 0xaa64;
    let (counts, problems) = exceptions_of(&file);
    let counts = counts.unwrap();
    assert_eq!((counts.entries, counts.packed, counts.unwind_records), (3, 1, 2));
    assert_eq!((counts.exception_handlers, counts.unwind_code_bytes), (1, 8 + 12));
    assert!(problems.list.is_empty(), "{problems:?}");
}

#[test]
fn a_relocation_block_outside_the_image_is_odd_and_counts() {
    let data = [reloc_block(0x9000_0000, &[0xa000]), reloc_block(0x1000, &[0xa000])].concat();
    let size = data.len() as u32;
    let (counts, problems) = relocations_of(&with_directory(true, directory::BASERELOC, size, data));
    assert_eq!(counts.unwrap().blocks, 2);
    assert_eq!((kinds(&problems), problems.broken), (vec!["block_outside_image"], false));
}

#[test]
fn a_directory_of_functions_without_end_is_counted_and_read_up_to_the_limit() {
    let data = dwords(&[0x10, 1]).repeat(1_048_577);
    let mut file = with_directory(true, directory::EXCEPTION, data.len() as u32, data);
    file.machine = 0xaa64;
    let (counts, problems) = exceptions_of(&file);
    let counts = counts.unwrap();
    assert_eq!((counts.entries, counts.packed), (1_048_577, 1_048_576));
    assert_eq!(problems.limits_hit, ["runtime_functions"]);
}
