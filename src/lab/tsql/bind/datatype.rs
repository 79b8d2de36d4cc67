//! Types as `sqlparser` reads them.

use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use sqlparser::ast::BinaryLength;
use sqlparser::ast::CharacterLength;
use sqlparser::ast::DataType;
use sqlparser::ast::ExactNumberInfo;
use sqlparser::ast::TimezoneInfo;

/// The T-SQL type; in CAST and CONVERT a missing length is 30. 243 for an unknown name.
pub fn sql_type(ty: &DataType, default_length: u16) -> SqlResult<SqlType> {
    use DataType as D;
    Ok(match ty {
        D::Bit(_) | D::Bool | D::Boolean => SqlType::Bit,
        D::TinyInt(_) => SqlType::TinyInt,
        D::SmallInt(_) => SqlType::SmallInt,
        D::Int(_) | D::Integer(_) => SqlType::Int,
        D::BigInt(_) => SqlType::BigInt,
        D::Numeric(i) | D::Decimal(i) | D::Dec(i) => decimal(i)?,
        D::Float(ExactNumberInfo::Precision(p)) if *p <= 24 => SqlType::Real,
        D::Float(_) | D::Double(_) | D::DoublePrecision => SqlType::Float,
        D::Real => SqlType::Real,
        D::Date => SqlType::Date,
        D::Time(p, _) => SqlType::Time(scale(*p)?),
        D::Datetime(None) => SqlType::DateTime,
        D::Timestamp(_, TimezoneInfo::None) => SqlType::Binary(8),
        D::Char(l) | D::Character(l) => SqlType::Char(fixed(l.as_ref(), default_length, 8000)?),
        D::Varchar(l) | D::CharVarying(l) | D::CharacterVarying(l) => {
            SqlType::VarChar(length(l.as_ref(), default_length, 8000)?)
        }
        D::Nvarchar(l) => SqlType::NVarChar(length(l.as_ref(), default_length, 4000)?),
        D::Text => SqlType::VarChar(Len::Max),
        D::Binary(l) => SqlType::Binary(l.map_or(Ok(default_length), |n| bounded(n, 8000))?),
        D::Varbinary(l) => SqlType::VarBinary(match l {
            None => Len::N(default_length),
            Some(BinaryLength::Max) => Len::Max,
            Some(BinaryLength::IntegerLength { length }) => Len::N(bounded(*length, 8000)?),
        }),
        D::Custom(name, args) => custom(&name.to_string(), args, default_length)?,
        other => return Err(unknown(&other.to_string())),
    })
}

fn unknown(name: &str) -> SqlError {
    SqlError::new(243, 16, format!("Type {} is not a defined system type.", name.to_lowercase()))
}

fn decimal(i: &ExactNumberInfo) -> SqlResult<SqlType> {
    let (p, s) = match i {
        ExactNumberInfo::None => (18, 0),
        ExactNumberInfo::Precision(p) => (*p, 0),
        ExactNumberInfo::PrecisionAndScale(p, s) => (*p, *s),
    };
    exact(p, s)
}

fn exact(p: u64, s: i64) -> SqlResult<SqlType> {
    if p == 0 || p > 38 {
        return Err(SqlError::new(
            2716,
            16,
            format!("Column, parameter, or variable #1: Cannot specify a column width on data type numeric({p})."),
        ));
    }
    if s < 0 || s as u64 > p {
        return Err(SqlError::new(192, 16, "The scale must be less than or equal to the precision."));
    }
    Ok(SqlType::Decimal(p as u8, s as u8))
}

fn scale(p: Option<u64>) -> SqlResult<u8> {
    let p = p.unwrap_or(7);
    if p > 7 {
        return Err(SqlError::new(1002, 16, format!("Line 1: Specified scale {p} is invalid.")));
    }
    Ok(p as u8)
}

fn bounded(n: u64, max: u16) -> SqlResult<u16> {
    match u16::try_from(n) {
        Ok(n) if (1..=max).contains(&n) => Ok(n),
        Ok(0) => Err(SqlError::new(1001, 16, "Line 1: Length or precision specification 0 is invalid.")),
        _ => Err(SqlError::new(
            131,
            16,
            format!("The size ({n}) given to the type exceeds the maximum allowed for any data type (8000)."),
        )),
    }
}

fn fixed(l: Option<&CharacterLength>, default: u16, max: u16) -> SqlResult<u16> {
    match l {
        None => Ok(default),
        Some(CharacterLength::IntegerLength { length, .. }) => bounded(*length, max),
        Some(CharacterLength::Max) => Err(SqlError::new(102, 15, "Incorrect syntax near 'max'.")),
    }
}

fn length(l: Option<&CharacterLength>, default: u16, max: u16) -> SqlResult<Len> {
    match l {
        Some(CharacterLength::Max) => Ok(Len::Max),
        other => fixed(other, default, max).map(Len::N),
    }
}

fn custom(name: &str, args: &[String], default: u16) -> SqlResult<SqlType> {
    let plain = name.replace(['[', ']', '"'], "").to_lowercase();
    let plain = plain.strip_prefix("sys.").unwrap_or(&plain);
    let n = args.first().and_then(|a| a.parse::<u64>().ok());
    let max = args.first().is_some_and(|a| a.eq_ignore_ascii_case("max"));
    let var = |limit: u16| -> SqlResult<Len> {
        if max { Ok(Len::Max) } else { n.map_or(Ok(default), |n| bounded(n, limit)).map(Len::N) }
    };
    Ok(match plain {
        "money" => SqlType::Money,
        "smallmoney" => SqlType::SmallMoney,
        "smalldatetime" => SqlType::SmallDateTime,
        "datetime" => SqlType::DateTime,
        "datetime2" => SqlType::DateTime2(scale(n)?),
        "datetimeoffset" => SqlType::DateTimeOffset(scale(n)?),
        "nchar" => SqlType::NChar(n.map_or(Ok(default), |n| bounded(n, 4000))?),
        "nvarchar" => SqlType::NVarChar(var(4000)?),
        "varchar" => SqlType::VarChar(var(8000)?),
        "char" => SqlType::Char(n.map_or(Ok(default), |n| bounded(n, 8000))?),
        "varbinary" => SqlType::VarBinary(var(8000)?),
        "binary" => SqlType::Binary(n.map_or(Ok(default), |n| bounded(n, 8000))?),
        "uniqueidentifier" => SqlType::UniqueIdentifier,
        "xml" => SqlType::Xml,
        "sql_variant" => SqlType::SqlVariant,
        "sysname" => SqlType::NVarChar(Len::N(128)),
        "ntext" => SqlType::NVarChar(Len::Max),
        "text" => SqlType::VarChar(Len::Max),
        "image" => SqlType::VarBinary(Len::Max),
        "rowversion" | "timestamp" => SqlType::Binary(8),
        "int" => SqlType::Int,
        "bigint" => SqlType::BigInt,
        "smallint" => SqlType::SmallInt,
        "tinyint" => SqlType::TinyInt,
        "bit" => SqlType::Bit,
        "float" => SqlType::Float,
        "real" => SqlType::Real,
        "date" => SqlType::Date,
        "time" => SqlType::Time(scale(n)?),
        "decimal" | "numeric" => {
            let s = args.get(1).and_then(|a| a.parse().ok()).unwrap_or(0);
            exact(n.unwrap_or(18), s)?
        }
        _ => return Err(unknown(plain)),
    })
}
