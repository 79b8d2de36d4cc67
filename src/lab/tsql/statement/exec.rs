//! EXECUTE, with the word or without it.

use super::dispatch;
use crate::lab::tsql::ast::Exec;
use crate::lab::tsql::ast::ExecArg;
use crate::lab::tsql::ast::ExecTarget;
use crate::lab::tsql::ast::Expr;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlResult;
use sqlparser::ast::UnaryOperator;
use sqlparser::ast::Value;
use sqlparser::tokenizer::Token;

/// The batch begins with a bare procedure name.
pub(super) fn is_implicit(c: &Cursor) -> bool {
    let names = c.at_identifier() && !c.is_variable() && !matches!(c.peek_at(1), Token::Colon);
    let other = ["throw", "go", "enable", "disable"].iter().any(|w| c.is(w));
    names && !other
}

/// On EXEC.
pub(super) fn exec(c: &mut Cursor) -> SqlResult<Stmt> {
    if c.is_at(1, "as") {
        return Ok(dispatch::unsupported(c));
    }
    c.next();
    if *c.peek() == Token::LParen {
        return text(c);
    }
    let mut return_into = None;
    if c.is_variable() && *c.peek_at(1) == Token::Eq {
        return_into = Some(c.variable()?);
        c.next();
    }
    call(c, return_into)
}

/// `EXEC (…)`, with `AT server`.
fn text(c: &mut Cursor) -> SqlResult<Stmt> {
    c.next();
    let text = c.expr()?;
    let mut args = Vec::new();
    while c.eat_token(&Token::Comma) {
        args.push(argument(c)?);
    }
    c.expect_token(&Token::RParen)?;
    if c.is("as") {
        c.rest_of_statement(0);
        return Ok(unsupported("EXECUTE (…) AS"));
    }
    let at = if c.eat("at") { Some(c.identifier()?) } else { None };
    if !args.is_empty() && at.is_none() {
        return Err(c.unexpected());
    }
    Ok(Stmt::Exec(Exec { return_into: None, target: ExecTarget::Text { text, at }, args }))
}

fn unsupported(words: &str) -> Stmt {
    Stmt::Ddl(Box::new(crate::lab::tsql::ast::Ddl::Unsupported(words.into())))
}

/// From the procedure's name on. A variable that holds the name is a one-part name with its `@`.
pub(super) fn call(c: &mut Cursor, return_into: Option<String>) -> SqlResult<Stmt> {
    let target = if c.is_variable() { Name(vec![c.variable()?]) } else { c.name()? };
    if *c.peek() == Token::SemiColon && matches!(c.peek_at(1), Token::Number(..)) {
        // `p;1`: the old numbered procedures.
        c.next();
        c.next();
    }
    let mut args = Vec::new();
    if at_argument(c) {
        args = c.list(argument)?;
    }
    if c.eat("with") && !c.eat("recompile") {
        c.rest_of_statement(0);
        return Ok(unsupported("EXECUTE … WITH RESULT SETS"));
    }
    Ok(procedure(return_into, target, args))
}

fn procedure(return_into: Option<String>, name: Name, args: Vec<ExecArg>) -> Stmt {
    Stmt::Exec(Exec { return_into, target: ExecTarget::Procedure(name), args })
}

/// Arguments end at a reserved word: `EXEC p SELECT 1` is two statements.
fn at_argument(c: &Cursor) -> bool {
    match c.peek() {
        Token::Word(_) => c.at_identifier() || c.is("null") || c.is("default"),
        Token::EOF | Token::SemiColon | Token::RParen => false,
        _ => true,
    }
}

pub(super) fn argument(c: &mut Cursor) -> SqlResult<ExecArg> {
    let mut name = None;
    if c.is_variable() && *c.peek_at(1) == Token::Eq {
        name = Some(c.variable()?);
        c.next();
    }
    let variable = c.is_variable();
    let value = if c.eat("default") { None } else { Some(value(c)?) };
    let output = variable && c.eat_any(&["OUTPUT", "OUT"]).is_some();
    Ok(ExecArg { name, value, output })
}

/// A constant, a variable, or a bare word, which is a string. Never an expression.
fn value(c: &mut Cursor) -> SqlResult<Expr> {
    match c.peek().clone() {
        Token::Minus | Token::Plus if matches!(c.peek_at(1), Token::Number(..) | Token::Placeholder(_)) => {
            let op = if c.next() == Token::Minus { UnaryOperator::Minus } else { UnaryOperator::Plus };
            Ok(Expr::UnaryOp { op, expr: Box::new(literal(c)?) })
        }
        Token::Word(_) if c.is("null") => literal(c),
        Token::Word(_) if c.at_identifier() => {
            let system = c.word_at(0).is_some_and(|w| w.starts_with('@'));
            if system {
                return Ok(Expr::Identifier(sqlparser::ast::Ident::new(c.identifier()?)));
            }
            Ok(Expr::Value(Value::SingleQuotedString(c.identifier()?).into()))
        }
        Token::Number(..)
        | Token::Placeholder(_)
        | Token::SingleQuotedString(_)
        | Token::NationalStringLiteral(_)
        | Token::HexStringLiteral(_) => literal(c),
        _ => Err(c.unexpected()),
    }
}

fn literal(c: &mut Cursor) -> SqlResult<Expr> {
    let from = c.position();
    let parsed = c.parser.parse_value();
    c.checked(from, parsed).map(Expr::Value)
}
