//! DECLARE.

use super::table_column;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::Declaration;
use crate::lab::tsql::ast::DeclarationKind;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::types;
use sqlparser::tokenizer::Token;

pub(super) fn declare(c: &mut Cursor) -> SqlResult<Stmt> {
    let variable = c.word_at(1).is_some_and(|w| w.starts_with('@'));
    let cursor = c.is_at(2, "cursor") || (c.is_at(2, "insensitive") || c.is_at(2, "scroll"));
    if cursor || (!variable && c.word_at(1).is_some()) {
        return if cursor { cursor_declaration(c) } else { Err(second_token(c)) };
    }
    c.next();
    Ok(Stmt::Declare(c.list(declaration)?))
}

fn second_token(c: &mut Cursor) -> SqlError {
    c.next();
    c.unexpected()
}

/// `DECLARE c CURSOR … FOR SELECT …`: the query belongs to it.
fn cursor_declaration(c: &mut Cursor) -> SqlResult<Stmt> {
    c.next();
    while !c.at_boundary() && !c.eat("for") {
        c.next();
    }
    if c.is("select") || c.is("with") {
        c.query()?;
        if c.eat("option") {
            c.skip_parens()?;
        }
    }
    Ok(Stmt::Ddl(Box::new(Ddl::Unsupported("DECLARE CURSOR".into()))))
}

fn declaration(c: &mut Cursor) -> SqlResult<Declaration> {
    let name = c.variable()?;
    c.eat("as");
    if c.eat("table") {
        let (columns, _) = table_column::definition(c)?;
        return Ok(Declaration { name, kind: DeclarationKind::Table { columns } });
    }
    let ty = types::read(c, types::Place::Declaration)?;
    let init = if c.eat_token(&Token::Eq) { Some(c.expr()?) } else { None };
    Ok(Declaration { name, kind: DeclarationKind::Scalar { ty, init } })
}
