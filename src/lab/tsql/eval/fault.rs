//! The messages of `sys.messages` that binding and evaluation raise (facts: sql-server-hadr (e), tds-server 8).

use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::value::SqlType;

/// 102.
pub fn syntax(near: &str) -> SqlError {
    SqlError::new(102, 15, format!("Incorrect syntax near '{near}'."))
}
/// 137.
pub fn undeclared(name: &str) -> SqlError {
    SqlError::new(137, 15, format!("Must declare the scalar variable \"{name}\".")).state(2)
}
/// 1087.
pub fn undeclared_table(name: &str) -> SqlError {
    SqlError::new(1087, 15, format!("Must declare the table variable \"{name}\".")).state(2)
}
/// 134.
pub fn redeclared(name: &str) -> SqlError {
    SqlError::new(
        134,
        15,
        format!(
            "The variable name '{name}' has already been declared. Variable names must be unique within a query batch or stored procedure."
        ),
    )
}
/// 195.
pub fn unknown_function(name: &str) -> SqlError {
    SqlError::new(195, 15, format!("'{name}' is not a recognized built-in function name.")).state(10)
}
/// 174.
pub fn argument_count(name: &str, n: usize) -> SqlError {
    SqlError::new(174, 15, format!("The {} function requires {n} argument(s).", name.to_lowercase()))
}
/// 189.
pub fn argument_range(name: &str, min: usize, max: usize) -> SqlError {
    SqlError::new(189, 15, format!("The {} function requires {min} to {max} arguments.", name.to_lowercase()))
}
/// 207.
pub fn no_column(name: &str) -> SqlError {
    SqlError::new(207, 16, format!("Invalid column name '{name}'."))
}
/// 208.
pub fn no_object(name: &str) -> SqlError {
    SqlError::new(208, 16, format!("Invalid object name '{name}'."))
}
/// 209.
pub fn ambiguous(name: &str) -> SqlError {
    SqlError::new(209, 16, format!("Ambiguous column name '{name}'."))
}
/// 4104.
pub fn unbound(name: &str) -> SqlError {
    SqlError::new(4104, 16, format!("The multi-part identifier \"{name}\" could not be bound."))
}
/// 8120.
pub fn not_grouped(name: &str, clause: &str) -> SqlError {
    let (number, tail) = match clause {
        "HAVING" => {
            (8121, "HAVING clause because it is not contained in either an aggregate function or the GROUP BY clause.")
        }
        "ORDER BY" => (
            8127,
            "ORDER BY clause because it is not contained in either an aggregate function or the GROUP BY clause.",
        ),
        _ => (8120, "select list because it is not contained in either an aggregate function or the GROUP BY clause."),
    };
    if number == 8127 {
        return SqlError::new(number, 16, format!("Column \"{name}\" is invalid in the {tail}"));
    }
    SqlError::new(number, 16, format!("Column '{name}' is invalid in the {tail}"))
}
/// 206.
pub fn clash(a: SqlType, b: SqlType) -> SqlError {
    SqlError::new(206, 16, format!("Operand type clash: {} is incompatible with {}", a.base_name(), b.base_name()))
        .state(2)
}
/// 402.
pub fn incompatible(a: SqlType, b: SqlType, operator: &str) -> SqlError {
    SqlError::new(
        402,
        16,
        format!("The data types {} and {} are incompatible in the {operator} operator.", a.base_name(), b.base_name()),
    )
}
/// 8117.
pub fn bad_operand(ty: SqlType, operator: &str) -> SqlError {
    SqlError::new(8117, 16, format!("Operand data type {} is invalid for {operator} operator.", ty.base_name()))
}
/// 8116.
pub fn bad_argument(ty: SqlType, n: usize, function: &str) -> SqlError {
    SqlError::new(
        8116,
        16,
        format!(
            "Argument data type {} is invalid for argument {n} of {} function.",
            ty.base_name(),
            function.to_lowercase()
        ),
    )
}
/// 529.
pub fn no_explicit_conversion(from: SqlType, to: SqlType) -> SqlError {
    SqlError::new(
        529,
        16,
        format!("Explicit conversion from data type {} to {} is not allowed.", from.base_name(), to.base_name()),
    )
    .state(2)
}
/// 257.
pub fn no_implicit_conversion(from: SqlType, to: SqlType) -> SqlError {
    SqlError::new(
        257,
        16,
        format!(
            "Implicit conversion from data type {} to {} is not allowed. Use the CONVERT function to run this query.",
            from.base_name(),
            to.base_name()
        ),
    )
    .state(3)
}
/// 245.
pub fn conversion_failed(from: SqlType, value: &str, to: SqlType) -> SqlError {
    SqlError::new(
        245,
        16,
        format!(
            "Conversion failed when converting the {} value '{value}' to data type {}.",
            from.base_name(),
            to.base_name()
        ),
    )
}
/// 8114.
pub fn conversion_error(from: SqlType, to: SqlType) -> SqlError {
    SqlError::new(8114, 16, format!("Error converting data type {} to {}.", from.base_name(), to.wide_name())).state(5)
}
/// 241.
pub fn bad_date() -> SqlError {
    SqlError::new(241, 16, "Conversion failed when converting date and/or time from character string.")
}
/// 242.
pub fn date_range(from: SqlType, to: SqlType) -> SqlError {
    SqlError::new(
        242,
        16,
        format!(
            "The conversion of a {} data type to a {} data type resulted in an out-of-range value.",
            from.base_name(),
            to.base_name()
        ),
    )
    .state(3)
}
/// 517.
pub fn date_overflow(ty: SqlType) -> SqlError {
    SqlError::new(517, 16, format!("Adding a value to a '{}' column caused an overflow.", ty.base_name()))
}
/// 8169.
pub fn bad_guid() -> SqlError {
    SqlError::new(8169, 16, "Conversion failed when converting from a character string to uniqueidentifier.").state(2)
}
/// 8115.
pub fn overflow(ty: SqlType) -> SqlError {
    SqlError::new(8115, 16, format!("Arithmetic overflow error converting expression to data type {}.", ty.base_name()))
        .state(2)
}
/// 8115, of a value to a narrower numeric type.
pub fn numeric_overflow(from: SqlType, to: SqlType) -> SqlError {
    SqlError::new(
        8115,
        16,
        format!("Arithmetic overflow error converting {} to data type {}.", from.wide_name(), to.wide_name()),
    )
    .state(8)
}
/// 220.
pub fn small_overflow(ty: SqlType, value: i128) -> SqlError {
    SqlError::new(220, 16, format!("Arithmetic overflow error for data type {}, value = {value}.", ty.base_name()))
        .state(2)
}
/// 248.
pub fn string_overflow(from: SqlType, value: &str) -> SqlError {
    SqlError::new(
        248,
        16,
        format!("The conversion of the {} value '{value}' overflowed an int column.", from.base_name()),
    )
}
/// 8134.
pub fn divide_by_zero() -> SqlError {
    SqlError::new(8134, 16, "Divide by zero error encountered.")
}
/// 3623.
pub fn bad_float() -> SqlError {
    SqlError::new(3623, 16, "An invalid floating point operation occurred.")
}
/// 512.
pub fn many_rows() -> SqlError {
    SqlError::new(
        512,
        16,
        "Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= or when the subquery is used as an expression.",
    )
}
/// 116.
pub fn many_columns() -> SqlError {
    SqlError::new(
        116,
        16,
        "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.",
    )
}
/// 537.
pub fn bad_length(function: &str) -> SqlError {
    SqlError::new(537, 16, format!("Invalid length parameter passed to the {} function.", function.to_uppercase()))
        .state(3)
}
/// 191.
pub fn too_deep() -> SqlError {
    SqlError::new(
        191,
        15,
        "Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into smaller queries.",
    )
}
/// 701.
pub fn no_memory() -> SqlError {
    SqlError::new(701, 17, "There is insufficient system memory in resource pool 'default' to run this query.")
        .state(123)
}
/// What the engine does not know how to do; loud by rule.
pub fn unsupported(what: &str) -> SqlError {
    SqlError::new(40517, 16, format!("'{what}' is not supported in this version of SQL Server."))
}
