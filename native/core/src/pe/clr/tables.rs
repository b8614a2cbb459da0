//! The stream of tables, `#~` or `#-` (ECMA-335 II.24.2.6).
//!
//! Tables follow one another without a length, so each begins where the declared rows of those
//! before it end. A table that the stream does not hold whole has the rows that are there, and
//! those behind it have none.

use crate::pe::fields::dwords;
use crate::pe::walk::Walk;
use crate::schema::ClrTable;

use super::layout::{Cell, TABLES};

/// `HeapSizes`: indices into the heap have four bytes.
const BIG_STRINGS: u8 = 0x01;
const BIG_GUIDS: u8 = 0x02;
const BIG_BLOBS: u8 = 0x04;
/// `HeapSizes`: four more bytes stand between row counts and tables.
const EXTRA_DATA: u8 = 0x40;

/// The tables of one file.
#[derive(Debug)]
pub(super) struct Tables<'a> {
    /// Rows declared, by table number.
    counts: [u32; 64],
    tables: Vec<Table<'a>>,
}

#[derive(Debug)]
struct Table<'a> {
    rows: &'a [u8],
    width: usize,
    /// Offset and width of each column.
    cells: Vec<(usize, usize)>,
}

/// One row of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'t, 'a> {
    bytes: &'a [u8],
    cells: &'t [(usize, usize)],
}

impl<'a> Tables<'a> {
    /// Tables in `stream`, which stands at `offset`; with `wide` every index has four bytes. `None`,
    /// with a problem, where the stream ends in its header.
    pub(super) fn read(
        stream: &'a [u8],
        offset: Option<u64>,
        wide: bool,
        walk: &mut Walk<'_, '_, '_>,
    ) -> Option<Self> {
        let Some((heap_sizes, counts, mut rest)) = header(stream) else {
            walk.note("tables_truncated", offset, format!("{} bytes of header", stream.len()));
            return None;
        };
        if let Some(unknown) = (TABLES.len()..).zip(counts.iter().skip(TABLES.len())).find(|(_, n)| **n > 0) {
            walk.odd("table_unknown", offset, format!("{:#x}", unknown.0));
        }
        let heap = |flag: u8| if wide || heap_sizes & flag != 0 { 4 } else { 2 };
        let index = |rows: u32, bits: u32| if wide || rows > 0xffff >> bits { 4 } else { 2 };
        let count = |table: usize| counts.get(table).copied().unwrap_or(0);
        let cell_width = |cell: &Cell| match cell {
            Cell::Word => 2,
            Cell::Dword => 4,
            Cell::Text => heap(BIG_STRINGS),
            Cell::Guid => heap(BIG_GUIDS),
            Cell::Blob => heap(BIG_BLOBS),
            Cell::Row(table) => index(count(*table), 0),
            Cell::Coded(bits, tables) => {
                index(tables.iter().map(|table| count(*table)).max().unwrap_or(0), *bits)
            }
        };
        let mut tables = Vec::with_capacity(TABLES.len());
        for (number, (name, columns)) in TABLES.iter().enumerate() {
            let mut cells = Vec::with_capacity(columns.len());
            let mut width = 0_usize;
            for cell in *columns {
                cells.push((width, cell_width(cell)));
                width += cell_width(cell);
            }
            let wanted = width.saturating_mul(count(number) as usize);
            let (rows, behind) = rest.split_at_checked(wanted).unwrap_or((rest, &[]));
            if rows.len() < wanted {
                walk.note("tables_truncated", offset, format!("{} rows of {name}", count(number)));
            }
            rest = behind;
            tables.push(Table { rows, width, cells });
        }
        Some(Self { counts, tables })
    }

    /// The tables that are there, with the rows declared for each.
    pub(super) fn declared(&self) -> Vec<ClrTable> {
        let present = self.counts.iter().enumerate().filter(|(_, rows)| **rows > 0);
        let name = |number: usize| {
            TABLES.get(number).map_or_else(|| format!("{number:#x}"), |(name, _)| (*name).to_owned())
        };
        present.map(|(number, rows)| ClrTable { name: name(number), rows: i64::from(*rows) }).collect()
    }

    /// Rows declared for a table.
    pub(super) fn count(&self, table: usize) -> u32 {
        self.counts.get(table).copied().unwrap_or(0)
    }

    /// The rows of a table that the stream holds.
    pub(super) fn rows(&self, table: usize) -> impl Iterator<Item = Row<'_, 'a>> {
        self.tables.get(table).into_iter().flat_map(|table| {
            table.rows.chunks_exact(table.width.max(1)).map(|bytes| Row { bytes, cells: &table.cells })
        })
    }

    /// A row by its number, from 1.
    pub(super) fn row(&self, table: usize, number: u32) -> Option<Row<'_, 'a>> {
        let table = self.tables.get(table)?;
        let start = (number as usize).checked_sub(1)?.checked_mul(table.width)?;
        let bytes = table.rows.get(start..start.checked_add(table.width)?)?;
        Some(Row { bytes, cells: &table.cells })
    }
}

impl Row<'_, '_> {
    /// The number in a column; the row has all of them.
    pub(super) fn value(&self, column: usize) -> u32 {
        let Some((start, width)) = self.cells.get(column) else { return 0 };
        let bytes = self.bytes.get(*start..start + width).unwrap_or_default();
        bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte))
    }

    /// Row number in a column of coded indices, where it has the tag, given with its bits.
    pub(super) fn coded(&self, column: usize, (bits, tag): (u32, u32)) -> Option<u32> {
        let value = self.value(column);
        (value & ((1 << bits) - 1) == tag).then_some(value >> bits)
    }
}

/// `HeapSizes`, row counts by table number, and what follows them.
fn header(stream: &[u8]) -> Option<(u8, [u32; 64], &[u8])> {
    let heap_sizes = *stream.get(6)?;
    let [valid_low, valid_high] = dwords(stream.get(8..)?)?;
    let valid = u64::from(valid_high) << 32 | u64::from(valid_low);
    let mut rest = stream.get(24..)?;
    let mut counts = [0; 64];
    for (bit, count) in counts.iter_mut().enumerate() {
        if valid >> bit & 1 != 0 {
            *count = u32::from_le_bytes(*rest.split_first_chunk::<4>()?.0);
            rest = rest.get(4..)?;
        }
    }
    if heap_sizes & EXTRA_DATA != 0 {
        rest = rest.get(4..)?;
    }
    Some((heap_sizes, counts, rest))
}
