//! Which features of PE files merc has, and which not, by the numbering of the field's own list.
//!
//! The rows are what the best extractors give between them; `docs/FEATURES.md` prints them.

use serde::Serialize;

/// One feature of PE files.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Feature {
    /// Its number.
    pub row: u8,
    /// What it is.
    pub feature: &'static str,
    /// The columns that hold it, or `not built: why`.
    pub columns: &'static str,
}

const fn row(row: u8, feature: &'static str, columns: &'static str) -> Feature {
    Feature { row, feature, columns }
}

/// Every feature, in order.
pub const FEATURES: &[Feature] = &[
    row(1, "file size, md5, sha1, sha256", "file_size, md5, sha1, sha256"),
    row(2, "whole-file entropy", "entropy"),
    row(3, "first bytes", "magic, dos_header.e_magic; those of the code in entry_point.bytes"),
    row(4, "DOS header", "dos_header"),
    row(5, "DOS stub size and hash", "dos_stub"),
    row(6, "Rich: offset", "rich.file_offset"),
    row(7, "Rich: key", "rich.key"),
    row(
        8,
        "Rich: clear bytes",
        "rich.hash, rich.entries; not built: the bytes, which follow from the entries",
    ),
    row(9, "Rich: entries", "rich.entries"),
    row(10, "Rich hash", "rich_hash"),
    row(11, "Rich: recomputed checksum", "rich.checksum_ok"),
    row(12, "COFF header", "headers"),
    row(13, "characteristics as names", "headers.characteristics_names"),
    row(14, "COFF symbol and string table", "coff_symbol_table"),
    row(15, "optional header: versions", "headers_optional"),
    row(16, "optional header: sizes", "headers_optional"),
    row(17, "optional header: entry point, bases", "headers_optional"),
    row(18, "optional header: alignments", "headers_optional"),
    row(19, "optional header: stack and heap", "headers_optional"),
    row(20, "optional header: reserved, loader flags, directory count", "headers_optional"),
    row(21, "subsystem, DLL characteristics", "subsystem_name, headers_optional.dll_characteristics_names"),
    row(22, "entry point: file offset", "entry_point.file_offset"),
    row(23, "entry point: section", "entry_point.section"),
    row(24, "entry point: first bytes", "entry_point.bytes"),
    row(25, "checksum stored", "checksum.stored"),
    row(26, "checksum computed", "checksum.computed"),
    row(27, "data directories", "data_directories"),
    row(28, "section names, short and long", "sections.name_raw, sections.name, sections.long_name"),
    row(29, "section addresses and sizes", "sections"),
    row(30, "section relocation and line number pointers", "sections"),
    row(
        31,
        "section flags",
        "sections.characteristics, sections.executable, sections.writable; not built: names of the others",
    ),
    row(32, "section entropy", "sections.entropy"),
    row(
        33,
        "section md5, sha1, sha256",
        "sections.md5, sections.sha256; not built: sha1, which nobody looks sections up by",
    ),
    row(34, "section chi2, histogram", "sections.chi2; not built: the histogram, 256 numbers a section"),
    row(35, "raw/virtual oddities, W+X, overlaps", "problems (stage section)"),
    row(36, "imports: DLL", "imports.dll"),
    row(37, "imports: name, ordinal", "imports.functions.name, imports.functions.ordinal"),
    row(38, "imports: hint", "imports.functions.hint"),
    row(39, "imports: thunk addresses", "imports.lookup_table_rva, imports.address_table_rva"),
    row(
        40,
        "imports: descriptor timestamp, forwarder chain",
        "imports.time_date_stamp, imports.forwarder_chain",
    ),
    row(41, "delay imports", "imports.delayed"),
    row(42, "bound imports", "bound_imports"),
    row(43, "IAT directory", "data_directories; its entries are those of imports"),
    row(44, "export directory", "export_directory"),
    row(45, "exports: name, ordinal, rva", "exports"),
    row(46, "exports: forwarder", "exports.forwarder"),
    row(47, "resources", "resources"),
    row(48, "resource codepage and directory", "resources.codepage, resource_directory"),
    row(49, "resource hashes", "resources.sha256; not built: md5 and sha1"),
    row(50, "resource entropy, kind, chi2", "resources.entropy, resources.magic; not built: chi2"),
    row(51, "version strings", "version_info.strings"),
    row(52, "fixed version information", "version_info"),
    row(53, "translations", "version_info.translations"),
    row(54, "manifest, execution level", "manifest"),
    row(55, "icon hash", "icon_hash"),
    row(56, "dialogs, string tables, accelerators", "not built: their texts are in strings"),
    row(57, "debug directory", "debug"),
    row(58, "PDB path, GUID, age", "pdb_path, pdb_guid, pdb_age"),
    row(59, "POGO, VC feature, Repro, ExDllCharacteristics, PDB checksum", "debug"),
    row(60, "TLS and callbacks", "tls"),
    row(61, "load configuration", "load_config"),
    row(62, "guard tables", "load_config.tables: counts; not built: their contents"),
    row(63, "dynamic relocations, CHPE", "load_config.dynamic_relocations, load_config.chpe_version"),
    row(64, "exception table", "exceptions"),
    row(65, "base relocations", "relocations"),
    row(66, "overlay offset and size", "overlay.file_offset, overlay.size"),
    row(67, "overlay entropy, hash, kind", "overlay.entropy, overlay.sha256, overlay.magic"),
    row(68, "imphash", "imphash"),
    row(69, "exphash", "exphash"),
    row(70, "impfuzzy, sorted imports, gimphash", "not built: rarely joined on"),
    row(71, "authentihash", "authentihash_sha256, authentihash_sha1, authentihash_md5"),
    row(72, "Authenticode digest and whether it matches", "signatures.digest, signatures.digest_matches"),
    row(
        73,
        "cryptographic verification",
        "signatures.signature_verifies, signatures.countersignature_verifies; not built: trust anchors, whose answer changes from day to day",
    ),
    row(74, "WIN_CERTIFICATE headers", "win_certificates"),
    row(
        75,
        "certificates",
        "certificates; not built: key usage and policies, which are in certificates.certificate",
    ),
    row(76, "signer, program name, URL", "signatures.signer, signatures.program_name, signatures.url"),
    row(77, "countersignatures", "signatures.countersignature, signatures.countersignature_time"),
    row(78, "nested signatures, page hashes", "signatures.nested, signatures.page_hashes"),
    row(79, ".NET: COR20 header", "clr.flags, clr.flag_names, clr.entry_point_token"),
    row(80, ".NET: version, streams", "clr.metadata_version, clr.streams"),
    row(81, ".NET: module, MVID, typelib", "clr.module_name, clr.mvid, clr.guids, clr.typelib"),
    row(82, ".NET: assembly and references", "clr.assembly, clr.assembly_refs, clr.module_refs"),
    row(
        83,
        ".NET: user strings, constants, resources",
        "clr.user_string_count, clr.constants, clr.resources",
    ),
    row(84, ".NET: types and methods", "not built: a table of its own, larger than the rest"),
    row(85, "TLSH; ssdeep", "tlsh; not built: ssdeep, which TLSH has replaced"),
    row(86, "byte histogram", "byte_histogram"),
    row(87, "byte-entropy histogram", "not built: comes with the feature vectors"),
    row(
        88,
        "string statistics",
        "not built: comes with the feature vectors; string_count_ascii, string_bytes",
    ),
    row(89, "string classes", "not built: comes with the feature vectors"),
    row(90, "strings with offsets", "the table strings"),
    row(91, "packers, compilers, installers", "packer_hints"),
    row(92, "anomalies", "problems"),
    row(93, "libmagic's text", "magic"),
    row(94, "rule matches", "not built: YARA-X does that"),
    row(95, "ready vectors", "not built: comes with the feature vectors"),
    row(
        96,
        "status, limits hit, extractor version",
        "status, problems, limits_hit; the version is in the footer",
    ),
    row(97, "columnar output", "Parquet"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{Column, Member};
    use crate::schema::Sample;

    #[test]
    fn every_feature_has_a_row_and_eight_are_not_built() {
        let rows: Vec<u8> = FEATURES.iter().map(|feature| feature.row).collect();
        assert_eq!(rows, (1..=97).collect::<Vec<_>>());
        let missing: Vec<u8> =
            FEATURES.iter().filter(|f| f.columns.starts_with("not built: ")).map(|f| f.row).collect();
        assert_eq!(missing, [56, 70, 84, 87, 88, 89, 94, 95]);
        let in_part = FEATURES.iter().filter(|f| f.columns.contains("; not built: ")).map(|f| f.row);
        assert_eq!(in_part.collect::<Vec<_>>(), [8, 31, 33, 34, 49, 50, 62, 73, 75, 85]);
    }

    #[test]
    fn every_column_that_a_feature_names_is_in_the_schema() {
        fn has(members: &[Member], path: &str) -> bool {
            let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
            let member = members.iter().find(|member| member.name == name);
            member.is_some_and(|member| rest.is_none_or(|rest| has(&member.members, rest)))
        }
        let members = Sample::members();
        let named = FEATURES.iter().filter(|feature| !feature.columns.starts_with("not built"));
        for feature in named.filter(|feature| feature.row < 90) {
            let columns = feature.columns.split([';', ':', '(']).next().unwrap_or_default();
            for column in columns.split(", ").map(str::trim) {
                assert!(has(&members, column), "{} names {column}", feature.row);
            }
        }
    }
}
