//! Conversion to date and time types.

use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::calendar;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::convert;
use crate::lab::tsql::eval::convert_number;
use crate::lab::tsql::eval::date_text;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;

/// A point in time before it is rounded to a type.
#[derive(Clone, Copy)]
struct Point {
    days: i32,
    ticks: u64,
    offset: i16,
}

/// To `date`, `time`, `smalldatetime`, `datetime`, `datetime2`, `datetimeoffset`.
pub fn to_date(v: &Value, from: SqlType, to: SqlType, style: i32) -> SqlResult<Value> {
    let p = match v {
        Value::Date(d) => Point { days: *d, ticks: 0, offset: 0 },
        Value::Time(t) => Point { days: calendar::EPOCH_1900, ticks: *t, offset: 0 },
        Value::DateTime { days, ticks } => Point { days: *days, ticks: *ticks, offset: 0 },
        Value::DateTimeOffset { days, ticks, offset_min } => {
            if let SqlType::DateTimeOffset(s) = to {
                let (days, ticks) = carry(*days, calendar::round_scale(*ticks, s));
                return Ok(Value::DateTimeOffset { days, ticks, offset_min: *offset_min });
            }
            shift(Point { days: *days, ticks: *ticks, offset: *offset_min }, i64::from(*offset_min))
        }
        Value::Str(s) => {
            let m = parse(s, style).ok_or_else(|| fail_text(from, to, s))?;
            if matches!(to, SqlType::DateTime | SqlType::SmallDateTime) && m.offset.is_some_and(|o| o != 0) {
                return Err(fault::bad_date());
            }
            Point { days: m.days, ticks: m.ticks, offset: m.offset.unwrap_or(0) }
        }
        _ if matches!(to, SqlType::DateTime | SqlType::SmallDateTime) => number_point(v, from, to)?,
        _ => return Err(fault::no_explicit_conversion(from, to)),
    };
    round(p, from, to)
}

/// British styles put the day first.
fn parse(s: &str, style: i32) -> Option<date_text::Moment> {
    if !matches!(style, 3 | 4 | 5 | 103 | 104 | 105) {
        return date_text::parse(s);
    }
    let t = s.trim();
    let mut parts = t.splitn(3, ['/', '.', '-']);
    let (d, m, rest) = (parts.next()?, parts.next()?, parts.next()?);
    date_text::parse(&format!("{m}/{d}/{rest}"))
}

fn fail_text(from: SqlType, to: SqlType, s: &str) -> crate::lab::tsql::error::SqlError {
    // well-formed but impossible dates are 242 for the old types
    let shaped = s.len() >= 8 && s.bytes().all(|b| b.is_ascii_digit() || b"-/: .T".contains(&b));
    if shaped && matches!(to, SqlType::DateTime | SqlType::SmallDateTime) {
        fault::date_range(from, to)
    } else {
        fault::bad_date()
    }
}

fn number_point(v: &Value, from: SqlType, to: SqlType) -> SqlResult<Point> {
    if let Value::Bytes(b) = v {
        let raw = convert::bytes_number(b, 8);
        let units = (raw & 0xFFFF_FFFF) as u64;
        return Ok(Point {
            days: (raw >> 32) as i32 + calendar::EPOCH_1900,
            ticks: calendar::round_datetime(units * 100_000 / 3),
            offset: 0,
        });
    }
    let f = convert_number::as_float(v).ok_or_else(|| fault::no_explicit_conversion(from, to))?;
    if !(-53_690.0..2_958_464.0).contains(&f) {
        return Err(fault::overflow(to));
    }
    let whole = f.floor();
    let ticks = ((f - whole) * 86_400.0 * 300.0).round() as u64 * 100_000 / 3;
    Ok(Point { days: whole as i32 + calendar::EPOCH_1900, ticks: calendar::round_datetime(ticks), offset: 0 })
}

fn carry(days: i32, ticks: u64) -> (i32, u64) {
    if ticks >= calendar::DAY as u64 { (days + 1, ticks - calendar::DAY as u64) } else { (days, ticks) }
}

fn shift(p: Point, minutes: i64) -> Point {
    let t = i64::from(p.days) * calendar::DAY + p.ticks as i64 + minutes * 60 * calendar::SECOND;
    Point { days: t.div_euclid(calendar::DAY) as i32, ticks: t.rem_euclid(calendar::DAY) as u64, offset: p.offset }
}

fn round(p: Point, from: SqlType, to: SqlType) -> SqlResult<Value> {
    Ok(match to {
        SqlType::Date => Value::Date(p.days),
        SqlType::Time(s) => Value::Time(calendar::round_scale(p.ticks, s) % calendar::DAY as u64),
        SqlType::DateTime2(s) => {
            let (days, ticks) = carry(p.days, calendar::round_scale(p.ticks, s));
            Value::DateTime { days, ticks }
        }
        SqlType::DateTimeOffset(s) => {
            let q = shift(p, -i64::from(p.offset));
            let (days, ticks) = carry(q.days, calendar::round_scale(q.ticks, s));
            Value::DateTimeOffset { days, ticks, offset_min: p.offset }
        }
        SqlType::SmallDateTime => {
            let minute = 60 * calendar::SECOND as u64;
            let (days, ticks) = carry(p.days, (p.ticks + minute / 2) / minute * minute);
            // 1900-01-01 to 2079-06-06
            if !(calendar::EPOCH_1900..=calendar::EPOCH_1900 + 65_535).contains(&days) {
                return Err(fault::date_range(from, to));
            }
            Value::DateTime { days, ticks }
        }
        _ => {
            if p.days < calendar::MIN_DATETIME {
                return Err(fault::date_range(from, to));
            }
            let (days, ticks) = carry(p.days, calendar::round_datetime(p.ticks));
            Value::DateTime { days, ticks }
        }
    })
}

/// Days since 1900-01-01 with a fraction.
pub fn datetime_number(v: &Value) -> f64 {
    match v {
        Value::DateTime { days, ticks } => {
            f64::from(days - calendar::EPOCH_1900) + *ticks as f64 / calendar::DAY as f64
        }
        _ => compare::integer(v).unwrap_or(0) as f64,
    }
}

/// The eight bytes of a `datetime` as one number: days, then 1/300 s.
pub fn datetime_raw(v: &Value) -> Value {
    match v {
        Value::DateTime { days, ticks } => {
            let units = (ticks * 3 + 50_000) / 100_000;
            Value::BigInt((i64::from(days - calendar::EPOCH_1900) << 32) | units as i64)
        }
        _ => Value::Null,
    }
}
