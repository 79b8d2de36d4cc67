//! Conversion to numeric types.

use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::convert;
use crate::lab::tsql::eval::convert_date;
use crate::lab::tsql::eval::decimal;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;

/// To any of `bit` … `bigint`, `numeric`, `money`, `real`, `float`.
pub fn to_number(v: &Value, from: SqlType, to: SqlType) -> SqlResult<Value> {
    match to {
        SqlType::Real | SqlType::Float => to_float(v, from, to),
        SqlType::Decimal(p, s) => to_decimal(v, from, to, p, s),
        SqlType::Money | SqlType::SmallMoney => to_money(v, from, to),
        SqlType::Bit => to_bit(v, from, to),
        _ => to_integer(v, from, to),
    }
}

fn to_bit(v: &Value, from: SqlType, to: SqlType) -> SqlResult<Value> {
    Ok(Value::Bit(match v {
        Value::Str(s) => {
            let t = s.trim();
            match () {
                () if t.eq_ignore_ascii_case("true") => true,
                () if t.eq_ignore_ascii_case("false") || t.is_empty() => false,
                () => t.parse::<i64>().map_err(|_| fault::conversion_failed(from, s, to))? != 0,
            }
        }
        Value::Decimal { unscaled, .. } => *unscaled != 0,
        Value::Real(f) => *f != 0.0,
        Value::Float(f) => *f != 0.0,
        Value::Bytes(b) => b.last().is_some_and(|b| *b != 0),
        _ => compare::integer(v).ok_or_else(|| fault::no_explicit_conversion(from, to))? != 0,
    }))
}

/// The value of an integer type, checked against its range.
pub fn integer_of(n: i128, to: SqlType) -> Option<Value> {
    Some(match to {
        SqlType::Bit => Value::Bit(n != 0),
        SqlType::TinyInt => Value::TinyInt(n.try_into().ok()?),
        SqlType::SmallInt => Value::SmallInt(n.try_into().ok()?),
        SqlType::Int => Value::Int(n.try_into().ok()?),
        SqlType::BigInt => Value::BigInt(n.try_into().ok()?),
        _ => return None,
    })
}

fn to_integer(v: &Value, from: SqlType, to: SqlType) -> SqlResult<Value> {
    let n: i128 = match v {
        Value::Str(s) => {
            let t = s.trim();
            if t.is_empty() {
                return Ok(integer_of(0, to).unwrap_or(Value::Null));
            }
            let n: i128 = t.parse().map_err(|_| {
                if to == SqlType::BigInt {
                    fault::conversion_error(from, to)
                } else {
                    fault::conversion_failed(from, s, to)
                }
            })?;
            return integer_of(n, to).ok_or_else(|| match to {
                SqlType::Int => fault::string_overflow(from, s),
                SqlType::BigInt => fault::overflow(to),
                _ => crate::lab::tsql::error::SqlError::new(
                    244,
                    16,
                    format!(
                        "The conversion of the {} value '{s}' overflowed an {} column. Use a larger integer column.",
                        from.base_name(),
                        if to == SqlType::TinyInt { "INT1" } else { "INT2" }
                    ),
                ),
            });
        }
        Value::Decimal { unscaled, scale } => unscaled / decimal::pow10(u32::from(*scale)),
        Value::Money(m) => {
            let m = i128::from(*m);
            (m + m.signum() * 5000) / 10_000
        }
        Value::Real(f) => float_whole(f64::from(*f), to)?,
        Value::Float(f) => float_whole(*f, to)?,
        Value::Bytes(b) => {
            let width = match to {
                SqlType::TinyInt => 1,
                SqlType::SmallInt => 2,
                SqlType::Int => 4,
                _ => 8,
            };
            convert::bytes_number(b, width).into()
        }
        Value::DateTime { .. } => {
            let f = convert_date::datetime_number(v);
            f.round() as i128
        }
        _ => compare::integer(v).ok_or_else(|| fault::no_explicit_conversion(from, to))?.into(),
    };
    integer_of(n, to).ok_or_else(|| {
        if from.is_integer() && matches!(to, SqlType::TinyInt | SqlType::SmallInt) {
            fault::small_overflow(to, n)
        } else {
            fault::overflow(to)
        }
    })
}

fn float_whole(f: f64, to: SqlType) -> SqlResult<i128> {
    if f.is_finite() && f.abs() < 1e30 { Ok(f.trunc() as i128) } else { Err(fault::overflow(to)) }
}

/// Any numeric value as f64.
pub fn as_float(v: &Value) -> Option<f64> {
    Some(match v {
        Value::Real(f) => f64::from(*f),
        Value::Float(f) => *f,
        Value::Decimal { unscaled, scale } => decimal::print(*unscaled, *scale).parse().ok()?,
        Value::Money(m) => *m as f64 / 10_000.0,
        Value::Variant(x) => return as_float(&x.1),
        _ => compare::integer(v)? as f64,
    })
}

fn to_float(v: &Value, from: SqlType, to: SqlType) -> SqlResult<Value> {
    let f = match v {
        Value::Str(s) if s.trim().is_empty() => 0.0,
        Value::Str(s) => {
            let t = s.trim();
            if !t.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E')) {
                return Err(fault::conversion_error(from, to));
            }
            t.parse().map_err(|_| fault::conversion_error(from, to))?
        }
        Value::DateTime { .. } => convert_date::datetime_number(v),
        _ => as_float(v).ok_or_else(|| fault::no_explicit_conversion(from, to))?,
    };
    if to == SqlType::Real {
        let r = f as f32;
        return if r.is_finite() { Ok(Value::Real(r)) } else { Err(fault::overflow(to)) };
    }
    if f.is_finite() { Ok(Value::Float(f)) } else { Err(fault::overflow(to)) }
}

/// Checks a decimal against a precision.
pub fn fit(unscaled: i128, p: u8, s: u8) -> Option<Value> {
    (unscaled.unsigned_abs() <= decimal::max_unscaled(p).unsigned_abs())
        .then_some(Value::Decimal { unscaled, scale: s })
}

fn to_decimal(v: &Value, from: SqlType, to: SqlType, p: u8, s: u8) -> SqlResult<Value> {
    let over = || fault::numeric_overflow(from, to);
    let scaled = match v {
        Value::Str(t) => {
            let t = t.trim();
            if t.is_empty() {
                return Err(fault::conversion_error(from, to));
            }
            let Some((u, scale)) = decimal::parse(t) else {
                let digits = t.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'));
                // a number all the same, but of more than 38 digits
                return Err(if digits && t.parse::<f64>().is_ok() {
                    over()
                } else {
                    fault::conversion_error(from, to)
                });
            };
            decimal::rescale(u, scale, s)
        }
        Value::Decimal { unscaled, scale } => decimal::rescale(*unscaled, *scale, s),
        Value::Money(m) => decimal::rescale(i128::from(*m), 4, s),
        Value::Real(_) | Value::Float(_) => float_decimal(as_float(v).unwrap_or(0.0), s),
        Value::DateTime { .. } => float_decimal(convert_date::datetime_number(v), s),
        Value::Bytes(b) => bytes_decimal(b).and_then(|(u, scale)| decimal::rescale(u, scale, s)),
        _ => {
            let n = compare::integer(v).ok_or_else(|| fault::no_explicit_conversion(from, to))?;
            decimal::rescale(n.into(), 0, s)
        }
    };
    scaled.and_then(|u| fit(u, p, s)).ok_or_else(over)
}

fn bytes_decimal(b: &[u8]) -> Option<(i128, u8)> {
    let mut raw = [0u8; 16];
    let body = b.get(4..)?;
    for (slot, byte) in raw.iter_mut().zip(body) {
        *slot = *byte;
    }
    let v = i128::try_from(u128::from_le_bytes(raw)).ok()?;
    Some((if b[3] == 1 { v } else { -v }, b[1]))
}

/// Rounds a float to `s` decimals; seventeen digits are exact enough.
fn float_decimal(f: f64, s: u8) -> Option<i128> {
    if !f.is_finite() || f.abs() >= 1e38 {
        return None;
    }
    let (u, scale) = decimal::parse(&format!("{f:.*}", usize::from(s.min(38)).min(20)))?;
    decimal::rescale(u, scale, s)
}

fn to_money(v: &Value, from: SqlType, to: SqlType) -> SqlResult<Value> {
    let over = || fault::overflow(to);
    let units: i128 = match v {
        Value::Money(m) => i128::from(*m),
        Value::Str(t) => {
            let body: String = t.trim().chars().filter(|c| !matches!(c, '$' | ',' | '€' | '£')).collect();
            if body.is_empty() {
                return Ok(Value::Money(0));
            }
            let (u, scale) = decimal::parse(&body).ok_or_else(|| {
                crate::lab::tsql::error::SqlError::new(
                    235,
                    16,
                    "Cannot convert a char value to money. The char value has incorrect syntax.",
                )
            })?;
            decimal::rescale(u, scale, 4).ok_or_else(over)?
        }
        Value::Decimal { unscaled, scale } => decimal::rescale(*unscaled, *scale, 4).ok_or_else(over)?,
        Value::Real(_) | Value::Float(_) => float_decimal(as_float(v).unwrap_or(0.0), 4).ok_or_else(over)?,
        Value::Bytes(b) => convert::bytes_number(b, 8).into(),
        Value::DateTime { .. } => float_decimal(convert_date::datetime_number(v), 4).ok_or_else(over)?,
        _ => i128::from(compare::integer(v).ok_or_else(|| fault::no_explicit_conversion(from, to))?) * 10_000,
    };
    let limit = if to == SqlType::SmallMoney { i128::from(i32::MAX) } else { i128::from(i64::MAX) };
    if units > limit || units < -limit - 1 {
        return Err(over());
    }
    Ok(Value::Money(units as i64))
}
