//! Files as linkers make them, with everything that programs, libraries and assemblies usually have.

#![allow(dead_code, unreachable_pub)] // each test binary uses its part

use super::clr_builder::{ClrBuilder, row};
use super::directory_builder::reloc_block;
use super::pe_builder::{PeBuilder, SectionSpec, Target, Thunk, dwords, exports, imports};
use super::pivots_builder::rich;
use super::resource_builder::{
    Key::{self, Number},
    Node, icon_group, node, resource, resources, string, version,
};
use super::signature_builder::{
    MESSAGE_DIGEST, SHA256, TIMESTAMP, attribute, certificate, entry, indirect_data, pkcs7, signer_info,
    timestamp_token, tlv,
};

const EXPORT: usize = 0;
const IMPORT: usize = 1;
const RESOURCE: usize = 2;
const SECURITY: usize = 4;
const RELOCATION: usize = 5;
const CODE: u32 = 0x6000_0020;
const READ: u32 = 0x4000_0040;

/// Adds a section behind the others that is the data directory `index`, made for its RVA.
fn section(
    mut file: PeBuilder,
    name: [u8; 8],
    characteristics: u32,
    index: Option<usize>,
    make: impl FnOnce(u32) -> Vec<u8>,
) -> PeBuilder {
    let end = |last: &SectionSpec| last.virtual_address + last.virtual_size.next_multiple_of(0x1000);
    let virtual_address = file.sections.last().map_or(0x1000, end);
    let raw_offset = file.sections.last().map_or(0x400, |last| last.raw_offset + last.data.len() as u32);
    let mut data = make(virtual_address);
    let virtual_size = data.len() as u32;
    data.resize(data.len().next_multiple_of(0x200), 0);
    file.sections.push(SectionSpec {
        name,
        virtual_address,
        virtual_size,
        raw_offset,
        raw_size: None,
        characteristics,
        data,
    });
    match index {
        Some(index) => file.directory(index, virtual_address, virtual_size),
        None => file,
    }
}

/// Bytes as mixed as code, with a line of text in every 512.
fn code(length: u32) -> Vec<u8> {
    let line = |at: u32| format!("error {at}: the file cannot be opened\0").into_bytes();
    let mixed = |at: u32| (0..480).map(move |i| ((at + i).wrapping_mul(2_654_435_761) >> 24) as u8);
    (0..length / 512).flat_map(|block| mixed(block * 480).chain(line(block))).collect()
}

/// `dlls` DLLs of `functions` functions each.
fn import_table(rva: u32, wide: bool, dlls: usize, functions: usize) -> Vec<u8> {
    let dll_names: Vec<_> = (0..dlls).map(|dll| format!("api-ms-win-{dll}.dll").into_bytes()).collect();
    let names: Vec<_> = (0..functions).map(|at| format!("QueryInformation{at}W").into_bytes()).collect();
    let thunks: Vec<_> = names.iter().map(|name| Thunk::Name(1, name)).collect();
    let table: Vec<_> = dll_names.iter().map(|name| (name.as_slice(), thunks.as_slice())).collect();
    imports(rva, wide, &table)
}

fn resource_tree(rva: u32) -> Vec<u8> {
    let strings: Vec<_> = ["CompanyName", "FileDescription", "FileVersion", "ProductName", "ProductVersion"]
        .map(|name| string(name, "Some 1.2.3"))
        .to_vec();
    let table = node("StringFileInfo", 0, &[], &[node("040904B0", 0, &[], &strings)]);
    let translation = node("VarFileInfo", 0, &[], &[node("Translation", 4, &dwords(&[0x04b0_0409]), &[])]);
    let manifest =
        b"<assembly><trustInfo><requestedExecutionLevel level='asInvoker'/></trustInfo></assembly>";
    let icon = |number, length| {
        let leaf = vec![(Number(1033), Node::Leaf(vec![number as u8; length]))];
        (Number(number), Node::Directory(leaf))
    };
    let group = icon_group(&[(16, 16, 32, 1_128, 1), (32, 32, 32, 4_264, 2)]);
    let dialogs = (0..20).map(|number| icon(100 + number, 300)).collect();
    resources(
        rva,
        &[
            (Key::Text("TYPELIB"), Node::Directory(vec![icon(1, 5_000)])),
            (Number(3), Node::Directory(vec![icon(1, 1_128), icon(2, 4_264)])),
            (Number(5), Node::Directory(dialogs)),
            resource(Number(14), Number(1), 1033, &group),
            resource(Number(16), Number(1), 1033, &version(&[table, translation])),
            resource(Number(24), Number(1), 1033, manifest),
        ],
    )
}

fn relocations() -> Vec<u8> {
    (0..8_u16).flat_map(|page| reloc_block(u32::from(page) << 12, &[0xa000 | page; 40])).collect()
}

fn signed(file: &PeBuilder) -> Vec<u8> {
    let stamp = timestamp_token(b"20240102030405Z", 9, &[certificate("ca", 9, "tsa")]);
    let digest = attribute(MESSAGE_DIGEST, &tlv(4, &[0xab; 32]));
    let info = signer_info(7, SHA256, &[digest], &[attribute(TIMESTAMP, &stamp)]);
    let certificates = [certificate("ca", 7, "signer"), certificate("root", 1, "ca")];
    let table = entry(&pkcs7(&indirect_data(SHA256, &[0xab; 32], &[]), &certificates, &[info]));
    let offset = file.build().len();
    file.clone().directory(SECURITY, offset as u32, table.len() as u32).patch(offset, &table).build()
}

/// A signed program of five sections, with 180 imports and 26 resources.
fn program() -> Vec<u8> {
    let mut file = PeBuilder { e_lfanew: 0x100, ..PeBuilder::new(true) };
    let tools: Vec<_> = (0..10).map(|tool| (0x100 + tool, 33_000, u32::from(tool) * 7)).collect();
    file = file.clone().patch(0x80, &rich(&file.build()[..0x80], &tools));
    file = section(file, *b".text\0\0\0", CODE, None, |_| code(300_000));
    file = section(file, *b".rdata\0\0", READ, Some(IMPORT), |rva| import_table(rva, true, 6, 30));
    file = section(file, *b".data\0\0\0", READ | 0x8000_0000, None, |_| vec![0; 0x800]);
    file = section(file, *b".rsrc\0\0\0", READ, Some(RESOURCE), resource_tree);
    signed(&section(file, *b".reloc\0\0", READ, Some(RELOCATION), |_| relocations()))
}

/// A library of 400 exports, a third of them forwarded.
fn library() -> Vec<u8> {
    let names: Vec<_> = (0..400).map(|at| format!("Operation{at:03}").into_bytes()).collect();
    let by_name: Vec<_> = names.iter().zip(0..).map(|(name, at)| (name.as_slice(), at)).collect();
    let target = |at: u32| {
        if at.is_multiple_of(3) { Target::Forwarder(b"NTDLL.Rtl") } else { Target::Rva(0x1000 + at) }
    };
    let targets: Vec<_> = (0..400).map(target).collect();
    let mut file = PeBuilder { characteristics: 0x2102, ..PeBuilder::new(false) };
    file = section(file, *b".text\0\0\0", CODE, None, |_| code(60_000));
    file = section(file, *b".edata\0\0", READ, Some(EXPORT), |rva| exports(rva, 1, &targets, &by_name));
    file = section(file, *b".idata\0\0", READ, Some(IMPORT), |rva| import_table(rva, false, 2, 15));
    section(file, *b".reloc\0\0", READ, Some(RELOCATION), |_| relocations()).build()
}

/// An assembly with 30 references, each an `AssemblyRef` row.
fn assembly() -> Vec<u8> {
    let mut clr = ClrBuilder::new();
    let rows: Vec<_> = (0..30_u16)
        .map(|at| {
            let name = clr.text(format!("System.Part{at}").as_bytes());
            row![4_u16, 0_u16, 0_u16, at, 0_u32, 0_u16, name, 0_u16, 0_u16]
        })
        .collect();
    clr.table(35, &rows).file().build()
}

/// All of them, with their names.
pub fn whole_files() -> [(&'static str, Vec<u8>); 3] {
    [("whole_program", program()), ("whole_library", library()), ("whole_assembly", assembly())]
}
