//! Type names to [`SqlType`].

use super::cursor::Cursor;
use super::error::SqlError;
use super::error::SqlResult;
use super::value::Len;
use super::value::SqlType;
use sqlparser::tokenizer::Token;

/// Where a type is written decides what no length means: 1 in a declaration, 30 in CAST and CONVERT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Declaration,
    Cast,
}

/// What stands in parentheses after a type's name.
enum Argument {
    None,
    Max,
    Numbers(Vec<u32>),
}

/// Reads a type; 2715 for one that is unknown here, 131 and the like for wrong sizes.
pub(super) fn read(c: &mut Cursor, place: Place) -> SqlResult<SqlType> {
    let line = c.line();
    let name = type_name(c)?;
    let argument = argument(c)?;
    build(&name, &argument, place).map_err(|e| SqlError { line, ..e })
}

/// Lower-case name with the words of `double precision`, `char varying`, `national character varying` joined.
fn type_name(c: &mut Cursor) -> SqlResult<String> {
    if c.eat_all(&["double", "precision"]) {
        return Ok("float".into());
    }
    let national = c.eat("national");
    let name = c.name()?;
    let owner = name.schema().map(str::to_ascii_lowercase);
    let mut word = name.object().to_ascii_lowercase();
    if owner.is_some_and(|o| o != "sys") {
        word = name.0.join(".");
    }
    word = match word.as_str() {
        "character" => "char".into(),
        "text" if national => return Ok("ntext".into()),
        _ => word,
    };
    if matches!(word.as_str(), "char" | "nchar" | "binary") && c.eat("varying") {
        word = match word.as_str() {
            "char" => "varchar".into(),
            "nchar" => "nvarchar".into(),
            _ => "varbinary".into(),
        };
    }
    Ok(if national { format!("n{word}") } else { word })
}

fn argument(c: &mut Cursor) -> SqlResult<Argument> {
    if *c.peek() != Token::LParen {
        return Ok(Argument::None);
    }
    if matches!(c.peek_at(1), Token::Word(w) if w.value.eq_ignore_ascii_case("max")) {
        c.next();
        c.next();
        c.expect_token(&Token::RParen)?;
        return Ok(Argument::Max);
    }
    let numbers = c.parens(|c| {
        let error = c.unexpected();
        u32::try_from(c.integer()?).map_err(|_| error)
    })?;
    Ok(Argument::Numbers(numbers))
}

fn build(name: &str, argument: &Argument, place: Place) -> SqlResult<SqlType> {
    let plain = |ty: SqlType| match argument {
        Argument::None => Ok(ty),
        _ => Err(SqlError::new(
            2716,
            16,
            format!("Column, parameter, or variable #1: Cannot specify a column width on data type {name}."),
        )),
    };
    let default = if place == Place::Cast { 30 } else { 1 };
    match name {
        "bit" => plain(SqlType::Bit),
        "tinyint" => plain(SqlType::TinyInt),
        "smallint" => plain(SqlType::SmallInt),
        "int" | "integer" => plain(SqlType::Int),
        "bigint" => plain(SqlType::BigInt),
        "decimal" | "numeric" | "dec" => decimal(argument),
        "money" => plain(SqlType::Money),
        "smallmoney" => plain(SqlType::SmallMoney),
        "real" => plain(SqlType::Real),
        "float" => float(argument),
        "date" => plain(SqlType::Date),
        "time" => scale(name, argument).map(SqlType::Time),
        "smalldatetime" => plain(SqlType::SmallDateTime),
        "datetime" => plain(SqlType::DateTime),
        "datetime2" => scale(name, argument).map(SqlType::DateTime2),
        "datetimeoffset" => scale(name, argument).map(SqlType::DateTimeOffset),
        "char" => fixed(name, argument, default, 8000).map(SqlType::Char),
        "nchar" => fixed(name, argument, default, 4000).map(SqlType::NChar),
        "binary" => fixed(name, argument, default, 8000).map(SqlType::Binary),
        "varchar" => varying(name, argument, default, 8000).map(SqlType::VarChar),
        "nvarchar" => varying(name, argument, default, 4000).map(SqlType::NVarChar),
        "varbinary" => varying(name, argument, default, 8000).map(SqlType::VarBinary),
        "text" => plain(SqlType::VarChar(Len::Max)),
        "ntext" => plain(SqlType::NVarChar(Len::Max)),
        "image" => plain(SqlType::VarBinary(Len::Max)),
        "sysname" => plain(SqlType::NVarChar(Len::N(128))),
        "timestamp" | "rowversion" => plain(SqlType::Binary(8)),
        "uniqueidentifier" => plain(SqlType::UniqueIdentifier),
        "xml" => plain(SqlType::Xml),
        "sql_variant" => plain(SqlType::SqlVariant),
        _ => {
            let text = format!("Column, parameter, or variable #1: Cannot find data type {name}.");
            Err(SqlError::new(2715, 16, text).state(6))
        }
    }
}

fn decimal(argument: &Argument) -> SqlResult<SqlType> {
    let (precision, scale) = match argument {
        Argument::None => (18, 0),
        Argument::Numbers(n) if n.len() == 1 => (n[0], 0),
        Argument::Numbers(n) if n.len() == 2 => (n[0], n[1]),
        _ => return Err(SqlError::new(102, 15, "Incorrect syntax near 'max'.")),
    };
    if !(1..=38).contains(&precision) {
        let text = format!(
            "Column or parameter #1: Specified column precision {precision} is greater than the maximum precision of 38."
        );
        return Err(SqlError::new(2750, 16, text));
    }
    if scale > precision {
        let text = format!(
            "Column or parameter #1: Specified column scale {scale} is greater than the specified precision of {precision}."
        );
        return Err(SqlError::new(2751, 16, text));
    }
    Ok(SqlType::Decimal(precision as u8, scale as u8))
}

/// Up to 24 bits of mantissa is `real`.
fn float(argument: &Argument) -> SqlResult<SqlType> {
    match argument {
        Argument::None => Ok(SqlType::Float),
        Argument::Numbers(n) if n.len() == 1 && (1..=24).contains(&n[0]) => Ok(SqlType::Real),
        Argument::Numbers(n) if n.len() == 1 && (25..=53).contains(&n[0]) => Ok(SqlType::Float),
        _ => Err(SqlError::new(1001, 15, "Line 1: Length or precision specification is invalid.")),
    }
}

fn scale(name: &str, argument: &Argument) -> SqlResult<u8> {
    match argument {
        Argument::None => Ok(7),
        Argument::Numbers(n) if n.len() == 1 && n[0] <= 7 => Ok(n[0] as u8),
        Argument::Numbers(n) => {
            let given = n.first().copied().unwrap_or_default();
            Err(SqlError::new(1002, 15, format!("Line 1: Specified scale {given} is invalid.")))
        }
        Argument::Max => Err(invalid_max(name)),
    }
}

fn fixed(name: &str, argument: &Argument, default: u16, limit: u32) -> SqlResult<u16> {
    match varying(name, argument, default, limit)? {
        Len::N(n) => Ok(n),
        Len::Max => Err(invalid_max(name)),
    }
}

fn varying(name: &str, argument: &Argument, default: u16, limit: u32) -> SqlResult<Len> {
    match argument {
        Argument::None => Ok(Len::N(default)),
        Argument::Max => Ok(Len::Max),
        Argument::Numbers(n) if n.len() == 1 && (1..=limit).contains(&n[0]) => Ok(Len::N(n[0] as u16)),
        Argument::Numbers(n) if n.first() == Some(&0) => {
            Err(SqlError::new(1001, 15, "Line 1: Length or precision specification 0 is invalid."))
        }
        Argument::Numbers(n) => {
            let given = n.first().copied().unwrap_or_default();
            let text = format!(
                "The size ({given}) given to the type '{name}' exceeds the maximum allowed for any data type ({limit})."
            );
            Err(SqlError::new(131, 15, text).state(3))
        }
    }
}

fn invalid_max(name: &str) -> SqlError {
    SqlError::new(102, 15, format!("Incorrect syntax near 'max' after the type '{name}'."))
}
