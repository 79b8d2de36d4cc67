//! Values as they go out (MS-TDS 2.2.5.5).

use super::codepage;
use super::temporal;
use super::types::Layout;
use super::types::WireType;
use super::variant;
use super::wire::put_utf16;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use bytes::BufMut;
use bytes::BytesMut;

/// PLP: total length of NULL.
const PLP_NULL: u64 = u64::MAX;
/// Units of money in one.
const MONEY: i128 = 10_000;

/// The engine gave a value that its declared type cannot carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unfit;

/// Appends one value. After an error `out` ends in rubbish: the caller cuts it back.
pub(super) fn put(out: &mut BytesMut, ty: &WireType, value: &Value) -> Result<(), Unfit> {
    // A variant where a plain type was declared is its inner value.
    let value = match value {
        Value::Variant(inner) if ty.layout != Layout::Variant => &inner.1,
        other => other,
    };
    match (ty.layout, value) {
        (Layout::Fixed, Value::Null) => return Err(Unfit),
        (Layout::Short, Value::Null) => out.put_u8(0),
        (Layout::Counted, Value::Null) => out.put_u16_le(u16::MAX),
        (Layout::Chunked, Value::Null) => out.put_u64_le(PLP_NULL),
        (Layout::Variant, Value::Null) => out.put_u32_le(0),
        (Layout::Fixed, value) => put_bytes(out, ty, value)?,
        (Layout::Short, value) => {
            let at = out.len();
            out.put_u8(0);
            put_bytes(out, ty, value)?;
            out[at] = u8::try_from(out.len() - at - 1).map_err(|_| Unfit)?;
        }
        (Layout::Counted, value) => {
            let at = out.len();
            out.put_u16_le(0);
            put_bytes(out, ty, value)?;
            let length = out.len() - at - 2;
            if length > ty.limit() {
                return Err(Unfit);
            }
            out[at..at + 2].copy_from_slice(&(length as u16).to_le_bytes());
        }
        (Layout::Chunked, value) => put_chunks(out, ty, value)?,
        (Layout::Variant, value) => variant::put(out, value, ty.collation)?,
    }
    Ok(())
}

/// One chunk holds the whole value; an empty one has no chunk but the end.
fn put_chunks(out: &mut BytesMut, ty: &WireType, value: &Value) -> Result<(), Unfit> {
    let at = out.len();
    out.put_u64_le(0);
    out.put_u32_le(0);
    put_bytes(out, ty, value)?;
    let length = out.len() - at - 12;
    let chunk = u32::try_from(length).map_err(|_| Unfit)?;
    out[at..at + 8].copy_from_slice(&(length as u64).to_le_bytes());
    if length == 0 {
        return Ok(()); // the four zero bytes already written are the end
    }
    out[at + 8..at + 12].copy_from_slice(&chunk.to_le_bytes());
    out.put_u32_le(0);
    Ok(())
}

/// The value's own bytes, without any length.
pub(super) fn put_bytes(out: &mut BytesMut, ty: &WireType, value: &Value) -> Result<(), Unfit> {
    match ty.sql {
        SqlType::Bit => out.put_u8(u8::from(integer(value)? != 0)),
        SqlType::TinyInt => out.put_u8(narrow(value)?),
        SqlType::SmallInt => out.put_i16_le(narrow(value)?),
        SqlType::Int => out.put_i32_le(narrow(value)?),
        SqlType::BigInt => out.put_i64_le(narrow(value)?),
        SqlType::Decimal(precision, scale) => put_decimal(out, precision, rescale(value, scale)?)?,
        SqlType::Money => {
            let units = i64::try_from(rescale(value, 4)?).map_err(|_| Unfit)?;
            out.put_i32_le((units >> 32) as i32);
            out.put_u32_le(units as u32);
        }
        SqlType::SmallMoney => out.put_i32_le(i32::try_from(rescale(value, 4)?).map_err(|_| Unfit)?),
        SqlType::Real => out.put_f32_le(float(value)? as f32),
        SqlType::Float => out.put_f64_le(float(value)?),
        SqlType::UniqueIdentifier => match value {
            Value::Guid(id) => out.put_slice(&id.to_bytes_le()),
            _ => return Err(Unfit),
        },
        SqlType::Char(_) | SqlType::VarChar(_) => {
            let bytes = codepage::encode(text(value)?, codepage::is_utf8(ty.collation));
            out.put_slice(&bytes);
            pad(out, ty.sql, bytes.len(), b" ");
        }
        SqlType::NChar(_) | SqlType::NVarChar(_) | SqlType::Xml => {
            let units = put_utf16(out, text(value)?, usize::MAX);
            pad(out, ty.sql, units, b" \0");
        }
        SqlType::Binary(_) | SqlType::VarBinary(_) => match value {
            Value::Bytes(bytes) => {
                out.put_slice(bytes);
                pad(out, ty.sql, bytes.len(), b"\0");
            }
            _ => return Err(Unfit),
        },
        SqlType::SqlVariant => return Err(Unfit),
        _ => put_temporal(out, ty.sql, value)?,
    }
    Ok(())
}

fn put_temporal(out: &mut BytesMut, ty: SqlType, value: &Value) -> Result<(), Unfit> {
    match (ty, value) {
        (SqlType::Date, Value::Date(days) | Value::DateTime { days, .. }) => temporal::put_date(out, *days),
        (SqlType::Time(scale), Value::Time(ticks)) => {
            temporal::put_time(out, &mut 0, *ticks, scale);
            Some(())
        }
        (SqlType::DateTime, Value::DateTime { days, ticks }) => temporal::put_datetime(out, *days, *ticks),
        (SqlType::DateTime, Value::Date(days)) => temporal::put_datetime(out, *days, 0),
        (SqlType::SmallDateTime, Value::DateTime { days, ticks }) => temporal::put_smalldatetime(out, *days, *ticks),
        (SqlType::DateTime2(scale), Value::DateTime { days, ticks }) => {
            let mut days = *days;
            temporal::put_time(out, &mut days, *ticks, scale);
            temporal::put_date(out, days)
        }
        (SqlType::DateTimeOffset(scale), Value::DateTimeOffset { days, ticks, offset_min }) => {
            let mut days = *days;
            temporal::put_time(out, &mut days, *ticks, scale);
            let done = temporal::put_date(out, days);
            out.put_i16_le(*offset_min);
            done
        }
        _ => None,
    }
    .ok_or(Unfit)
}

/// Blank or zero padding of the fixed-length strings.
fn pad(out: &mut BytesMut, ty: SqlType, have: usize, filler: &[u8]) {
    if let SqlType::Char(n) | SqlType::NChar(n) | SqlType::Binary(n) = ty {
        for _ in have..usize::from(n) {
            out.put_slice(filler);
        }
    }
}

fn text(value: &Value) -> Result<&str, Unfit> {
    match value {
        Value::Str(s) => Ok(s),
        _ => Err(Unfit),
    }
}

fn integer(value: &Value) -> Result<i128, Unfit> {
    Ok(match value {
        Value::Bit(b) => i128::from(*b),
        Value::TinyInt(n) => i128::from(*n),
        Value::SmallInt(n) => i128::from(*n),
        Value::Int(n) => i128::from(*n),
        Value::BigInt(n) => i128::from(*n),
        Value::Decimal { unscaled, scale: 0 } => *unscaled,
        _ => return Err(Unfit),
    })
}

fn narrow<T: TryFrom<i128>>(value: &Value) -> Result<T, Unfit> {
    T::try_from(integer(value)?).map_err(|_| Unfit)
}

fn float(value: &Value) -> Result<f64, Unfit> {
    match value {
        Value::Real(f) => Ok(f64::from(*f)),
        Value::Float(f) => Ok(*f),
        other => integer(other).map(|n| n as f64),
    }
}

/// The exact number in units of 10^-scale; digits that do not fit are rounded half away from zero.
fn rescale(value: &Value, scale: u8) -> Result<i128, Unfit> {
    let (unscaled, from) = match value {
        Value::Decimal { unscaled, scale } => (*unscaled, *scale),
        Value::Money(units) => (i128::from(*units), MONEY.ilog10() as u8),
        other => (integer(other)?, 0),
    };
    if from <= scale {
        let factor = 10_i128.checked_pow(u32::from(scale - from)).ok_or(Unfit)?;
        return unscaled.checked_mul(factor).ok_or(Unfit);
    }
    let divisor = 10_i128.checked_pow(u32::from(from - scale)).ok_or(Unfit)?;
    let (whole, rest) = (unscaled / divisor, unscaled % divisor);
    Ok(if rest.abs() >= divisor - rest.abs() { whole + unscaled.signum() } else { whole })
}

fn put_decimal(out: &mut BytesMut, precision: u8, unscaled: i128) -> Result<(), Unfit> {
    let magnitude = unscaled.unsigned_abs();
    let limit = 10_u128.checked_pow(u32::from(precision)).ok_or(Unfit)?;
    if magnitude >= limit {
        return Err(Unfit);
    }
    out.put_u8(u8::from(unscaled >= 0));
    let size = usize::from(super::types::decimal_len(precision)) - 1;
    out.put_slice(&magnitude.to_le_bytes()[..size]);
    Ok(())
}
