//! A batch and the lists of statements inside blocks.

use super::dispatch;
use super::exec;
use crate::lab::tsql::ast::Spanned;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::cursor::MAX_BLOCKS;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::lex;
use sqlparser::tokenizer::Token;

/// When less stack than this is left (bytes), this much more is taken.
const STACK_LEFT: usize = 256 << 10;
const STACK_MORE: usize = 2 << 20;

/// The whole batch.
pub(in crate::lab::tsql) fn batch(c: &mut Cursor) -> SqlResult<Vec<Spanned>> {
    let mut out = Vec::new();
    while c.eat_token(&Token::SemiColon) {}
    if c.at_end() {
        return Ok(out);
    }
    if exec::is_implicit(c) {
        let line = c.line();
        let exec = exec::call(c, None)?;
        out.push(Spanned { line, stmt: exec });
    }
    list(c, &mut out, |c| c.at_end())?;
    Ok(out)
}

/// Statements up to where `ends` says, which is not read.
pub(super) fn list(c: &mut Cursor, out: &mut Vec<Spanned>, ends: impl Fn(&Cursor) -> bool) -> SqlResult<()> {
    let mut terminated = out.is_empty();
    while c.eat_token(&Token::SemiColon) {
        terminated = true;
    }
    while !ends(c) {
        if c.at_end() || (c.is("with") && !terminated) {
            return Err(c.unexpected());
        }
        out.push(statement(c)?);
        terminated = end_of_statement(c);
    }
    Ok(())
}

/// True if semicolons followed.
fn end_of_statement(c: &mut Cursor) -> bool {
    let mut found = false;
    while c.eat_token(&Token::SemiColon) {
        found = true;
    }
    found
}

/// One statement, with the limit on nesting.
pub(super) fn statement(c: &mut Cursor) -> SqlResult<Spanned> {
    let line = c.line();
    if c.blocks >= MAX_BLOCKS {
        return Err(lex::too_deep(line));
    }
    c.blocks += 1;
    // A level takes many kilobytes in a debug build; callers run on small stacks.
    let stmt = stacker::maybe_grow(STACK_LEFT, STACK_MORE, || dispatch::statement(c))?;
    c.blocks -= 1;
    Ok(Spanned { line, stmt })
}

/// Several statements made of one, in the place of one.
pub(super) fn block(line: u32, mut stmts: Vec<Stmt>) -> Stmt {
    if stmts.len() == 1 {
        return stmts.swap_remove(0);
    }
    Stmt::Block(stmts.into_iter().map(|stmt| Spanned { line, stmt }).collect())
}
