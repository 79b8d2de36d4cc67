//! WITH, INSERT, UPDATE, DELETE.

use super::dispatch;
use super::exec;
use super::output;
use super::select;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::Delete;
use crate::lab::tsql::ast::Expr;
use crate::lab::tsql::ast::Insert;
use crate::lab::tsql::ast::InsertSource;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::ast::Update;
use crate::lab::tsql::ast::With;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::refine;
use sqlparser::ast::TableWithJoins;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

/// Common table expressions and the statement they belong to.
pub(super) fn with(c: &mut Cursor) -> SqlResult<Stmt> {
    if c.is_at(1, "xmlnamespaces") || c.is_at(1, "change_tracking_context") {
        return Ok(dispatch::unsupported(c));
    }
    let with_token = c.parser.next_token().into();
    let from = c.position();
    let parsed = c.parser.parse_comma_separated(Parser::parse_cte);
    let cte_tables = c.checked(from, parsed)?;
    c.no_marks(from, 0)?;
    let with = Some(With { with_token, recursive: false, cte_tables });
    match c.word_at(0).map(str::to_ascii_uppercase).as_deref() {
        Some("SELECT") => select::select(c, with),
        Some("INSERT") => insert(c, with),
        Some("UPDATE") => update(c, with),
        Some("DELETE") => delete(c, with),
        Some("MERGE") => Ok(dispatch::merge(c)),
        _ if *c.peek() == Token::LParen => select::select(c, with),
        _ => Err(c.unexpected()),
    }
}

pub(super) fn insert(c: &mut Cursor, with: Option<With>) -> SqlResult<Stmt> {
    if c.is_at(1, "bulk") {
        return Ok(dispatch::unsupported(c));
    }
    c.next();
    let limited = top(c)?.is_some();
    c.eat("into");
    if ["openquery", "openrowset"].iter().any(|w| c.is(w)) {
        return Ok(dispatch::unsupported(c));
    }
    let table = c.name()?;
    let mut columns = Vec::new();
    if *c.peek() == Token::LParen && !starts_query(c, 1) {
        columns = c.parens(|c| Ok(c.name()?.object().to_owned()))?;
    }
    let output = output::output(c)?;
    let source = if c.eat_all(&["default", "values"]) {
        InsertSource::DefaultValues
    } else if c.is("exec") || c.is("execute") {
        match exec::exec(c)? {
            Stmt::Exec(exec) => InsertSource::Exec(exec),
            other => return Ok(other),
        }
    } else if c.is("values") || c.is("with") || starts_query(c, 0) {
        let mut query = select::plain_query(c)?;
        if with.is_some() {
            query.with = with;
        }
        InsertSource::Query(query)
    } else {
        return Err(c.unexpected());
    };
    if limited {
        return Ok(Stmt::Ddl(Box::new(Ddl::Unsupported("INSERT TOP".into()))));
    }
    Ok(Stmt::Insert(Box::new(Insert { table, columns, source, output })))
}

/// SELECT behind any number of parentheses.
fn starts_query(c: &Cursor, mut at: usize) -> bool {
    while *c.peek_at(at) == Token::LParen {
        at += 1;
    }
    c.is_at(at, "select")
}

fn top(c: &mut Cursor) -> SqlResult<Option<Expr>> {
    if !c.eat("top") {
        return Ok(None);
    }
    let count = if c.eat_token(&Token::LParen) {
        let count = c.expr()?;
        c.expect_token(&Token::RParen)?;
        count
    } else {
        let from = c.position();
        let parsed = c.parser.parse_value();
        c.checked(from, parsed).map(Expr::Value)?
    };
    if c.is("percent") {
        return Err(c.unexpected());
    }
    Ok(Some(count))
}

pub(super) fn update(c: &mut Cursor, with: Option<With>) -> SqlResult<Stmt> {
    c.next();
    let top = top(c)?;
    let target = c.name()?;
    c.expect("set")?;
    let mut set = Vec::new();
    loop {
        assignment(c, &mut set)?;
        if !c.eat_token(&Token::Comma) {
            break;
        }
    }
    let output = output::output(c)?;
    let from = from(c)?;
    let selection = selection(c)?;
    Ok(Stmt::Update(Box::new(Update { with, top, target, set, output, from, selection })))
}

/// `col = e`, `col += e`, `@v = e`, and `@v = col = e`, which is two assignments of one value.
fn assignment(c: &mut Cursor, set: &mut Vec<(String, Option<char>, Expr)>) -> SqlResult<()> {
    let (mut name, mut op) =
        if c.is_variable() { refine::split_mark(&c.variable()?) } else { (c.name()?.object().to_owned(), None) };
    let mut variable = None;
    if name.starts_with('@') {
        c.expect_token(&Token::Eq)?;
        let column = c.at_identifier() && !c.is_variable() && ends_in_eq(c);
        if !column || op.is_some() {
            set.push((name, op, c.expr()?));
            return Ok(());
        }
        variable = Some(name);
        name = c.name()?.object().to_owned();
    }
    if let Some(found) = refine::operator(c.peek()) {
        if *c.peek_at(1) != Token::Eq {
            return Err(c.unexpected());
        }
        c.next();
        op = Some(found);
    }
    c.expect_token(&Token::Eq)?;
    let value = c.expr()?;
    if let Some(variable) = variable {
        set.push((variable, None, value.clone()));
    }
    set.push((name, op, value));
    Ok(())
}

/// A column name and then `=` or a compound operator follow.
fn ends_in_eq(c: &Cursor) -> bool {
    let mut at = 0;
    while matches!(c.peek_at(at), Token::Word(_)) && *c.peek_at(at + 1) == Token::Period {
        at += 2;
    }
    let after = c.peek_at(at + 1);
    *after == Token::Eq || (refine::operator(after).is_some() && *c.peek_at(at + 2) == Token::Eq)
}

pub(super) fn delete(c: &mut Cursor, with: Option<With>) -> SqlResult<Stmt> {
    c.next();
    let top = top(c)?;
    c.eat("from");
    let target = c.name()?;
    let output = output::output(c)?;
    let from = from(c)?;
    let selection = selection(c)?;
    Ok(Stmt::Delete(Box::new(Delete { with, top, target, output, from, selection })))
}

fn from(c: &mut Cursor) -> SqlResult<Vec<TableWithJoins>> {
    let start = c.position();
    if !c.eat("from") {
        return Ok(Vec::new());
    }
    let parsed = c.parser.parse_comma_separated(Parser::parse_table_and_joins);
    let tables = c.checked(start, parsed)?;
    c.no_marks(start, 0)?;
    Ok(tables)
}

fn selection(c: &mut Cursor) -> SqlResult<Option<Expr>> {
    let selection = if c.eat("where") { Some(c.expr()?) } else { None };
    select::option(c)?;
    Ok(selection)
}
