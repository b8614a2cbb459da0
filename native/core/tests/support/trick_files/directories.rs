//! Debug, TLS, load configuration, relocations, exceptions, symbols.

use super::super::directory_builder::{
    BASE, RVA, debug_file, load_config_64, reloc_block, tls_file, with_directory, words,
};
use super::super::pe_builder::{PeBuilder, dwords, put};
use super::{Trick, one};

const EXCEPTION: usize = 3;
const BASERELOC: usize = 5;
const DEBUG: usize = 6;
const LOAD_CONFIG: usize = 10;

/// Load configurations that state every size from 0 to 8 above the largest known.
fn load_configs(wide: bool) -> Vec<Vec<u8>> {
    let known = if wide { 328 } else { 196 };
    let sizes = 0..=known as u32 + 8;
    sizes
        .map(|size| {
            let mut data: Vec<u8> = (0..known + 16).map(|at| u8::from(at % 4 == 0)).collect();
            put(&mut data, 0, &size.to_le_bytes());
            with_directory(wide, LOAD_CONFIG, 64, data).build()
        })
        .collect()
}

/// Every pointer of the configuration leads to its own first bytes, every count is as high as it goes.
fn load_config_of_counts() -> Vec<u8> {
    let mut data = load_config_64();
    for at in [96, 128, 160, 176, 264] {
        put(&mut data, at, &[(BASE + u64::from(RVA)).to_le_bytes(), [0xff; 8]].concat());
    }
    put(&mut data, 144, &[0xff; 4]);
    with_directory(true, LOAD_CONFIG, 328, data).build()
}

fn debug_records() -> Vec<u8> {
    let rsds = [b"RSDS".as_slice(), &[0x11; 16], &dwords(&[3]), b"C:\\x\xff.pdb\0"].concat();
    let pogo = [b"LTCG".as_slice(), &dwords(&[RVA, 16]), b".text\0\0\0", &dwords(&[RVA]), b"cut"].concat();
    let repro = [dwords(&[0xffff_fff0]), vec![1; 8]].concat();
    debug_file(&[(2, &rsds), (2, b"RS"), (13, &pogo), (16, &repro), (20, &dwords(&[1])), (99, b"")]).build()
}

fn debug_past_the_end() -> Vec<u8> {
    let entry = dwords(&[0, 0, 0, 2, 0x7fff_ffff, 0, 0x10_0000]);
    with_directory(true, DEBUG, 28 * 5, entry).build()
}

fn relocations() -> Vec<u8> {
    let data = [
        reloc_block(0x1000, &[0xa008, 0xa010, 0x3000, 0xf000, 0]),
        reloc_block(0x9000_0000, &[]),
        dwords(&[0x1000, 0x7fff_ffff]),
        words(&[1, 2]),
    ];
    let data = data.concat();
    with_directory(true, BASERELOC, data.len() as u32, data).build()
}

fn exceptions() -> PeBuilder {
    let record = u32::from_le_bytes;
    let mut data = dwords(&[0x10, 0x20, RVA + 36, 0x30, 0x40, 0x7000_0000, 0x5, 0x6, RVA + 48]);
    data.extend(dwords(&[record([1 | 3 << 3, 0, 3, 0]), 0, 0]));
    data.extend(dwords(&[record([2 | 4 << 3, 0, 255, 0]), 0, 0, 0]));
    with_directory(true, EXCEPTION, 36, data)
}

fn symbols(offset: u32, count: u32) -> Vec<u8> {
    let mut table = vec![0; 18 * 3];
    table[17] = 1;
    table.extend(dwords(&[32]));
    table.extend(b".debug_frame\0.debug_info\0\0\0\0");
    let mut file = PeBuilder::with_data(false, vec![1; 0x200]);
    file.sections[0].name = *b"/4\0\0\0\0\0\0";
    file.patch(0x80 + 12, &dwords(&[offset, count])).patch(0x600, &table).build()
}

pub(super) fn tricks() -> Vec<Trick> {
    let good = BASE + u64::from(RVA);
    let mut nowhere = tls_file(true, &[]);
    put(&mut nowhere.sections[0].data, 24, &0x1234_u64.to_le_bytes());
    let dynamic = {
        let mut data = load_config_64();
        // Section 1, 328 bytes into it.
        put(&mut data, 224, &dwords(&[328, 1]));
        data.extend(dwords(&[1, 24, 3, 0, 0, 7, 0, 0xffff_ffff]));
        with_directory(true, LOAD_CONFIG, 328, data).build()
    };
    vec![
        one("tls_bad_callback", tls_file(true, &[good, 5, good + 4, 0, good]).build()),
        one("tls_callbacks_unterminated", tls_file(false, &vec![good; 5_000]).build()),
        one("tls_callbacks_nowhere", nowhere.build()),
        one("tls_directory_cut", with_directory(true, 9, 40, vec![1; 20]).build()),
        Trick { name: "load_config_of_every_size_pe32", files: load_configs(false) },
        Trick { name: "load_config_of_every_size_pe32_plus", files: load_configs(true) },
        one("load_config_of_endless_tables", load_config_of_counts()),
        one("load_config_dynamic_relocations", dynamic),
        one("debug_records", debug_records()),
        one("debug_past_the_end", debug_past_the_end()),
        one("relocations_cut", relocations()),
        one("exceptions_x64", exceptions().build()),
        one("exceptions_of_i386", PeBuilder { machine: 0x14c, ..exceptions() }.build()),
        one("exceptions_arm64", PeBuilder { machine: 0xaa64, ..exceptions() }.build()),
        one("coff_symbols", symbols(0x600, 3)),
        one("coff_symbols_past_the_end", symbols(0x600, u32::MAX)),
        one("coff_symbols_out_of_file", symbols(u32::MAX, 1)),
    ]
}
