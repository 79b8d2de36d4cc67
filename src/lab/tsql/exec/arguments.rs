//! Arguments of a call, matched with declared parameters.

use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::convert;
use crate::lab::tsql::exec::frame::Frame;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;

/// An evaluated argument.
#[derive(Debug, Clone)]
pub(crate) struct Argument {
    /// With the `@`, if named.
    pub(crate) name: Option<String>,
    pub(crate) value: Value,
    pub(crate) ty: SqlType,
    pub(crate) output: bool,
    /// DEFAULT was given.
    pub(crate) default: bool,
}

/// A declared parameter: name with `@`, type, OUTPUT.
pub(super) type Parameter = (String, SqlType, bool);

/// Takes a system procedure's own argument by position or name.
pub(super) fn take(args: &mut Vec<Argument>, names: &[&str]) -> Option<Argument> {
    let named = args.iter().position(|a| {
        a.name.as_deref().is_some_and(|n| names.iter().any(|w| n.trim_start_matches('@').eq_ignore_ascii_case(w)))
    });
    match named {
        Some(i) => Some(args.remove(i)),
        None if args.first().is_some_and(|a| a.name.is_none()) => Some(args.remove(0)),
        None => None,
    }
}

/// The text of a string argument: 214 if it is no Unicode string.
pub(super) fn statement_text(a: Option<Argument>, parameter: &str) -> SqlResult<Option<String>> {
    match a {
        Some(Argument { value: Value::Str(s), ty, .. }) if ty.is_unicode() => Ok(Some(s.to_string())),
        Some(Argument { value: Value::Null, .. }) | None => Ok(None),
        Some(_) => Err(SqlError::new(
            214,
            16,
            format!("Procedure expects parameter '{parameter}' of type 'ntext/nchar/nvarchar'."),
        )
        .state(2)),
    }
}

/// Puts the arguments into a frame as its parameters. Gives back, for each argument, the parameter it went to.
pub(super) fn bind(
    frame: &Frame,
    parameters: &[Parameter],
    declaration: &str,
    text: &str,
    args: &[Argument],
) -> SqlResult<Vec<usize>> {
    let mut given: Vec<Option<&Argument>> = vec![None; parameters.len()];
    let mut places = Vec::with_capacity(args.len());
    for (i, a) in args.iter().enumerate() {
        let at = match &a.name {
            Some(n) => {
                let bare = n.trim_start_matches('@');
                parameters
                    .iter()
                    .position(|p| p.0.trim_start_matches('@').eq_ignore_ascii_case(bare))
                    .ok_or_else(|| SqlError::new(8145, 16, format!("@{bare} is not a parameter for procedure .")))?
            }
            None => i,
        };
        let slot = given.get_mut(at).ok_or_else(|| {
            SqlError::new(8144, 16, "Procedure or function  has too many arguments specified.").state(2)
        })?;
        if slot.is_some() {
            return Err(SqlError::new(
                8143,
                16,
                format!("Parameter '{}' was supplied multiple times.", parameters[at].0),
            ));
        }
        *slot = Some(a);
        places.push(at);
    }
    for ((name, ty, declared_output), a) in parameters.iter().zip(&given) {
        let a = match a {
            Some(a) if !a.default => a,
            _ => {
                return Err(SqlError::new(
                    8178,
                    16,
                    format!(
                        "The parameterized query '({declaration}){text}' expects the parameter '{name}', which was not supplied."
                    ),
                ));
            }
        };
        if a.output && !declared_output {
            return Err(SqlError::new(
                8162,
                16,
                format!(
                    "The formal parameter \"{name}\" was not declared as an OUTPUT parameter, but the actual parameter passed in requested output."
                ),
            )
            .state(2));
        }
        frame.declare(name, *ty, convert::cast(&a.value, a.ty, *ty, 0)?)?;
    }
    Ok(places)
}
