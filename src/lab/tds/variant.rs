//! sql_variant (MS-TDS 2.2.5.5.4): base type, its properties, its bytes.

use super::param;
use super::param::ParamType;
use super::types::Layout;
use super::types::WireType;
use super::types::byte;
use super::types::decimal_len;
use super::value;
use super::value::Unfit;
use super::wire::Cursor;
use super::wire::Malformed;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use bytes::BufMut;
use bytes::BytesMut;

/// Appends a value that is not NULL.
pub(super) fn put(out: &mut BytesMut, value: &Value, collation: [u8; 5]) -> Result<(), Unfit> {
    let (base, inner) = match value {
        Value::Variant(pair) => (pair.0, &pair.1),
        bare => (natural(bare)?, bare),
    };
    if inner.is_null() {
        out.put_u32_le(0);
        return Ok(());
    }
    let at = out.len();
    out.put_u32_le(0);
    put_base(out, base, collation)?;
    let ty = WireType { sql: base, layout: Layout::Fixed, collation };
    let start = out.len();
    value::put_bytes(out, &ty, inner)?;
    if out.len() - start > ty.limit() {
        return Err(Unfit);
    }
    let length = (out.len() - at - 4) as u32;
    out[at..at + 4].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

/// Base type of a value that came without one.
fn natural(value: &Value) -> Result<SqlType, Unfit> {
    Ok(match value {
        Value::Bit(_) => SqlType::Bit,
        Value::TinyInt(_) => SqlType::TinyInt,
        Value::SmallInt(_) => SqlType::SmallInt,
        Value::Int(_) => SqlType::Int,
        Value::BigInt(_) => SqlType::BigInt,
        Value::Decimal { scale, .. } => SqlType::Decimal(38, *scale),
        Value::Money(_) => SqlType::Money,
        Value::Real(_) => SqlType::Real,
        Value::Float(_) => SqlType::Float,
        Value::Str(_) => SqlType::NVarChar(Len::N(4000)),
        Value::Bytes(_) => SqlType::VarBinary(Len::N(8000)),
        Value::Guid(_) => SqlType::UniqueIdentifier,
        Value::Date(_) => SqlType::Date,
        Value::Time(_) => SqlType::Time(7),
        Value::DateTime { .. } => SqlType::DateTime2(7),
        Value::DateTimeOffset { .. } => SqlType::DateTimeOffset(7),
        Value::Null | Value::Variant(_) => return Err(Unfit),
    })
}

/// Base type, count of property bytes, properties.
fn put_base(out: &mut BytesMut, base: SqlType, collation: [u8; 5]) -> Result<(), Unfit> {
    let text = |out: &mut BytesMut, token, size: u16| {
        out.put_slice(&[token, 7]);
        out.put_slice(&collation);
        out.put_u16_le(size);
    };
    let binary = |out: &mut BytesMut, token, size: u16| {
        out.put_slice(&[token, 2]);
        out.put_u16_le(size);
    };
    match base {
        SqlType::Decimal(p, s) => out.put_slice(&[byte::NUMERICN, 2, p, s]),
        SqlType::UniqueIdentifier => out.put_slice(&[byte::GUID, 0]),
        SqlType::Date => out.put_slice(&[byte::DATEN, 0]),
        SqlType::Time(s) => out.put_slice(&[byte::TIMEN, 1, s]),
        SqlType::DateTime2(s) => out.put_slice(&[byte::DATETIME2N, 1, s]),
        SqlType::DateTimeOffset(s) => out.put_slice(&[byte::DATETIMEOFFSETN, 1, s]),
        SqlType::Char(n) => text(out, byte::BIGCHAR, n),
        SqlType::VarChar(Len::N(n)) => text(out, byte::BIGVARCHAR, n),
        SqlType::NChar(n) => text(out, byte::NCHAR, n.min(4000) * 2),
        SqlType::NVarChar(Len::N(n)) => text(out, byte::NVARCHAR, n.min(4000) * 2),
        SqlType::Binary(n) => binary(out, byte::BIGBINARY, n),
        SqlType::VarBinary(Len::N(n)) => binary(out, byte::BIGVARBINARY, n),
        SqlType::Bit => out.put_slice(&[byte::BIT, 0]),
        SqlType::TinyInt => out.put_slice(&[byte::INT1, 0]),
        SqlType::SmallInt => out.put_slice(&[byte::INT2, 0]),
        SqlType::Int => out.put_slice(&[byte::INT4, 0]),
        SqlType::BigInt => out.put_slice(&[byte::INT8, 0]),
        SqlType::Real => out.put_slice(&[byte::FLT4, 0]),
        SqlType::Float => out.put_slice(&[byte::FLT8, 0]),
        SqlType::Money => out.put_slice(&[byte::MONEY, 0]),
        SqlType::SmallMoney => out.put_slice(&[byte::MONEY4, 0]),
        SqlType::DateTime => out.put_slice(&[byte::DATETIME, 0]),
        SqlType::SmallDateTime => out.put_slice(&[byte::DATETIM4, 0]),
        // The types a sql_variant cannot hold.
        SqlType::VarChar(Len::Max)
        | SqlType::NVarChar(Len::Max)
        | SqlType::VarBinary(Len::Max)
        | SqlType::Xml
        | SqlType::SqlVariant => return Err(Unfit),
    }
    Ok(())
}

/// Reads the bytes of a variant that is not NULL.
pub(super) fn read(bytes: &[u8]) -> Result<Value, Malformed> {
    const WRONG: Malformed = Malformed("a sql_variant has a wrong base type");
    let mut rest = Cursor::new(bytes);
    let token = rest.u8()?;
    let count = usize::from(rest.u8()?);
    let mut props = Cursor::new(rest.take(count)?);
    let mut ty = ParamType { token, size: rest.rest().len() as u32, scale: 0, precision: 0, utf8: false };
    match token {
        byte::DECIMALN | byte::NUMERICN => {
            ty.precision = props.u8()?;
            ty.scale = props.u8()?;
            ty.size = u32::from(decimal_len(ty.precision));
        }
        byte::TIMEN | byte::DATETIME2N | byte::DATETIMEOFFSETN => ty.scale = props.u8()?,
        byte::BIGCHAR | byte::BIGVARCHAR | byte::NCHAR | byte::NVARCHAR => {
            ty.utf8 = super::codepage::is_utf8(props.array()?);
            ty.size = u32::from(props.u16()?);
        }
        byte::BIGBINARY | byte::BIGVARBINARY => ty.size = u32::from(props.u16()?),
        _ => {}
    }
    // The length of the bytes must be the type's own: a `(max)` cannot be inside.
    if ty.size == u32::from(super::types::MAX) {
        return Err(WRONG);
    }
    let base = ty.sql()?.filter(|t| *t != SqlType::SqlVariant && *t != SqlType::Xml).ok_or(WRONG)?;
    Ok(Value::Variant(Box::new((base, param::value_of(ty, rest.rest())?))))
}
