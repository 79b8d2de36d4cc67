//! Date and time functions.

use crate::lab::tsql::bind::binder;
use crate::lab::tsql::bind::call;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::calendar;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::convert;
use crate::lab::tsql::eval::convert_date;
use crate::lab::tsql::eval::date_text;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::function::Builtin;
use crate::lab::tsql::function::Call;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;

type Typed = SqlResult<(SqlType, bool)>;

/// The canonical word of a date part or its abbreviation.
pub fn part(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "year" | "yy" | "yyyy" => "year",
        "quarter" | "qq" | "q" => "quarter",
        "month" | "mm" | "m" => "month",
        "dayofyear" | "dy" | "y" => "dayofyear",
        "day" | "dd" | "d" => "day",
        "week" | "wk" | "ww" => "week",
        "weekday" | "dw" | "w" => "weekday",
        "hour" | "hh" => "hour",
        "minute" | "mi" | "n" => "minute",
        "second" | "ss" | "s" => "second",
        "millisecond" | "ms" => "millisecond",
        "microsecond" | "mcs" => "microsecond",
        "nanosecond" | "ns" => "nanosecond",
        "tzoffset" | "tz" => "tzoffset",
        "iso_week" | "isowk" | "isoww" => "iso_week",
        _ => return None,
    })
}

/// Makes an argument a date/time; strings and numbers become `fallback`.
fn as_date(name: &str, args: &mut [Ex], i: usize, fallback: SqlType) -> SqlResult<()> {
    let Some(a) = args.get_mut(i) else { return Ok(()) };
    if a.ty.is_temporal() {
        return Ok(());
    }
    if a.is_bare_null() {
        a.ty = SqlType::DateTime;
        return Ok(());
    }
    if a.ty.is_string() {
        *a = binder::force(a.clone(), fallback);
        return Ok(());
    }
    if a.ty.is_number() {
        *a = binder::force(a.clone(), SqlType::DateTime);
        return Ok(());
    }
    Err(fault::bad_argument(a.ty, i + 1, name))
}

fn dateadd_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    call::convert_argument(args, 1, SqlType::BigInt)?;
    as_date(name, args, 2, SqlType::DateTime)?;
    Ok((args[2].ty, true))
}
fn datediff_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    as_date(name, args, 1, SqlType::DateTimeOffset(7))?;
    as_date(name, args, 2, SqlType::DateTimeOffset(7))?;
    Ok((if name == "DATEDIFF" { SqlType::Int } else { SqlType::BigInt }, true))
}
fn datepart_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    as_date(name, args, 1, SqlType::DateTime2(7))?;
    Ok((if name == "DATENAME" { SqlType::NVarChar(Len::N(30)) } else { SqlType::Int }, true))
}
fn trunc_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    as_date(name, args, 1, SqlType::DateTime2(7))?;
    Ok((args[1].ty, true))
}
fn year_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    as_date(name, args, 0, SqlType::DateTime2(7))?;
    Ok((SqlType::Int, true))
}
fn eomonth_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    as_date(name, args, 0, SqlType::DateTime2(7))?;
    call::convert_argument(args, 1, SqlType::Int)?;
    Ok((SqlType::Date, true))
}
fn parts_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    for i in 0..args.len() {
        call::convert_argument(args, i, SqlType::Int)?;
    }
    Ok((
        if name == "DATEFROMPARTS" {
            SqlType::Date
        } else if name == "DATETIMEFROMPARTS" {
            SqlType::DateTime
        } else {
            SqlType::DateTime2(7)
        },
        true,
    ))
}
fn isdate_bind(_: &'static str, _: &mut [Ex]) -> Typed {
    Ok((SqlType::Int, false))
}
fn legacy_now(_: &'static str, _: &mut [Ex]) -> Typed {
    Ok((SqlType::DateTime, false))
}
fn fine_now(_: &'static str, _: &mut [Ex]) -> Typed {
    Ok((SqlType::DateTime2(7), false))
}
fn offset_now(_: &'static str, _: &mut [Ex]) -> Typed {
    Ok((SqlType::DateTimeOffset(7), false))
}
fn offset_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    as_date(name, args, 0, SqlType::DateTimeOffset(7))?;
    let to_offset = name == "TODATETIMEOFFSET";
    if !to_offset || !matches!(args[0].ty, SqlType::DateTimeOffset(_)) {
        args[0] = binder::force(args[0].clone(), SqlType::DateTimeOffset(7));
    }
    Ok((SqlType::DateTimeOffset(7), true))
}
fn zone_bind(_: &'static str, args: &mut [Ex]) -> Typed {
    if !matches!(args[0].ty, SqlType::DateTimeOffset(_)) {
        args[0] = binder::force(args[0].clone(), SqlType::DateTimeOffset(7));
    }
    Ok((SqlType::DateTimeOffset(7), true))
}

/// Local days and ticks of any date/time value.
fn local(v: &Value) -> Option<(i32, u64)> {
    Some(match v {
        Value::Date(d) => (*d, 0),
        Value::Time(t) => (calendar::EPOCH_1900, *t),
        Value::DateTime { days, ticks } => (*days, *ticks),
        Value::DateTimeOffset { days, ticks, offset_min } => {
            split(span(*days, *ticks) + i128::from(*offset_min) * 60 * i128::from(calendar::SECOND))
        }
        _ => return None,
    })
}

/// Days and ticks as one number; UTC for datetimeoffset (DATEDIFF compares so).
fn absolute(v: &Value) -> Option<(i32, u64)> {
    match v {
        Value::DateTimeOffset { days, ticks, .. } => Some((*days, *ticks)),
        v => local(v),
    }
}

fn span(days: i32, ticks: u64) -> i128 {
    i128::from(days) * i128::from(calendar::DAY) + i128::from(ticks)
}

fn split(n: i128) -> (i32, u64) {
    let day = i128::from(calendar::DAY);
    (n.div_euclid(day) as i32, n.rem_euclid(day) as u64)
}

fn word<'a>(c: &'a Call<'_>) -> &'a str {
    match c.args.first() {
        Some(Value::Str(s)) => s,
        _ => "",
    }
}

fn unit(part: &str) -> Option<i128> {
    Some(match part {
        "day" | "dayofyear" | "weekday" => calendar::DAY.into(),
        "week" => i128::from(calendar::DAY) * 7,
        "hour" => i128::from(calendar::SECOND) * 3600,
        "minute" => i128::from(calendar::SECOND) * 60,
        "second" => calendar::SECOND.into(),
        "millisecond" => 10_000,
        "microsecond" => 10,
        _ => return None,
    })
}

fn dateadd(c: &Call<'_>) -> SqlResult<Value> {
    let (Some(k), Some((days, ticks))) = (compare::integer(&c.args[1]), local(&c.args[2])) else {
        return Ok(Value::Null);
    };
    let over = || fault::date_overflow(c.ty);
    if i32::try_from(k).is_err() {
        return Err(fault::overflow(SqlType::Int));
    }
    let p = word(c);
    if c.ty == SqlType::Date && !matches!(p, "year" | "quarter" | "month" | "day" | "dayofyear" | "weekday" | "week") {
        return Err(SqlError::new(
            9810,
            16,
            format!("The datepart {p} is not supported by date function dateadd for data type date."),
        ));
    }
    let (days, ticks) = match p {
        "year" => (months(days, k * 12).ok_or_else(over)?, ticks),
        "quarter" => (months(days, k * 3).ok_or_else(over)?, ticks),
        "month" => (months(days, k).ok_or_else(over)?, ticks),
        "nanosecond" => split(span(days, ticks) + i128::from(k) / 100),
        p => split(span(days, ticks) + unit(p).ok_or_else(|| bad_part(p, "dateadd", c.ty))? * i128::from(k)),
    };
    if matches!(c.ty, SqlType::Time(_)) {
        return Ok(Value::Time(ticks));
    }
    if !(0..=calendar::MAX_DATE).contains(&days) {
        return Err(over());
    }
    let offset = match c.args[2] {
        Value::DateTimeOffset { offset_min, .. } => i128::from(offset_min),
        _ => 0,
    };
    let (days, ticks) = split(span(days, ticks) - offset * 60 * i128::from(calendar::SECOND));
    let raw = match c.ty {
        SqlType::DateTimeOffset(_) => {
            return Ok(Value::DateTimeOffset { days, ticks, offset_min: offset as i16 });
        }
        SqlType::Date => return Ok(Value::Date(days)),
        _ => Value::DateTime { days, ticks },
    };
    convert_date::to_date(&raw, SqlType::DateTime2(7), c.ty, 0).map_err(|_| over())
}

fn bad_part(p: &str, f: &str, ty: SqlType) -> SqlError {
    SqlError::new(
        9810,
        16,
        format!("The datepart {p} is not supported by date function {f} for data type {}.", ty.base_name()),
    )
}

fn months(days: i32, k: i64) -> Option<i32> {
    let (y, m, d) = calendar::civil(days);
    let total = i64::from(y) * 12 + i64::from(m) - 1 + k;
    let (year, month) = (i32::try_from(total.div_euclid(12)).ok()?, total.rem_euclid(12) as u32 + 1);
    if !(1..=9999).contains(&year) {
        return None;
    }
    calendar::days(year, month, d.min(calendar::month_length(year, month)))
}

fn datediff(c: &Call<'_>) -> SqlResult<Value> {
    let (Some(a), Some(b)) = (absolute(&c.args[1]), absolute(&c.args[2])) else { return Ok(Value::Null) };
    let ((y1, m1, _), (y2, m2, _)) = (calendar::civil(a.0), calendar::civil(b.0));
    let p = word(c);
    let n: i128 = match p {
        "year" => i128::from(y2 - y1),
        "quarter" => i128::from((y2 * 4 + (m2 as i32 - 1) / 3) - (y1 * 4 + (m1 as i32 - 1) / 3)),
        "month" => i128::from((y2 * 12 + m2 as i32) - (y1 * 12 + m1 as i32)),
        // weeks begin on Sunday, whatever DATEFIRST says
        "week" => i128::from((b.0 + 1).div_euclid(7) - (a.0 + 1).div_euclid(7)),
        "nanosecond" => (span(b.0, b.1) - span(a.0, a.1)) * 100,
        p => {
            let u = unit(p).ok_or_else(|| bad_part(p, "datediff", c.ex[1].ty))?;
            span(b.0, b.1).div_euclid(u) - span(a.0, a.1).div_euclid(u)
        }
    };
    crate::lab::tsql::eval::convert_number::integer_of(n, c.ty).ok_or_else(|| {
        SqlError::new(
            535,
            16,
            "The datediff function resulted in an overflow. The number of dateparts separating two date/time instances is too large. Try to use datediff with a less precise datepart.",
        )
    })
}

/// The number of a part.
fn part_of(p: &str, days: i32, ticks: u64, offset: i16) -> Option<i32> {
    let f = date_text::fields(days, ticks);
    Some(match p {
        "year" => f.year,
        "quarter" => (f.month as i32 - 1) / 3 + 1,
        "month" => f.month as i32,
        "dayofyear" => calendar::day_of_year(days),
        "day" => f.day as i32,
        "week" => calendar::week(days),
        "weekday" => calendar::weekday(days),
        "iso_week" => calendar::iso_week(days),
        "hour" => f.hour as i32,
        "minute" => f.minute as i32,
        "second" => f.second as i32,
        "millisecond" => (f.fraction / 10_000) as i32,
        "microsecond" => (f.fraction / 10) as i32,
        "nanosecond" => (f.fraction * 100) as i32,
        "tzoffset" => i32::from(offset),
        _ => return None,
    })
}

fn datepart(c: &Call<'_>) -> SqlResult<Value> {
    let Some((days, ticks)) = local(&c.args[1]) else { return Ok(Value::Null) };
    let p = word(c);
    let offset = match c.args[1] {
        Value::DateTimeOffset { offset_min, .. } => offset_min,
        _ => 0,
    };
    // `datetime` shows whole milliseconds
    let ticks = if c.ex[1].ty == SqlType::DateTime { calendar::round_scale(ticks, 3) } else { ticks };
    let v = part_of(p, days, ticks, offset).ok_or_else(|| bad_part(p, "datepart", c.ex[1].ty))?;
    if c.name != "DATENAME" {
        return Ok(Value::Int(v));
    }
    Ok(Value::str(match p {
        "month" => calendar::MONTHS[(v - 1) as usize].to_owned(),
        "weekday" => calendar::DAYS[(v - 1) as usize].to_owned(),
        _ => v.to_string(),
    }))
}

fn ymd(c: &Call<'_>) -> SqlResult<Value> {
    let Some((days, _)) = local(&c.args[0]) else { return Ok(Value::Null) };
    let (y, m, d) = calendar::civil(days);
    Ok(Value::Int(match c.name {
        "YEAR" => y,
        "MONTH" => m as i32,
        _ => d as i32,
    }))
}

fn eomonth(c: &Call<'_>) -> SqlResult<Value> {
    let Some((days, _)) = local(&c.args[0]) else { return Ok(Value::Null) };
    let k = c.args.get(1).map_or(Some(0), compare::integer).unwrap_or(0);
    let first = months(days, k).ok_or_else(|| fault::date_overflow(SqlType::Date))?;
    let (y, m, _) = calendar::civil(first);
    Ok(calendar::days(y, m, calendar::month_length(y, m)).map_or(Value::Null, Value::Date))
}

fn from_parts(c: &Call<'_>) -> SqlResult<Value> {
    let Some(n) = c.args.iter().map(compare::integer).collect::<Option<Vec<i64>>>() else { return Ok(Value::Null) };
    let bad = || {
        SqlError::new(
            289,
            16,
            format!(
                "Cannot construct data type {}, some of the arguments have values which are not valid.",
                c.ty.base_name()
            ),
        )
    };
    let at = |i: usize| n.get(i).copied().and_then(|v| u32::try_from(v).ok()).ok_or_else(bad);
    let days = calendar::days(n[0] as i32, at(1)?, at(2)?).ok_or_else(bad)?;
    if c.ty == SqlType::Date {
        return Ok(Value::Date(days));
    }
    let (h, m, s, f) = (at(3)?, at(4)?, at(5)?, at(6)?);
    if h > 23 || m > 59 || s > 59 {
        return Err(bad());
    }
    let fraction = if c.ty == SqlType::DateTime {
        u64::from(f) * 10_000
    } else {
        u64::from(f) * 10u64.pow(7u32.saturating_sub(at(7)?.min(7)))
    };
    let ticks = u64::from((h * 60 + m) * 60 + s) * 10_000_000 + fraction;
    convert_date::to_date(&Value::DateTime { days, ticks }, SqlType::DateTime2(7), c.ty, 0)
}

fn trunc(c: &Call<'_>) -> SqlResult<Value> {
    let Some((days, ticks)) = local(&c.args[1]) else { return Ok(Value::Null) };
    let (y, m, d) = calendar::civil(days);
    let p = word(c);
    let _ = d;
    let day = |d: Option<i32>| (d.unwrap_or(days), 0);
    let (days, ticks) = match p {
        "year" => day(calendar::days(y, 1, 1)),
        "quarter" => day(calendar::days(y, (m - 1) / 3 * 3 + 1, 1)),
        "month" => day(calendar::days(y, m, 1)),
        "week" => (days - (calendar::weekday(days) - 1), 0),
        "iso_week" => (days - days.rem_euclid(7), 0),
        p => {
            let u = unit(p).ok_or_else(|| bad_part(p, "datetrunc", c.ty))?;
            (days, (i128::from(ticks) / u * u) as u64)
        }
    };
    convert::cast(&Value::DateTime { days, ticks }, SqlType::DateTime2(7), c.ty, 0)
}

/// A point in time as days and ticks.
pub fn days_ticks(t: time::OffsetDateTime) -> (i32, u64) {
    let days = t.date().to_julian_day() - time::Date::from_ordinal_date(1, 1).map_or(0, time::Date::to_julian_day);
    let (h, m, s, ns) = t.to_hms_nano();
    let ticks = (u64::from(h) * 3600 + u64::from(m) * 60 + u64::from(s)) * 10_000_000 + u64::from(ns / 100);
    (days, ticks)
}

fn now(c: &Call<'_>) -> SqlResult<Value> {
    let utc = matches!(c.name, "GETUTCDATE" | "SYSUTCDATETIME");
    let t = if utc { c.rt.now.to_offset(time::UtcOffset::UTC) } else { c.rt.now };
    let (days, ticks) = days_ticks(t);
    if c.name == "SYSDATETIMEOFFSET" {
        let (days, ticks) = days_ticks(t.to_offset(time::UtcOffset::UTC));
        return Ok(Value::DateTimeOffset { days, ticks, offset_min: t.offset().whole_minutes() });
    }
    convert_date::to_date(&Value::DateTime { days, ticks }, SqlType::DateTime2(7), c.ty, 0)
}

fn minutes(v: &Value) -> Option<i16> {
    match v {
        Value::Str(s) => {
            let s = s.trim();
            if s.eq_ignore_ascii_case("utc") {
                return Some(0);
            }
            let sign = if s.starts_with('-') { -1 } else { 1 };
            let (h, m) = s.trim_start_matches(['+', '-']).split_once(':')?;
            Some(sign * (h.parse::<i16>().ok()? * 60 + m.parse::<i16>().ok()?))
        }
        v => compare::integer(v).and_then(|n| i16::try_from(n).ok()),
    }
}

fn offset(c: &Call<'_>) -> SqlResult<Value> {
    let (Value::DateTimeOffset { days, ticks, offset_min }, zone) = (&c.args[0], &c.args[1]) else {
        return Ok(Value::Null);
    };
    if zone.is_null() {
        return Ok(Value::Null);
    }
    let Some(o) = minutes(zone).filter(|o| o.abs() <= 840) else {
        return Err(if c.name == "AT TIME ZONE" {
            SqlError::new(
                9820,
                16,
                format!(
                    "The time zone parameter '{}' provided to AT TIME ZONE clause is invalid.",
                    crate::lab::tsql::function::strings::plain(zone, c.ex[1].ty)?
                ),
            )
        } else {
            SqlError::new(
                9812,
                16,
                format!("The timezone provided to builtin function {} is invalid.", c.name.to_lowercase()),
            )
        });
    };
    if c.name == "SWITCHOFFSET"
        || c.name == "AT TIME ZONE" && matches!(c.ex[0].ty, SqlType::DateTimeOffset(_)) && !forced(&c.ex[0])
    {
        return Ok(Value::DateTimeOffset { days: *days, ticks: *ticks, offset_min: o });
    }
    let shift = i128::from(*offset_min - o) * 60 * i128::from(calendar::SECOND);
    let (days, ticks) = split(span(*days, *ticks) + shift);
    Ok(Value::DateTimeOffset { days, ticks, offset_min: o })
}

/// The argument was no datetimeoffset before binding.
fn forced(e: &Ex) -> bool {
    matches!(&e.kind, crate::lab::tsql::bind::tree::Kind::Cast { ex, .. } if !matches!(ex.ty, SqlType::DateTimeOffset(_)))
}

fn isdate(c: &Call<'_>) -> SqlResult<Value> {
    let ok = match &c.args[0] {
        Value::Str(_) => convert::cast(&c.args[0], c.ex[0].ty, SqlType::DateTime, 0).is_ok(),
        Value::DateTime { .. } => true,
        _ => false,
    };
    Ok(Value::Int(ok.into()))
}

macro_rules! f {
    ($name:literal, $min:literal, $max:literal, $bind:expr, $call:expr) => {
        Builtin { name: $name, min: $min, max: $max, bind: $bind, call: $call }
    };
}

/// The functions.
pub const TABLE: &[Builtin] = &[
    f!("DATEADD", 3, 3, dateadd_bind, dateadd),
    f!("DATEDIFF", 3, 3, datediff_bind, datediff),
    f!("DATEDIFF_BIG", 3, 3, datediff_bind, datediff),
    f!("DATEPART", 2, 2, datepart_bind, datepart),
    f!("DATENAME", 2, 2, datepart_bind, datepart),
    f!("DATETRUNC", 2, 2, trunc_bind, trunc),
    f!("YEAR", 1, 1, year_bind, ymd),
    f!("MONTH", 1, 1, year_bind, ymd),
    f!("DAY", 1, 1, year_bind, ymd),
    f!("EOMONTH", 1, 2, eomonth_bind, eomonth),
    f!("DATEFROMPARTS", 3, 3, parts_bind, from_parts),
    f!("DATETIMEFROMPARTS", 7, 7, parts_bind, from_parts),
    f!("DATETIME2FROMPARTS", 8, 8, parts_bind, from_parts),
    f!("ISDATE", 1, 1, isdate_bind, isdate),
    f!("GETDATE", 0, 0, legacy_now, now),
    f!("CURRENT_TIMESTAMP", 0, 0, legacy_now, now),
    f!("GETUTCDATE", 0, 0, legacy_now, now),
    f!("SYSDATETIME", 0, 0, fine_now, now),
    f!("SYSUTCDATETIME", 0, 0, fine_now, now),
    f!("SYSDATETIMEOFFSET", 0, 0, offset_now, now),
    f!("SWITCHOFFSET", 2, 2, offset_bind, offset),
    f!("TODATETIMEOFFSET", 2, 2, offset_bind, offset),
    f!("AT TIME ZONE", 2, 2, zone_bind, offset),
];
