//! Control of flow: blocks, conditions, loops, messages, waits.

use super::batch;
use super::dispatch;
use super::transaction;
use crate::lab::tsql::ast::Spanned;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::cursor::MAX_BLOCKS;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::lex;
use crate::lab::tsql::words;
use sqlparser::tokenizer::Token;

pub(super) fn control(c: &mut Cursor, word: &str) -> SqlResult<Stmt> {
    match word {
        "BEGIN" => begin(c),
        "IF" => condition(c),
        "WHILE" => {
            c.next();
            Ok(Stmt::While { cond: c.expr()?, body: Box::new(batch::statement(c)?) })
        }
        "BREAK" => {
            c.next();
            Ok(Stmt::Break)
        }
        "CONTINUE" => {
            c.next();
            Ok(Stmt::Continue)
        }
        "RETURN" => {
            c.next();
            if ends_return(c) { Ok(Stmt::Return(None)) } else { Ok(Stmt::Return(Some(c.expr()?))) }
        }
        "PRINT" => {
            c.next();
            Ok(Stmt::Print(c.expr()?))
        }
        "RAISERROR" => raiserror(c),
        "THROW" => throw(c),
        _ => wait_for(c),
    }
}

fn begin(c: &mut Cursor) -> SqlResult<Stmt> {
    if ["tran", "transaction"].iter().any(|w| c.is_at(1, w)) {
        return transaction::begin(c);
    }
    if ["distributed", "dialog", "conversation"].iter().any(|w| c.is_at(1, w)) {
        return Ok(dispatch::unsupported(c));
    }
    c.next();
    if c.eat("try") {
        return try_catch(c);
    }
    if c.is("atomic") {
        return Err(c.unexpected());
    }
    let mut body = Vec::new();
    batch::list(c, &mut body, |c| c.is("end"))?;
    if body.is_empty() {
        return Err(c.unexpected());
    }
    c.expect("end")?;
    if c.is("conversation") || c.is("try") || c.is("catch") {
        return Err(c.unexpected());
    }
    Ok(Stmt::Block(body))
}

fn try_catch(c: &mut Cursor) -> SqlResult<Stmt> {
    let mut body = Vec::new();
    batch::list(c, &mut body, |c| c.is("end"))?;
    c.expect_all(&["end", "try"])?;
    c.eat_token(&Token::SemiColon);
    c.expect_all(&["begin", "catch"])?;
    let mut catch = Vec::new();
    batch::list(c, &mut catch, |c| c.is("end"))?;
    c.expect_all(&["end", "catch"])?;
    Ok(Stmt::Try { body, catch })
}

/// IF with its chain of ELSE IF, read in a loop.
fn condition(c: &mut Cursor) -> SqlResult<Stmt> {
    let mut arms = Vec::new();
    let mut otherwise = None;
    let outer = c.blocks;
    let mut below = c.line();
    loop {
        let line = c.line();
        c.expect("if")?;
        arms.push((line, c.expr()?, batch::statement(c)?));
        if !eat_else(c) {
            break;
        }
        if !c.is("if") {
            otherwise = Some(Box::new(batch::statement(c)?));
            break;
        }
        // The tree of a chain is as deep as the chain is long.
        c.blocks += 1;
        if c.blocks >= MAX_BLOCKS {
            return Err(lex::too_deep(c.line()));
        }
    }
    c.blocks = outer;
    let mut whole: Option<Stmt> = None;
    for (line, cond, then) in arms.into_iter().rev() {
        if let Some(stmt) = whole.take() {
            otherwise = Some(Box::new(Spanned { line: below, stmt }));
        }
        below = line;
        whole = Some(Stmt::If { cond, then: Box::new(then), otherwise: otherwise.take() });
    }
    whole.ok_or_else(|| c.unexpected())
}

/// A semicolon may stand before ELSE.
fn eat_else(c: &mut Cursor) -> bool {
    let mut ahead = 0;
    while *c.peek_at(ahead) == Token::SemiColon {
        ahead += 1;
    }
    if !c.is_at(ahead, "else") {
        return false;
    }
    for _ in 0..=ahead {
        c.next();
    }
    true
}

fn ends_return(c: &Cursor) -> bool {
    c.at_boundary() || c.word_at(0).is_some_and(|w| !words::may_start_expression(w))
}

fn raiserror(c: &mut Cursor) -> SqlResult<Stmt> {
    c.next();
    c.expect_token(&Token::LParen)?;
    let message = c.expr()?;
    c.expect_token(&Token::Comma)?;
    let severity = c.expr()?;
    c.expect_token(&Token::Comma)?;
    let state = c.expr()?;
    let mut args = Vec::new();
    while c.eat_token(&Token::Comma) {
        args.push(c.expr()?);
    }
    c.expect_token(&Token::RParen)?;
    let (mut with_log, mut nowait) = (false, false);
    if c.eat("with") {
        c.list(|c| match c.eat_any(&["LOG", "NOWAIT", "SETERROR"]) {
            Some(option) => {
                with_log |= option == "LOG";
                nowait |= option == "NOWAIT";
                Ok(())
            }
            None => Err(c.unexpected()),
        })?;
    }
    Ok(Stmt::Raiserror { message, severity, state, args, with_log, nowait })
}

fn throw(c: &mut Cursor) -> SqlResult<Stmt> {
    c.next();
    if c.at_boundary() {
        return Ok(Stmt::Throw(None));
    }
    let number = c.expr()?;
    c.expect_token(&Token::Comma)?;
    let message = c.expr()?;
    c.expect_token(&Token::Comma)?;
    Ok(Stmt::Throw(Some((number, message, c.expr()?))))
}

fn wait_for(c: &mut Cursor) -> SqlResult<Stmt> {
    if *c.peek_at(1) == Token::LParen {
        return Ok(dispatch::unsupported(c));
    }
    c.next();
    match c.eat_any(&["DELAY", "TIME"]) {
        Some(kind) => Ok(Stmt::WaitFor { delay: kind == "DELAY", time: c.expr()? }),
        None => Err(c.unexpected()),
    }
}
