//! USE, TRUNCATE, DBCC, KILL, CHECKPOINT, RECONFIGURE, SHUTDOWN.

use super::dispatch;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlResult;
use sqlparser::tokenizer::Token;

pub(super) fn misc(c: &mut Cursor, word: &str) -> SqlResult<Stmt> {
    match word {
        "USE" => {
            c.next();
            if c.is_variable() {
                return Err(c.unexpected());
            }
            Ok(Stmt::Use(c.identifier()?))
        }
        "DBCC" => dbcc(c),
        "KILL" => kill(c),
        "CHECKPOINT" => {
            c.next();
            if matches!(c.peek(), Token::Number(..)) {
                c.next();
            }
            Ok(Stmt::Checkpoint)
        }
        "RECONFIGURE" => {
            c.next();
            c.eat_all(&["with", "override"]);
            Ok(Stmt::Reconfigure)
        }
        _ => {
            c.next();
            c.eat_all(&["with", "nowait"]);
            Ok(Stmt::Shutdown)
        }
    }
}

pub(super) fn truncate(c: &mut Cursor) -> SqlResult<Stmt> {
    if !c.is_at(1, "table") {
        return Err(c.unexpected());
    }
    c.next();
    c.next();
    Ok(Stmt::Truncate(c.name()?))
}

/// Arguments are kept as text: strings without quotes, numbers with their sign.
fn dbcc(c: &mut Cursor) -> SqlResult<Stmt> {
    c.next();
    let command = c.identifier()?.to_ascii_uppercase();
    let args = if *c.peek() != Token::LParen {
        Vec::new()
    } else if *c.peek_at(1) == Token::RParen {
        c.skip_parens()?;
        Vec::new()
    } else {
        c.parens(dbcc_argument)?
    };
    let options = if c.eat("with") { c.list(dbcc_option)? } else { Vec::new() };
    Ok(Stmt::Dbcc { command, args, options })
}

fn dbcc_argument(c: &mut Cursor) -> SqlResult<String> {
    match c.peek().clone() {
        Token::SingleQuotedString(s) | Token::NationalStringLiteral(s) => {
            c.next();
            Ok(s)
        }
        Token::Number(..) | Token::Minus | Token::Plus => c.integer().map(|n| n.to_string()),
        Token::HexStringLiteral(s) => {
            c.next();
            Ok(format!("0x{s}"))
        }
        _ => Ok(c.name()?.0.join(".")),
    }
}

fn dbcc_option(c: &mut Cursor) -> SqlResult<String> {
    let option = c.identifier()?.to_ascii_uppercase();
    if !c.eat_token(&Token::Eq) {
        return Ok(option);
    }
    Ok(format!("{option} = {}", c.integer()?))
}

fn kill(c: &mut Cursor) -> SqlResult<Stmt> {
    let killed = match c.peek_at(1).clone() {
        Token::Word(w) if ["stats", "query"].iter().any(|k| w.value.eq_ignore_ascii_case(k)) => {
            return Ok(dispatch::unsupported(c));
        }
        Token::SingleQuotedString(s) | Token::NationalStringLiteral(s) => {
            if c.is_at(2, "with") {
                return Ok(dispatch::unsupported(c));
            }
            c.next();
            c.next();
            Stmt::Kill { spid: 0, uow: Some(s) }
        }
        _ => {
            if c.is_at(2, "with") {
                return Ok(dispatch::unsupported(c));
            }
            c.next();
            let error = c.unexpected();
            Stmt::Kill { spid: i32::try_from(c.integer()?).map_err(|_| error)?, uow: None }
        }
    };
    Ok(killed)
}
