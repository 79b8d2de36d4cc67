//! SELECT: assignments, INTO and OPTION are taken out of the query.

use crate::lab::tsql::ast::Expr;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::ast::Query;
use crate::lab::tsql::ast::Select;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::ast::With;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::lex;
use crate::lab::tsql::refine;
use sqlparser::ast::BinaryOperator;
use sqlparser::ast::Ident;
use sqlparser::ast::SelectItem;
use sqlparser::ast::SetExpr;
use sqlparser::ast::Value;
use sqlparser::tokenizer::Token;

/// Variables and compound operators of `SELECT @a = …`.
type Assignments = Vec<(String, Option<char>)>;

/// A whole SELECT statement; `with` was read before it.
pub(super) fn select(c: &mut Cursor, with: Option<With>) -> SqlResult<Stmt> {
    let line = c.line();
    let from = c.position();
    let mut query = c.query()?;
    if with.is_some() {
        query.with = with;
    }
    let (into, assign) = match first_select(&mut query.body) {
        Some(select) => {
            let into = select.into.take().map(|i| target(&i.targets, line)).transpose()?;
            (into, assignments(&mut select.projection, line)?)
        }
        None => (None, None),
    };
    let marked = assign.iter().flatten().filter(|(_, op)| op.is_some()).count();
    c.no_marks(from, marked)?;
    option(c)?;
    lone_with(c)?;
    Ok(Stmt::Select(Box::new(Select { query, into, assign })))
}

/// `FROM t WITH cte AS (`: error 336 names the table expression.
fn lone_with(c: &mut Cursor) -> SqlResult<()> {
    match (c.is("with"), c.word_at(1)) {
        (true, Some(name)) if c.is_at(2, "as") => Err(lex::near(336, name, c.line())),
        _ => Ok(()),
    }
}

/// Skips `OPTION (…)`.
pub(super) fn option(c: &mut Cursor) -> SqlResult<()> {
    if c.eat("option") { c.skip_parens() } else { Ok(()) }
}

/// The leftmost SELECT of set operations.
fn first_select(mut body: &mut SetExpr) -> Option<&mut sqlparser::ast::Select> {
    loop {
        match body {
            SetExpr::Select(select) => return Some(select),
            SetExpr::Query(query) => body = &mut query.body,
            SetExpr::SetOperation { left, .. } => body = left,
            _ => return None,
        }
    }
}

/// Makes `'x' = e` an alias, and turns aliases that are variables into assignments.
fn assignments(items: &mut [SelectItem], line: u32) -> SqlResult<Option<Assignments>> {
    items.iter_mut().for_each(string_alias);
    let is_assignment = |item: &SelectItem| {
        matches!(item, SelectItem::ExprWithAlias { alias, .. }
            if alias.quote_style.is_none() && alias.value.starts_with('@'))
    };
    let count = items.iter().filter(|i| is_assignment(i)).count();
    if count == 0 {
        return Ok(None);
    }
    if count < items.len() {
        let text = "A SELECT statement that assigns a value to a variable must not be combined with data-retrieval \
                    operations.";
        return Err(SqlError { line, ..SqlError::new(141, 15, text) });
    }
    let mut out = Vec::with_capacity(count);
    for item in items {
        if let SelectItem::ExprWithAlias { expr, alias } = item {
            out.push(refine::split_mark(&alias.value));
            let expr = std::mem::replace(expr, Expr::Tuple(Vec::new()));
            *item = SelectItem::UnnamedExpr(expr);
        }
    }
    Ok(Some(out))
}

fn string_alias(item: &mut SelectItem) {
    let SelectItem::UnnamedExpr(Expr::BinaryOp { left, op: BinaryOperator::Eq, right }) = item else { return };
    let Expr::Value(value) = left.as_ref() else { return };
    let (Value::SingleQuotedString(name) | Value::NationalStringLiteral(name)) = &value.value else { return };
    let alias = Ident::with_quote('\'', name.clone());
    let expr = std::mem::replace(right.as_mut(), Expr::Tuple(Vec::new()));
    *item = SelectItem::ExprWithAlias { expr, alias };
}

/// The table of INTO.
fn target(targets: &[Expr], line: u32) -> SqlResult<Name> {
    match targets {
        [Expr::Identifier(one)] => Ok(Name(vec![one.value.clone()])),
        [Expr::CompoundIdentifier(parts)] => Ok(Name(parts.iter().map(|p| p.value.clone()).collect())),
        _ => Err(lex::near(156, "into", line)),
    }
}

/// The query after INSERT or a cursor's FOR: no assignment, no INTO.
pub(super) fn plain_query(c: &mut Cursor) -> SqlResult<Query> {
    let from = c.position();
    let query = c.query()?;
    c.no_marks(from, 0)?;
    if *c.peek() == Token::EOF {
        return Ok(query);
    }
    option(c)?;
    Ok(query)
}
