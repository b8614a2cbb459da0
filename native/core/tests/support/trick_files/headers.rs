//! Headers, section tables and files that are hardly PE.

use super::super::pe_builder::Target;
use super::super::pe_builder::{PeBuilder, SectionSpec, Thunk, dwords, exports, imports, put};
use super::super::pivots_builder::rich;
use super::{Trick, one};

const IMPORT: usize = 1;

fn section(name: [u8; 8], virtual_address: u32, raw_offset: u32, data: Vec<u8>) -> SectionSpec {
    let virtual_size = data.len() as u32;
    let characteristics = 0x6000_0020;
    SectionSpec { name, virtual_address, virtual_size, raw_offset, characteristics, data, raw_size: None }
}

/// Two functions of one DLL, for `rva`.
fn import_table(rva: u32, wide: bool) -> Vec<u8> {
    imports(rva, wide, &[(b"KERNEL32.dll", &[Thunk::Name(1, b"ExitProcess"), Thunk::Ordinal(7)])])
}

fn importing(wide: bool) -> PeBuilder {
    PeBuilder::with_data(wide, import_table(0x1000, wide)).directory(IMPORT, 0x1000, 40)
}

/// The smallest PE that Windows XP ran: the optional header ends with the subsystem's first byte.
fn tiny() -> Vec<u8> {
    let mut file = vec![0; 97];
    put(&mut file, 0, b"MZ\0\0PE\0\0\x4c\x01\x01\0");
    put(&mut file, 0x14, b"\0\0\0\0\x04\0\x03\x01\x0b\x01\x08\0");
    put(&mut file, 0x3c, &dwords(&[4, 4]));
    file[96] = 2;
    file
}

/// A Terse Executable of UEFI firmware: x64, one section, boot service driver.
fn te_image() -> Vec<u8> {
    let mut file = b"VZ\x64\x86\x01\x0b\x40\x01".to_vec();
    file.extend(dwords(&[0x1000, 0x1000, 0, 0, 0, 0, 0, 0]));
    file.extend(b".text\0\0\0");
    file.extend(dwords(&[0x20, 0x1000, 0x20, 0x200, 0, 0, 0, 0x6000_0020]));
    file.resize(0x120, 0xcc);
    file
}

/// Imports, exports and a resource-less rest, cut at every length.
fn truncated() -> Vec<Vec<u8>> {
    let mut data = import_table(0x1000, true);
    let start = 0x1000 + data.len() as u32;
    data.extend(exports(start, 1, &[Target::Rva(0x10), Target::Forwarder(b"A.B")], &[(b"name", 0)]));
    let file = PeBuilder::with_data(true, data).directory(IMPORT, 0x1000, 40);
    let file = file.directory(0, start, 0x100).build();
    (0..=file.len()).map(|length| file[..length].to_vec()).collect()
}

fn wrong_magic() -> Vec<u8> {
    let mut file = importing(false).build();
    put(&mut file, 0, b"ZM");
    file
}

pub(super) fn tricks() -> Vec<Trick> {
    let with_count = |count| PeBuilder { number_of_rva_and_sizes: Some(count), ..importing(true) }.build();
    let folded = |wide, at, alignment| {
        PeBuilder { e_lfanew: at, section_alignment: alignment, ..PeBuilder::new(wide) }.build()
    };
    let sections = |sections| PeBuilder { sections, ..PeBuilder::new(false) };
    let mut with_rich = PeBuilder { e_lfanew: 0x100, ..importing(false) };
    let data = rich(&with_rich.build()[..0x80], &[(0x104, 0x6b14, 3), (0x102, 0x6b14, 1)]);
    with_rich = with_rich.patch(0x80, &data);
    let same = section(*b"/x\0\xff\0\0\0a", 0x1000, 0, Vec::new());
    let bytes = || (0..=255).cycle().take(0x400).collect::<Vec<u8>>();
    vec![
        one("plain_pe32", importing(false).build()),
        one("plain_pe32_plus", importing(true).build()),
        one("tiny_97_bytes", tiny()),
        Trick { name: "tiny_cut_at_every_length", files: (0..97).map(|n| tiny()[..n].to_vec()).collect() },
        Trick { name: "cut_at_every_length", files: truncated() },
        one("te_image", te_image()),
        one("zm_instead_of_mz", wrong_magic()),
        one("mz_alone", b"MZ".to_vec()),
        one("e_lfanew_past_the_end", PeBuilder::new(false).patch(0x3c, &[0xff; 4]).build()),
        one("e_lfanew_unaligned", PeBuilder { e_lfanew: 0x83, ..importing(false) }.build()),
        one("folded_at_4", folded(true, 4, 4)),
        one("folded_at_16", folded(false, 0x10, 0x1000)),
        one("rich", with_rich.build()),
        one("rich_without_dans", PeBuilder::new(true).patch(0x60, b"Rich\x11\x22\x33\x44").build()),
        one("directories_0", with_count(0)),
        one("directories_17", with_count(17)),
        one("directories_4_billion", with_count(u32::MAX)),
        one("directory_size_0", importing(true).directory(IMPORT, 0x1000, 0).build()),
        one("directory_rva_unmapped", importing(true).directory(IMPORT, 0x7fff_0000, 40).build()),
        one(
            "directory_in_headers",
            importing(false).directory(IMPORT, 0x200, 40).patch(0x200, &import_table(0x200, false)).build(),
        ),
        one(
            "imports_without_sections",
            PeBuilder::new(false)
                .directory(IMPORT, 0x200, 40)
                .patch(0x200, &import_table(0x200, false))
                .build(),
        ),
        one(
            "optional_header_of_size_0",
            PeBuilder { size_of_optional_header: Some(0), ..PeBuilder::new(false) }.build(),
        ),
        one("optional_header_rom", PeBuilder { magic: Some(0x107), ..importing(false) }.build()),
        one("entry_point_outside", importing(false).patch(0x80 + 24 + 16, &dwords(&[0x7fff_ffff])).build()),
        one("sections_65535", sections(vec![same; 65_535]).build()),
        one(
            "sections_65535_declared",
            PeBuilder { number_of_sections: Some(u16::MAX), ..importing(true) }.build(),
        ),
        one(
            "sections_overlapping",
            sections(vec![
                section(*b".a\0\0\0\0\0\0", 0x1000, 0x400, bytes()),
                section(*b".b\0\0\0\0\0\0", 0x1200, 0x500, bytes()),
                section(*b".c\0\0\0\0\0\0", 0x1000, 0x400, bytes()),
                section(*b".d\0\0\0\0\0\0", 0x1800, 0x600, bytes()),
            ])
            .build(),
        ),
        one(
            "sections_wrapping",
            sections(vec![
                SectionSpec { virtual_size: 0x2000, ..section(*b".high\0\0\0", 0xffff_f000, 0x400, bytes()) },
                SectionSpec { virtual_size: u32::MAX, ..section(*b".all\0\0\0\0", 0x1000, 0x400, bytes()) },
                SectionSpec { raw_size: Some(u32::MAX), ..section(*b".raw\0\0\0\0", 0x3000, 0x400, bytes()) },
            ])
            .directory(IMPORT, 0xffff_fff0, 40)
            .build(),
        ),
        one(
            "sections_raw_offset_wrapping",
            importing(false).patch(0x80 + 24 + 224 + 16, &dwords(&[0x200, u32::MAX])).build(),
        ),
        one(
            "low_alignment",
            PeBuilder {
                section_alignment: 0x20,
                file_alignment: 0x20,
                ..sections(vec![section(*b".x\0\0\0\0\0\0", 0x2a0, 0x2a0, import_table(0x2a0, false))])
            }
            .directory(IMPORT, 0x2a0, 40)
            .build(),
        ),
    ]
}
