//! Typed columns by name. Rows are our own values, so decoders need no server.

use crate::base::error::Error;
use crate::base::error::Result;
use crate::model::lsn::Lsn;
use std::sync::Arc;
use time::Duration;
use time::OffsetDateTime;
use time::PrimitiveDateTime;
use uuid::Uuid;

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bit(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    Guid(Uuid),
    /// Unscaled value and scale.
    Numeric(i128, u8),
    /// Without a zone, as the server keeps it.
    Time(PrimitiveDateTime),
    /// `datetimeoffset`.
    TimeWithOffset(OffsetDateTime),
}

impl Value {
    /// As text, in one form whichever server gave it; `None`: NULL.
    pub fn shown(&self) -> Option<String> {
        Some(match self {
            Value::Null => return None,
            Value::Bit(b) => u8::from(*b).to_string(),
            Value::Int(n) => n.to_string(),
            Value::Float(f) => f.to_string(),
            Value::Text(t) => t.clone(),
            Value::Bytes(b) => format!("0x{}", crate::base::hex::encode(b)),
            Value::Guid(g) => g.to_string(),
            Value::Numeric(n, scale) => decimal(*n, *scale),
            Value::Time(t) => t.to_string(),
            Value::TimeWithOffset(t) => t.to_string(),
        })
    }
}

/// `-0.05` for (-5, 2).
fn decimal(unscaled: i128, scale: u8) -> String {
    let digits = unscaled.unsigned_abs().to_string();
    let sign = if unscaled < 0 { "-" } else { "" };
    let scale = usize::from(scale);
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

/// The rows of one result set, with the statement they came from.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultSet {
    pub query: &'static str,
    pub columns: Arc<Vec<String>>,
    pub rows: Vec<Row>,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    query: &'static str,
    columns: Arc<Vec<String>>,
    values: Vec<Value>,
}

impl ResultSet {
    pub fn new(query: &'static str, columns: Vec<String>) -> Self {
        Self { query, columns: Arc::new(columns), rows: Vec::new() }
    }
    pub fn push(&mut self, values: Vec<Value>) {
        self.rows.push(Row { query: self.query, columns: self.columns.clone(), values });
    }
}

impl Row {
    /// The value of a column; an error names the statement and the column.
    pub fn get<T: FromValue>(&self, column: &str) -> Result<T> {
        let place = self
            .columns
            .iter()
            .position(|c| c.eq_ignore_ascii_case(column))
            .ok_or_else(|| Error::bug(format!("{}: the answer has no column `{column}`", self.query)))?;
        let value = self.values.get(place).unwrap_or(&Value::Null);
        T::from_value(value).ok_or_else(|| {
            let found = if *value == Value::Null { "NULL".to_owned() } else { format!("{value:?}") };
            Error::bug(format!("{}: column `{column}` should be {}, found {found}", self.query, T::WANTED))
        })
    }
    /// Without a look at the name: for single-column answers.
    pub fn first<T: FromValue>(&self) -> Result<T> {
        let column =
            self.columns.first().ok_or_else(|| Error::bug(format!("{}: the answer has no column", self.query)))?;
        self.get(column)
    }
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}

/// What a cell can be read as.
pub trait FromValue: Sized {
    /// For the error message.
    const WANTED: &'static str;
    fn from_value(value: &Value) -> Option<Self>;
}

impl<T: FromValue> FromValue for Option<T> {
    const WANTED: &'static str = T::WANTED;
    fn from_value(value: &Value) -> Option<Self> {
        if *value == Value::Null { Some(None) } else { T::from_value(value).map(Some) }
    }
}

impl FromValue for i64 {
    const WANTED: &'static str = "a whole number";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Int(n) => Some(*n),
            Value::Bit(b) => Some(i64::from(*b)),
            Value::Numeric(n, 0) => i64::try_from(*n).ok(),
            _ => None,
        }
    }
}

impl FromValue for i32 {
    const WANTED: &'static str = "a whole number of 32 bits";
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).and_then(|n| n.try_into().ok())
    }
}

impl FromValue for f64 {
    const WANTED: &'static str = "a number";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Float(n) => Some(*n),
            Value::Int(n) => Some(*n as f64),
            Value::Numeric(n, scale) => Some(*n as f64 / 10f64.powi(i32::from(*scale))),
            _ => None,
        }
    }
}

impl FromValue for bool {
    const WANTED: &'static str = "a bit";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bit(b) => Some(*b),
            Value::Int(0) => Some(false),
            Value::Int(1) => Some(true),
            _ => None,
        }
    }
}

impl FromValue for String {
    const WANTED: &'static str = "a text";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl FromValue for Lsn {
    const WANTED: &'static str = "an LSN";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Numeric(n, 0) => u128::try_from(*n).ok().map(Lsn),
            Value::Int(n) => u128::try_from(*n).ok().map(Lsn),
            Value::Text(text) => Lsn::parse(text),
            _ => None,
        }
    }
}

impl FromValue for Vec<u8> {
    const WANTED: &'static str = "bytes";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }
}

impl FromValue for Uuid {
    const WANTED: &'static str = "a GUID";
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Guid(guid) => Some(*guid),
            Value::Text(text) => Uuid::parse_str(text.trim()).ok(),
            _ => None,
        }
    }
}

impl FromValue for OffsetDateTime {
    const WANTED: &'static str = "a time";
    /// `datetime` and `datetime2` count as UTC: the statements convert what the server keeps in local time.
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Time(time) => Some(time.assume_utc()),
            Value::TimeWithOffset(time) => Some(*time),
            _ => None,
        }
    }
}

/// Whole days after `1900-01-01` (datetime) plus 1/300 seconds.
pub(super) fn from_datetime(days: i32, fragments: u32) -> Option<PrimitiveDateTime> {
    let base = time::macros::datetime!(1900-01-01 0:00);
    base.checked_add(Duration::days(i64::from(days)))?
        .checked_add(Duration::nanoseconds(i64::from(fragments) * 1_000_000_000 / 300))
}

/// Days after `0001-01-01` (datetime2) plus increments of 10^-scale seconds.
pub(super) fn from_datetime2(days: u32, increments: u64, scale: u8) -> Option<PrimitiveDateTime> {
    let base = time::macros::datetime!(0001-01-01 0:00);
    let nanos = increments.checked_mul(10u64.checked_pow(9u32.checked_sub(u32::from(scale))?)?)?;
    base.checked_add(Duration::days(i64::from(days)))?.checked_add(Duration::nanoseconds(nanos.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: Value) -> Row {
        let mut set = ResultSet::new("area.verb", vec!["c".into()]);
        set.push(vec![value]);
        set.rows.remove(0)
    }

    #[test]
    fn an_lsn_wider_than_64_bits_survives() {
        let max = 4_294_967_295_429_496_729_500_001_i128;
        assert_eq!(row(Value::Numeric(max, 0)).get::<Lsn>("c").unwrap().to_string(), max.to_string());
        assert_eq!(row(Value::Text("37000000034400001".into())).get::<Lsn>("C").unwrap(), Lsn(37_000_000_034_400_001));
        assert!(row(Value::Numeric(-1, 0)).get::<Lsn>("c").is_err());
    }

    #[test]
    fn an_error_names_statement_column_and_what_was_found() {
        let e = row(Value::Null).get::<i64>("c").unwrap_err();
        assert_eq!(e.to_string(), "area.verb: column `c` should be a whole number, found NULL");
        let e = row(Value::Null).get::<i64>("d").unwrap_err();
        assert_eq!(e.to_string(), "area.verb: the answer has no column `d`");
        assert_eq!(row(Value::Null).get::<Option<i64>>("c").unwrap(), None);
        assert!(row(Value::Int(1 << 40)).get::<i32>("c").is_err());
    }

    #[test]
    fn server_times_are_exact() {
        use time::macros::datetime;
        assert_eq!(from_datetime(0, 300), Some(datetime!(1900-01-01 0:00:01)));
        assert_eq!(from_datetime(-1, 0), Some(datetime!(1899-12-31 0:00)));
        // 2024-10-30 15:05:22.123 with scale 3.
        assert_eq!(from_datetime2(739_188, 54_322_123, 3), Some(datetime!(2024-10-30 15:05:22.123)));
        assert_eq!(from_datetime2(0, 1, 7), Some(datetime!(0001-01-01 0:00:00.0000001)));
    }
}
