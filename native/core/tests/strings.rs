//! Static strings against Python's `re` (fixtures/strings.py) and against a loop over bytes.
#![allow(clippy::indexing_slicing)]

use merc_core::hash::hex;
use merc_core::limits::MAX_STRING_BYTES;
use merc_core::text::scan::{Encoding, Scanner, StringCounts, scan};

type Found = Vec<(Encoding, u64, Vec<u8>)>;

fn scanned(bytes: &[u8]) -> Found {
    let mut found = Found::new();
    let (ascii, wide) = scan(bytes, &mut |encoding: Encoding, offset: u64, text: &[u8]| {
        found.push((encoding, offset, text.to_vec()));
    });
    assert_eq!((ascii.strings + wide.strings) as usize, found.len());
    let text_bytes: usize = found.iter().map(|(_, _, text)| text.len()).sum();
    assert_eq!((ascii.text_bytes + wide.text_bytes) as usize, text_bytes);
    found
}

#[allow(clippy::needless_pass_by_value)]
fn scanned_in_windows<'a>(windows: impl Iterator<Item = &'a [u8]> + Clone) -> Found {
    let mut found = Found::new();
    let sink =
        &mut |encoding: Encoding, offset: u64, text: &[u8]| found.push((encoding, offset, text.to_vec()));
    for encoding in [Encoding::Ascii, Encoding::Utf16Le] {
        let mut scanner = Scanner::new(encoding);
        windows.clone().for_each(|window| scanner.push(window, sink));
        scanner.finish(sink);
    }
    found
}

fn is_class(byte: u8) -> bool {
    byte == b'\t' || (0x20..=0x7E).contains(&byte)
}

/// The rule, byte by byte.
fn by_loop(bytes: &[u8]) -> Found {
    let mut found = Found::new();
    for (encoding, width) in [(Encoding::Ascii, 1), (Encoding::Utf16Le, 2)] {
        let mut start = 0;
        while start < bytes.len() {
            let characters = bytes[start..].chunks_exact(width);
            let run =
                characters.take_while(|unit| is_class(unit[0]) && unit[1..].iter().all(|&byte| byte == 0));
            let text: Vec<u8> = run.map(|unit| unit[0]).collect();
            if text.len() < 4 {
                start += 1;
                continue;
            }
            let end = start + text.len() * width;
            found.push((encoding, start as u64, text));
            start = end;
        }
    }
    found
}

/// Seeded bytes dense in runs, and in runs that nearly are.
fn dense(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % below
    };
    let mut bytes = Vec::new();
    while bytes.len() < length {
        let run = [1, 2, 3, 4, 5, 7, 8, 30, 63, 64, 65, 128][next(12)];
        let kind = next(4);
        for _ in 0..run {
            match kind {
                0 => bytes.push(b" ~\taZ"[next(5)]),
                1 => bytes.extend([b" ~\taZ"[next(5)], 0]),
                2 => bytes.push([0, 0x1F, 0x7F, 0x80, 0xFF, b'\n'][next(6)]),
                _ => bytes.push([0, b'a'][next(2)]),
            }
        }
    }
    bytes.truncate(length);
    bytes
}

#[test]
fn strings_are_those_of_the_regular_expressions() {
    let expected: Vec<&str> = include_str!("fixtures/strings.tsv").lines().collect();
    let found: Vec<String> = scanned(include_bytes!("fixtures/strings.bin"))
        .iter()
        .map(|(encoding, offset, text)| format!("{}\t{offset}\t{}", encoding.name(), hex(text)))
        .collect();
    assert!(expected.len() > 100);
    assert_eq!(found, expected);
}

#[test]
fn dense_bytes_give_what_a_loop_over_bytes_gives() {
    for seed in 0..300 {
        let bytes = dense(seed, 40 + seed as usize * 7);
        assert_eq!(scanned(&bytes), by_loop(&bytes), "seed {seed}");
    }
    let long = dense(1000, 300_000);
    assert_eq!(scanned(&long), by_loop(&long));
}

#[test]
fn a_run_of_any_length_at_any_place_is_one_string_or_too_short() {
    for run in (0..10).chain([31, 32, 33, 62, 63, 64, 65, 66, 127, 128, 129, 4095, 4096, 4097]) {
        for place in 0..140 {
            for width in [1, 2] {
                let mut bytes = vec![0xFF; place];
                (0..run).for_each(|_| bytes.extend(&b"x\0"[..width]));
                let at_end = scanned(&bytes);
                bytes.extend([0xFF; 70]);
                let encoding = if width == 1 { Encoding::Ascii } else { Encoding::Utf16Le };
                let expected =
                    if run < 4 { Found::new() } else { vec![(encoding, place as u64, vec![b'x'; run])] };
                assert_eq!(scanned(&bytes), expected, "{encoding:?} of {run} at {place}");
                assert_eq!(at_end, expected, "{encoding:?} of {run} at {place}, at the end of the file");
            }
        }
    }
}

#[test]
fn windows_change_nothing_wherever_they_are_cut() {
    let bytes = dense(7, 700);
    let whole = scanned(&bytes);
    for cut in 0..=bytes.len() {
        let (left, right) = bytes.split_at(cut);
        assert_eq!(scanned_in_windows([left, right].into_iter()), whole, "cut at {cut}");
        let (middle, right) = right.split_at(right.len().min(5));
        assert_eq!(scanned_in_windows([left, middle, right].into_iter()), whole, "cut at {cut} and 5 later");
    }
    for size in 1..200 {
        assert_eq!(scanned_in_windows(bytes.chunks(size)), whole, "windows of {size}");
    }
    let long = dense(8, 100_000);
    assert_eq!(scanned_in_windows(long.chunks(8191)), by_loop(&long));
}

#[test]
fn a_string_is_cut_only_beyond_its_limit() {
    let count = |_: Encoding, _: u64, text: &[u8]| assert_eq!(text.len(), MAX_STRING_BYTES);
    for (more, cut) in [(0, 0), (1, 1)] {
        let ascii = vec![b'a'; MAX_STRING_BYTES + more];
        let wide: Vec<u8> = ascii.iter().flat_map(|&byte| [byte, 0]).collect();
        let expected = StringCounts { strings: 1, text_bytes: MAX_STRING_BYTES as u64, cut };
        assert_eq!(scan(&ascii, &mut { count }), (expected, StringCounts::default()));
        assert_eq!(scan(&wide, &mut { count }), (StringCounts::default(), expected));
        for (encoding, bytes) in [(Encoding::Ascii, &ascii), (Encoding::Utf16Le, &wide)] {
            let mut scanner = Scanner::new(encoding);
            bytes.chunks(5_000_001).for_each(|window| scanner.push(window, &mut { count }));
            assert_eq!(scanner.finish(&mut { count }), expected, "{encoding:?} in windows");
        }
    }
}
