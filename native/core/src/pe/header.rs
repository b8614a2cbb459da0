//! The headers, as goblin reads them.
//!
//! What goblin refuses and Windows or pefile take (folded headers, more than 16 directories, an
//! unknown magic, a file that ends early, odd Rich data) is given to it a second time as a corrected
//! copy of a few hundred bytes, and noted; there is no second header parser. A field behind the end
//! of the file is `None`. `SizeOfOptionalHeader` places the section table and bounds nothing else,
//! as in the loader and in pefile.

use goblin::pe::header::Header;
use goblin::pe::optional_header::{MAGIC_32, MAGIC_64};

use crate::limits::MAX_DOS_STUB;
use crate::problems::Problems;
use crate::schema::{CoffHeader, DosHeader, OptionalHeader};

use super::names;

const DOS_HEADER_SIZE: usize = 64;
const PE_SIGNATURE: &[u8; 4] = b"PE\0\0";
/// Signature and `IMAGE_FILE_HEADER`.
pub(super) const FILE_HEADER_END: usize = 24;
/// Offset of `CheckSum` in the optional header, PE32 and PE32+.
pub(super) const CHECK_SUM: usize = 64;
/// Bytes of a data directory's entry.
pub(super) const DIRECTORY_SIZE: usize = 8;
const MAX_DIRECTORIES: u32 = 16;

/// Offset of the first directory's entry in the optional header.
pub(super) const fn directories_offset(wide: bool) -> usize {
    if wide { 112 } else { 96 }
}

/// Everything in front of the section table.
#[derive(Debug)]
pub(super) struct Headers {
    pub(super) dos: DosHeader,
    /// `None` where the file ends in it.
    pub(super) coff: Option<CoffHeader>,
    pub(super) optional: Option<OptionalHeader>,
    /// RVA and size.
    pub(super) directories: Vec<(u32, u32)>,
    /// File offset of the section table, and `NumberOfSections`.
    pub(super) section_table: (usize, u16),
}

/// Reads the headers; `None` where there is no `MZ` or no `PE\0\0` where `e_lfanew` points.
pub(super) fn headers(bytes: &[u8], problems: &mut Problems) -> Option<Headers> {
    let dos = bytes.get(..DOS_HEADER_SIZE)?;
    if !dos.starts_with(b"MZ") {
        return None;
    }
    let e_lfanew = u32::from_le_bytes(*dos.last_chunk()?);
    let nt = bytes.get(e_lfanew as usize..).filter(|nt| nt.starts_with(PE_SIGNATURE))?;

    let accepted = if e_lfanew as usize <= MAX_DOS_STUB { Header::parse(bytes).ok() } else { None };
    let copy = Copy::new(dos, nt);
    let accepted = accepted.filter(|header| header.optional_header.is_some());
    let header = if let Some(header) = accepted {
        header
    } else {
        copy.note(e_lfanew, problems);
        Header::parse(&copy.bytes).ok()?
    };

    let dos = dos_header(&header, e_lfanew);
    if nt.len() < FILE_HEADER_END {
        problems.add("header", "file_header_truncated", u64::from(e_lfanew), format!("{} bytes", nt.len()));
        return Some(Headers {
            dos,
            coff: None,
            optional: None,
            directories: Vec::new(),
            section_table: (bytes.len(), 0),
        });
    }
    let (optional, directories) = copy.optional_header(&header);
    let size_of_optional_header = copy.size_of_optional_header;
    let section_table = e_lfanew as usize + FILE_HEADER_END + usize::from(size_of_optional_header);
    Some(Headers {
        dos,
        coff: Some(coff_header(&header, size_of_optional_header)),
        optional,
        directories,
        section_table: (section_table, header.coff_header.number_of_sections),
    })
}

/// What goblin is given where it refuses the file, and what the file said in the corrected places.
struct Copy {
    bytes: [u8; Self::SIZE],
    /// Bytes from the signature to the end of the file.
    present: usize,
    magic: u16,
    size_of_optional_header: u16,
    directory_count: u32,
}

impl Copy {
    const NT: usize = DOS_HEADER_SIZE;
    const MAGIC: usize = Self::NT + FILE_HEADER_END;
    /// The longest optional header is PE32+ with 16 directories.
    const SIZE: usize = Self::MAGIC + directories_offset(true) + 16 * DIRECTORY_SIZE;

    fn new(dos: &[u8], nt: &[u8]) -> Self {
        let mut bytes = [0; Self::SIZE];
        let file = dos.iter().take(Self::NT).chain(nt);
        bytes.iter_mut().zip(file).for_each(|(to, from)| *to = *from);
        let mut copy =
            Self { bytes, present: nt.len(), magic: 0, size_of_optional_header: 0, directory_count: 0 };
        // e_lfanew: the copy has no stub, no Rich data and no folded header.
        copy.put(0x3c, &(Self::NT as u32).to_le_bytes());
        copy.magic = copy.u16(Self::MAGIC);
        copy.size_of_optional_header = copy.u16(Self::NT + 20);
        // goblin reads an optional header only where this is not 0, and does not care how large it is.
        copy.put(Self::NT + 20, &1u16.to_le_bytes());
        if !copy.magic_is_known() {
            copy.put(Self::MAGIC, &MAGIC_32.to_le_bytes());
        }
        let count_at = Self::MAGIC + copy.fixed_size() - 4;
        copy.directory_count = u32::from(copy.u16(count_at)) | u32::from(copy.u16(count_at + 2)) << 16;
        copy.put(count_at, &copy.directory_count.min(MAX_DIRECTORIES).to_le_bytes());
        copy
    }

    fn put(&mut self, offset: usize, value: &[u8]) {
        self.bytes.iter_mut().skip(offset).zip(value).for_each(|(to, from)| *to = *from);
    }

    fn u16(&self, offset: usize) -> u16 {
        self.bytes
            .get(offset..)
            .and_then(|rest| rest.first_chunk())
            .map_or(0, |word| u16::from_le_bytes(*word))
    }

    fn magic_is_known(&self) -> bool {
        matches!(self.magic, MAGIC_32 | MAGIC_64)
    }

    /// Bytes of the optional header in front of the directories.
    fn fixed_size(&self) -> usize {
        directories_offset(self.magic == MAGIC_64)
    }

    /// Bytes of the optional header that are in the file.
    fn optional_present(&self) -> usize {
        self.present.saturating_sub(FILE_HEADER_END)
    }

    /// Notes why goblin refused the file.
    fn note(&self, e_lfanew: u32, problems: &mut Problems) {
        let nt = u64::from(e_lfanew);
        let optional = nt + FILE_HEADER_END as u64;
        let directories = self.directory_count.min(MAX_DIRECTORIES) as usize * DIRECTORY_SIZE;
        let noted = problems.list.len();
        if (e_lfanew as usize) < DOS_HEADER_SIZE {
            problems.add("header", "folded", nt, format!("e_lfanew {e_lfanew:#x}"));
        }
        if self.size_of_optional_header == 0 {
            problems.add("header", "optional_header_size", nt + 20, "0");
        }
        if !self.magic_is_known() {
            problems.add("header", "optional_header_magic", optional, format!("{:#x}", self.magic));
        }
        if self.directory_count > MAX_DIRECTORIES {
            let detail = format!("{:#x}", self.directory_count);
            problems.add("header", "directory_count", optional + self.fixed_size() as u64 - 4, detail);
        }
        if self.optional_present() < self.fixed_size() + directories {
            let detail = format!("{} bytes", self.optional_present());
            problems.add("header", "optional_header_truncated", optional, detail);
        }
        // A stub longer than any real one is not looked through for Rich data, and is not wrong for it.
        if problems.list.len() == noted && e_lfanew as usize <= MAX_DOS_STUB {
            problems.add("header", "rich_malformed", None, "");
        }
    }

    /// The optional header and the directories that the file holds.
    fn optional_header(&self, header: &Header<'_>) -> (Option<OptionalHeader>, Vec<(u32, u32)>) {
        let present = self.optional_present();
        let Some(read) = header.optional_header.filter(|_| present >= 2) else {
            return (None, Vec::new());
        };
        let (standard, windows) = (read.standard_fields, read.windows_fields);
        let wide = self.magic == MAGIC_64;
        // Where each field begins in PE32 and in PE32+. One that the file cuts in the middle goes on with
        // zeros, as in memory: a PE of 97 bytes ends in its Subsystem.
        let begins = |pe32: usize, pe32_plus: usize| (if wide { pe32_plus } else { pe32 }) < present;
        let byte = |value: u8, at| begins(at, at).then_some(i32::from(value));
        let word = |value: u16, at| begins(at, at).then_some(i32::from(value));
        let dword = |value: u64, at| begins(at, at).then_some(value as i64);
        let pointer = |value: u64, pe32, pe32_plus| begins(pe32, pe32_plus).then_some(value);
        let flags = word(windows.dll_characteristics, 70);
        let optional = OptionalHeader {
            magic: self.magic.into(),
            major_linker_version: byte(standard.major_linker_version, 2),
            minor_linker_version: byte(standard.minor_linker_version, 3),
            size_of_code: dword(standard.size_of_code, 4),
            size_of_initialized_data: dword(standard.size_of_initialized_data, 8),
            size_of_uninitialized_data: dword(standard.size_of_uninitialized_data, 12),
            address_of_entry_point: dword(standard.address_of_entry_point.into(), 16),
            base_of_code: dword(standard.base_of_code, 20),
            base_of_data: dword(standard.base_of_data.into(), 24).filter(|_| !wide),
            image_base: pointer(windows.image_base, 28, 24),
            section_alignment: dword(windows.section_alignment.into(), 32),
            file_alignment: dword(windows.file_alignment.into(), 36),
            major_operating_system_version: word(windows.major_operating_system_version, 40),
            minor_operating_system_version: word(windows.minor_operating_system_version, 42),
            major_image_version: word(windows.major_image_version, 44),
            minor_image_version: word(windows.minor_image_version, 46),
            major_subsystem_version: word(windows.major_subsystem_version, 48),
            minor_subsystem_version: word(windows.minor_subsystem_version, 50),
            win32_version_value: dword(windows.win32_version_value.into(), 52),
            size_of_image: dword(windows.size_of_image.into(), 56),
            size_of_headers: dword(windows.size_of_headers.into(), 60),
            check_sum: dword(windows.check_sum.into(), CHECK_SUM),
            subsystem: word(windows.subsystem, 68),
            dll_characteristics: flags,
            dll_characteristics_names: names::flags(names::DLL_CHARACTERISTICS, flags.unwrap_or(0) as u32),
            size_of_stack_reserve: pointer(windows.size_of_stack_reserve, 72, 72),
            size_of_stack_commit: pointer(windows.size_of_stack_commit, 76, 80),
            size_of_heap_reserve: pointer(windows.size_of_heap_reserve, 80, 88),
            size_of_heap_commit: pointer(windows.size_of_heap_commit, 84, 96),
            loader_flags: pointer(windows.loader_flags.into(), 88, 104).map(|flags| flags as i64),
            number_of_rva_and_sizes: pointer(self.directory_count.into(), 92, 108).map(|count| count as i64),
        };
        // The last entry may be cut: the rest of it reads as zeros, as in a mapped file.
        let held = present.saturating_sub(self.fixed_size()).div_ceil(DIRECTORY_SIZE);
        let count = held.min(self.directory_count.min(MAX_DIRECTORIES) as usize);
        let directories = read.data_directories.data_directories.iter().take(count);
        let directories =
            directories.map(|entry| entry.map_or((0, 0), |(_, entry)| (entry.virtual_address, entry.size)));
        (Some(optional), directories.collect())
    }
}

fn dos_header(header: &Header<'_>, e_lfanew: u32) -> DosHeader {
    let dos = &header.dos_header;
    DosHeader {
        e_magic: dos.signature.into(),
        e_cblp: dos.bytes_on_last_page.into(),
        e_cp: dos.pages_in_file.into(),
        e_crlc: dos.relocations.into(),
        e_cparhdr: dos.size_of_header_in_paragraphs.into(),
        e_minalloc: dos.minimum_extra_paragraphs_needed.into(),
        e_maxalloc: dos.maximum_extra_paragraphs_needed.into(),
        e_ss: dos.initial_relative_ss.into(),
        e_sp: dos.initial_sp.into(),
        e_csum: dos.checksum.into(),
        e_ip: dos.initial_ip.into(),
        e_cs: dos.initial_relative_cs.into(),
        e_lfarlc: dos.file_address_of_relocation_table.into(),
        e_ovno: dos.overlay_number.into(),
        e_res: dos.reserved.iter().copied().map(i32::from).collect(),
        e_oemid: dos.oem_id.into(),
        e_oeminfo: dos.oem_info.into(),
        e_res2: dos.reserved2.iter().copied().map(i32::from).collect(),
        e_lfanew: e_lfanew.into(),
    }
}

fn coff_header(header: &Header<'_>, size_of_optional_header: u16) -> CoffHeader {
    let coff = &header.coff_header;
    CoffHeader {
        machine: coff.machine.into(),
        number_of_sections: coff.number_of_sections.into(),
        time_date_stamp: coff.time_date_stamp.into(),
        pointer_to_symbol_table: coff.pointer_to_symbol_table.into(),
        number_of_symbols: coff.number_of_symbol_table.into(),
        size_of_optional_header: size_of_optional_header.into(),
        characteristics: coff.characteristics.into(),
        characteristics_names: names::flags(names::CHARACTERISTICS, coff.characteristics.into()),
    }
}
