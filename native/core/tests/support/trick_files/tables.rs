//! Imports, delay and bound imports, exports.

use super::super::pe_builder::{PeBuilder, Target, Thunk, dwords, exports, imports, put};
use super::super::pivots_builder::{Space, bound_imports, delay_imports};
use super::{Trick, one};

const RVA: u32 = 0x1000;

fn import_file(data: Vec<u8>) -> Vec<u8> {
    PeBuilder::with_data(false, data).directory(1, RVA, 0).build()
}

/// Descriptors that all have one name and one thunk table, of ordinals.
fn shared_thunks(descriptors: u32, thunks: usize) -> Vec<u8> {
    let tables = RVA + (descriptors + 1) * 20;
    let name = tables + (thunks as u32 + 1) * 4;
    let mut data = dwords(&[tables, 0, 0, name, tables]).repeat(descriptors as usize);
    data.extend([0; 20]);
    data.extend(dwords(&[0x8000_0001]).repeat(thunks));
    data.extend(b"\0\0\0\0shared.dll\0");
    data
}

fn shared_delayed(descriptors: u32, thunks: usize) -> Vec<u8> {
    let tables = RVA + (descriptors + 1) * 32;
    let name = tables + (thunks as u32 + 1) * 4;
    let mut data = dwords(&[1, name, 0, tables, tables, 0, 0, 0]).repeat(descriptors as usize);
    data.extend([0; 32]);
    data.extend(dwords(&[0x8000_0001]).repeat(thunks));
    data.extend(b"\0\0\0\0shared.dll\0");
    PeBuilder::with_data(false, data).directory(13, RVA, 64).build()
}

/// One name of 5,000 bytes that all thunks share.
fn long_name(thunks: u32) -> Vec<u8> {
    let name = RVA + 40 + (thunks + 1) * 4;
    let mut data = dwords(&[RVA + 40, 0, 0, name + 2, RVA + 40]);
    data.extend([0; 20]);
    data.extend(dwords(&[name]).repeat(thunks as usize));
    data.extend([0; 4]);
    data.extend([b'a'; 5_000]);
    import_file(data)
}

fn export_file(data: Vec<u8>) -> Vec<u8> {
    let size = data.len() as u32;
    PeBuilder::with_data(false, data).directory(0, RVA, size).build()
}

fn sparse_exports() -> Vec<u8> {
    let targets = (0..5_000).map(|index| Target::Rva(if index % 1_000 == 999 { 0x5000 } else { 0 }));
    exports(RVA, 7, &targets.collect::<Vec<_>>(), &[])
}

fn all_exports_claimed() -> Vec<u8> {
    let mut data = exports(RVA, 1, &[Target::Rva(0x10)], &[(b"a", 0)]);
    put(&mut data, 20, &dwords(&[u32::MAX, u32::MAX]));
    data
}

/// Each forwards to the next, the last to the first; one to itself, one to nothing.
fn forwarder_loop() -> Vec<u8> {
    let targets = [
        Target::Forwarder(b"loop.b"),
        Target::Forwarder(b"loop.#3"),
        Target::Forwarder(b"loop.a"),
        Target::Forwarder(b"loop.self"),
        Target::Forwarder(b""),
        Target::Forwarder(b"no dot"),
    ];
    let mut data = exports(RVA, 1, &targets, &[(b"a", 0), (b"b", 1), (b"c", 2), (b"self", 3)]);
    let name = RVA + data.len() as u32;
    put(&mut data, 12, &dwords(&[name]));
    data.extend(b"loop.dll\0");
    data
}

pub(super) fn tricks() -> Vec<Trick> {
    let named: [(&[u8], &[Thunk<'_>]); 2] = [
        (b"WS2_32.dll", &[Thunk::Ordinal(1), Thunk::Ordinal(9_999)]),
        (b"\xff\xfe.dll", &[Thunk::Name(0, b"\x01\xc3\x28"), Thunk::Name(0, b""), Thunk::Name(2, b"f")]),
    ];
    let mut self_pointing = imports(RVA, false, &[(b"a.dll", &[Thunk::Name(0, b"f"), Thunk::Ordinal(1)])]);
    // The lookup table begins behind two descriptors, the name "a.dll" and the entry "f".
    let lookup = 40 + 6 + 4;
    put(&mut self_pointing, lookup + 4, &dwords(&[RVA + lookup as u32]));
    // The lookup table of one ordinal begins behind two descriptors and the name; its end is overwritten.
    let mut unterminated = imports(RVA, false, &[(b"a.dll", &[Thunk::Ordinal(1)])]);
    unterminated.truncate(unterminated.len() - 4);
    put(&mut unterminated, 40 + 6 + 4, &dwords(&[0x8000_0002]));
    let delayed = |wide, space: &Space| {
        let data = delay_imports(RVA, wide, space, &[(b"shell32.dll", &[Thunk::Name(3, b"ShellExecuteA")])]);
        let file = PeBuilder::with_data(wide, data).directory(13, RVA, 64);
        file.patch(0x80 + 24 + 56, &dwords(&[0x2000])).build()
    };
    let bound = bound_imports(&[("KERNEL32.dll", 1_000_000_000, &[("NTDLL.DLL", 5)]), ("\u{3}.dll", 5, &[])]);
    let ordinals: Vec<Target<'_>> = (0..3).map(|index| Target::Rva(0x5000 + index)).collect();
    vec![
        one("imports_odd_names", import_file(imports(RVA, false, &named))),
        one("imports_sharing_thunks", import_file(shared_thunks(3_000, 1_000))),
        one("imports_sharing_few_thunks", import_file(shared_thunks(9, 20))),
        one("imports_sharing_a_long_name", long_name(600)),
        one("imports_sharing_a_name", long_name(9)),
        one("imports_thunk_in_its_own_table", import_file(self_pointing)),
        one("imports_unterminated", import_file(unterminated)),
        one("delay_imports", delayed(true, &Space::Rva)),
        one("delay_imports_of_addresses", delayed(false, &Space::Virtual(0x40_0000))),
        one("delay_imports_sharing_thunks", shared_delayed(3_000, 1_000)),
        one(
            "bound_imports",
            PeBuilder::with_data(false, vec![1; 0x200]).directory(11, 0x290, 64).patch(0x290, &bound).build(),
        ),
        one("exports_of_ordinals_only", export_file(exports(RVA, 0xffff, &ordinals, &[]))),
        one("exports_sparse", export_file(sparse_exports())),
        one("exports_4_billion", export_file(all_exports_claimed())),
        one("exports_forwarder_loop", export_file(forwarder_loop())),
        one(
            "exports_directory_size_0",
            PeBuilder::with_data(false, forwarder_loop()).directory(0, RVA, 0).build(),
        ),
        one("exports_directory_cut", export_file(vec![0xff; 39])),
    ]
}
