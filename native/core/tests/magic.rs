//! Magic against libmagic 5.44: every expected text below was printed by `file -b` (5.44-3 of
//! Debian 12, C locale) for the very bytes built here; of kinds that are neither programs nor text
//! only the first phrase is kept.

#![expect(clippy::indexing_slicing, reason = "what is indexed is built here")]

use merc_core::text::magic::{MAGIC_BYTES, magic};

const HEADER: usize = 0x80;

/// A PE32 program: GUI, Intel 80386, three sections, the first header at `HEADER` + 0xf8.
fn pe(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut file = vec![0; 1024];
    put(&mut file, 0, b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0");
    put(&mut file, 0x18, b"\x40\0");
    put(&mut file, 0x3c, &(HEADER as u32).to_le_bytes());
    put(&mut file, HEADER, b"PE\0\0\x4c\x01\x03\0");
    put(&mut file, HEADER + 20, b"\xe0\0\x02\x01\x0b\x01");
    put(&mut file, HEADER + 92, b"\x02\0");
    put(&mut file, HEADER + 0xf8, b".text\0\0\0");
    change(&mut file);
    file
}

fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

/// A PE whose field `at` bytes after the PE header is `value`.
fn with(at: usize, value: u16) -> Vec<u8> {
    pe(|file| put(file, HEADER + at, &value.to_le_bytes()))
}

/// A PE that holds `bytes` at `at`.
fn holding(at: usize, bytes: &[u8]) -> Vec<u8> {
    pe(|file| put(file, at, bytes))
}

fn cut(length: usize) -> Vec<u8> {
    pe(|file| file.truncate(length))
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut file = bytes.to_vec();
    file.resize(700, 0);
    file
}

fn check(cases: Vec<(Vec<u8>, &str)>) {
    for (file, want) in cases {
        assert_eq!(magic(&file, file.len() as u64), want, "{:02x?}", &file[..file.len().min(64)]);
    }
}

#[test]
fn a_pe_is_told_with_its_subsystem_processor_and_flags() {
    check(vec![
        (pe(|_| {}), "PE32 executable (GUI) Intel 80386, for MS Windows, 3 sections"),
        (
            with(24, 0x20b),
            "PE32+ executable (GUI) Intel 80386 Mono/.Net assembly, for MS Windows, 3 sections",
        ),
        (with(24, 0x107), "PE ROM image (GUI) Intel 80386, for MS Windows, 3 sections"),
        (
            with(24, 0x8123),
            "PE Unknown PE signature 0xffff8123 (GUI) Intel 80386, for MS Windows, 3 sections",
        ),
        (
            with(22, 0x3202),
            "PE32 executable (DLL) (GUI) Intel 80386 (stripped to external PDB) system file, for MS Windows, 3 sections",
        ),
        (with(6, 1), "PE32 executable (GUI) Intel 80386, for MS Windows"),
        (with(6, 0x8001), "PE32 executable (GUI) Intel 80386, for MS Windows"),
        (with(92, 0), "PE32 executable (Control Panel Item) Intel 80386, for MS Windows, 3 sections"),
        (with(92, 1), "PE32 executable (native) Intel 80386, for MS Windows, 3 sections"),
        (with(92, 3), "PE32 executable (console) Intel 80386, for MS Windows, 3 sections"),
        (with(92, 7), "PE32 executable (POSIX) Intel 80386, for MS Windows, 3 sections"),
        (with(92, 9), "PE32 executable (Windows CE) Intel 80386, for MS Windows, 3 sections"),
        (with(92, 10), "PE32 executable (EFI application) Intel 80386, for MS Windows, 3 sections"),
        (with(92, 16), "PE32 executable (Windows boot application) Intel 80386, for MS Windows, 3 sections"),
        (with(92, 17), "PE32 executable (Unknown subsystem 0) Intel 80386, for MS Windows, 3 sections"),
        (with(92, 0x8540), "PE32 executable Intel 80386, for MS Windows, 3 sections"),
        (with(4, 0x8664), "PE32 executable (GUI) x86-64, for MS Windows, 3 sections"),
        (with(4, 0xaa64), "PE32 executable (GUI) Aarch64, for MS Windows, 3 sections"),
        (with(4, 0x1c4), "PE32 executable (GUI) ARMv7 Thumb, for MS Windows, 3 sections"),
        (with(4, 0x6264), "PE32 executable (GUI), for MS Windows, 3 sections"),
        (
            with(232, 0x2000),
            "PE32 executable (GUI) Intel 80386 Mono/.Net assembly, for MS Windows, 3 sections",
        ),
        (with(248, 0x2000), "PE32 executable (GUI) Intel 80386, for MS Windows, 3 sections"),
    ]);
}

#[test]
fn packers_and_self_extractors_are_noted_where_a_pe32_header_puts_them() {
    let section = HEADER + 0xf8;
    let archive = |name: &[u8], at: usize, bytes: &[u8]| {
        pe(|file| {
            put(file, section + 40, name);
            put(file, section + 56, &0x100_u32.to_le_bytes());
            put(file, section + 60, &0x200_u32.to_le_bytes());
            put(file, at, bytes);
        })
    };
    check(vec![
        (
            holding(section, b"UPX0"),
            "PE32 executable (GUI) Intel 80386, for MS Windows, UPX compressed, 3 sections",
        ),
        (holding(section + 40, b"UPX0"), "PE32 executable (GUI) Intel 80386, for MS Windows, 3 sections"),
        (
            holding(section + 40, b"PEC2"),
            "PE32 executable (GUI) Intel 80386, for MS Windows, PECompact2 compressed, 3 sections",
        ),
        (
            holding(section + 80, b".petite\0"),
            "PE32 executable (GUI) Intel 80386, for MS Windows, Petite compressed, 3 sections",
        ),
        (holding(section + 80, b"_winzip_"), "PE32 executable (GUI) Intel 80386, for MS Windows, 3 sections"),
        (
            holding(0x30, b"Inno"),
            "PE32 executable (GUI) Intel 80386, for MS Windows, InnoSetup self-extracting archive, 3 sections",
        ),
        (holding(0x40, b"32STUB"), "PE32 executable (GUI) Intel 80386, 32rtm DOS extender, 3 sections"),
        (
            archive(b"UPX2", 0x300, b"PK\x03\x04"),
            "PE32 executable (GUI) Intel 80386, for MS Windows, ZIP self-extracting archive (Info-Zip), 3 sections",
        ),
        (
            archive(b".rsrc", 0x300, b"Rar!"),
            "PE32 executable (GUI) Intel 80386, for MS Windows, RAR self-extracting archive, 3 sections",
        ),
        (
            archive(b".rsrc", 0x310, b"Nullsoft"),
            "PE32 executable (GUI) Intel 80386, for MS Windows, Nullsoft Installer self-extracting archive, 3 sections",
        ),
        (
            archive(b".rsrc", 0x320, b"MSCF"),
            "PE32 executable (GUI) Intel 80386, for MS Windows, InstallShield self-extracting archive, 3 sections",
        ),
        (
            archive(b".data", 0x200, b"WEXTRACT"),
            "PE32 executable (GUI) Intel 80386, for MS Windows, MS CAB-Installer self-extracting archive, 3 sections",
        ),
        (
            archive(b".idata", 0x300, b"ZZ0"),
            "PE32 executable (GUI) Intel 80386, for MS Windows, ZZip self-extracting archive, 3 sections",
        ),
    ]);
}

#[test]
fn a_cut_or_bent_header_is_told_as_libmagic_tells_it() {
    let lfanew = |value: u32| holding(0x3c, &value.to_le_bytes());
    check(vec![
        (cut(2), "ASCII text, with no line terminators"),
        (cut(27), "MS-DOS executable"),
        (cut(63), "MS-DOS executable"),
        (cut(64), "MS-DOS executable"),
        (cut(97), "MS-DOS executable"),
        (cut(HEADER + 4), "PE Unknown PE signature Unknown processor type, for MS Windows"),
        (cut(HEADER + 26), "PE32 executable Intel 80386, for MS Windows, 3 sections"),
        (cut(HEADER + 94), "PE32 executable (GUI) Intel 80386, for MS Windows, 3 sections"),
        (lfanew(0), "MS-DOS executable"),
        (lfanew(1021), "MS-DOS executable"),
        (lfanew(0xffff_ffff), "MS-DOS executable"),
        (lfanew(0x2000_0001), "MS-DOS executable, MZ for MS-DOS"),
        (holding(0x18, b"\x1c"), "PE32 executable (GUI) Intel 80386, for MS Windows, 3 sections"),
        (
            pe(|file| put(file, 0, b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x1c\0")),
            "PE32 executable (GUI) Intel 80386, for MS Windows, 3 sections",
        ),
        (holding(HEADER, b"XX"), "MS-DOS executable"),
        (b"MZ is a text\n".to_vec(), "ASCII text"),
    ]);
}

#[test]
fn other_programs_that_begin_with_mz_are_told_by_their_second_header() {
    let second = |bytes: &[u8], at: usize, value: u8| {
        pe(|file| {
            put(file, HEADER, &[0; 64]);
            put(file, HEADER, bytes);
            put(file, HEADER + at, &[value]);
        })
    };
    let low = |bytes: &[u8]| {
        pe(|file| {
            put(file, 0x18, b"\x1c");
            put(file, HEADER, bytes);
        })
    };
    check(vec![
        (second(b"NE", 0x36, 2), "MS-DOS executable, NE for MS Windows 3.x (0.0) (EXE)"),
        (
            second(b"NE", 0x36, 0x81),
            "MS-DOS executable, NE for MS-DOS, Phar Lap DOS extender, OS/2 (0.0) (EXE)",
        ),
        (second(b"NE", 0x36, 9), "MS-DOS executable, NE (unknown OS 0x9) (0.0) (EXE)"),
        (second(b"LX\0\0", 10, 1), "MS-DOS executable, LX for OS/2 (console)"),
        (second(b"LE\0\0", 10, 4), "MS-DOS executable, LE executable for MS Windows (VxD)"),
        (second(b"W3", 10, 0), "MS-DOS executable, W3 for MS Windows"),
        (low(b"NE"), "Windows Icons Library 16-bit"),
        (low(b"LX\0\0\0\0\0\0\x02\0\x01\0"), "LX executable for OS/2 (program) (console) i80386"),
        (low(b"XX"), "MS-DOS executable, MZ for MS-DOS"),
        (
            holding(0x600 - 0x400, b"\x4c\x01"),
            "PE32 executable (GUI) Intel 80386, for MS Windows, 3 sections",
        ),
        (pe(|file| put(file, 4, b"\x01")), "PE32 executable (GUI) Intel 80386, for MS Windows, 3 sections"),
        (
            holding(0x1c, b"LZ91"),
            "PE32 executable (GUI) Intel 80386, for MS Windows, 3 sections, LZEXE v0.91 compressed",
        ),
        (
            holding(0x20, b"AIN2"),
            "PE32 executable (GUI) Intel 80386, for MS Windows, 3 sections, AIN 2.x compressed",
        ),
        (padded(b"LX\0\0\0\0\0\0\x02\0\x01\0"), "LX executable for OS/2 (program) (console) i80386"),
    ]);
}

#[test]
fn a_zip_archive_after_a_program_hides_the_program() {
    let end = |directory: u32| {
        pe(|file| {
            put(file, 900, b"PK\x01\x02");
            file.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x2e\0\0\0");
            file.extend(directory.to_le_bytes());
            file.extend([0, 0]);
        })
    };
    check(vec![(end(0), "Zip archive, with extra data prepended"), (end(900), "Zip archive data")]);
}

#[test]
fn text_is_told_with_its_encoding_and_lines() {
    let utf16 = |text: &str, big: bool| {
        let units = text.encode_utf16();
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect::<Vec<u8>>()
    };
    check(vec![
        (Vec::new(), "empty"),
        (b"A".to_vec(), "very short file (no magic)"),
        (b"one\ntwo\n".to_vec(), "ASCII text"),
        (b"one\r\ntwo\r\n".to_vec(), "ASCII text, with CRLF line terminators"),
        (b"one\r\ntwo\nthree\r".to_vec(), "ASCII text, with CRLF, CR, LF line terminators"),
        (b"one".to_vec(), "ASCII text, with no line terminators"),
        (b"one\n\0\0\0".to_vec(), "ASCII text"),
        (vec![b'x'; 301], "ASCII text, with very long lines (301), with no line terminators"),
        (vec![b'x'; 300], "ASCII text, with no line terminators"),
        (b"\x1b[1mone\x08\n".to_vec(), "ASCII text, with escape sequences, with overstriking"),
        ("h\u{e9}llo\n".into(), "Unicode text, UTF-8 text"),
        ("\u{feff}hello\n".into(), "Unicode text, UTF-8 (with BOM) text"),
        (b"h\xe9llo\n".to_vec(), "ISO-8859 text"),
        (b"it\x92s\n".to_vec(), "Non-ISO extended-ASCII text"),
        (b"\xc8\xc5\xd3\xd3\xd6".to_vec(), "ISO-8859 text, with no line terminators"),
        (
            utf16("\u{feff}hello \u{1f600}\r\n", false),
            "Unicode text, UTF-16, little-endian text, with CRLF line terminators",
        ),
        (utf16("\u{feff}hello\n", true), "Unicode text, UTF-16, big-endian text"),
        (
            b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<assembly/>\r\n".to_vec(),
            "XML 1.0 document, ASCII text, with CRLF line terminators",
        ),
        (
            utf16("\u{feff}<?xml version='1.0'?>\n", false),
            "XML 1.0 document, Unicode text, UTF-16, little-endian text",
        ),
        (b"<!DOCTYPE  html>\n<html></html>\n".to_vec(), "HTML document, ASCII text"),
        (b"<HTML>\n".to_vec(), "HTML document, ASCII text"),
        (b"<!-- x -->\n<y>\n".to_vec(), "exported SGML document, ASCII text"),
        (b"#!/bin/sh\necho\n".to_vec(), "POSIX shell script, ASCII text executable"),
        (b"#!/usr/bin/env python3\n".to_vec(), "Python script, ASCII text executable"),
        (b"#!/opt/tool -x\n".to_vec(), "a /opt/tool -x script, ASCII text executable"),
        (b"@ECHO OFF\r\n".to_vec(), "DOS batch file, ASCII text, with CRLF line terminators"),
        (
            b"[InternetShortcut]\r\nURL=http://x/\r\n".to_vec(),
            "MS Windows 95 Internet shortcut text (URL=<http://x/>), ASCII text, with CRLF line terminators",
        ),
        (b"[One]\r\na=b\r\n[Two]\r\n".to_vec(), "Generic INItialization configuration [Two]"),
        (b"{\"a\":[1,-2.5e3,{\"b\":null}]}\n".to_vec(), "JSON text data"),
        (b"{\"a\":1}\n{\"a\":2}\n".to_vec(), "New Line Delimited JSON text data"),
        (b"{\"a\":1,,}\n".to_vec(), "ASCII text"),
        ([vec![b'['; 251], vec![b']'; 251]].concat(), "JSON text data"),
        (
            [vec![b'['; 252], vec![b']'; 252]].concat(),
            "ASCII text, with very long lines (504), with no line terminators",
        ),
        (b"a,b\n1,2\n3,4\n".to_vec(), "CSV text"),
        (b"a,b\n1,2,3\n3,4\n".to_vec(), "ASCII text"),
    ]);
}

#[test]
fn other_kinds_are_told_by_their_first_phrase() {
    let bitmap = b"\x28\0\0\0\x10\0\0\0\x10\0\0\0\x01\0\x18\0\0\0\0\0\0\0\0\0";
    let icon = b"\0\0\x01\0\x02\0\x10\x10\0\0\x01\0\x20\0\x28\0\0\0\x26\0\0\0";
    check(vec![
        (padded(b"\x01\x02\xfe\xff\x90"), "data"),
        (padded(b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"), "PC bitmap"),
        (padded(bitmap), "Device independent bitmap graphic"),
        (padded(icon), "MS Windows icon resource - 2 icons"),
        (padded(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x10\0\0\0\x10\x08\x06\0\0\0"), "PNG image data"),
        (padded(b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01"), "JPEG image data"),
        (padded(b"GIF89a\x10\0\x10\0\x80"), "GIF image data"),
        (padded(b"RIFF\x64\0\0\0WAVEfmt "), "RIFF (little-endian) data"),
        (
            padded(b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0a.txt"),
            "Zip archive data",
        ),
        (padded(b"7z\xbc\xaf\x27\x1c\0\x04"), "7-zip archive data"),
        (padded(b"Rar!\x1a\x07\x01\0"), "RAR archive data"),
        (
            padded(b"MSCF\0\0\0\0\x58\x02\0\0\0\0\0\0\x2c\0\0\0\0\0\0\0\x03\x01\x01\0\x01\0"),
            "Microsoft Cabinet archive data",
        ),
        (padded(b"\x1f\x8b\x08\0"), "gzip compressed data"),
        (padded(b"BZh9"), "bzip2 compressed data"),
        (padded(b"\xfd7zXZ\0\0\x04"), "XZ compressed data"),
        (padded(b"\x28\xb5\x2f\xfd\x24\x05"), "Zstandard compressed data (v0.8+)"),
        (padded(b"\x78\x9c"), "zlib compressed data"),
        (padded(b"%PDF-1.7\n"), "PDF document"),
        (padded(b"{\\rtf1\\ansi}"), "Rich Text Format data"),
        (padded(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0"), "ELF 64-bit LSB executable"),
        (padded(b"\xca\xfe\xba\xbe\0\0\0\x34"), "compiled Java class data"),
        (padded(b"dex\n035\0"), "Dalvik dex file version 035"),
        (padded(b"\0asm\x01\0\0\0"), "WebAssembly (wasm) binary module version 0x1 (MVP)"),
        (padded(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "Composite Document File V2 Document"),
        (padded(b"SQLite format 3\0\x10\0"), "SQLite 3.x database"),
        (padded(b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F"), "MS Windows shortcut"),
        (padded(b"ITSF\x03\0\0\0\x60\0\0\0"), "MS Windows HtmlHelp Data"),
        (padded(b"SZDD\x88\xf0\x273A"), "MS Compress archive data"),
        (padded(b"regf\x01\0\0\0"), "MS Windows registry file"),
        (padded(b"ID3\x03\0\0"), "Audio file with ID3 version 2.3.0"),
        (padded(b"OggS\0\x02"), "Ogg data"),
        (padded(b"\0\0\0\x18ftypmp42"), "ISO Media"),
        (padded(b"OTTO\0\x0a"), "OpenType font data"),
        (padded(b"wOFF\0\x01\0\0"), "Web Open Font Format"),
        (padded(b"\x4c\x01\x02\0\0\0\0\0\0\0\0\0\x64\0\0\0\0\0\x04\0"), "Intel 80386 COFF object file"),
    ]);
}

#[test]
fn nothing_past_the_head_libmagic_reads_changes_the_answer() {
    let mut file = pe(|_| {});
    file.resize(MAGIC_BYTES, 1);
    let want = magic(&file, file.len() as u64);
    file.extend(b"PK\x05\x06");
    file.resize(MAGIC_BYTES + 22, 0);
    assert_eq!(magic(&file, file.len() as u64), want);
    assert_eq!(magic(&file[..MAGIC_BYTES], file.len() as u64), want);
}
