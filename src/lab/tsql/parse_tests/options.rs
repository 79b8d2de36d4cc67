//! Short forms for the DDL tables of cases.

use crate::lab::tsql::ast::*;
use crate::lab::tsql::parse::parse_batch;

/// The only statement of the text.
pub(super) fn ddl(text: &str) -> Ddl {
    let mut stmts = parse_batch(text).unwrap_or_else(|e| panic!("{e}\nfor {text}"));
    assert_eq!(stmts.len(), 1, "{text}");
    match stmts.remove(0).stmt {
        Stmt::Ddl(d) => *d,
        other => panic!("{other:?}"),
    }
}

pub(super) fn o(key: &str, value: OptionValue) -> DdlOption {
    DdlOption { key: key.into(), value }
}

pub(super) fn word(key: &str, value: &str) -> DdlOption {
    o(key, OptionValue::Word(value.into()))
}

pub(super) fn text(key: &str, value: &str) -> DdlOption {
    o(key, OptionValue::Text(value.into()))
}

pub(super) fn ident(key: &str, value: &str) -> DdlOption {
    o(key, OptionValue::Ident(value.into()))
}

pub(super) fn flag(key: &str) -> DdlOption {
    o(key, OptionValue::None)
}

pub(super) fn number(key: &str, value: i64) -> DdlOption {
    o(key, OptionValue::Number(value))
}

pub(super) fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|s| (*s).to_owned()).collect()
}

pub(super) fn named(parts: &[&str]) -> Option<Name> {
    Some(Name(strings(parts)))
}
