//! `DELTA_BINARY_PACKED` of Parquet: integers as differences, 32 at a time in as few bits as they need.
//!
//! Promise: what any reader of the format decodes to the same integers. Layout as in "Encodings" of
//! the Parquet format, 128 differences a block in four miniblocks.

/// Differences in a block; the format asks for a multiple of 128.
const BLOCK: usize = 128;

/// Differences in a miniblock, which share a bit width.
const MINIBLOCK: usize = 32;

/// Appends `values`, as INT64.
pub(super) fn int64(values: &[i64], out: &mut Vec<u8>) {
    pack(values, i64::wrapping_sub, |first| first, out);
}

/// Appends `values`, as INT32: differences wrap at its 32 bits, so that none needs more.
pub(super) fn int32(values: &[i32], out: &mut Vec<u8>) {
    pack(values, |value, before| i64::from(value.wrapping_sub(before)), i64::from, out);
}

#[inline]
fn pack<T: Copy>(
    values: &[T],
    difference: impl Fn(T, T) -> i64,
    widen: impl Fn(T) -> i64,
    out: &mut Vec<u8>,
) {
    varint(BLOCK as u64, out);
    varint((BLOCK / MINIBLOCK) as u64, out);
    varint(values.len() as u64, out);
    let Some((&first, rest)) = values.split_first() else { return varint(0, out) };
    zigzag(widen(first), out);
    let mut differences = [0_i64; BLOCK];
    for (after, before) in rest.chunks(BLOCK).zip(values.chunks(BLOCK)) {
        // A chunk of the values and the same one place earlier: each difference is its own.
        for ((to, &after), &before) in differences.iter_mut().zip(after).zip(before) {
            *to = difference(after, before);
        }
        block(differences.get(..after.len()).unwrap_or_default(), out);
    }
}

fn block(differences: &[i64], out: &mut Vec<u8>) {
    let least = differences.iter().copied().min().unwrap_or_default();
    zigzag(least, out);
    let mut widths = [0_u8; BLOCK / MINIBLOCK];
    let miniblocks = || differences.chunks(MINIBLOCK);
    for (width, miniblock) in widths.iter_mut().zip(miniblocks()) {
        let most = miniblock.iter().fold(0, |most, value| most | value.wrapping_sub(least) as u64);
        *width = (u64::BITS - most.leading_zeros()) as u8;
    }
    out.extend_from_slice(&widths);
    for (&width, miniblock) in widths.iter().zip(miniblocks()) {
        if width > 0 {
            bits(miniblock, least, u32::from(width), out);
        }
    }
}

/// Packs a miniblock, least significant bits first; what it lacks of 32 values is zero.
#[inline]
fn bits(miniblock: &[i64], least: i64, width: u32, out: &mut Vec<u8>) {
    let mut words = [0_u64; MINIBLOCK];
    let mut filling = words.iter_mut();
    let (mut word, mut filled) = (0_u64, 0);
    for &value in miniblock {
        let value = value.wrapping_sub(least) as u64;
        word |= value << filled;
        filled += width;
        if filled >= u64::BITS {
            filled -= u64::BITS;
            if let Some(to) = filling.next() {
                *to = word;
            }
            // By none of its bits where it ended with the word.
            word = value.checked_shr(width - filled).unwrap_or_default();
        }
    }
    if let Some(to) = filling.next() {
        *to = word;
    }
    let bytes = width as usize * MINIBLOCK / 8;
    let before = out.len();
    for word in words.iter().take(bytes.div_ceil(8)) {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.truncate(before + bytes);
}

/// Appends a ULEB128 integer.
pub(super) fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn zigzag(value: i64, out: &mut Vec<u8>) {
    varint((value << 1 ^ value >> 63) as u64, out);
}
