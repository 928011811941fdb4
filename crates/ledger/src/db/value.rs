//! What goes into a statement and what comes out, the same for both databases.

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};

/// What stands at a place of a statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    /// Nothing.
    #[cfg(feature = "postgres")]
    Null,
    /// A number or a truth.
    Number(i64),
    /// A number that no database can hold: the statement fails.
    TooLarge,
    /// A text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            #[cfg(feature = "postgres")]
            Value::Null => ValueRef::Null,
            Value::Number(number) => ValueRef::Integer(*number),
            Value::TooLarge => {
                let what = "a number beyond 63 bits cannot be stored";
                return Err(rusqlite::Error::ToSqlConversionFailure(what.into()));
            }
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Numbers and truths, as the databases know them.
pub(crate) trait OfNumber {
    /// Returns the value.
    fn value(self) -> Value<'static>;
}

/// Texts and bytes, as the databases know them: borrowed.
pub(crate) trait OfBytes {
    /// Returns the value.
    fn value(&self) -> Value<'_>;
}

macro_rules! small_numbers {
    ($($number:ty),*) => {$(
        impl OfNumber for $number {
            fn value(self) -> Value<'static> {
                Value::Number(i64::from(self))
            }
        }
    )*};
}
small_numbers!(i64, i32, u32, u16, u8, bool);

macro_rules! large_numbers {
    ($($number:ty),*) => {$(
        impl OfNumber for $number {
            fn value(self) -> Value<'static> {
                i64::try_from(self).map_or(Value::TooLarge, Value::Number)
            }
        }
    )*};
}
large_numbers!(u64, usize);

impl OfBytes for str {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl OfBytes for [u8] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl<const N: usize> OfBytes for [u8; N] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

/// What stands in a column of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    /// Nothing.
    Null,
    /// A number or a truth.
    Number(i64),
    /// A text as it lies there.
    Text(&'a [u8]),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// What a column can be read as.
pub(crate) trait FromCell: Sized {
    /// Reads it; `None` if it is something else or out of range.
    fn from_cell(cell: Cell<'_>) -> Option<Self>;
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl FromCell for $number {
            fn from_cell(cell: Cell<'_>) -> Option<Self> {
                let Cell::Number(number) = cell else { return None };
                Self::try_from(number).ok()
            }
        }
    )*};
}
numbers!(i64, i32, u64, u32, u16, u8);

impl FromCell for bool {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Number(0) => Some(false),
            Cell::Number(1) => Some(true),
            _ => None,
        }
    }
}

impl FromCell for String {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        let Cell::Text(text) = cell else { return None };
        std::str::from_utf8(text).ok().map(str::to_owned)
    }
}

impl FromCell for Vec<u8> {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        let Cell::Bytes(bytes) = cell else { return None };
        Some(bytes.to_vec())
    }
}

impl<const N: usize> FromCell for [u8; N] {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        let Cell::Bytes(bytes) = cell else { return None };
        bytes.try_into().ok()
    }
}

impl<T: FromCell> FromCell for Option<T> {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => T::from_cell(cell).map(Some),
        }
    }
}
