//! The shape of a magic rule, and the constructors that keep the tables readable.
//!
//! A table is a flat list: a row of level 0 opens a group, deeper rows are its refinements, as in
//! magic(5). What a row means when it is run is `matcher`'s business.

/// Where a row looks.
#[derive(Debug, Clone, Copy)]
pub(super) enum At {
    /// Bytes from the start of the file.
    Start(i32),
    /// Bytes from where the match one level up ended.
    Last(i32),
    /// Where a pointer in the file leads.
    Via(Pointer),
    /// Bytes before the end; only for a row of level 0.
    End(i32),
}

/// An offset that is read from the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pointer {
    /// Where the pointer lies.
    pub(super) at: i32,
    /// `at` counts from where the match one level up ended.
    pub(super) at_last: bool,
    /// Bytes of the (little-endian, unsigned) pointer: 2 or 4.
    pub(super) size: usize,
    /// What is done to the value read.
    pub(super) then: Then,
    /// The result counts from where the match one level up ended.
    pub(super) from_last: bool,
}

/// What is done to a pointer before it is followed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Then {
    Add(i64),
    Times(i64),
    /// Add the little-endian u32 that lies so many bytes from the pointer.
    AddLongAt(i32),
}

/// How a number is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cmp {
    Eq,
    Ne,
    Lt,
    Gt,
    /// Every bit of the value is set.
    Has,
    /// Any number will do, as long as it is there.
    Any,
}

/// How a string is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Same,
    Differs,
    Below,
    Above,
}

/// Lower-case letters of the pattern match both cases.
pub(super) const FOLD: u8 = 1;
/// A blank of the pattern matches one or more blanks.
pub(super) const BLANKS: u8 = 2;
/// A blank of the pattern matches any number of blanks, none included.
pub(super) const BLANKS_MAY_LACK: u8 = 4;
/// The group is tried only on a file that looks like text.
pub(super) const TEXT_ONLY: u8 = 8;
/// The group is tried only on a file that does not look like text.
pub(super) const BINARY_ONLY: u8 = 16;
/// A blank or a NUL, or the end, has to follow.
pub(super) const WORD: u8 = 32;

/// What a row asks of the bytes it looks at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Test {
    Bytes {
        order: Order,
        value: &'static [u8],
        flags: u8,
    },
    /// Any string; what is printed is the string found, up to 127 bytes, a NUL or a line end.
    AnyString,
    /// `value` begins within `range` bytes (0: anywhere after).
    Find {
        range: usize,
        value: &'static [u8],
        wanted: bool,
        flags: u8,
    },
    Number {
        size: usize,
        big: bool,
        signed: bool,
        mask: u64,
        cmp: Cmp,
        value: i64,
    },
    /// The rest of an INI section's head, as far as CR; `{section}` prints it.
    Section,
    /// No row of this level has matched yet.
    Otherwise,
    /// The rows of another table, from here.
    Table(&'static [Rule]),
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub(super) level: u8,
    pub(super) at: At,
    pub(super) test: Test,
    /// What is printed: after a blank, unless it begins with `~`. One `{u}`, `{x}` or `{s}` stands for
    /// the value as a decimal, as C's `%#x`, or as a string; `{3s}` is the start of the string and
    /// `{t}` the string without the blanks around it.
    pub(super) say: &'static str,
}

pub(super) const fn row(level: u8, at: At, test: Test, say: &'static str) -> Rule {
    Rule { level, at, test, say }
}

pub(super) const fn at(offset: i32) -> At {
    At::Start(offset)
}

pub(super) const fn last(offset: i32) -> At {
    At::Last(offset)
}

/// The u32 at `from`, plus `add`.
pub(super) const fn via(from: i32, add: i64) -> At {
    At::Via(Pointer { at: from, at_last: false, size: 4, then: Then::Add(add), from_last: false })
}

/// The u16 at `from`, times `unit`.
pub(super) const fn units(from: i32, unit: i64) -> At {
    At::Via(Pointer { at: from, at_last: false, size: 2, then: Then::Times(unit), from_last: false })
}

/// The u32 that lies `from` bytes after the last match, plus the u32 `other` bytes from it.
pub(super) const fn sum_at_last(from: i32, other: i32) -> At {
    At::Via(Pointer { at: from, at_last: true, size: 4, then: Then::AddLongAt(other), from_last: false })
}

/// Any pointer.
pub(super) const fn pointer(from: i32, at_last: bool, size: usize, add: i64, from_last: bool) -> At {
    At::Via(Pointer { at: from, at_last, size, then: Then::Add(add), from_last })
}

pub(super) const fn is(value: &'static [u8]) -> Test {
    Test::Bytes { order: Order::Same, value, flags: 0 }
}

pub(super) const fn is_like(value: &'static [u8], flags: u8) -> Test {
    Test::Bytes { order: Order::Same, value, flags }
}

pub(super) const fn isnt(value: &'static [u8]) -> Test {
    Test::Bytes { order: Order::Differs, value, flags: 0 }
}

pub(super) const fn below(value: &'static [u8]) -> Test {
    Test::Bytes { order: Order::Below, value, flags: 0 }
}

pub(super) const fn above(value: &'static [u8]) -> Test {
    Test::Bytes { order: Order::Above, value, flags: 0 }
}

pub(super) const fn find(range: usize, value: &'static [u8]) -> Test {
    Test::Find { range, value, wanted: true, flags: 0 }
}

pub(super) const fn find_like(range: usize, value: &'static [u8], flags: u8) -> Test {
    Test::Find { range, value, wanted: true, flags }
}

/// A signed byte.
pub(super) const fn byte(cmp: Cmp, value: i64) -> Test {
    Test::Number { size: 1, big: false, signed: true, mask: u64::MAX, cmp, value }
}

/// An unsigned byte.
pub(super) const fn ubyte(cmp: Cmp, value: i64) -> Test {
    Test::Number { size: 1, big: false, signed: false, mask: u64::MAX, cmp, value }
}

/// A signed little-endian word, as nearly every test of the PE header is.
pub(super) const fn short(cmp: Cmp, value: i64) -> Test {
    short_bits(u64::MAX, cmp, value)
}

pub(super) const fn short_bits(mask: u64, cmp: Cmp, value: i64) -> Test {
    Test::Number { size: 2, big: false, signed: true, mask, cmp, value }
}

pub(super) const fn ushort(cmp: Cmp, value: i64) -> Test {
    Test::Number { size: 2, big: false, signed: false, mask: u64::MAX, cmp, value }
}

pub(super) const fn long(cmp: Cmp, value: i64) -> Test {
    long_bits(u64::MAX, cmp, value)
}

pub(super) const fn long_bits(mask: u64, cmp: Cmp, value: i64) -> Test {
    Test::Number { size: 4, big: false, signed: true, mask, cmp, value }
}

pub(super) const fn ulong_bits(mask: u64, cmp: Cmp, value: i64) -> Test {
    Test::Number { size: 4, big: false, signed: false, mask, cmp, value }
}

/// An unsigned big-endian number of `size` bytes.
pub(super) const fn big(size: usize, mask: u64, cmp: Cmp, value: i64) -> Test {
    Test::Number { size, big: true, signed: false, mask, cmp, value }
}
