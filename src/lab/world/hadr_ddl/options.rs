//! Reading `KEY = value` lists.

use super::messages::error;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::ast::OptionValue;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;

/// Value of a key, if the list has it.
pub(super) fn get<'a>(options: &'a [DdlOption], key: &str) -> Option<&'a OptionValue> {
    options.iter().find(|o| o.key.eq_ignore_ascii_case(key)).map(|o| &o.value)
}

/// The value as upper-case words.
pub(super) fn word(value: &OptionValue) -> String {
    match value {
        OptionValue::Word(w) | OptionValue::Ident(w) | OptionValue::Text(w) => w.to_ascii_uppercase(),
        OptionValue::Number(n) => n.to_string(),
        _ => String::new(),
    }
}

/// The value as it was written.
pub(super) fn text(value: &OptionValue) -> String {
    match value {
        OptionValue::Word(w) | OptionValue::Ident(w) | OptionValue::Text(w) => w.clone(),
        OptionValue::Number(n) => n.to_string(),
        OptionValue::List(list) => list.first().map(|o| text(&o.value)).unwrap_or_default(),
        _ => String::new(),
    }
}

/// A whole number within bounds.
pub(super) fn number(value: &OptionValue, low: i64, high: i64) -> SqlResult<i32> {
    let n = match value {
        OptionValue::Number(n) => *n,
        other => word(other).parse().map_err(|_| syntax(&word(other)))?,
    };
    if (low..=high).contains(&n) { Ok(n as i32) } else { Err(syntax(&n.to_string())) }
}

/// ON or OFF, PER_DB or NONE.
pub(super) fn switch(value: &OptionValue) -> SqlResult<bool> {
    match word(value).as_str() {
        "ON" | "PER_DB" => Ok(true),
        "OFF" | "NONE" => Ok(false),
        other => Err(syntax(other)),
    }
}

/// 102 near a word.
pub(super) fn syntax(near: &str) -> SqlError {
    error(102, &[&near])
}
