//! `KEY = value` lists of the server's DDL, read by one grammar.

use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::ast::OptionValue;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlResult;
use sqlparser::tokenizer::Token;

/// Keys whose bare value names something: its case is kept.
const NAMING: &[&str] = &[
    "AVAILABILITY GROUP",
    "CERTIFICATE",
    "CREDENTIAL",
    "DEFAULT_DATABASE",
    "DEFAULT_FULLTEXT_LANGUAGE",
    "DEFAULT_LANGUAGE",
    "DEFAULT_SCHEMA",
    "FILEGROUP",
    "LOGIN",
    "NAME",
    "SERVER CERTIFICATE",
    "COLLATE",
];
/// Words that name what follows them inside a value (`AUTHENTICATION = WINDOWS NEGOTIATE CERTIFICATE c`): the
/// name becomes an option of its own under that key.
const NAMED_INSIDE: &[&str] = &["CERTIFICATE"];

/// `( option, … )`; may be empty.
pub(super) fn group(c: &mut Cursor) -> SqlResult<Vec<DdlOption>> {
    c.expect_token(&Token::LParen)?;
    let options = if *c.peek() == Token::RParen { Vec::new() } else { list(c)? };
    c.expect_token(&Token::RParen)?;
    Ok(options)
}

/// `option, …` without parentheses.
pub(super) fn list(c: &mut Cursor) -> SqlResult<Vec<DdlOption>> {
    Ok(c.list(option)?.into_iter().flatten().collect())
}

/// A group whose list follows nothing but commas and blanks, e.g. WITH of a statement.
pub(super) fn with(c: &mut Cursor) -> SqlResult<Vec<DdlOption>> {
    if !c.eat("with") {
        return Ok(Vec::new());
    }
    if *c.peek() == Token::LParen { group(c) } else { list(c) }
}

/// One option; the value's own names add options after it.
pub(super) fn option(c: &mut Cursor) -> SqlResult<Vec<DdlOption>> {
    if let Some(bare) = unkeyed(c)? {
        return Ok(vec![bare]);
    }
    let key = key_words(c)?;
    if c.eat_token(&Token::Eq) {
        return value(c, &key.join(" "));
    }
    if *c.peek() == Token::LParen {
        return Ok(vec![DdlOption { key: key.join(" "), value: OptionValue::List(group(c)?) }]);
    }
    let mut words = key.into_iter();
    let key = words.next().unwrap_or_default();
    let rest: Vec<String> = words.collect();
    let value = if rest.is_empty() { OptionValue::None } else { OptionValue::Word(rest.join(" ")) };
    Ok(vec![DdlOption { key, value }])
}

/// A member of a plain list (`('a', 'b')`, `((NAME = x), …)`): a string, number or group with an empty key.
fn unkeyed(c: &mut Cursor) -> SqlResult<Option<DdlOption>> {
    let value = match c.peek() {
        Token::LParen => OptionValue::List(group(c)?),
        Token::SingleQuotedString(_) | Token::NationalStringLiteral(_) => OptionValue::Text(c.string()?),
        _ => return Ok(None),
    };
    Ok(Some(DdlOption { key: String::new(), value }))
}

/// Words up to `=`, `(`, a comma or the end, upper case.
fn key_words(c: &mut Cursor) -> SqlResult<Vec<String>> {
    let mut words = Vec::new();
    while let Token::Word(w) = c.peek() {
        if !words.is_empty() && ends_value(c) {
            break;
        }
        words.push(if w.quote_style.is_some() { w.value.clone() } else { w.value.to_ascii_uppercase() });
        c.next();
    }
    if words.is_empty() { Err(c.unexpected()) } else { Ok(words) }
}

/// A statement follows (so the option list is over). SET and BACKUP words inside a list do not occur there.
fn ends_value(c: &Cursor) -> bool {
    c.at_boundary()
}

/// What follows `=`.
pub(super) fn value(c: &mut Cursor, key: &str) -> SqlResult<Vec<DdlOption>> {
    let one = |value| Ok(vec![DdlOption { key: key.to_owned(), value }]);
    match c.peek().clone() {
        Token::SingleQuotedString(_) | Token::NationalStringLiteral(_) => one(OptionValue::Text(c.string()?)),
        Token::HexStringLiteral(digits) => {
            c.next();
            one(OptionValue::Binary(bytes(&digits)))
        }
        Token::Number(..) | Token::Minus | Token::Plus => one(number(c)?),
        Token::LParen => address_or_group(c, key),
        Token::Word(w) if w.quote_style.is_some() => {
            c.next();
            one(OptionValue::Ident(w.value))
        }
        Token::Word(w) if w.value.starts_with('@') => {
            c.next();
            one(OptionValue::Ident(w.value))
        }
        Token::Word(w) if NAMING.contains(&key) => {
            c.next();
            one(OptionValue::Ident(w.value))
        }
        Token::Word(_) => words(c, key),
        _ => Err(c.unexpected()),
    }
}

/// A number, or a word when a unit follows (`10MB`, `60 SECONDS`, `10 %`).
fn number(c: &mut Cursor) -> SqlResult<OptionValue> {
    let n = c.integer()?;
    if c.eat_token(&Token::Mod) {
        return Ok(OptionValue::Word(format!("{n}%")));
    }
    match c.eat_any(&["KB", "MB", "GB", "TB", "SECONDS", "MINUTES", "HOURS", "DAYS"]) {
        Some(unit) if unit.len() == 2 => Ok(OptionValue::Word(format!("{n}{unit}"))),
        Some(unit) => Ok(OptionValue::Word(format!("{n} {unit}"))),
        None => Ok(OptionValue::Number(n)),
    }
}

/// `(10.0.0.1)` and `('::1')` are addresses, everything else a list.
fn address_or_group(c: &mut Cursor, key: &str) -> SqlResult<Vec<DdlOption>> {
    if !matches!(c.peek_at(1), Token::Number(..)) {
        return Ok(vec![DdlOption { key: key.to_owned(), value: OptionValue::List(group(c)?) }]);
    }
    c.next();
    let mut text = String::new();
    while let Token::Number(n, _) = c.peek().clone() {
        text.push_str(&n);
        c.next();
    }
    c.expect_token(&Token::RParen)?;
    Ok(vec![DdlOption { key: key.to_owned(), value: OptionValue::Text(text) }])
}

/// Bare words; a group behind them (`ON (…)`) is a second option of the same key.
fn words(c: &mut Cursor, key: &str) -> SqlResult<Vec<DdlOption>> {
    let mut out = Vec::new();
    let mut text: Vec<String> = Vec::new();
    while let Token::Word(w) = c.peek().clone() {
        if (!text.is_empty() && ends_value(c)) || w.quote_style.is_some() {
            break;
        }
        c.next();
        let word = w.value.to_ascii_uppercase();
        let names = NAMED_INSIDE.contains(&word.as_str());
        if names && matches!(c.peek(), Token::Word(_)) {
            let value = match c.next() {
                Token::Word(name) => OptionValue::Ident(name.value),
                _ => OptionValue::None,
            };
            out.push(DdlOption { key: word.clone(), value });
        }
        text.push(word);
    }
    out.insert(0, DdlOption { key: key.to_owned(), value: OptionValue::Word(text.join(" ")) });
    if *c.peek() == Token::LParen {
        out.push(DdlOption { key: key.to_owned(), value: OptionValue::List(group(c)?) });
    }
    Ok(out)
}

/// Digits of a binary literal; an odd count has a zero in front.
pub(super) fn bytes(digits: &str) -> Vec<u8> {
    let padded = if digits.len() % 2 == 1 { format!("0{digits}") } else { digits.to_owned() };
    let nibble = |b: u8| char::from(b).to_digit(16).unwrap_or_default() as u8;
    padded.as_bytes().chunks_exact(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1])).collect()
}
