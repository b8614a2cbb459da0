//! Compares bytes and numbers as magic rules ask for it: folded, with loose blanks, within a range.
//!
//! Nothing here knows of rules that follow one another; that is `matcher`'s part.

use memchr::memmem;

use crate::work;

use super::rule::{BLANKS, BLANKS_MAY_LACK, Cmp, FOLD, Order, WORD};
use std::borrow::Cow;

pub(super) fn order_holds(difference: i64, order: Order) -> bool {
    match order {
        Order::Same => difference == 0,
        Order::Differs => difference != 0,
        Order::Below => difference < 0,
        Order::Above => difference > 0,
    }
}

pub(super) fn sign_extend(raw: u64, size: usize) -> i64 {
    let shift = 64 - 8 * size.clamp(1, 8) as u32;
    ((raw << shift) as i64) >> shift
}

pub(super) fn number_holds(number: i64, signed: bool, cmp: Cmp, value: i64) -> bool {
    match cmp {
        Cmp::Eq => number == value,
        Cmp::Ne => number != value,
        Cmp::Lt if signed => number < value,
        Cmp::Lt => (number as u64) < value as u64,
        Cmp::Gt if signed => number > value,
        Cmp::Gt => number as u64 > value as u64,
        Cmp::Has => number & value == value,
        Cmp::Any => true,
    }
}

/// Where `value` begins in `data`, within `range` bytes (0: anywhere).
pub(super) fn search(data: &[u8], range: usize, value: &[u8], flags: u8) -> Option<usize> {
    if flags == 0 {
        // libmagic searches `range` + length bytes here, and tries `range` places below.
        let reach = if range == 0 { data.len() } else { range.saturating_add(value.len()) };
        let data = data.get(..reach).unwrap_or(data);
        work::pass(data.len());
        return memmem::find(data, value);
    }
    let last = data.len().checked_sub(value.len())?;
    let places = if range == 0 { last } else { last.min(range - 1) };
    work::pass(places);
    (0..=places).find(|&place| compare(value, data.get(place..).unwrap_or_default(), flags) == 0)
}

/// The first difference of `data` from `pattern`, 0 where there is none.
pub(super) fn compare(pattern: &[u8], data: &[u8], flags: u8) -> i64 {
    let mut input = data.iter().copied().peekable();
    let mut pattern = pattern.iter().copied().peekable();
    while let Some(want) = pattern.next() {
        let difference = if flags & FOLD != 0 && want.is_ascii_lowercase() {
            let Some(got) = input.next() else { return 1 };
            i64::from(got.to_ascii_lowercase()) - i64::from(want)
        } else if flags & BLANKS != 0 && is_blank(want) {
            if !input.next().is_some_and(is_blank) {
                return 1;
            }
            if !pattern.peek().copied().is_some_and(is_blank) {
                while input.next_if(|byte| is_blank(*byte)).is_some() {}
            }
            0
        } else if flags & BLANKS_MAY_LACK != 0 && is_blank(want) {
            while input.next_if(|byte| is_blank(*byte)).is_some() {}
            0
        } else {
            let Some(got) = input.next() else { return 1 };
            i64::from(got) - i64::from(want)
        };
        if difference != 0 {
            return difference;
        }
    }
    let ends = input.peek().copied().is_none_or(|byte| byte == 0 || is_blank(byte));
    i64::from(flags & WORD != 0 && !ends)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | 0x09..=0x0d)
}

/// Unprintable bytes as three octal digits.
pub(super) fn printable(bytes: &[u8]) -> Cow<'_, str> {
    if bytes.iter().all(|byte| matches!(byte, 0x20..=0x7e)) {
        return String::from_utf8_lossy(bytes);
    }
    let text = bytes.iter().map(|&byte| match byte {
        0x20..=0x7e => char::from(byte).to_string(),
        _ => format!("\\{byte:03o}"),
    });
    Cow::Owned(text.collect())
}
