//! CAST and CONVERT.

use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::convert_date;
use crate::lab::tsql::eval::convert_number;
use crate::lab::tsql::eval::convert_text;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::eval::text;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;

/// Converts a value of type `from`; character and binary data longer than the target is cut.
pub fn cast(v: &Value, from: SqlType, to: SqlType, style: i32) -> SqlResult<Value> {
    if let Value::Variant(inner) = v {
        if to == SqlType::SqlVariant {
            return Ok(v.clone());
        }
        return cast(&inner.1, inner.0, to, style);
    }
    if v.is_null() {
        return Ok(Value::Null);
    }
    if from == to && style == 0 {
        return Ok(v.clone());
    }
    match to {
        SqlType::SqlVariant => Ok(Value::Variant(Box::new((from, v.clone())))),
        t if t.is_number() => convert_number::to_number(v, from, to),
        SqlType::Char(_) | SqlType::VarChar(_) | SqlType::NChar(_) | SqlType::NVarChar(_) | SqlType::Xml => {
            convert_text::to_text(v, from, to, style)
        }
        SqlType::Binary(_) | SqlType::VarBinary(_) => to_binary(v, from, to, style),
        SqlType::UniqueIdentifier => to_guid(v, from, to),
        _ => convert_date::to_date(v, from, to, style),
    }
}

fn to_guid(v: &Value, from: SqlType, to: SqlType) -> SqlResult<Value> {
    match v {
        Value::Guid(_) => Ok(v.clone()),
        Value::Str(s) => {
            let body = s.trim();
            let body = body.strip_prefix('{').map_or(body, |b| b.split('}').next().unwrap_or(b));
            if body.len() < 36 || !body.is_char_boundary(36) {
                return Err(fault::bad_guid());
            }
            uuid::Uuid::try_parse(&body[..36]).map(Value::Guid).map_err(|_| fault::bad_guid())
        }
        Value::Bytes(b) => {
            let mut raw = [0u8; 16];
            for (slot, byte) in raw.iter_mut().zip(b.iter()) {
                *slot = *byte;
            }
            Ok(Value::Guid(uuid::Uuid::from_bytes_le(raw)))
        }
        _ => Err(fault::no_explicit_conversion(from, to)),
    }
}

fn to_binary(v: &Value, from: SqlType, to: SqlType, style: i32) -> SqlResult<Value> {
    let limit = to.length().map(usize::from);
    let fixed = matches!(to, SqlType::Binary(_));
    let raw: Vec<u8> = match v {
        Value::Bytes(b) => b.to_vec(),
        Value::Str(s) if style == 1 || style == 2 => {
            let body = if style == 1 {
                s.strip_prefix("0x")
                    .or_else(|| s.strip_prefix("0X"))
                    .ok_or_else(|| fault::conversion_error(from, to))?
            } else {
                s
            };
            if body.len() % 2 == 1 {
                return Err(fault::conversion_error(from, to));
            }
            text::unhex(body).ok_or_else(|| fault::conversion_error(from, to))?
        }
        Value::Str(s) => text::encode(s, from.is_unicode()),
        Value::Guid(g) => g.to_bytes_le().to_vec(),
        Value::Decimal { unscaled, scale } => {
            let mut out = vec![from.as_decimal().map_or(38, |d| d.0), *scale, 0, u8::from(*unscaled >= 0)];
            let magnitude = unscaled.unsigned_abs().to_le_bytes();
            let used = magnitude.iter().rposition(|b| *b != 0).map_or(1, |p| p + 1);
            out.extend_from_slice(&magnitude[..used.div_ceil(4) * 4]);
            out
        }
        Value::Real(f) => return Ok(number_bytes(&f.to_be_bytes(), limit, fixed)),
        Value::Float(f) => return Ok(number_bytes(&f.to_be_bytes(), limit, fixed)),
        Value::DateTime { .. } => {
            let Value::BigInt(raw) = convert_date::datetime_raw(v) else { return Ok(Value::Null) };
            return Ok(number_bytes(&raw.to_be_bytes(), limit, fixed));
        }
        Value::Money(m) => return Ok(number_bytes(&m.to_be_bytes(), limit, fixed)),
        Value::Bit(_) | Value::TinyInt(_) => {
            return Ok(number_bytes(&[compare::integer(v).unwrap_or(0) as u8], limit, fixed));
        }
        Value::SmallInt(n) => return Ok(number_bytes(&n.to_be_bytes(), limit, fixed)),
        Value::Int(n) => return Ok(number_bytes(&n.to_be_bytes(), limit, fixed)),
        Value::BigInt(n) => return Ok(number_bytes(&n.to_be_bytes(), limit, fixed)),
        _ => return Err(fault::no_explicit_conversion(from, to)),
    };
    let mut raw = raw;
    if let Some(n) = limit {
        raw.truncate(n);
        if fixed {
            raw.resize(n, 0);
        }
    }
    Ok(Value::bytes(raw))
}

/// Numbers keep their low bytes and are padded on the left.
fn number_bytes(be: &[u8], limit: Option<usize>, fixed: bool) -> Value {
    let n = match limit {
        Some(n) if fixed || n < be.len() => n,
        _ => be.len(),
    };
    let mut out = vec![0u8; n];
    for (slot, byte) in out.iter_mut().rev().zip(be.iter().rev()) {
        *slot = *byte;
    }
    Value::bytes(out)
}

/// Reads binary data as a big-endian number of `width` bytes.
pub fn bytes_number(b: &[u8], width: usize) -> i64 {
    let mut raw = [0u8; 8];
    let tail = &b[b.len().saturating_sub(width)..];
    for (slot, byte) in raw.iter_mut().rev().zip(tail.iter().rev()) {
        *slot = *byte;
    }
    let v = i64::from_be_bytes(raw);
    match width {
        4 => i64::from(v as i32),
        2 => i64::from(v as i16),
        _ => v,
    }
}

/// Converts for storing: data that does not fit is an error (2628 naming the column, 8152 if there is none).
pub fn store(v: &Value, from: SqlType, to: SqlType, place: Option<(&str, &str)>) -> SqlResult<Value> {
    let wide = match to {
        SqlType::Char(_) | SqlType::VarChar(_) => SqlType::VarChar(Len::Max),
        SqlType::NChar(_) | SqlType::NVarChar(_) => SqlType::NVarChar(Len::Max),
        SqlType::Binary(_) | SqlType::VarBinary(_) if matches!(v, Value::Bytes(_)) => SqlType::VarBinary(Len::Max),
        _ => return cast(v, from, to, 0),
    };
    let full = if v.is_null() { Value::Null } else { cast(v, from, wide, 0)? };
    let limit = to.length().map_or(usize::MAX, usize::from);
    let (too_long, shown) = match &full {
        Value::Str(s) => (text::units(s.trim_end_matches(' ')) > limit, text::clip(s, limit).to_owned()),
        Value::Bytes(b) => (b.len() > limit, String::new()),
        _ => (false, String::new()),
    };
    if too_long {
        return Err(truncated(place, &shown));
    }
    cast(&full, wide, to, 0)
}

fn truncated(place: Option<(&str, &str)>, shown: &str) -> crate::lab::tsql::error::SqlError {
    match place {
        Some((table, column)) => crate::lab::tsql::error::SqlError::new(
            2628,
            16,
            format!(
                "String or binary data would be truncated in table '{table}', column '{column}'. Truncated value: '{shown}'."
            ),
        ),
        None => crate::lab::tsql::error::SqlError::new(8152, 16, "String or binary data would be truncated.").state(30),
    }
}
