//! SET: variables and session options.

use super::batch;
use super::dispatch;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::refine;
use sqlparser::tokenizer::Token;

/// Options that are on or off; several may share one SET.
const SWITCHES: &[&str] = &[
    "ANSI_DEFAULTS",
    "ANSI_NULLS",
    "ANSI_NULL_DFLT_OFF",
    "ANSI_NULL_DFLT_ON",
    "ANSI_PADDING",
    "ANSI_WARNINGS",
    "ARITHABORT",
    "ARITHIGNORE",
    "CONCAT_NULL_YIELDS_NULL",
    "CURSOR_CLOSE_ON_COMMIT",
    "FMTONLY",
    "FORCEPLAN",
    "IMPLICIT_TRANSACTIONS",
    "NOCOUNT",
    "NOEXEC",
    "NO_BROWSETABLE",
    "NUMERIC_ROUNDABORT",
    "PARSEONLY",
    "QUOTED_IDENTIFIER",
    "REMOTE_PROC_TRANSACTIONS",
    "RESULT_SET_CACHING",
    "SHOWPLAN_ALL",
    "SHOWPLAN_TEXT",
    "SHOWPLAN_XML",
    "XACT_ABORT",
    "DISABLE_DEF_CNST_CHK",
    "ROWCOUNT_ON",
];
/// Options with a value.
const VALUED: &[&str] = &[
    "CONTEXT_INFO",
    "DATEFIRST",
    "DATEFORMAT",
    "DEADLOCK_PRIORITY",
    "ERRLVL",
    "FIPS_FLAGGER",
    "LANGUAGE",
    "LOCK_TIMEOUT",
    "QUERY_GOVERNOR_COST_LIMIT",
    "ROWCOUNT",
    "TEXTSIZE",
];
const STATISTICS: &[&str] = &["IO", "TIME", "PROFILE", "XML"];

pub(super) fn set(c: &mut Cursor) -> SqlResult<Stmt> {
    c.next();
    if c.is_variable() {
        return variable(c);
    }
    if c.eat_all(&["transaction", "isolation", "level"]) {
        return isolation(c);
    }
    if c.eat("identity_insert") {
        let table = c.name()?;
        return Ok(Stmt::SetIdentityInsert { table, on: on_off(c)? == "ON" });
    }
    if c.eat("statistics") {
        return switches(c, STATISTICS, "STATISTICS ");
    }
    if c.eat("offsets") {
        return switches(
            c,
            &["SELECT", "FROM", "ORDER", "TABLE", "PROCEDURE", "STATEMENT", "PARAM", "EXECUTE"],
            "OFFSETS ",
        );
    }
    if let Some(option) = c.eat_any(VALUED) {
        return Ok(Stmt::SetOption { option: option.into(), value: value(c)? });
    }
    if SWITCHES.iter().any(|w| c.is(w)) {
        return switches(c, SWITCHES, "");
    }
    if c.at_identifier() {
        let line = c.line();
        let text = format!("'{}' is not a recognized SET option.", c.identifier()?);
        return Err(SqlError { line, ..SqlError::new(195, 15, text).state(5) });
    }
    Err(c.unexpected())
}

fn variable(c: &mut Cursor) -> SqlResult<Stmt> {
    if *c.peek_at(1) == Token::Period {
        // A method of an xml variable.
        c.rest_of_statement(0);
        return Ok(Stmt::Ddl(Box::new(crate::lab::tsql::ast::Ddl::Unsupported("SET @variable.method".into()))));
    }
    let (name, op) = refine::split_mark(&c.variable()?);
    c.expect_token(&Token::Eq)?;
    if c.is("cursor") {
        return Ok(dispatch::unsupported(c));
    }
    Ok(Stmt::SetVariable { name, op, value: c.expr()? })
}

fn isolation(c: &mut Cursor) -> SqlResult<Stmt> {
    const LEVELS: &[&[&str]] =
        &[&["READ", "UNCOMMITTED"], &["READ", "COMMITTED"], &["REPEATABLE", "READ"], &["SNAPSHOT"], &["SERIALIZABLE"]];
    match LEVELS.iter().find(|level| c.eat_all(level)) {
        Some(level) => Ok(Stmt::SetOption { option: "TRANSACTION ISOLATION LEVEL".into(), value: level.join(" ") }),
        None => Err(c.unexpected()),
    }
}

fn switches(c: &mut Cursor, known: &'static [&'static str], prefix: &str) -> SqlResult<Stmt> {
    let line = c.line();
    let options = c.list(|c| match c.eat_any(known) {
        Some(option) => Ok(format!("{prefix}{option}")),
        None => Err(c.unexpected()),
    })?;
    let value = on_off(c)?;
    let stmts = options.into_iter().map(|option| Stmt::SetOption { option, value: value.into() }).collect();
    Ok(batch::block(line, stmts))
}

fn on_off(c: &mut Cursor) -> SqlResult<&'static str> {
    c.eat_any(&["ON", "OFF"]).ok_or_else(|| c.unexpected())
}

/// Text of the value: a number with its sign, a word or string as written, a variable with its `@`.
fn value(c: &mut Cursor) -> SqlResult<String> {
    match c.peek().clone() {
        Token::Minus | Token::Plus | Token::Number(..) => c.integer().map(|n| n.to_string()),
        Token::HexStringLiteral(s) => {
            c.next();
            Ok(format!("0x{s}"))
        }
        Token::SingleQuotedString(_) | Token::NationalStringLiteral(_) => c.string(),
        Token::Word(_) => match c.eat_any(&["OFF", "ON"]) {
            Some(word) => Ok(word.into()),
            None => c.identifier(),
        },
        _ => Err(c.unexpected()),
    }
}
