//! Conversion to character types.

use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::calendar;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::date_text;
use crate::lab::tsql::eval::date_text::Shape;
use crate::lab::tsql::eval::decimal;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::eval::text;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use std::fmt::Write;

/// To `char`, `varchar`, `nchar`, `nvarchar`, `xml`.
pub fn to_text(v: &Value, from: SqlType, to: SqlType, style: i32) -> SqlResult<Value> {
    let limit = to.length().map(usize::from);
    if let Value::Str(s) = v {
        return Ok(fit(s, from, to, limit));
    }
    if let Value::Bytes(b) = v {
        let s = match style {
            1 => format!("0x{}", text::hex(b)),
            2 => text::hex(b),
            _ => text::decode(b, to.is_unicode()),
        };
        if style != 0 && limit.is_some_and(|n| s.len() > n) {
            // cut at whole bytes, as documented for styles 1 and 2
            let n = limit.unwrap_or(0) & !1;
            return Ok(fit(&s[..n.min(s.len())], from, to, limit));
        }
        return Ok(fit(&s, from, to, limit));
    }
    let s = print(v, from, style)?;
    if limit.is_some_and(|n| text::units(&s) > n) {
        return match v {
            Value::Int(_) | Value::SmallInt(_) | Value::TinyInt(_) if !to.is_unicode() => Ok(fit("*", from, to, limit)),
            Value::Date(_) | Value::Time(_) | Value::DateTime { .. } | Value::DateTimeOffset { .. } => {
                Ok(fit(&s, from, to, limit))
            }
            Value::Guid(_) => Err(crate::lab::tsql::error::SqlError::new(
                8170,
                16,
                "Insufficient result space to convert uniqueidentifier value to char.",
            )
            .state(2)),
            Value::Money(_) => Err(crate::lab::tsql::error::SqlError::new(
                234,
                16,
                format!("There is insufficient result space to convert a money value to {}.", to.base_name()),
            )
            .state(2)),
            Value::Decimal { .. } => Err(fault::numeric_overflow(from, to)),
            _ => Err(fault::overflow(to)),
        };
    }
    Ok(fit(&s, from, to, limit))
}

fn fit(s: &str, from: SqlType, to: SqlType, limit: Option<usize>) -> Value {
    let cut = limit.map_or(s, |n| text::clip(s, n));
    let narrowed = if to.is_unicode() || from.is_string() && !from.is_unicode() { None } else { text::narrow(cut) };
    let body = narrowed.as_deref().unwrap_or(cut);
    if let (SqlType::Char(n) | SqlType::NChar(n), width) = (to, text::units(body)) {
        let blanks = usize::from(n).saturating_sub(width);
        return Value::str(format!("{body}{}", " ".repeat(blanks)));
    }
    Value::str(body)
}

/// The text of a value that is neither character nor binary data.
pub fn print(v: &Value, from: SqlType, style: i32) -> SqlResult<String> {
    Ok(match v {
        Value::Null => String::new(),
        Value::Bit(b) => if *b { "1" } else { "0" }.to_owned(),
        Value::Decimal { unscaled, scale } => decimal::print(*unscaled, *scale),
        Value::Money(m) => money(*m, style),
        Value::Real(f) => float(f64::from(*f), style, true),
        Value::Float(f) => float(*f, style, false),
        Value::Str(s) => s.to_string(),
        Value::Bytes(b) => text::hex(b),
        Value::Guid(g) => g.to_string().to_uppercase(),
        Value::Variant(x) => print(&x.1, x.0, style)?,
        Value::Date(_) | Value::Time(_) | Value::DateTime { .. } | Value::DateTimeOffset { .. } => {
            date(v, from, style)?
        }
        _ => compare::integer(v).unwrap_or(0).to_string(),
    })
}

fn money(m: i64, style: i32) -> String {
    if style == 2 {
        return decimal::print(m.into(), 4);
    }
    let cents = decimal::rescale(m.into(), 4, 2).unwrap_or(0);
    let s = decimal::print(cents, 2);
    if style == 1 { group(&s) } else { s }
}

/// Thousands separators.
pub fn group(s: &str) -> String {
    let (sign, body) = s.strip_prefix('-').map_or(("", s), |b| ("-", b));
    let (whole, part) = body.split_once('.').map_or((body, None), |(w, p)| (w, Some(p)));
    let mut out = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    part.map_or_else(|| format!("{sign}{out}"), |p| format!("{sign}{out}.{p}"))
}

fn scientific(f: f64, digits: usize) -> String {
    let s = format!("{f:.*e}", digits - 1);
    let (mantissa, exp) = s.split_once('e').unwrap_or((&s, "0"));
    let n: i32 = exp.parse().unwrap_or(0);
    format!("{mantissa}e{}{:03}", if n < 0 { '-' } else { '+' }, n.abs())
}

/// Style 0 has at most six digits, 1 always eight, 2 always sixteen, 3 seventeen.
fn float(f: f64, style: i32, single: bool) -> String {
    match style {
        1 => return scientific(f, 8),
        2 => return scientific(f, 16),
        3 if !single => return scientific(f, 17),
        _ => {}
    }
    if f == 0.0 {
        return "0".to_owned();
    }
    let exp = format!("{f:.5e}").split_once('e').and_then(|(_, e)| e.parse::<i32>().ok()).unwrap_or(0);
    let trim = |s: String| {
        if s.contains('.') { s.trim_end_matches('0').trim_end_matches('.').to_owned() } else { s }
    };
    if (-5..6).contains(&exp) {
        return trim(format!("{f:.*}", (5 - exp).max(0) as usize));
    }
    let s = scientific(f, 6);
    let (m, e) = s.split_once('e').unwrap_or((&s, "+000"));
    format!("{}e{e}", trim(m.to_owned()))
}

fn date(v: &Value, from: SqlType, style: i32) -> SqlResult<String> {
    let (days, ticks, offset) = match v {
        Value::Date(d) => (*d, 0, None),
        Value::Time(t) => (calendar::EPOCH_1900, *t, None),
        Value::DateTime { days, ticks } => (*days, *ticks, None),
        Value::DateTimeOffset { days, ticks, offset_min } => {
            let local =
                i64::from(*days) * calendar::DAY + *ticks as i64 + i64::from(*offset_min) * 60 * calendar::SECOND;
            let (d, t) = (local.div_euclid(calendar::DAY), local.rem_euclid(calendar::DAY));
            (d as i32, t as u64, Some(*offset_min))
        }
        _ => return Ok(String::new()),
    };
    let (shape, scale, default) = match from {
        SqlType::Date => (Shape::Date, 0, 121),
        SqlType::Time(s) => (Shape::Time, s, 121),
        SqlType::DateTime2(s) | SqlType::DateTimeOffset(s) => (Shape::Both, s, 121),
        SqlType::SmallDateTime => (Shape::Both, 0, 0),
        _ => (Shape::Both, 3, 0),
    };
    let style = if style == 0 { default } else { style };
    // `datetime` shows the milliseconds its 1/300 s round to
    let ticks = if matches!(from, SqlType::DateTime) { calendar::round_scale(ticks, 3) } else { ticks };
    let f = date_text::fields(days, ticks);
    let scale = if from == SqlType::SmallDateTime && matches!(style, 21 | 121 | 109 | 113 | 126) { 3 } else { scale };
    let mut s = date_text::format(style, &f, shape, scale).ok_or_else(|| {
        crate::lab::tsql::error::SqlError::new(
            281,
            16,
            format!(
                "{style} is not a valid style number when converting from {} to a character string.",
                from.base_name()
            ),
        )
    })?;
    if let Some(o) = offset {
        if style == 127 && o == 0 {
            s.push('Z');
        } else {
            let sign = if o < 0 { '-' } else { '+' };
            let sep = if style == 126 { "" } else { " " };
            _ = write!(s, "{sep}{sign}{:02}:{:02}", o.abs() / 60, o.abs() % 60);
        }
    }
    Ok(s)
}
