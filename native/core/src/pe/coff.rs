//! The COFF symbol table and the string table behind it, which long section names point into.
//!
//! Images need neither; MinGW, Go and old Borland linkers leave them. Symbols are counted, not kept.

use crate::limits::{MAX_COFF_SYMBOLS, MAX_NAME};
use crate::problems::Problems;
use crate::schema::{CoffSymbolTable, Section};
use crate::work;

use super::{Image, text};

const SYMBOL_SIZE: usize = 18;

/// The symbol table; `None` where the header has none, or, with a problem, one outside the file.
pub fn symbol_table(image: &Image<'_>, problems: &mut Problems) -> Option<CoffSymbolTable> {
    let (offset, declared) = place(image)?;
    let table = image.bytes().get(offset..).unwrap_or_default();
    if table.is_empty() {
        problems.add("coff", "symbols_out_of_file", offset as u64, format!("{declared} records"));
        return None;
    }
    let (records, _) = table.as_chunks::<SYMBOL_SIZE>();
    if records.len() < declared {
        let detail = format!("{} of {declared} records", records.len());
        problems.add("coff", "symbols_truncated", offset as u64, detail);
    }
    if declared.min(records.len()) > MAX_COFF_SYMBOLS {
        problems.limit("coff_symbols");
    }
    let mut records = records.iter().take(declared.min(MAX_COFF_SYMBOLS));
    let mut symbol_count = 0;
    while let Some([.., auxiliary]) = records.next() {
        symbol_count += 1;
        if *auxiliary > 0 {
            records.nth(usize::from(*auxiliary) - 1);
        }
    }
    work::steps(symbol_count as usize);
    let size = string_table(image).and_then(|strings| strings.first_chunk());
    let string_table_size = size.map(|size| u32::from_le_bytes(*size).into());
    Some(CoffSymbolTable { file_offset: offset as i64, symbol_count, string_table_size })
}

/// The name behind `/123` (decimal) or `//AAAAAA` (base 64); `None` where the section has its own, or, with an
/// oddity noted, where there is none behind it.
pub fn long_name(image: &Image<'_>, section: &Section, problems: &mut Problems) -> Option<String> {
    let digits = section.name_raw.0.strip_prefix(b"/")?;
    let digits = text::until_nul(digits);
    let offset = match digits.strip_prefix(b"/") {
        Some(digits) => number(digits, 64, base64_digit)?,
        None => number(digits, 10, |byte| byte.is_ascii_digit().then(|| u64::from(byte - b'0')))?,
    };
    let behind = string_table(image).and_then(|table| table.get(usize::try_from(offset).ok()?..));
    // One byte more than is kept tells that the name was cut.
    let name = behind.map(|behind| behind.get(..=MAX_NAME).unwrap_or(behind));
    let name = name.and_then(|name| name.split(|byte| *byte == 0).next()).filter(|name| !name.is_empty());
    let Some(mut name) = name else {
        // What is stripped of its symbols often keeps these names.
        problems.odd("section", "long_name", None, section.name.as_str());
        return None;
    };
    if name.len() > MAX_NAME {
        problems.limit("name_length");
        name = name.get(..MAX_NAME)?;
    }
    Some(text::escaped(name))
}

fn place(image: &Image<'_>) -> Option<(usize, usize)> {
    let coff = image.coff_header()?;
    let offset = usize::try_from(coff.pointer_to_symbol_table).ok().filter(|offset| *offset != 0)?;
    Some((offset, usize::try_from(coff.number_of_symbols).ok()?))
}

/// From its length field to the end of the file.
fn string_table<'a>(image: &Image<'a>) -> Option<&'a [u8]> {
    let (offset, symbols) = place(image)?;
    image.bytes().get(offset.checked_add(symbols.checked_mul(SYMBOL_SIZE)?)?..)
}

fn number(digits: &[u8], base: u64, digit: fn(u8) -> Option<u64>) -> Option<u64> {
    let digits = Some(digits).filter(|digits| !digits.is_empty())?;
    digits.iter().try_fold(0, |value: u64, byte| value.checked_mul(base)?.checked_add(digit(*byte)?))
}

fn base64_digit(byte: u8) -> Option<u64> {
    let digit = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(digit.into())
}
