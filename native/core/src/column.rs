//! How a Rust value becomes a column: its Arrow type, its array and its documentation.
//!
//! `columns!` defines a struct and derives all three from its fields and doc comments, so a field
//! added to `schema.rs` is in the Parquet, the JSON and the documentation at once. Arrays are built
//! from references, level by level; nothing is copied but into the final buffers.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Float64Array, Int32Array, Int64Array, ListArray, StringArray,
    TimestampMicrosecondArray, UInt64Array,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, TimeUnit};
use serde::{Serialize, Serializer};

/// A value that can stand in a column.
pub trait Column: Sized {
    /// Whether a record may have null in its place.
    const NULLABLE: bool = false;
    /// Arrow type of the column.
    fn data_type() -> DataType;
    /// The column itself; `None` becomes null.
    fn array(values: &[Option<&Self>]) -> ArrayRef;
    /// Type in SQL terms, as `LIST<STRUCT>`.
    fn sql_type() -> String;
    /// Bytes that the value holds outside of itself: its text, and its members'.
    fn heap_bytes(&self) -> usize {
        0
    }
    /// The documented columns below this one; none for a scalar.
    fn members() -> Vec<Member> {
        Vec::new()
    }
}

/// One documented column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Column name.
    pub name: &'static str,
    /// Type in SQL terms.
    pub sql_type: String,
    /// Whether a record may have null in its place.
    pub nullable: bool,
    /// What it holds.
    pub doc: String,
    /// Columns below it.
    pub members: Vec<Member>,
}

/// Bytes as they stand in the file: BLOB in Parquet, lower-case hex in JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

/// Seconds since 1970 UTC: TIMESTAMP in Parquet, `2021-09-02T18:32:59` in JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timestamp(pub i64);

macro_rules! scalar {
    ($type:ty, $array:ty, $data_type:expr, $sql:literal, |$value:ident| $convert:expr $(, |$owner:ident| $heap:expr)?) => {
        impl Column for $type {
            fn data_type() -> DataType {
                $data_type
            }
            fn array(values: &[Option<&Self>]) -> ArrayRef {
                Arc::new(values.iter().map(|value| value.map(|$value| $convert)).collect::<$array>())
            }
            fn sql_type() -> String {
                $sql.to_owned()
            }
            $(
                fn heap_bytes(&self) -> usize {
                    let $owner = self;
                    $heap
                }
            )?
        }
    };
}

scalar!(bool, BooleanArray, DataType::Boolean, "BOOLEAN", |v| *v);
scalar!(i32, Int32Array, DataType::Int32, "INTEGER", |v| *v);
scalar!(i64, Int64Array, DataType::Int64, "BIGINT", |v| *v);
scalar!(u64, UInt64Array, DataType::UInt64, "UBIGINT", |v| *v);
scalar!(f64, Float64Array, DataType::Float64, "DOUBLE", |v| *v);
scalar!(String, StringArray, DataType::Utf8, "VARCHAR", |v| v.as_str(), |v| v.len());
scalar!(Bytes, BinaryArray, DataType::Binary, "BLOB", |v| v.0.as_slice(), |v| v.0.len());
scalar!(
    Timestamp,
    TimestampMicrosecondArray,
    DataType::Timestamp(TimeUnit::Microsecond, None),
    "TIMESTAMP",
    |v| v.0.saturating_mul(1_000_000)
);

impl<T: Column> Column for Option<T> {
    const NULLABLE: bool = true;
    fn data_type() -> DataType {
        T::data_type()
    }
    fn array(values: &[Option<&Self>]) -> ArrayRef {
        T::array(&values.iter().map(|value| value.and_then(Option::as_ref)).collect::<Vec<_>>())
    }
    fn sql_type() -> String {
        T::sql_type()
    }
    fn heap_bytes(&self) -> usize {
        self.as_ref().map_or(0, T::heap_bytes)
    }
    fn members() -> Vec<Member> {
        T::members()
    }
}

impl<T: Column> Column for Vec<T> {
    fn data_type() -> DataType {
        DataType::List(Arc::new(Field::new("item", T::data_type(), true)))
    }
    fn array(values: &[Option<&Self>]) -> ArrayRef {
        let offsets = OffsetBuffer::from_lengths(values.iter().map(|value| value.map_or(0, Vec::len)));
        let items: Vec<_> = values.iter().copied().flatten().flatten().map(Some).collect();
        let valid: NullBuffer = values.iter().map(Option::is_some).collect::<Vec<_>>().into();
        let field = Arc::new(Field::new("item", T::data_type(), true));
        Arc::new(ListArray::new(field, offsets, T::array(&items), Some(valid)))
    }
    fn sql_type() -> String {
        format!("LIST<{}>", T::sql_type())
    }
    fn heap_bytes(&self) -> usize {
        self.iter().map(|item| size_of::<T>() + item.heap_bytes()).sum()
    }
    fn members() -> Vec<Member> {
        T::members()
    }
}

/// Defines structs whose fields are columns; see the module's first lines. A field `r#type` is the
/// column `type`.
macro_rules! columns {
    ($(
        $(#[doc = $struct_doc:literal])*
        pub struct $name:ident {
            $( $(#[doc = $doc:literal])* pub $field:ident: $type:ty, )*
        }
    )*) => {$(
        $(#[doc = $struct_doc])*
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
        pub struct $name {
            $( $(#[doc = $doc])* pub $field: $type, )*
        }

        impl $crate::column::Column for $name {
            fn data_type() -> arrow_schema::DataType {
                arrow_schema::DataType::Struct(
                    vec![$( arrow_schema::Field::new(
                        stringify!($field).trim_start_matches("r#"),
                        <$type as $crate::column::Column>::data_type(),
                        true,
                    ) ),*].into(),
                )
            }
            fn array(values: &[Option<&Self>]) -> arrow_array::ArrayRef {
                let arrow_schema::DataType::Struct(fields) = Self::data_type() else { unreachable!() };
                let columns = vec![$( <$type as $crate::column::Column>::array(
                    &values.iter().map(|value| value.map(|row| &row.$field)).collect::<Vec<_>>(),
                ) ),*];
                let valid = values.iter().map(Option::is_some).collect::<Vec<_>>().into();
                std::sync::Arc::new(arrow_array::StructArray::new(fields, columns, Some(valid)))
            }
            fn sql_type() -> String {
                "STRUCT".to_owned()
            }
            fn heap_bytes(&self) -> usize {
                0 $( + $crate::column::Column::heap_bytes(&self.$field) )*
            }
            fn members() -> Vec<$crate::column::Member> {
                vec![$( $crate::column::Member {
                    name: stringify!($field).trim_start_matches("r#"),
                    sql_type: <$type as $crate::column::Column>::sql_type(),
                    nullable: <$type as $crate::column::Column>::NULLABLE,
                    doc: concat!($($doc),*).trim().to_owned(),
                    members: <$type as $crate::column::Column>::members(),
                } ),*]
            }
        }
    )*};
}
pub(crate) use columns;

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&crate::hash::hex(&self.0))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (days, seconds) = (self.0.div_euclid(86_400), self.0.rem_euclid(86_400));
        // Days to year, month, day in the proleptic Gregorian calendar, in eras of 400 years that
        // begin on 1 March, so that the leap day ends a year.
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_index = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_index + 2) / 5 + 1;
        let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    }
}
