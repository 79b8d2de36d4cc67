//! Between plain Rust values and the values of T-SQL.

use super::lsn::Lsn;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use time::OffsetDateTime;
use time::UtcOffset;
use uuid::Uuid;

/// 100 ns units of a day.
const DAY: u64 = 864_000_000_000;
/// Julian day of 0001-01-01.
const EPOCH: i32 = 1_721_426;

/// Anything a catalogue row can hold.
pub trait IntoValue {
    fn v(self) -> Value;
}
macro_rules! into_value {
    ($($t:ty => $f:expr),* $(,)?) => { $(impl IntoValue for $t { fn v(self) -> Value { let f: fn($t) -> Value = $f; f(self) } })* };
}
into_value! {
    Value => |x| x,
    bool => Value::Bit,
    u8 => Value::TinyInt,
    i16 => Value::SmallInt,
    i32 => Value::Int,
    i64 => Value::BigInt,
    u32 => |x| Value::BigInt(i64::from(x)),
    u64 => |x| Value::BigInt(x as i64),
    f64 => Value::Float,
    char => |c| Value::str(c.to_string()),
    &str => |s| Value::str(s),
    &String => |s| Value::str(s),
    String => |s| Value::str(s),
    Uuid => Value::Guid,
    Vec<u8> => |b| Value::bytes(b),
    &Vec<u8> => |b| Value::bytes(b),
    &[u8] => |b| Value::bytes(b),
    Lsn => |l| Value::Decimal { unscaled: l.numeric(), scale: 0 },
    OffsetDateTime => datetime,
}
impl<T: IntoValue> IntoValue for Option<T> {
    fn v(self) -> Value {
        self.map_or(Value::Null, IntoValue::v)
    }
}

/// Days and 100 ns units of a point in time, in its own offset.
fn parts(t: OffsetDateTime) -> (i32, u64) {
    let midnight = t.time();
    let ns = u64::from(midnight.hour()) * 3_600_000_000_000
        + u64::from(midnight.minute()) * 60_000_000_000
        + u64::from(midnight.second()) * 1_000_000_000
        + u64::from(midnight.nanosecond());
    (t.date().to_julian_day() - EPOCH, ns / 100)
}

/// As datetime2(7), in the offset of the value.
pub fn datetime(t: OffsetDateTime) -> Value {
    let (days, ticks) = parts(t);
    Value::DateTime { days, ticks }
}

/// As datetimeoffset(7).
pub fn datetime_offset(t: OffsetDateTime) -> Value {
    let (days, ticks) = parts(t.to_offset(UtcOffset::UTC));
    Value::DateTimeOffset { days, ticks, offset_min: t.offset().whole_minutes() }
}

/// Back from a datetime value.
pub fn to_time(v: &Value) -> Option<OffsetDateTime> {
    match v {
        Value::DateTime { days, ticks } => {
            let date = time::Date::from_julian_day(days.checked_add(EPOCH)?).ok()?;
            Some(date.midnight().assume_utc() + time::Duration::nanoseconds((*ticks * 100) as i64))
        }
        Value::Date(days) => to_time(&Value::DateTime { days: *days, ticks: 0 }),
        _ => None,
    }
}

/// Rounds to 1/300 s, as `datetime` does.
fn round_datetime(days: i32, ticks: u64) -> Value {
    let n = (ticks * 3 + 50_000) / 100_000;
    let ticks = (n * 100_000 + 1) / 3;
    if ticks >= DAY { Value::DateTime { days: days + 1, ticks: 0 } } else { Value::DateTime { days, ticks } }
}

/// The value in the family of a column's type: widths of numbers, padding, rounding, variants.
pub fn fit(v: Value, ty: SqlType) -> Value {
    if v.is_null() {
        return v;
    }
    let integer = super::storage::integer(&v);
    match (ty, v) {
        (SqlType::SqlVariant, v @ Value::Variant(_)) => v,
        (SqlType::SqlVariant, v) => Value::Variant(Box::new((natural(&v), v))),
        (SqlType::Bit, v) => integer.map_or(v, |n| Value::Bit(n != 0)),
        (SqlType::TinyInt, v) => integer.and_then(|n| u8::try_from(n).ok()).map_or(v, Value::TinyInt),
        (SqlType::SmallInt, v) => integer.and_then(|n| i16::try_from(n).ok()).map_or(v, Value::SmallInt),
        (SqlType::Int, v) => integer.and_then(|n| i32::try_from(n).ok()).map_or(v, Value::Int),
        (SqlType::BigInt, v) => integer.map_or(v, Value::BigInt),
        (SqlType::Real, Value::Float(f)) => Value::Real(f as f32),
        (SqlType::Float | SqlType::Real, v) => match integer {
            Some(n) if ty == SqlType::Float => Value::Float(n as f64),
            Some(n) => Value::Real(n as f32),
            None => v,
        },
        (SqlType::Decimal(_, scale), Value::Decimal { unscaled, scale: s }) => rescale(unscaled, s, scale),
        (SqlType::Decimal(_, scale), v) => {
            integer.map_or(v, |n| Value::Decimal { unscaled: i128::from(n) * 10i128.pow(u32::from(scale)), scale })
        }
        (SqlType::Money | SqlType::SmallMoney, Value::Decimal { unscaled, scale }) => {
            match rescale(unscaled, scale, 4) {
                Value::Decimal { unscaled, .. } => Value::Money(unscaled as i64),
                v => v,
            }
        }
        (SqlType::Money | SqlType::SmallMoney, v) => integer.map_or(v, |n| Value::Money(n * 10_000)),
        (SqlType::DateTime, Value::DateTime { days, ticks }) => round_datetime(days, ticks),
        (SqlType::DateTime2(p), Value::DateTime { days, ticks }) => {
            let unit = 10u64.pow(7u32.saturating_sub(u32::from(p)));
            Value::DateTime { days, ticks: ticks / unit * unit }
        }
        (SqlType::SmallDateTime, Value::DateTime { days, ticks }) => {
            Value::DateTime { days, ticks: ticks / 600_000_000 * 600_000_000 }
        }
        (SqlType::Date, Value::DateTime { days, .. }) => Value::Date(days),
        (SqlType::Time(_), Value::DateTime { ticks, .. }) => Value::Time(ticks),
        (SqlType::Char(n) | SqlType::NChar(n), Value::Str(s)) => {
            let width = s.chars().count();
            Value::str(format!("{s}{}", " ".repeat(usize::from(n).saturating_sub(width))))
        }
        (SqlType::Binary(n), Value::Bytes(b)) => {
            let mut b = b.to_vec();
            b.resize(usize::from(n), 0);
            Value::bytes(b)
        }
        (_, v) => v,
    }
}

fn rescale(unscaled: i128, from: u8, to: u8) -> Value {
    let unscaled = if to >= from {
        unscaled * 10i128.pow(u32::from(to - from))
    } else {
        unscaled / 10i128.pow(u32::from(from - to))
    };
    Value::Decimal { unscaled, scale: to }
}

/// Type a bare value has as the base of a variant.
pub fn natural(v: &Value) -> SqlType {
    match v {
        Value::Null | Value::Int(_) => SqlType::Int,
        Value::Bit(_) => SqlType::Bit,
        Value::TinyInt(_) => SqlType::TinyInt,
        Value::SmallInt(_) => SqlType::SmallInt,
        Value::BigInt(_) => SqlType::BigInt,
        Value::Decimal { scale, .. } => SqlType::Decimal(38, *scale),
        Value::Money(_) => SqlType::Money,
        Value::Real(_) => SqlType::Real,
        Value::Float(_) => SqlType::Float,
        Value::Str(s) => SqlType::NVarChar(Len::N((s.chars().count().clamp(1, 4000)) as u16)),
        Value::Bytes(b) => SqlType::VarBinary(Len::N(b.len().clamp(1, 8000) as u16)),
        Value::Guid(_) => SqlType::UniqueIdentifier,
        Value::Date(_) => SqlType::Date,
        Value::Time(_) => SqlType::Time(7),
        Value::DateTime { .. } => SqlType::DateTime,
        Value::DateTimeOffset { .. } => SqlType::DateTimeOffset(7),
        Value::Variant(v) => v.0,
    }
}

/// A variant of `nvarchar(128)`, as most properties are.
pub fn variant_text(s: impl AsRef<str>) -> Value {
    Value::Variant(Box::new((SqlType::NVarChar(Len::N(128)), Value::str(s))))
}

/// A variant.
pub fn variant(v: Value) -> Value {
    fit(v, SqlType::SqlVariant)
}

/// Without the variant around it.
pub fn bare(v: &Value) -> &Value {
    match v {
        Value::Variant(inner) => &inner.1,
        v => v,
    }
}

/// Text of an argument that should be a string.
pub fn text(v: &Value) -> Option<String> {
    match bare(v) {
        Value::Str(s) => Some(s.to_string()),
        Value::Null => None,
        v => Some(display(v)),
    }
}

/// As the server prints a value inside a message.
pub fn display(v: &Value) -> String {
    match v {
        Value::Null => "<NULL>".to_owned(),
        Value::Bit(b) => u8::from(*b).to_string(),
        Value::TinyInt(n) => n.to_string(),
        Value::SmallInt(n) => n.to_string(),
        Value::Int(n) => n.to_string(),
        Value::BigInt(n) => n.to_string(),
        Value::Decimal { unscaled, scale } => decimal(*unscaled, usize::from(*scale)),
        Value::Money(n) => decimal(i128::from(*n), 4),
        Value::Real(f) => f.to_string(),
        Value::Float(f) => f.to_string(),
        Value::Str(s) => s.to_string(),
        Value::Bytes(b) => format!("0x{}", hex(b)),
        Value::Guid(g) => g.to_string(),
        Value::Date(d) => time::Date::from_julian_day(d + EPOCH).map_or_else(|_| d.to_string(), |d| d.to_string()),
        Value::Time(t) => clock(*t, 7),
        Value::DateTime { days, ticks } => match time::Date::from_julian_day(days + EPOCH) {
            Ok(d) => format!("{d} {}", clock(*ticks, 3)),
            Err(_) => days.to_string(),
        },
        Value::DateTimeOffset { days, ticks, .. } => display(&Value::DateTime { days: *days, ticks: *ticks }),
        Value::Variant(v) => display(&v.1),
    }
}

fn clock(ticks: u64, digits: usize) -> String {
    let s = ticks / 10_000_000;
    let fraction = format!("{:07}", ticks % 10_000_000);
    format!("{:02}:{:02}:{:02}.{}", s / 3600, s / 60 % 60, s % 60, &fraction[..digits.min(7)])
}

fn decimal(unscaled: i128, scale: usize) -> String {
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let sign = if unscaled < 0 { "-" } else { "" };
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// Upper-case hexadecimal.
pub fn hex(b: &[u8]) -> String {
    b.iter().map(|x| format!("{x:02X}")).collect()
}

/// Bytes of hexadecimal digits.
pub fn unhex(s: &str) -> Option<Vec<u8>> {
    let s = s.trim_start_matches("0x").trim_start_matches("0X");
    let padded = if s.len() % 2 == 1 { format!("0{s}") } else { s.to_owned() };
    (0..padded.len()).step_by(2).map(|i| u8::from_str_radix(padded.get(i..i + 2)?, 16).ok()).collect()
}

/// `yyyymmdd` and `hhmmss`, as msdb stores times.
pub fn agent_time(t: OffsetDateTime) -> (i32, i32) {
    (
        t.year() * 10_000 + i32::from(u8::from(t.month())) * 100 + i32::from(t.day()),
        i32::from(t.hour()) * 10_000 + i32::from(t.minute()) * 100 + i32::from(t.second()),
    )
}
