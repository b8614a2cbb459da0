//! The tables that the load configuration points to, counted.
//!
//! A count is what the file holds of a table, and no entry is read: a declared count of 2^64 costs
//! what one of 0 costs. Only the kinds of dynamic relocations are read.

use crate::limits::MAX_DYNAMIC_RELOCATIONS;
use crate::problems::Problems;
use crate::schema::{DynamicRelocations, LoadConfig, LoadConfigTable};
use crate::work;

use super::Image;
use super::fields::Fields;

const STAGE: &str = "load_config";

/// `VOLATILE_METADATA`: size, versions, then RVA and bytes of two tables.
const VOLATILE_METADATA_SIZE: usize = 24;

/// Fills the columns of what the fields of `config` point to.
pub(super) fn tables(image: &Image<'_>, config: &mut LoadConfig, problems: &mut Problems) {
    let mut tables = Vec::new();
    // Entries of the guard's tables have metadata behind their RVA, as many bytes as the flags say.
    let guarded = 4 + (config.guard_flags.unwrap_or(0) >> 28) as i32;
    let fields = [
        ("seh_handlers", config.se_handler_table, config.se_handler_count, 4),
        ("guard_cf_functions", config.guard_cf_function_table, config.guard_cf_function_count, guarded),
        (
            "guard_iat_entries",
            config.guard_address_taken_iat_entry_table,
            config.guard_address_taken_iat_entry_count,
            guarded,
        ),
        (
            "guard_long_jump_targets",
            config.guard_long_jump_target_table,
            config.guard_long_jump_target_count,
            guarded,
        ),
        (
            "guard_eh_continuations",
            config.guard_eh_continuation_table,
            config.guard_eh_continuation_count,
            guarded,
        ),
    ];
    for (name, address, declared, entry_size) in fields {
        if let Some((address, declared)) = pointed(address).zip(declared) {
            tables.push(table(image, name, image.rva_of(address), entry_size, declared, problems));
        }
    }
    if let Some(address) = pointed(config.volatile_metadata_pointer) {
        tables.extend(volatile_metadata(image, address, problems));
    }
    config.tables = tables;
    config.dynamic_relocations = dynamic_relocations(image, config, problems);
    config.chpe_version = pointed(config.chpe_metadata_pointer).and_then(|address| {
        let version =
            image.rva_of(address).and_then(|rva| Fields::new(image.data_at(rva, 4)?, false).dword());
        if version.is_none() {
            problems.add(STAGE, "chpe_metadata_unmapped", None, format!("{address:#x}"));
        }
        version
    });
}

fn pointed(address: Option<u64>) -> Option<u64> {
    address.filter(|address| *address != 0)
}

fn table(
    image: &Image<'_>,
    name: &str,
    rva: Option<u64>,
    entry_size: i32,
    declared: u64,
    problems: &mut Problems,
) -> LoadConfigTable {
    let wanted = usize::try_from(declared).unwrap_or(usize::MAX).saturating_mul(entry_size as usize);
    let data = rva.and_then(|rva| image.data_at(rva, wanted)).unwrap_or_default();
    let present = (data.len() / entry_size.max(1) as usize) as i64;
    if (present as u64) < declared {
        let offset = rva.and_then(|rva| image.offset_of(rva));
        problems.add(STAGE, "table_truncated", offset, format!("{name}: {present} of {declared}"));
    }
    LoadConfigTable { name: name.to_owned(), rva: rva.map(|rva| rva as i64), entry_size, declared, present }
}

fn volatile_metadata(image: &Image<'_>, address: u64, problems: &mut Problems) -> Vec<LoadConfigTable> {
    let data = image.rva_of(address).and_then(|rva| image.data_at(rva, VOLATILE_METADATA_SIZE));
    let mut fields = Fields::new(data.unwrap_or_default(), false);
    let (_size, _versions) = (fields.dword(), fields.dword());
    let tables = [("volatile_accesses", 4), ("volatile_ranges", 8)];
    let read = tables.map(|(name, entry_size)| {
        let (rva, bytes) = fields.dword().zip(fields.dword())?;
        let declared = bytes as u64 / entry_size as u64;
        (rva != 0).then(|| table(image, name, Some(rva as u64), entry_size, declared, problems))
    });
    if data.is_none_or(|data| data.len() < VOLATILE_METADATA_SIZE) {
        problems.add(STAGE, "volatile_metadata_truncated", None, format!("{address:#x}"));
    }
    read.into_iter().flatten().collect()
}

/// Newer linkers give the table as section and offset, older ones as an address.
fn dynamic_relocations(
    image: &Image<'_>,
    config: &LoadConfig,
    problems: &mut Problems,
) -> Option<DynamicRelocations> {
    let number = config.dynamic_value_reloc_table_section.unwrap_or(0);
    let rva = if number == 0 {
        image.rva_of(pointed(config.dynamic_value_reloc_table)?)
    } else {
        let section = image.sections().get(number as usize - 1);
        section
            .zip(config.dynamic_value_reloc_table_offset)
            .map(|(section, offset)| (section.virtual_address + offset) as u64)
    };
    let mut header = Fields::new(rva.and_then(|rva| image.data_at(rva, 8)).unwrap_or_default(), false);
    let Some((version, size)) = header.dword().zip(header.dword()) else {
        problems.add(STAGE, "dynamic_relocations_unmapped", None, format!("section {number}"));
        return None;
    };
    let offset = rva.and_then(|rva| image.offset_of(rva));
    let data = rva.and_then(|rva| image.data_at(rva + 8, size as usize)).unwrap_or_default();
    if (data.len() as i64) < size || !matches!(version, 1 | 2) {
        let detail = format!("version {version}, {} of {size} bytes", data.len());
        problems.add(STAGE, "dynamic_relocations_truncated", offset, detail);
    }
    let symbols = if version == 1 || version == 2 {
        symbols(data, image.is_64bit(), version, problems)
    } else {
        Vec::new()
    };
    Some(DynamicRelocations { version, size, symbols })
}

fn symbols(mut data: &[u8], wide: bool, version: i64, problems: &mut Problems) -> Vec<u64> {
    let mut symbols = Vec::new();
    while !data.is_empty() {
        work::steps(1);
        let mut fields = Fields::new(data, wide);
        // Version 1: symbol, bytes of fixups. Version 2: bytes of the header, bytes of fixups, symbol.
        let header_size = if version == 2 { fields.dword() } else { None };
        let fixups_first = if version == 2 { fields.dword() } else { None };
        let symbol = fields.pointer();
        let fixups = if version == 2 { fixups_first } else { fields.dword() };
        let header_size = header_size.unwrap_or(if wide { 12 } else { 8 });
        let (Some(symbol), Some(fixups)) = (symbol, fixups) else { break };
        if symbols.len() == MAX_DYNAMIC_RELOCATIONS {
            problems.limit("dynamic_relocations");
            break;
        }
        symbols.push(symbol);
        // A header that states no size would keep the walk in its place; it cannot be below 16.
        let len = header_size.max(8) as usize + fixups as usize;
        data = data.get(len..).unwrap_or_default();
    }
    symbols
}
