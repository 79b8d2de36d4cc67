//! BEGIN / COMMIT / ROLLBACK / SAVE TRANSACTION.

use super::dispatch;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlResult;
use sqlparser::tokenizer::Token;

/// On `BEGIN TRAN`.
pub(super) fn begin(c: &mut Cursor) -> SqlResult<Stmt> {
    c.next();
    c.next();
    let name = name(c)?;
    if c.eat_all(&["with", "mark"])
        && matches!(c.peek(), Token::SingleQuotedString(_) | Token::NationalStringLiteral(_))
    {
        c.string()?;
    }
    Ok(Stmt::Begin(name))
}

pub(super) fn transaction(c: &mut Cursor, word: &str) -> SqlResult<Stmt> {
    match word {
        "SAVE" => {
            c.next();
            if !tran(c) {
                return Err(c.unexpected());
            }
            Ok(Stmt::Save(c.identifier()?))
        }
        "COMMIT" => {
            c.next();
            let _name = if c.eat("work") || !tran(c) { None } else { name(c)? };
            if c.eat("with") {
                c.skip_parens()?;
            }
            Ok(Stmt::Commit)
        }
        _ => {
            if c.is_at(1, "conversation") {
                return Ok(dispatch::unsupported(c));
            }
            c.next();
            let name = if c.eat("work") || !tran(c) { None } else { name(c)? };
            Ok(Stmt::Rollback(name))
        }
    }
}

fn tran(c: &mut Cursor) -> bool {
    c.eat_any(&["TRAN", "TRANSACTION"]).is_some()
}

/// A name or a variable. A word that is not reserved is a name even where THROW was meant: the server
/// wants a semicolon there, too.
fn name(c: &mut Cursor) -> SqlResult<Option<String>> {
    if c.at_identifier() { c.identifier().map(Some) } else { Ok(None) }
}
