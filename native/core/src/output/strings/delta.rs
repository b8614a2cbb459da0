//! `DELTA_BINARY_PACKED` of Parquet: integers as differences, 32 at a time in as few bits as they need.
//!
//! Promise: what any reader of the format decodes to the same integers. Layout as in "Encodings" of
//! the Parquet format, 128 differences a block in four miniblocks.

/// Differences in a block; the format asks for a multiple of 128.
const BLOCK: usize = 128;

/// Differences in a miniblock, which share a bit width.
const MINIBLOCK: usize = 32;

/// A block without differences: the least is 0, and no miniblock takes a bit. Nearly all blocks of sample numbers are such.
const UNCHANGED: [u8; 1 + BLOCK / MINIBLOCK] = [0; 1 + BLOCK / MINIBLOCK];

/// Appends `values`, as INT64.
pub(super) fn int64(values: &[i64], out: &mut Vec<u8>) {
    pack(values, i64::wrapping_sub, |first| first, out);
}

/// Appends `values`, as INT32: differences wrap at its 32 bits, so that none needs more.
pub(super) fn int32(values: &[i32], out: &mut Vec<u8>) {
    pack(values, |value, before| i64::from(value.wrapping_sub(before)), i64::from, out);
}

#[inline]
fn pack<T: Copy + PartialEq>(
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
        if after == before.get(..after.len()).unwrap_or_default() {
            out.extend_from_slice(&UNCHANGED);
            continue;
        }
        // A chunk of the values and the same one place earlier: each difference is its own.
        for ((to, &after), &before) in differences.iter_mut().zip(after).zip(before) {
            *to = difference(after, before);
        }
        block(differences.get(..after.len()).unwrap_or_default(), out);
    }
}

fn block(differences: &[i64], out: &mut Vec<u8>) {
    let least = least(differences);
    zigzag(least, out);
    let mut widths = [0_u8; BLOCK / MINIBLOCK];
    let miniblocks = || differences.chunks(MINIBLOCK);
    for (width, miniblock) in widths.iter_mut().zip(miniblocks()) {
        let most = miniblock.iter().fold(0, |most, value| most | value.wrapping_sub(least) as u64);
        *width = (u64::BITS - most.leading_zeros()) as u8;
    }
    out.extend_from_slice(&widths);
    for (&width, miniblock) in widths.iter().zip(miniblocks()).filter(|(width, _)| **width > 0) {
        let mut values = [0; MINIBLOCK];
        for (to, &value) in values.iter_mut().zip(miniblock) {
            *to = value.wrapping_sub(least) as u64;
        }
        match u32::from(width) {
            width @ ..=16 => narrow(&values, width, out),
            width => wide(&values, width, out),
        }
    }
}

/// Four minima side by side: a single one would wait for itself.
fn least(values: &[i64]) -> i64 {
    let (fours, rest) = values.as_chunks::<4>();
    let mut least = [i64::MAX; 4];
    for four in fours {
        for (least, &value) in least.iter_mut().zip(four) {
            *least = value.min(*least);
        }
    }
    least.into_iter().chain(rest.iter().copied()).fold(i64::MAX, i64::min)
}

/// Values of `width` bits next to each other, the first one lowest.
#[inline]
fn together(values: &[u64], width: u32) -> u64 {
    values.iter().rev().fold(0, |word, value| word << width | value)
}

/// Packs a miniblock of at most 16 bits a value: eight of them are `width` bytes.
#[inline]
fn narrow(values: &[u64; MINIBLOCK], width: u32, out: &mut Vec<u8>) {
    let mut packed = [0; MINIBLOCK * 2];
    let mut end = 0;
    for eight in values.as_chunks::<8>().0 {
        let (low, high) = eight.split_at(4);
        let word = u128::from(together(low, width)) | u128::from(together(high, width)) << (4 * width);
        if let Some(to) = packed.get_mut(end..).and_then(|rest| rest.first_chunk_mut::<16>()) {
            *to = word.to_le_bytes();
        }
        end += width as usize;
    }
    out.extend_from_slice(packed.get(..end).unwrap_or_default());
}

/// Packs a miniblock of any width.
fn wide(values: &[u64; MINIBLOCK], width: u32, out: &mut Vec<u8>) {
    let mut words = [0_u64; MINIBLOCK];
    let mut filling = words.iter_mut();
    let (mut word, mut filled) = (0_u64, 0);
    for &value in values {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use parquet::basic::{Encoding, Type};
    use parquet::column::page::{Page, PageMetadata, PageReader};
    use parquet::column::reader::{get_column_reader, get_typed_column_reader};
    use parquet::data_type::{DataType, Int32Type, Int64Type};
    use parquet::errors::Result;
    use parquet::schema::types::{ColumnDescriptor, ColumnPath, Type as SchemaType};

    use super::{BLOCK, MINIBLOCK, int32, int64};

    /// A column chunk of one page.
    struct OnePage(Option<Page>);

    impl Iterator for OnePage {
        type Item = Result<Page>;

        fn next(&mut self) -> Option<Self::Item> {
            self.0.take().map(Ok)
        }
    }

    impl PageReader for OnePage {
        fn get_next_page(&mut self) -> Result<Option<Page>> {
            Ok(self.0.take())
        }

        fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
            Ok(None)
        }

        fn skip_next_page(&mut self) -> Result<()> {
            self.0 = None;
            Ok(())
        }
    }

    /// What the crate `parquet` reads from a page that holds `bytes`.
    fn decoded<T: DataType>(bytes: Vec<u8>, count: usize) -> Vec<T::T> {
        let kind: Type = T::get_physical_type();
        let column = SchemaType::primitive_type_builder("value", kind).build().unwrap();
        let column = ColumnDescriptor::new(Arc::new(column), 0, 0, ColumnPath::from("value"));
        let page = Page::DataPage {
            buf: bytes.into(),
            num_values: count as u32,
            encoding: Encoding::DELTA_BINARY_PACKED,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let reader = get_column_reader(Arc::new(column), Box::new(OnePage(Some(page))));
        let mut values = Vec::new();
        if count > 0 {
            get_typed_column_reader::<T>(reader).read_records(count, None, None, &mut values).unwrap();
        }
        values
    }

    fn assert_int64(values: &[i64], what: &str) {
        let mut bytes = Vec::new();
        int64(values, &mut bytes);
        assert_eq!(decoded::<Int64Type>(bytes, values.len()), values, "{what}");
    }

    fn assert_int32(values: &[i32], what: &str) {
        let mut bytes = Vec::new();
        int32(values, &mut bytes);
        assert_eq!(decoded::<Int32Type>(bytes, values.len()), values, "{what}");
    }

    /// xorshift64: the same numbers in every run.
    fn random(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    #[test]
    fn a_reader_gets_any_number_of_values_back_around_the_ends_of_miniblocks_and_blocks() {
        for count in 0..=2 * BLOCK + MINIBLOCK + 2 {
            let what = format!("{count} values");
            let rising: Vec<i64> = (0..count as i64).map(|at| at * at).collect();
            assert_int64(&rising, &what);
            let falling: Vec<i64> = rising.iter().map(|value| 1_000 - value).collect();
            assert_int64(&falling, &what);
            assert_int64(&vec![-7; count], &what);
            assert_int32(&rising.iter().map(|&value| value as i32).collect::<Vec<_>>(), &what);
            assert_int32(&falling.iter().map(|&value| value as i32).collect::<Vec<_>>(), &what);
        }
    }

    #[test]
    fn a_reader_gets_blocks_without_differences_back_between_others_and_at_the_end() {
        let runs = [(300, 0), (200, 1), (1, 9), (90, 7)];
        let values: Vec<i32> = runs.iter().flat_map(|&(count, value)| vec![value; count]).collect();
        let reversed: Vec<i32> = values.iter().rev().copied().collect();
        for (values, what) in [(values, "rising"), (reversed, "falling")] {
            assert_int32(&values, what);
            assert_int64(&values.iter().map(|&value| i64::from(value)).collect::<Vec<_>>(), what);
        }
    }

    #[test]
    fn a_reader_gets_differences_of_every_width_back() {
        let mut state = 1;
        for width in 0..=64_u32 {
            for count in [2, MINIBLOCK, MINIBLOCK + 1, BLOCK + 1, BLOCK + 2, 3 * BLOCK] {
                let mask = u64::MAX.checked_shr(64 - width).unwrap_or_default();
                let mut value = 0_i64;
                let values: Vec<i64> = (0..count)
                    .map(|_| {
                        value = value.wrapping_add((random(&mut state) & mask) as i64);
                        value
                    })
                    .collect();
                assert_int64(&values, &format!("{count} values of {width} bits"));
                let narrow: Vec<i32> = values.iter().map(|&value| value as i32).collect();
                assert_int32(&narrow, &format!("{count} values of {width} bits"));
            }
        }
    }

    #[test]
    fn a_reader_gets_extremes_back_whose_differences_wrap() {
        let extremes = [i64::MIN, i64::MAX, 0, -1, 1, i64::MAX, i64::MIN, i64::MIN + 1, i64::MAX - 1, 0];
        for start in 0..extremes.len() {
            for length in 1..=extremes.len() * 30 {
                let values: Vec<i64> = extremes.iter().cycle().skip(start).take(length).copied().collect();
                assert_int64(&values, &format!("{length} extremes from {start}"));
            }
        }
        let extremes = [i32::MIN, i32::MAX, 0, -1, 1, i32::MAX, i32::MIN, i32::MIN + 1, i32::MAX - 1, 0];
        for start in 0..extremes.len() {
            for length in 1..=extremes.len() * 30 {
                let values: Vec<i32> = extremes.iter().cycle().skip(start).take(length).copied().collect();
                assert_int32(&values, &format!("{length} extremes from {start}"));
            }
        }
    }

    #[test]
    fn differences_take_the_bits_that_they_need_and_those_of_int32_at_most_32() {
        let size = |values: &[i64]| {
            let mut bytes = Vec::new();
            int64(values, &mut bytes);
            bytes.len()
        };
        // Block, miniblocks, count of two bytes and the first value; the least difference and four widths.
        let head = 1 + 1 + 1 + 2 + 1;
        let of_widths = |bits: usize| head + 1 + 4 + 4 * bits * MINIBLOCK / 8;
        let steps = |step: &dyn Fn(i64) -> i64| {
            let sum = |sum: &mut i64, at| {
                *sum += step(at);
                Some(*sum)
            };
            (0..=BLOCK as i64).scan(0, sum).collect::<Vec<_>>()
        };
        assert_eq!(size(&steps(&|_| 5)), of_widths(0));
        assert_eq!(size(&steps(&|at| at % 2)), of_widths(1));
        assert_eq!(size(&steps(&|at| at % 8 - 4)), of_widths(3));
        let extremes: Vec<i32> =
            (0..=BLOCK).map(|at| if at % 2 == 0 { i32::MIN } else { i32::MAX }).collect();
        let mut bytes = Vec::new();
        int32(&extremes, &mut bytes);
        assert!(bytes.len() <= 16 + 4 + 4 * 32 * MINIBLOCK / 8, "{}", bytes.len());
    }
}
