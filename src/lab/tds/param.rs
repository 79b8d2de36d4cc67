//! TYPE_INFO and values as clients send them in parameters.

use super::codepage;
use super::temporal;
use super::types::MAX;
use super::types::byte;
use super::variant;
use super::wire::Cursor;
use super::wire::Malformed;
use super::wire::utf16;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use uuid::Uuid;

const LENGTH: Malformed = Malformed("invalid data length or metadata length");
const INSTANCE: Malformed = Malformed("the supplied value is not a valid instance of its data type");
/// Largest decimal magnitude: 38 digits.
const DECIMAL_LIMIT: u128 = 10_u128.pow(38);

/// Type of one parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ParamType {
    pub(super) token: u8,
    /// Declared size in bytes; [`MAX`] for chunked values.
    pub(super) size: u32,
    pub(super) precision: u8,
    pub(super) scale: u8,
    /// Its collation says UTF-8.
    pub(super) utf8: bool,
}

/// Why a parameter cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParamError {
    /// The type byte is not one of a scalar type.
    UnknownType(u8),
    /// A type of real servers that this one does not serve.
    Unsupported(&'static str),
    Malformed(Malformed),
}

impl From<Malformed> for ParamError {
    fn from(e: Malformed) -> Self {
        Self::Malformed(e)
    }
}

/// Reads TYPE_INFO.
pub(super) fn read_type(body: &mut Cursor<'_>) -> Result<ParamType, ParamError> {
    let token = body.u8()?;
    let mut ty = ParamType { token, size: 0, precision: 0, scale: 0, utf8: false };
    match token {
        byte::NULL => {}
        byte::INT1 | byte::BIT => ty.size = 1,
        byte::INT2 => ty.size = 2,
        byte::INT4 | byte::DATETIM4 | byte::FLT4 | byte::MONEY4 => ty.size = 4,
        byte::INT8 | byte::DATETIME | byte::FLT8 | byte::MONEY => ty.size = 8,
        byte::DATEN => ty.size = 3,
        byte::GUID | byte::INTN | byte::BITN | byte::FLTN | byte::MONEYN | byte::DATETIMN => {
            ty.size = u32::from(body.u8()?);
        }
        byte::DECIMALN | byte::NUMERICN => {
            ty.size = u32::from(body.u8()?);
            ty.precision = body.u8()?;
            ty.scale = body.u8()?;
        }
        byte::TIMEN | byte::DATETIME2N | byte::DATETIMEOFFSETN => ty.scale = body.u8()?,
        byte::BIGVARBINARY | byte::BIGBINARY => ty.size = u32::from(body.u16()?),
        byte::BIGVARCHAR | byte::BIGCHAR | byte::NVARCHAR | byte::NCHAR => {
            ty.size = u32::from(body.u16()?);
            ty.utf8 = codepage::is_utf8(body.array()?);
        }
        byte::TEXT | byte::NTEXT => {
            ty.size = body.u32()?;
            ty.utf8 = codepage::is_utf8(body.array()?);
        }
        byte::IMAGE | byte::VARIANT => ty.size = body.u32()?,
        byte::XML => {
            ty.size = u32::from(MAX);
            if body.u8()? != 0 {
                body.b_varchar()?; // database
                body.b_varchar()?; // schema
                let name = usize::from(body.u16()?);
                body.ucs2(name)?;
            }
        }
        byte::TABLE => return Err(ParamError::Unsupported("table-valued parameters")),
        byte::UDT => return Err(ParamError::Unsupported("CLR user-defined types")),
        other => return Err(ParamError::UnknownType(other)),
    }
    ty.sql()?;
    Ok(ty)
}

impl ParamType {
    /// The T-SQL type; `None` for the untyped NULL.
    pub(super) fn sql(self) -> Result<Option<SqlType>, Malformed> {
        // A declared length of 0 comes with empty values; the shortest type there is has 1.
        let units = |width: u32| (self.size / width).clamp(1, 8000 / width) as u16;
        let len = |width| if self.size == u32::from(MAX) { Len::Max } else { Len::N(units(width)) };
        let scaled = |make: fn(u8) -> SqlType| (self.scale <= 7).then(|| make(self.scale)).ok_or(LENGTH);
        Ok(Some(match self.token {
            byte::NULL => return Ok(None),
            byte::BIT => SqlType::Bit,
            byte::INT1 => SqlType::TinyInt,
            byte::INT2 => SqlType::SmallInt,
            byte::INT4 => SqlType::Int,
            byte::INT8 => SqlType::BigInt,
            byte::FLT4 => SqlType::Real,
            byte::FLT8 => SqlType::Float,
            byte::MONEY => SqlType::Money,
            byte::MONEY4 => SqlType::SmallMoney,
            byte::DATETIME => SqlType::DateTime,
            byte::DATETIM4 => SqlType::SmallDateTime,
            byte::DATEN => SqlType::Date,
            byte::TIMEN => scaled(SqlType::Time)?,
            byte::DATETIME2N => scaled(SqlType::DateTime2)?,
            byte::DATETIMEOFFSETN => scaled(SqlType::DateTimeOffset)?,
            byte::DECIMALN | byte::NUMERICN => {
                if !(1..=38).contains(&self.precision) || self.scale > self.precision {
                    return Err(LENGTH);
                }
                SqlType::Decimal(self.precision, self.scale)
            }
            byte::BIGCHAR => SqlType::Char(units(1)),
            byte::BIGVARCHAR => SqlType::VarChar(len(1)),
            byte::NCHAR => SqlType::NChar(units(2)),
            byte::NVARCHAR => SqlType::NVarChar(len(2)),
            byte::BIGBINARY => SqlType::Binary(units(1)),
            byte::BIGVARBINARY => SqlType::VarBinary(len(1)),
            byte::TEXT => SqlType::VarChar(Len::Max),
            byte::NTEXT => SqlType::NVarChar(Len::Max),
            byte::IMAGE => SqlType::VarBinary(Len::Max),
            byte::XML => SqlType::Xml,
            byte::VARIANT => SqlType::SqlVariant,
            _ => return self.nullable().map(Some),
        }))
    }

    /// The nullable forms, told apart by their size.
    fn nullable(self) -> Result<SqlType, Malformed> {
        Ok(match (self.token, self.size) {
            (byte::GUID, 16) => SqlType::UniqueIdentifier,
            (byte::BITN, 1) => SqlType::Bit,
            (byte::INTN, 1) => SqlType::TinyInt,
            (byte::INTN, 2) => SqlType::SmallInt,
            (byte::INTN, 4) => SqlType::Int,
            (byte::INTN, 8) => SqlType::BigInt,
            (byte::FLTN, 4) => SqlType::Real,
            (byte::FLTN, 8) => SqlType::Float,
            (byte::MONEYN, 4) => SqlType::SmallMoney,
            (byte::MONEYN, 8) => SqlType::Money,
            (byte::DATETIMN, 4) => SqlType::SmallDateTime,
            (byte::DATETIMN, 8) => SqlType::DateTime,
            _ => return Err(LENGTH),
        })
    }
}

/// Reads one value with its length.
pub(super) fn read_value(body: &mut Cursor<'_>, ty: ParamType) -> Result<Value, Malformed> {
    let bytes = match ty.token {
        byte::NULL => return Ok(Value::Null),
        byte::INT1
        | byte::BIT
        | byte::INT2
        | byte::INT4
        | byte::DATETIM4
        | byte::FLT4
        | byte::MONEY4
        | byte::INT8
        | byte::DATETIME
        | byte::FLT8
        | byte::MONEY => body.take(ty.size as usize)?,
        byte::XML => return chunks(body, ty),
        byte::BIGVARCHAR | byte::NVARCHAR | byte::BIGVARBINARY if ty.size == u32::from(MAX) => {
            return chunks(body, ty);
        }
        byte::BIGVARCHAR | byte::BIGCHAR | byte::NVARCHAR | byte::NCHAR | byte::BIGVARBINARY | byte::BIGBINARY => {
            match body.u16()? {
                u16::MAX => return Ok(Value::Null),
                length => body.take(usize::from(length))?,
            }
        }
        byte::TEXT | byte::NTEXT | byte::IMAGE => match body.u32()? {
            u32::MAX => return Ok(Value::Null),
            length => body.take(length as usize)?,
        },
        byte::VARIANT => match body.u32()? {
            0 => return Ok(Value::Null),
            length => return variant::read(body.take(length as usize)?),
        },
        _ => match body.u8()? {
            0 => return Ok(Value::Null),
            length => body.take(usize::from(length))?,
        },
    };
    value_of(ty, bytes)
}

/// A chunked value: total length (or "unknown"), chunks, an empty chunk.
fn chunks(body: &mut Cursor<'_>, ty: ParamType) -> Result<Value, Malformed> {
    const NULL: u64 = u64::MAX;
    const UNKNOWN: u64 = u64::MAX - 1;
    let total = body.u64()?;
    if total == NULL {
        return Ok(Value::Null);
    }
    let mut all = Vec::new();
    loop {
        let length = body.u32()? as usize;
        if length == 0 {
            break;
        }
        all.extend_from_slice(body.take(length)?);
    }
    if total != UNKNOWN && total != all.len() as u64 {
        return Err(LENGTH);
    }
    value_of(ty, &all)
}

/// A value from its own bytes.
pub(super) fn value_of(ty: ParamType, bytes: &[u8]) -> Result<Value, Malformed> {
    Ok(match ty.sql()?.ok_or(INSTANCE)? {
        SqlType::Bit => Value::Bit(u8::from_le_bytes(exact(bytes)?) != 0),
        SqlType::TinyInt => Value::TinyInt(u8::from_le_bytes(exact(bytes)?)),
        SqlType::SmallInt => Value::SmallInt(i16::from_le_bytes(exact(bytes)?)),
        SqlType::Int => Value::Int(i32::from_le_bytes(exact(bytes)?)),
        SqlType::BigInt => Value::BigInt(i64::from_le_bytes(exact(bytes)?)),
        SqlType::Real => Value::Real(finite(f32::from_le_bytes(exact(bytes)?), f32::is_finite)?),
        SqlType::Float => Value::Float(finite(f64::from_le_bytes(exact(bytes)?), f64::is_finite)?),
        SqlType::Money => {
            let [h0, h1, h2, h3, l0, l1, l2, l3] = exact(bytes)?;
            Value::Money(i64::from_le_bytes([l0, l1, l2, l3, h0, h1, h2, h3]))
        }
        SqlType::SmallMoney => Value::Money(i64::from(i32::from_le_bytes(exact(bytes)?))),
        SqlType::Decimal(_, scale) => decimal(bytes, scale)?,
        SqlType::UniqueIdentifier => Value::Guid(Uuid::from_bytes_le(exact(bytes)?)),
        SqlType::Char(_) | SqlType::VarChar(_) => Value::str(codepage::decode(bytes, ty.utf8)),
        SqlType::NChar(_) | SqlType::NVarChar(_) => Value::str(utf16(bytes)?),
        SqlType::Xml => Value::str(utf16(bytes)?.trim_start_matches('\u{FEFF}')),
        SqlType::Binary(_) | SqlType::VarBinary(_) => Value::bytes(bytes),
        SqlType::SqlVariant => return Err(INSTANCE),
        sql => moment(sql, bytes).ok_or(INSTANCE)?,
    })
}

fn moment(ty: SqlType, bytes: &[u8]) -> Option<Value> {
    Some(match ty {
        SqlType::Date => Value::Date(temporal::date(bytes)?),
        SqlType::Time(scale) => Value::Time(temporal::time(bytes, scale)?),
        SqlType::DateTime => {
            let (days, ticks) = temporal::datetime(bytes.try_into().ok()?)?;
            Value::DateTime { days, ticks }
        }
        SqlType::SmallDateTime => {
            let (days, ticks) = temporal::smalldatetime(bytes.try_into().ok()?)?;
            Value::DateTime { days, ticks }
        }
        SqlType::DateTime2(scale) => {
            let (time, date) = bytes.split_at_checked(temporal::time_len(scale))?;
            Value::DateTime { days: temporal::date(date)?, ticks: temporal::time(time, scale)? }
        }
        SqlType::DateTimeOffset(scale) => {
            let (time, rest) = bytes.split_at_checked(temporal::time_len(scale))?;
            let (date, offset) = rest.split_at_checked(3)?;
            let offset_min = i16::from_le_bytes(offset.try_into().ok()?);
            // ±14 hours, as the server has it.
            if !(-840..=840).contains(&offset_min) {
                return None;
            }
            Value::DateTimeOffset { days: temporal::date(date)?, ticks: temporal::time(time, scale)?, offset_min }
        }
        _ => return None,
    })
}

fn decimal(bytes: &[u8], scale: u8) -> Result<Value, Malformed> {
    let (sign, magnitude) = bytes.split_first().ok_or(LENGTH)?;
    let mut wide = [0; 16];
    wide.get_mut(..magnitude.len()).ok_or(LENGTH)?.copy_from_slice(magnitude);
    let magnitude = u128::from_le_bytes(wide);
    if magnitude >= DECIMAL_LIMIT {
        return Err(INSTANCE);
    }
    let unscaled = magnitude as i128;
    Ok(Value::Decimal { unscaled: if *sign == 0 { -unscaled } else { unscaled }, scale })
}

fn exact<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Malformed> {
    bytes.try_into().map_err(|_| LENGTH)
}

fn finite<F: Copy>(value: F, is_finite: fn(F) -> bool) -> Result<F, Malformed> {
    if is_finite(value) { Ok(value) } else { Err(INSTANCE) }
}
